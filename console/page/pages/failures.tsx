/** E: what fails, grouped by cause, domain or server. console.md 6 E. */
import { useEffect } from "preact/hooks";
import type { FailureGroup, FailureGrouping, FailureList } from "../../../observe/contract.ts";
import { ApiProblem } from "../api.ts";
import { many, plain } from "../format.ts";
import { go, hrefs, params, withParams } from "../location.ts";
import { Empty, Name, Pill, Skeleton, Trouble, When } from "../parts/basics.tsx";
import { wordsOf } from "../parts/mishaps.tsx";
import { Part } from "../parts/part.tsx";
import { useQuery } from "../parts/query.ts";
import { Spark } from "../parts/spark.tsx";

const GROUPINGS: readonly FailureGrouping[] = ["cause", "remote", "peer"];
const AGAIN_MS = 3000;

export function FailuresPage() {
  const group = params.value.get("group") ?? "cause";
  const { data, error, again, dimmed } = useQuery<FailureList>(
    `/failures?group=${encodeURIComponent(group)}`,
  );
  useEffect(() => {
    const timer = setInterval(again, AGAIN_MS);
    return () => clearInterval(timer);
  }, []);
  return (
    <div class={dimmed && data === null ? "page dimmed" : "page"}>
      <header class="page-head">
        <h1>Failures</h1>
        <label>
          group by{" "}
          <select
            class="choice"
            value={group}
            onChange={({ currentTarget }) => go(withParams({ group: currentTarget.value }))}
          >
            {GROUPINGS.map((name) => <option key={name} value={name}>{name}</option>)}
          </select>
        </label>
        <span class="spring" />
        {data !== null && (
          <span class="counts">
            {many(data.attempts, "attempt")} since <When at={data.since} />
          </span>
        )}
      </header>
      {error !== null && (error instanceof ApiProblem && error.status === 501
        ? <Instead />
        : <Trouble error={error} again={again} />)}
      {data === null && error === null && <Skeleton />}
      {data !== null && data.failures.length === 0 && (
        <Empty title="Nothing fails">
          <p>
            No attempt has failed since <When at={data.since} />.
          </p>
        </Empty>
      )}
      {data !== null && (
        <ul class="failure-groups">
          {data.failures.map((group, at) => (
            <Part key={group?.key ?? at} what="this group" instead={unreadable}>
              <Group group={group} />
            </Part>
          ))}
        </ul>
      )}
    </div>
  );
}

const unreadable = (error: unknown) => (
  <li class="card" data-failed="group">✕ This group cannot be drawn: {wordsOf(error)}</li>
);

function Instead() {
  return (
    <Empty title="Failures are listed as denied and waiting pairs">
      <a class="button" href={hrefs.filtered("routes", "state:denied")}>Denied pairs</a>
    </Empty>
  );
}

function Group(
  { group: { key, cause, text, fault, domains, pairs, attempts, series, last, failures } }: {
    group: FailureGroup;
  },
) {
  return (
    <li class="card" data-group={key}>
      <header>
        <h2>{key === cause ? <code>{key}</code> : <Name of={key} />}</h2>
        <span>{plain(text)}</span>
        <span class="tag">{fault}</span>
        <span class="spring" />
        <span class="numbers">
          {many(domains, "domain")} · {many(pairs, "pair")} · {many(attempts, "attempt")}
        </span>
        <Spark of={series} label="attempts by quarter of an hour" />
        <span>
          last <When at={last} />
        </span>
      </header>
      <ul class="plain-list">
        {failures.map(({ id, remote, peer, cause, attempts, last, recovered }) => (
          <li key={id}>
            <a href={hrefs.failure(id)}>{remote !== null ? <Name of={remote} /> : plain(peer ?? id)}</a>
            <code>{cause}</code>
            {recovered && <Pill tone="good">recovered</Pill>}
            <span class="quiet">
              {many(attempts, "attempt")}, last <When at={last} />
            </span>
          </li>
        ))}
      </ul>
    </li>
  );
}
