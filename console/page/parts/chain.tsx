/** What a DNS answer rests on, from the root to the record that names the server: keys, algorithms, how long each link holds. console.md 6 D3. */
import type { ComponentChildren } from "preact";
import { ALGORITHMS } from "../../../facts/algorithms.ts";
import type { Detail } from "../../../facts/event.ts";
import { absolute, relative, value } from "../format.ts";
import { now } from "./basics.tsx";

type Fields = Readonly<Record<string, Detail>>;

/** One link as the page needs it; what the server says beyond that is listed. */
interface Link {
  readonly title: string;
  readonly role: string;
  readonly keys: string;
  readonly from: string | null;
  readonly until: string | null;
  readonly verdict: "good" | "bad" | "none" | "unreached";
  readonly why: string;
  readonly rest: readonly [string, string][];
}

const time = (detail: Detail | undefined): string | null =>
  typeof detail === "string" ? detail : typeof detail === "number" ? new Date(detail).toISOString() : null;

const list = (detail: Detail | undefined): readonly Detail[] =>
  detail === undefined || detail === null ? [] : Array.isArray(detail) ? detail : [detail as Detail];

const KNOWN = new Set([
  "zone",
  "name",
  "signer",
  "security",
  "role",
  "keyTags",
  "keyTag",
  "algorithms",
  "algorithm",
  "beginsAt",
  "expiresAt",
  "expires",
  "expiration",
  "inception",
  "ok",
  "reason",
  "why",
  "rrset",
  "type",
  "target",
  "wildcard",
]);

function linkOf(detail: Detail, at: number, broken: boolean): Link {
  const fields: Fields = typeof detail === "object" && detail !== null && !Array.isArray(detail)
    ? detail as Fields
    : { zone: value(detail) };
  const security = value(fields.security ?? "");
  const until = time(fields.expiration ?? fields.expiresAt ?? fields.expires);
  const ended = isOver(until);
  const bad = fields.ok === false || security === "bogus" || security === "indeterminate" || ended;
  const insecure = security === "insecure";
  return {
    title: value(fields.zone ?? fields.name ?? "?") || ".",
    role: roleOf(fields, at, insecure),
    keys: keysOf(fields),
    from: time(fields.inception ?? fields.beginsAt),
    until,
    verdict: broken || security === "unreached" ? "unreached" : bad ? "bad" : insecure ? "none" : "good",
    why: value(fields.reason ?? fields.why ?? (insecure ? "unsigned from here" : "")),
    rest: Object.entries(fields).filter(([key]) => !KNOWN.has(key)).map((
      [key, inner],
    ) => [key, value(inner)]),
  };
}

/** A zone, or a step of the answer: an alias, a record, one that was made from `*`. */
function roleOf({ role, type, target, wildcard }: Fields, at: number, insecure: boolean): string {
  const said = role ?? type;
  if (said === undefined) return at === 0 ? "trust anchor" : insecure ? "delegation" : "DS → DNSKEY";
  const leads = target === undefined || target === null ? "" : ` → ${value(target)}`;
  return `${value(said)}${leads}${wildcard === true ? ", by a wildcard" : ""}`;
}

function keysOf(fields: Fields): string {
  const tags = list(fields.keyTags ?? fields.keyTag),
    algorithms = list(fields.algorithms ?? fields.algorithm);
  const named = (tag: Detail, at: number) => {
    const algorithm = algorithms[at];
    const words = algorithm === undefined
      ? ""
      : `, ${ALGORITHMS[Number(algorithm)] ?? `algorithm ${value(algorithm)}`}`;
    return `key ${value(tag)}${words}`;
  };
  return tags.map(named).join("; ");
}

/** Link by link; where one breaks, what comes after it was not reached. `children`: what the chain leads to. */
export function Chain(
  { links, children }: {
    links: readonly Detail[];
    children?: (verdict: "good" | "unreached") => ComponentChildren;
  },
) {
  let broken = false;
  const shown = links.map((detail, at) => {
    const link = linkOf(detail, at, broken);
    broken ||= link.verdict === "bad";
    return link;
  });
  return (
    <ol class="chain">
      {shown.map((link, at) => <LinkBox key={at} link={link} />)}
      {children?.(broken ? "unreached" : "good")}
    </ol>
  );
}

const VERDICTS = { good: "✓", bad: "✕", none: "○", unreached: "–" } as const;

function LinkBox({ link: { title, role, keys, from, until, verdict, why, rest } }: { link: Link }) {
  const said = verdict === "unreached"
    ? "not reached"
    : why !== ""
    ? why
    : verdict === "bad" && !isOver(until)
    ? "does not verify"
    : until === null
    ? verdict === "good" ? "holds" : ""
    : expiry(until);
  return (
    <li class={`link ${verdict}`}>
      <h3>{title}</h3>
      <p>{role}</p>
      {keys !== "" && <p class="keys">{keys}</p>}
      {until !== null && <Bar from={from} until={until} />}
      <p class="verdict">
        <span aria-hidden="true">{VERDICTS[verdict]}</span> {said}
      </p>
      {rest.length > 0 && <p class="rest">{rest.map(([key, text]) => `${key} ${text}`).join(" · ")}</p>}
    </li>
  );
}

const isOver = (until: string | null): boolean => until !== null && Date.parse(until) <= now.value;

const expiry = (until: string): string =>
  isOver(until)
    ? `expired ${relative(until, now.value)}`
    : `holds ${relative(until, now.value).replace("in ", "for ")}`;

/** From the signature's beginning to its end, and where now is. */
function Bar({ from, until }: { from: string | null; until: string }) {
  const end = Date.parse(until),
    // Where nobody says when it began, what is left of it is drawn.
    start = from !== null ? Date.parse(from) : end > now.value ? now.value : end - 86_400_000;
  const low = Math.min(start, now.value) - (end - start) * 0.15,
    high = Math.max(end, now.value) + (end - start) * 0.15;
  const at = (time: number) => `${(100 * (time - low) / (high - low)).toFixed(1)}%`;
  return (
    <svg class="bar" width="100%" height="8" role="img" aria-label={`until ${absolute(until)}`}>
      <rect class="bar-ground" x="0" y="1" width="100%" height="6" rx="3" />
      <rect
        class="bar-fill"
        x={at(start)}
        y="1"
        width={`${(100 * (end - start) / (high - low)).toFixed(1)}%`}
        height="6"
        rx="3"
      />
      <rect class="bar-now" x={at(now.value)} y="0" width="2" height="8" />
    </svg>
  );
}
