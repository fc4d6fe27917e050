/** E: why one thing fails, who can mend it, and how to see it for oneself. console.md 3.5, 6 E. */
import { useEffect, useState } from "preact/hooks";
import type { Why } from "../../../observe/contract.ts";
import { post } from "../api.ts";
import { count, many, plain, value } from "../format.ts";
import { hrefs } from "../location.ts";
import { Command, Copy, Facts, Name, Pill, Skeleton, Trouble, When } from "../parts/basics.tsx";
import { useQuery } from "../parts/query.ts";
import { Spark } from "../parts/spark.tsx";
import { session } from "../socket.ts";

const AGAIN_MS = 3000;
const SIGNS = { ok: "✓", warn: "!", fail: "✕", skip: "–", unknown: "?" } as const;

export function WhyPage({ id }: { id: string }) {
  const { data: why, error, again } = useQuery<Why>(`/failures/${encodeURIComponent(id)}`);
  useEffect(() => {
    const timer = setInterval(again, AGAIN_MS);
    return () => clearInterval(timer);
  }, []);
  if (why === null) return error === null ? <Skeleton /> : <Trouble error={error} again={again} />;
  return (
    <article class="page why-page" data-cause={why.cause}>
      <header class="page-head">
        <h1>
          <span aria-hidden="true">{why.recovered ? "✓" : "✕"}</span> {plain(why.what)}
        </h1>
        <span class="spring" />
        {why.recovered ? <Pill tone="good">recovered</Pill> : <code class="cause">{why.cause}</code>}
      </header>
      <section class="card">
        <Facts
          of={{
            "Why": plain(why.text),
            "Where": (
              <ol class="where">
                {why.stages.map(({ id, title, verdict }) => (
                  <li key={id} class={verdict} data-stage={id} data-verdict={verdict}>
                    {plain(title)} {SIGNS[verdict]}
                  </li>
                ))}
              </ol>
            ),
            "Evidence": value(why.evidence),
            "Who": (
              <>
                {plain(why.who)} <span class="tag" data-fault={why.fault}>{why.fault}</span>
              </>
            ),
            "Next": (
              <>
                {plain(why.next)} {why.retryAt !== null && (
                  <>
                    (next try <When at={why.retryAt} />)
                  </>
                )}
              </>
            ),
            "History": (
              <>
                {many(why.history.attempts, "attempt")} since <When at={why.history.first} />, last success
                {" "}
                <When at={why.history.lastSuccess} none="never" />{" "}
                <Spark of={why.history.series} label="attempts by quarter of an hour" />
              </>
            ),
          }}
        />
        <div class="row">
          {session.value?.role === "operator" && why.pairs[0] && (
            <CheckNow pair={why.pairs[0]} again={again} />
          )}
          <Copy text={why.report}>Copy report</Copy>
          {why.connection !== null && (
            <a class="button" href={hrefs.connection(why.connection, "?tab=sequence")}>Sequence</a>
          )}
          {why.pairs[0] && (
            <a class="button" href={`${hrefs.route(why.pairs[0].local, why.pairs[0].remote)}?tab=proof`}>
              Proof
            </a>
          )}
        </div>
      </section>
      <section class="card">
        <h2>See for yourself</h2>
        <Command text={why.verify} />
      </section>
      <section class="card">
        <h2>
          {why.recovered ? "Pairs that suffered" : "Pairs that suffer"}{" "}
          <span class="badge">{count(why.pairCount)}</span>
        </h2>
        <ul class="plain-list">
          {why.pairs.map(({ local, remote }) => (
            <li key={`${local} ${remote}`}>
              <a href={hrefs.route(local, remote)}>
                <Name of={local} /> → <Name of={remote} />
              </a>
            </li>
          ))}
        </ul>
      </section>
    </article>
  );
}

/** Asks the server to try the pair now. */
function CheckNow(
  { pair: { local, remote }, again }: { pair: { local: string; remote: string }; again: () => void },
) {
  const [error, setError] = useState<unknown>(null);
  const [asked, setAsked] = useState(false);
  const check = async () => {
    setAsked(true);
    try {
      await post(`/routes/${encodeURIComponent(local)}/${encodeURIComponent(remote)}/recheck`);
      setError(null);
      again();
    } catch (problem) {
      setError(problem);
    }
    setAsked(false);
  };
  return (
    <>
      <button type="button" class="button main" disabled={asked} onClick={() => void check()}>
        Check now
      </button>
      {error !== null && <Trouble error={error} />}
    </>
  );
}
