/** What the server's tables say when somebody asks. Nothing here is counted while stanzas flow. */
import type { ActorState, Readiness } from "../contract.ts";
import type { Recorder } from "../recorder.ts";
import type { ServerView } from "../view.ts";
import type { Sheet } from "./registry.ts";
import type { Found } from "./survey.ts";

export function readServer(sheet: Sheet, view: ServerView, now: number): void {
  for (const { direction, state, family, count } of view.connectionKinds()) {
    if (count > 0) sheet.add("xmpp_s2s_connections", { direction, state, ip_family: family }, count);
  }
  const routes = view.sources.routes.counted();
  for (const [state, count] of positive(routes.state)) sheet.add("xmpp_s2s_routes", { state }, count);
  for (const [cause, count] of positive(routes.reason)) {
    sheet.add("xmpp_s2s_route_failures", { cause }, count);
  }
  for (const [component, count] of positive(view.components())) {
    sheet.add("verona_domains", { component }, count);
  }
  readTraffic(sheet, view, now);
}

function readTraffic(sheet: Sheet, view: ServerView, now: number): void {
  const traffic = view.traffic();
  for (const direction of ["in", "out"] as const) {
    for (const kind of ["message", "presence", "iq"] as const) {
      sheet.add("xmpp_s2s_stanzas", { direction, kind }, traffic.kinds[direction][kind]);
    }
    sheet.add("xmpp_s2s_bytes", { direction }, traffic.bytes[direction]);
  }
  sheet.add("xmpp_s2s_stanzas_acknowledged", {}, traffic.acknowledged);
  sheet.add("xmpp_s2s_stanzas_unacknowledged", {}, traffic.unacknowledged);
  sheet.add("xmpp_s2s_stanzas_unconfirmed", {}, traffic.writtenUnconfirmed);
  sheet.add("xmpp_s2s_route_queue_stanzas", {}, traffic.queued);
  sheet.add("xmpp_s2s_route_queue_bytes", {}, traffic.queuedBytes);
  const oldestMs = traffic.queuedSince === null ? 0 : Math.max(0, now - traffic.queuedSince);
  sheet.add("xmpp_s2s_route_queue_oldest_age_seconds", {}, oldestMs / 1000);
}

export function readPopulation(sheet: Sheet, counts: readonly ActorState[]): void {
  for (const { machine, state, count } of counts) sheet.add("verona_actor_states", { machine, state }, count);
}

export function readSurvey(sheet: Sheet, { pairs, proofs, earliestExpiry, certificates }: Found): void {
  for (const [local, notAfter] of certificates) {
    sheet.add("xmpp_s2s_certificate_expiry_timestamp_seconds", { local }, notAfter / 1000);
  }
  for (const { labels, count } of pairs.values()) sheet.add("xmpp_s2s_pairs", labels, count);
  for (const [state, count] of Object.entries(proofs)) sheet.add("xmpp_s2s_proofs", { state }, count);
  if (earliestExpiry === null) return;
  sheet.add("xmpp_s2s_proof_earliest_expiry_timestamp_seconds", {}, earliestExpiry / 1000);
}

/** While nobody knows, there is no word of it. */
export function readHealth(sheet: Sheet, readiness: Readiness | null): void {
  if (readiness === null) return;
  sheet.add("verona_ready", {}, Number(readiness.ready));
  for (const { name, ok } of readiness.checks) sheet.add("verona_check_ok", { check: name }, Number(ok));
}

export function readResolver(sheet: Sheet, view: ServerView): void {
  const { cached, questions } = view.resolving();
  sheet.add("xmpp_s2s_proof_cache_entries", {}, cached);
  sheet.add("xmpp_s2s_dns_questions", {}, questions);
}

export function readRecorder(sheet: Sheet, { load, failures }: Recorder): void {
  sheet.add("verona_recorder_bytes", {}, load.bytes);
  sheet.add("verona_recorder_traces", { state: "living" }, load.living);
  sheet.add("verona_recorder_traces", { state: "ended" }, load.ended);
  sheet.add("verona_recorder_steps", {}, load.steps);
  sheet.add("verona_recorder_shed", {}, load.shed);
  sheet.add("verona_recorder_one_in", {}, load.oneIn);
  sheet.add("verona_recorder_errors", {}, failures);
}

const positive = (counts: Readonly<Record<string, number>> = {}) =>
  Object.entries(counts).filter(([, count]) => count > 0);
