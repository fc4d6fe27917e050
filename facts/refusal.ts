/** A pair that we refuse ourselves, in words: until when, and what ends it. Pure. */
import { type Cause, CAUSES } from "./cause.ts";

export interface Refusal {
  readonly cause: Cause;
  /** By an operator; milliseconds since the epoch. */
  readonly blockedUntil: number | null;
}

interface Pair {
  readonly local: string;
  readonly remote: string;
}

export function refusedHere(
  { local, remote }: Pair,
  { cause, blockedUntil }: Refusal,
): { readonly text: string; readonly next: string } {
  if (blockedUntil !== null && cause === "policy.revoked") {
    return {
      text: `the pair is ${blockedWords(blockedUntil)}`,
      next: `\`verona revoke ${local} ${remote} --lift\` ends that; \`verona audit\` says who asked for it`,
    };
  }
  if (cause === "policy.suspended") {
    return { text: `${local} is suspended`, next: `\`verona domains resume ${local}\` ends that` };
  }
  const { text, next } = CAUSES[cause];
  return {
    text,
    next: `${next}; \`verona config show --effective ${local} ${remote}\` says whose word it is`,
  };
}

export const blockedWords = (until: number): string => `blocked until ${minuteOf(until)} UTC by an operator`;

/** With the day, for it may be tomorrow. */
export const minuteOf = (at: number): string => new Date(at).toISOString().slice(0, 16).replace("T", " ");
