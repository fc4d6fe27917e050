/** What every line of the log must hold. console.md 4.3; issue 6: every line with cause, connection and pair. */
import assert from "node:assert/strict";
import { ABOUT } from "../../facts/about.ts";
import { CAUSES, isCause } from "../../facts/cause.ts";
import type { Json } from "./verona.ts";

const ORDER = [
  "ts",
  "level",
  "logger",
  "event",
  "message",
  "connection",
  "pair",
  "local",
  "remote",
  "direction",
]
  .concat(["state", "cause", "fault", "elapsed_ms", "trace_id", "span_id"]);
const ALWAYS = ["ts", "level", "logger", "event", "message"];

/** Lines that warn and have nobody's failure in them. */
const WARNINGS: ReadonlySet<string> = new Set([
  ...["certificate.changed", "certificate.expiring", "recorder.sampling", "config.warned", "console.refused"],
  ...["config.refused", "actor.crashed", "audit.failed", "server.starved", "console.failed"],
]);

/** Whether something failed in what the line says. */
function isFailure({ event, level, state, verdict, service, outcome }: Json): boolean {
  if (level !== "info" && level !== "debug") return !WARNINGS.has(event);
  if (event === "route.state") return state === "denied" || state === "backoff";
  if (event === "verdict.sent" || event === "verdict.received") {
    return verdict === "invalid" || verdict === "error";
  }
  if (event === "delegation.resolved") return service === "unknown" || service === "refused";
  if (event === "proof.rechecked") return outcome !== "held";
  return ["connection.failed", "connection.closed", "stanza.bounced", "stanza.discarded"].includes(event);
}

// deno-lint-ignore no-control-regex
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2028\u2029]/;

/** @param text The line as it was written. */
export function assertLine(text: string, line: Json): void {
  const say = (what: string) => `${what}: ${text.slice(0, 600)}`;
  assert.doesNotMatch(text, CONTROL, say("a control character"));
  for (const key of ALWAYS) assert.equal(typeof line[key], "string", say(`no ${key}`));
  assert.match(line.ts, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/, say("ts"));
  assert.ok(Object.hasOwn(ABOUT, line.event), say("an event that is in no table"));
  assert.equal(line.logger, `verona.${line.event.split(".")[0]}`);
  const fixed = Object.keys(line).filter((key) => ORDER.includes(key));
  if (line.pair !== undefined || line.local === undefined) {
    assert.deepEqual(fixed, ORDER.filter((key) => key in line), say("the order of keys"));
  }
  for (const key of ABOUT[line.event as keyof typeof ABOUT]) assert.ok(line[key], say(`no ${key}`));
  // Who is not let in at all is given no id.
  if (line.event === "connection.failed") {
    assert.ok(line.connection ?? line.cause === "tcp.limit", say("no id"));
  }
  if (line.pair !== undefined) assert.equal(line.pair, `${line.local} ${line.remote}`, say("pair"));
  if (isFailure(line)) assert.ok(line.cause, say("no cause"));
  if (line.cause === undefined) return;
  assert.ok(isCause(line.cause), say("a cause that is in no list"));
  assert.equal(line.fault, CAUSES[line.cause as keyof typeof CAUSES].fault);
}
