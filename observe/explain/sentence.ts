/** What is known of one direction of a pair, in one sentence. */
import { CAUSES } from "../../facts/cause.ts";
import { blockedWords, type Refusal } from "../../facts/refusal.ts";
import type { Way } from "../contract.ts";
import type { Decision } from "./decisions.ts";

export type Settled = Omit<Way, "sentence">;

export function sentenceOf(
  { from, to, verdict, cause }: Settled,
  way: "in" | "out",
  pending: boolean,
  last: Decision | null,
  refusal: Refusal | null,
): string {
  const pair = `${from} -> ${to}`;
  if (verdict === "open") return `${pair} is open`;
  if (cause !== null) {
    const when = last?.cause === cause ? `; ${WORDS[last.what]} at ${last.at}` : "";
    const until = refusal?.cause === cause && refusal.blockedUntil !== null
      ? `; ${blockedWords(refusal.blockedUntil)}`
      : "";
    return `${pair} is closed: ${CAUSES[cause].text} (${cause})${when}${until}`;
  }
  if (pending) {
    return way === "out"
      ? `${pair} is not open yet: it was asked for, and the peer has not answered`
      : `${pair} is not open yet: the peer asks for it, and the proof is looked for`;
  }
  if (last?.what === "granted") {
    return `${pair} is not open now: it was at ${last.at}, and its connection has ended`;
  }
  return way === "out"
    ? `${pair} is not known: nothing from here has asked for it`
    : `${pair} is not known: the peer has not asked for it`;
}

const WORDS: Readonly<Record<Decision["what"], string>> = {
  granted: "granted",
  denied: "last denied",
  revoked: "revoked",
  failed: "last tried",
};

/** What is closed, before anything else is said. */
export function headlineOf(ways: readonly Way[]): string {
  const closed = ways.filter(({ verdict }) => verdict === "closed");
  return (closed.length > 0 ? closed : ways).map(({ sentence }) => sentence).join("; ");
}
