/** What every line of an event says beside the event itself: whom it is about, and why. console.md 4.3. */
import type { EVENTS } from "./event.ts";

/** Keys of a log line. */
export type Key = "connection" | "pair" | "cause";

const NOTHING: readonly Key[] = [];
const CONNECTION: readonly Key[] = ["connection"];
const PAIR: readonly Key[] = ["pair"];
const BOTH: readonly Key[] = ["connection", "pair"];
const CAUSE: readonly Key[] = ["cause"];
const ALL: readonly Key[] = ["connection", "pair", "cause"];

/** Never left out of a line; where something failed the cause stands in every line (tests/harness/log_keys.ts). */
export const ABOUT: Readonly<Record<keyof typeof EVENTS, readonly Key[]>> = {
  "server.listening": NOTHING,
  "server.ready": NOTHING,
  "server.readiness": NOTHING,
  "config.warned": NOTHING,
  "server.draining": NOTHING,
  "server.stopped": NOTHING,
  "server.starved": NOTHING,
  "server.reloaded": NOTHING,
  "config.refused": NOTHING,
  // What an operator's `explain` asks is nobody's step.
  "delegation.resolved": NOTHING,
  "addresses.resolved": NOTHING,
  "tlsa.resolved": NOTHING,
  "posh.resolved": NOTHING,
  "connection.opened": CONNECTION,
  "connection.secured": CONNECTION,
  "connection.established": CONNECTION,
  // Who is not let in at all (`tcp.limit`) is given no id.
  "connection.failed": CAUSE,
  "connection.closed": ["connection", "cause"],
  "stream.opened": CONNECTION,
  "stream.error": ["connection", "cause"],
  "machine.judged": CONNECTION,
  "stream.redirected": ["connection", "cause"],
  "sasl.finished": CONNECTION,
  "request.sent": BOTH,
  "request.received": BOTH,
  "verdict.sent": BOTH,
  "verdict.received": BOTH,
  "verify.answered": BOTH,
  "verify.sent": BOTH,
  "verify.received": BOTH,
  "verify.ignored": ALL,
  "pair.granted": BOTH,
  "pair.authorised": BOTH,
  "pair.denied": ALL,
  "pair.revoked": ALL,
  "proof.rechecked": CONNECTION,
  "route.state": PAIR,
  "stanza.first": BOTH,
  // A line that stands for many stanzas has no pair where they were of several.
  "stanza.bounced": CAUSE,
  "stanza.discarded": CAUSE,
  "component.attached": CONNECTION,
  "component.detached": ["connection", "cause"],
  "component.refused": ["connection", "cause"],
  "certificate.loaded": NOTHING,
  "certificate.kept": CAUSE,
  "certificate.changed": CONNECTION,
  "certificate.expiring": NOTHING,
  "dns.witness": CAUSE,
  "operator.acted": NOTHING,
  "console.entered": NOTHING,
  "console.refused": NOTHING,
  "console.failed": NOTHING,
  "recorder.sampling": NOTHING,
  "audit.failed": NOTHING,
  "actor.crashed": NOTHING,
};
