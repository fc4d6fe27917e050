/** What somebody should look at, the worst first. console.md 6 A. */
import { CAUSES } from "../../facts/cause.ts";
import type { Attention, FailureRow } from "../contract.ts";
import type { LiveDomain } from "../live.ts";
import { iso } from "../tables/table.ts";
import type { Endings } from "./endings.ts";

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** Of each kind. */
const MOST = 10;

type Away = Pick<LiveDomain, "name" | "since">;

export interface Concerns {
  readonly reasons: readonly string[];
  readonly failures: readonly FailureRow[];
  readonly endings: Endings;
  readonly away: Iterable<Away>;
}

export function attentionTo({ reasons, failures, endings, away }: Concerns, now: number): Attention[] {
  const all = [
    ...reasons.map(serverNeeds),
    ...failures.filter(({ recovered }) => !recovered).slice(0, MOST).map(failureNeeds),
    ...[...Iterator.from(away).take(MOST)].map(componentNeeds),
    ...endings.troubled.slice(0, MOST).map(({ domain, state, expires, connection }): Attention => ({
      kind: "proof",
      severity: "warning",
      subject: domain,
      text: `its proof on ${connection} cannot be renewed (${state})`,
      cause: null,
      pairs: 0,
      at: iso(expires),
      failure: null,
    })),
    ...endings.soonest.flatMap((ending) => endingNeeds(ending, now)).slice(0, MOST),
  ];
  return all.sort((a, b) => Number(a.severity === "warning") - Number(b.severity === "warning"));
}

const bare = { cause: null, pairs: 0, at: null, failure: null } as const;

function serverNeeds(reason: string): Attention {
  return { ...bare, kind: "server", severity: "error", subject: "this server", text: reason };
}

function failureNeeds({ id, cause, remote, peer, pairs, last }: FailureRow): Attention {
  const { text, fault } = CAUSES[cause];
  return {
    kind: "failure",
    severity: fault === "us" || fault === "local" ? "error" : "warning",
    subject: remote ?? peer ?? id,
    text,
    cause,
    pairs,
    at: last,
    failure: id,
  };
}

function componentNeeds({ name, since }: Away): Attention {
  const text = "its component is not connected";
  return { ...bare, kind: "component", severity: "warning", subject: name, text, at: iso(since) };
}

/** How near its end each kind has to be, until it is somebody's business. */
const NEAR_MS = { "proof": HOUR_MS, "own-certificate": 14 * DAY_MS, "peer-certificate": 3 * DAY_MS } as const;

function endingNeeds({ kind, name, at }: Endings["soonest"][number], now: number): Attention[] {
  if (at - now > NEAR_MS[kind]) return [];
  const what = {
    "proof": "its proof",
    "own-certificate": "our certificate",
    "peer-certificate": "the peer's certificate",
  };
  const ended = at <= now;
  const severity = ended || (kind === "own-certificate" && at - now < 3 * DAY_MS) ? "error" : "warning";
  return [{
    ...bare,
    kind,
    severity,
    subject: name,
    text: `${what[kind]} ${ended ? "has ended" : "ends soon"}`,
    at: iso(at),
  }];
}
