/** How far it comes, stage by stage, with what was seen: the same for "explain", "check" and "why". console.md 3.5. */
import type { Detail } from "../../../facts/event.ts";
import type { Stage } from "../../../observe/contract.ts";
import { plain, span, value } from "../format.ts";
import { Facts, Pill, type Tone } from "./basics.tsx";

const TONES: Readonly<Record<Stage["verdict"], Tone>> = {
  ok: "good",
  warn: "warn",
  fail: "bad",
  skip: "quiet",
  unknown: "busy",
};
const VERDICTS: Readonly<Record<string, Tone>> = {
  open: "good",
  ok: "good",
  closed: "bad",
  fail: "bad",
  warn: "warn",
  unknown: "busy",
};

export function Stages({ stages, verdict, cause, pending = false }: {
  stages: readonly Stage[];
  verdict?: string;
  cause?: string | null;
  pending?: boolean;
}) {
  return (
    <section class="card stages" aria-label="Stages" aria-busy={pending}>
      {verdict !== undefined && (
        <header>
          <Pill tone={VERDICTS[verdict] ?? "quiet"}>{verdict}</Pill>
          {cause && <code class="cause">{cause}</code>}
        </header>
      )}
      <ol>
        {stages.map(({ id, title, verdict, evidence, elapsedMs, hint }) => (
          <li key={id} class={`stage-row ${verdict}`} data-stage={id} data-verdict={verdict}>
            <Pill tone={TONES[verdict]}>{verdict}</Pill>
            <div>
              <p class="stage-title">
                {plain(title)} <code>{id}</code>
              </p>
              {evidence !== null && <Evidence of={evidence} />}
              {hint !== null && hint !== "" && <p class="hint">{plain(hint)}</p>}
            </div>
            <span class="elapsed">{elapsedMs === null ? "" : span(elapsedMs)}</span>
          </li>
        ))}
        {pending && (
          <li class="stage-row pending">
            <Pill tone="busy">…</Pill>
            <p class="stage-title">looking</p>
          </li>
        )}
      </ol>
    </section>
  );
}

/** What was seen, fact by fact; what is not there is not said. */
function Evidence({ of }: { of: Detail }) {
  if (typeof of !== "object" || of === null || Array.isArray(of)) return <p class="evidence">{value(of)}</p>;
  const facts = Object.entries(of).filter(([, detail]) =>
    detail !== null && detail !== "" && !(Array.isArray(detail) && detail.length === 0)
  );
  return <Facts of={Object.fromEntries(facts.map(([word, detail]) => [word, value(detail)]))} />;
}
