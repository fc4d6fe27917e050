/** What is counted of the events that the log has too. */
import type { EventType, RecordedEvent } from "../../facts/event.ts";
import type { Measured } from "../phases.ts";
import type { Exemplar } from "./histogram.ts";
import type { Registry } from "./registry.ts";

type Count = (registry: Registry, event: RecordedEvent, by: number) => void;

const text = (value: unknown): string => typeof value === "string" ? value : "none";
const cause = (event: RecordedEvent): string => event.cause ?? "none";

const closed: Count = (registry, event, by) => {
  const direction = text(event.detail?.direction);
  registry.count("xmpp_s2s_connections_closed", { direction, cause: cause(event) }, by);
};

const decided = (decision: string, direction: string | null = null): Count => (registry, event, by) =>
  registry.count("xmpp_s2s_pair_decisions", {
    direction: direction ?? text(event.detail?.direction),
    decision: decision === "revoked" && event.cause === "proof.expired" ? "expired" : decision,
    prooftype: text(event.detail?.prooftype),
    cause: cause(event),
  }, by);

const rejected = (how: string): Count => (registry, event, by) =>
  registry.count("xmpp_s2s_stanzas_rejected", {
    // What goes back to a component came from it.
    direction: event.detail?.to === "component" ? "out" : "in",
    how,
    cause: cause(event),
  }, by);

/** Most events are no metric. */
const COUNTED: Partial<Record<EventType, Count>> = {
  "connection.opened": (registry, { detail }, by) =>
    registry.count("xmpp_s2s_connections_opened", { direction: text(detail?.direction) }, by),
  "connection.closed": closed,
  "connection.failed": closed,
  "pair.granted": decided("granted", "in"),
  "pair.authorised": decided("granted", "out"),
  "pair.denied": decided("denied"),
  "pair.revoked": decided("revoked"),
  "proof.rechecked": (registry, { detail }, by) =>
    registry.count("xmpp_s2s_pair_recheck", { result: text(detail?.outcome) }, by),
  "delegation.resolved": (registry, event, by) =>
    registry.count(
      "xmpp_s2s_delegations",
      { security: text(event.detail?.security), cause: cause(event) },
      by,
    ),
  "stream.error": (registry, { detail }, by) => {
    // What we found wrong is told first; the error that we send for it comes after.
    if (typeof detail?.condition !== "string" || detail.found !== undefined) return;
    const direction = detail.by === "us" ? "out" : "in";
    registry.count("xmpp_s2s_stream_errors", { direction, condition: detail.condition }, by);
  },
  "stanza.bounced": rejected("bounced"),
  "stanza.discarded": rejected("discarded"),
  "certificate.expiring": (registry, { detail }, by) =>
    registry.count(
      "verona_certificate_expiry_warnings",
      { whose: text(detail?.whose), days: String(detail?.days) },
      by,
    ),
  "actor.crashed": (registry, _, by) => registry.count("verona_actor_crashes", {}, by),
};

/** The types of what is counted. */
export const COUNTED_TYPES = Object.keys(COUNTED) as EventType[];

export function count(registry: Registry, event: RecordedEvent): void {
  const repeated = event.detail?.repeated; // one that stands for many
  COUNTED[event.type]?.(registry, event, typeof repeated === "number" ? repeated : 1);
}

/** A phase of a connection or a pair is over. */
export function measured(
  registry: Registry,
  { phase, direction, ms, decision, prooftype }: Measured,
  seen: Omit<Exemplar, "value"> | null = null,
): void {
  const seconds = ms / 1000;
  registry.observe(
    "xmpp_s2s_setup_duration_seconds",
    {
      phase: phase === "setup" ? "total" : phase,
      direction,
    },
    seconds,
    seen,
  );
  if (phase !== "proof" || decision === undefined || prooftype === undefined) return;
  registry.observe("xmpp_s2s_assertion_duration_seconds", { decision, prooftype }, seconds, seen);
}
