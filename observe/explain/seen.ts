/** What a connection showed before it came to nothing: the peer's certificate, and what the stream ended with. */
import type { Detail, RecordedEvent } from "../../facts/event.ts";
import type { Recorder } from "../recorder.ts";
import type { Facts } from "./facts.ts";

/** @param connection Null, or one that the recorder has forgotten: nothing is known. */
export function seenOn(recorder: Recorder, connection: string | null): Facts {
  if (connection === null) return {};
  const events = recorder.trace({ connection })?.events ?? [];
  const last = (type: RecordedEvent["type"]) => events.findLast((event) => event.type === type)?.detail;
  const secured = last("connection.secured"), error = last("stream.error");
  return without({
    tls: secured?.version,
    subject: secured?.subject,
    issuer: secured?.issuer,
    identifiers: secured?.identifiers,
    notBefore: secured?.notBefore,
    notAfter: secured?.notAfter,
    ...(error?.by === "peer" && error.found === undefined
      ? { condition: error.condition, peerText: error.text }
      : {}),
    found: error?.found,
  });
}

function without(facts: Readonly<Record<string, Detail | undefined>>): Facts {
  const there = (value: Detail | undefined): value is Detail =>
    value !== undefined && value !== null && !(Array.isArray(value) && value.length === 0);
  return Object.fromEntries(
    Object.entries(facts).flatMap(([key, value]) => there(value) ? [[key, value] as const] : []),
  );
}
