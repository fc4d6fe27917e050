/** What is tried next when a connection did not come about: the fallback ladder. dna-01 7; protocol.md 2.10, 6.3, A-31. */
import type { Cause } from "../facts/cause.ts";
import type { Target } from "../facts/delegation.ts";
import type { StreamCondition } from "../xmpp/stream_error.ts";
import type { Redirect, Referral } from "./redirect.ts";

/**
 * How a target is spoken to, strongest first.
 *
 * `server-name`: between the machines. `external`: between service domains, EXTERNAL where it is offered, else a request
 * with key. `key`: the same without trying EXTERNAL. `cleartext`: without TLS, unless it is offered after all.
 * `versionless`: the same towards who does not know our version (4.1).
 */
export type Rung = "server-name" | "external" | "key" | "cleartext" | "versionless";

/** One target with the rung that it has come to. */
export interface Entry {
  readonly target: Target;
  readonly rung: Rung;
  /** Which name is sent as SNI on a classic stream: the service domain, and once the SRV target (6.3). */
  readonly sni: "domain" | "target";
  /** Addresses that led nowhere on this rung. */
  readonly avoid: readonly string[];
  /** Where the target sent us; it still is whose names count. */
  readonly redirect: Redirect | null;
}

/** What is left to try. When `focus` is set, that target is tried alone: it fell a rung just now. */
export interface Ladder {
  readonly entries: readonly Entry[];
  readonly focus: Target | null;
}

/** What the rungs rest on. */
export interface Ground {
  /** The SRV is secure: its targets are names that may be relied on. */
  readonly secure: boolean;
  /** We may open streams between server names: our own certificate and configuration allow it. */
  readonly serverNames: boolean;
  /** We hold a certificate for our own domain itself. */
  readonly ownCertificate: boolean;
  /** The policy takes the peer without a certificate that proves it: `encrypted` and `legacy`. */
  readonly takesDialback: boolean;
  /** The policy does without TLS: `legacy`. */
  readonly takesCleartext: boolean;
}

/** How one connection ended before its pair was requested. */
export interface Failure {
  readonly entry: Entry;
  readonly address: string;
  /** How many addresses the machine has. */
  readonly addresses: number;
  readonly cause: Cause;
  /** Of the peer's stream error; null when there was none. */
  readonly condition: StreamCondition | null;
  /** Its certificate did not prove the domain. */
  readonly unproven: boolean;
  /** On a classic stream the policy would take this very peer, by another prooftype (I-10). */
  readonly takenAsClassic: boolean;
  /** We had sent our claim by EXTERNAL. */
  readonly claimed: boolean;
  /** Whether it offered STARTTLS, or took it; null: it did not get to say. */
  readonly offersTls: boolean | null;
  /** It sends us elsewhere, and may. */
  readonly referral: Referral | null;
}

/** The beginning: every target in the order to try, at the highest rung that it can be on. */
export function ladder(
  targets: readonly Target[],
  ground: Ground,
  classicOnly: (target: Target) => boolean,
): Ladder {
  const named = ground.secure && ground.serverNames;
  const entries = targets.map((target): Entry => ({
    target,
    rung: named && !classicOnly(target) ? "server-name" : "external",
    sni: "domain",
    avoid: [],
    redirect: null,
  }));
  return { entries, focus: null };
}

/** What the next connection may lead to, in order; empty when nothing is left. */
export function nextEntries({ entries, focus }: Ladder): readonly Entry[] {
  return focus === null ? entries : entries.filter(({ target }) => target === focus);
}

/** What is left after a connection failed. */
export function afterFailure(before: Ladder, failure: Failure, ground: Ground): Ladder {
  if (failure.referral !== null) return afterReferral(before, failure.entry, failure.referral);
  const { target } = failure.entry;
  const next = lower(failure, ground);
  const exhausted = next === "another address" && failure.entry.avoid.length + 1 >= failure.addresses;
  if (next === "nothing" || exhausted) {
    return { entries: before.entries.filter((entry) => entry.target !== target), focus: null };
  }
  if (next === "another address") return avoiding(before, failure);
  return withEntry(before, { ...failure.entry, ...next, avoid: [] });
}

/** STR-35: the same target on the same rung, at another place. */
export function afterReferral(before: Ladder, entry: Entry, { to, hop, tls }: Redirect): Ladder {
  return withEntry(before, { ...entry, avoid: [], redirect: { to, hop, tls } });
}

/** None of these could be reached: they are used up, the others are not. */
export function afterUnreached(before: Ladder): Ladder {
  const tried = nextEntries(before);
  return { entries: before.entries.filter((entry) => !tried.includes(entry)), focus: null };
}

/**
 * What is left after a pair was denied as not proven on a stream of this target. Null: nothing that could help.
 *
 * between server names the domain's own certificate was not shown; without one there is nothing new to show.
 */
export function afterDenial(before: Ladder, entry: Entry, ground: Ground): Ladder | null {
  if (entry.rung !== "server-name" || !ground.ownCertificate) return null;
  return withEntry(before, { ...entry, rung: "external", avoid: [] });
}

/** Stream errors by which a peer says that it does not know our names, or does not take them (2.10, rung 2). */
const NOT_BETWEEN_SERVERS: readonly StreamCondition[] = [
  "host-unknown",
  "host-gone",
  "improper-addressing",
  "not-authorized",
  "invalid-from",
  "undefined-condition",
  "policy-violation",
];

/** Ends without a word that may mean the same: a close, or silence. */
const WITHOUT_A_WORD: readonly Cause[] = [
  "stream.closed",
  "tcp.lost",
  "tcp.reset",
  "tls.truncated",
  "stream.header-timeout",
  "stream.negotiation-timeout",
  "tls.timeout",
  // A machine that shows nothing for a name that it does not know (6.3) may show something for the service domain.
  "tls.handshake",
];

/** The whole machine knows no such domain: another address of it will not know better. */
const NOT_SERVED: readonly StreamCondition[] = ["host-unknown", "host-gone"];

type Next = Partial<Pick<Entry, "rung" | "sni">> | "another address" | "nothing";

function lower(failure: Failure, ground: Ground): Next {
  const { entry, cause, condition, unproven } = failure;
  if (unproven) return unprovenAt(failure, ground);
  const clear = ground.takesCleartext ? withoutTls(failure) : null;
  if (clear !== null) return clear;
  if (entry.rung === "server-name") {
    const fallsBack = condition === null
      ? WITHOUT_A_WORD.includes(cause)
      : NOT_BETWEEN_SERVERS.includes(condition);
    return fallsBack ? { rung: "external" } : "another address";
  }
  if (entry.rung === "external" && failure.claimed) return { rung: "key" };
  return condition !== null && NOT_SERVED.includes(condition) ? "nothing" : "another address";
}

/**
 * 2.10, rung 4: the peer offered no TLS, and none came about when it was asked for all the same. Who offers it is never
 * spoken to without, however it fails: a handshake is what an attacker breaks most easily.
 */
function withoutTls({ entry, condition, offersTls }: Failure): Next | null {
  if (entry.redirect !== null) return null; // nor who was named inside TLS
  if (entry.rung === "versionless" || (condition !== null && NOT_SERVED.includes(condition))) return null;
  if (condition === "unsupported-version" && offersTls !== true) return { rung: "versionless" };
  return offersTls === false && entry.rung !== "cleartext" ? { rung: "cleartext" } : null;
}

/** A certificate that proves nothing is no reason to take less from the same target, unless the policy takes it (2.10). */
function unprovenAt(failure: Failure, ground: Ground): Next {
  const { entry: { rung, sni, redirect }, cause, takenAsClassic } = failure;
  // Who sends us there has said whose certificate we shall find.
  if (redirect !== null) return "nothing";
  // 3.2: TLSA decides alone, whatever the header says.
  if (cause === "dane.mismatch") return "nothing";
  if (rung === "server-name") return takenAsClassic ? { rung: "external" } : "nothing";
  return ground.secure && sni === "domain" ? { sni: "target" } : "nothing";
}

function withEntry({ entries }: Ladder, changed: Entry): Ladder {
  const { target } = changed;
  return { entries: entries.map((entry) => entry.target === target ? changed : entry), focus: target };
}

function avoiding(before: Ladder, { entry, address }: Failure): Ladder {
  const avoid = [...entry.avoid, address];
  return {
    ...before,
    entries: before.entries.map((one) => one.target === entry.target ? { ...one, avoid } : one),
  };
}
