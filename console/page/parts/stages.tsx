/** How far it comes, stage by stage, with what was seen: the same for "explain", "check" and "why". console.md 3.5. */
import type { Detail } from "../../../facts/event.ts";
import type { Stage } from "../../../observe/contract.ts";
import { plain, span, value } from "../format.ts";
import { Facts, Pill, type Tone } from "./basics.tsx";
import { Chain } from "./chain.tsx";

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
          <li key={id} class="stage-row" data-stage={id} data-verdict={verdict}>
            <Pill tone={TONES[verdict]}>{verdict}</Pill>
            <div>
              <h2 class="stage-title">
                {plain(title)} <code>{id}</code>
              </h2>
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
  if (!isFields(of)) return <p class="evidence">{value(of)}</p>;
  const told = Object.entries(of).filter(([, detail]) => isTold(detail));
  const flat = told.filter(([, detail]) => !isNested(detail));
  return (
    <>
      <Facts of={Object.fromEntries(flat.map(([word, detail]) => [word, value(detail)]))} />
      {told.filter(([, detail]) => isNested(detail)).map(([word, detail]) => (
        <div key={word} class="evidence-part" data-part={word}>
          <h3>{word}</h3>
          {isChain(word, detail) ? <Chain links={detail as readonly Detail[]} /> : <Parts of={detail} />}
        </div>
      ))}
    </>
  );
}

/** One by one; a list in a cell is read by nobody. */
function Parts({ of }: { of: Detail }) {
  const parts: readonly Detail[] = Array.isArray(of) ? of : [of];
  return (
    <ol class="evidence-list">
      {parts.map((part, at) => <li key={at}>{isFields(part) ? <Evidence of={part} /> : value(part)}</li>)}
    </ol>
  );
}

type Fields = Readonly<Record<string, Detail>>;

const isFields = (detail: Detail): detail is Fields =>
  typeof detail === "object" && detail !== null && !Array.isArray(detail);

const isTold = (detail: Detail): boolean =>
  detail !== null && detail !== "" && !(Array.isArray(detail) && detail.length === 0) &&
  !(isFields(detail) && Object.keys(detail).length === 0);

const isNested = (detail: Detail): boolean =>
  Array.isArray(detail) ? detail.some((one) => isFields(one as Detail)) : isFields(detail);

/** Links of a chain of trust: the walk, an answer's zones and its steps. */
const isChain = (word: string, detail: Detail): boolean =>
  ["chain", "trust", "steps"].includes(word) && Array.isArray(detail);
