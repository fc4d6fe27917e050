/** Every metric with its labels and its one line of docs/metrics.md. console.md 4.1; docs/decisions/0190. */

export interface Family {
  readonly type: "counter" | "gauge" | "histogram" | "info";
  /** Each has a bounded set of values: never a remote domain, a connection, an address. */
  readonly labels: readonly string[];
  readonly help: string;
  /** Upper ends, of a histogram. */
  readonly buckets?: readonly number[];
}

const of =
  <const Type extends Exclude<Family["type"], "histogram">>(type: Type) =>
  <const Labels extends readonly string[]>(help: string, ...labels: Labels) => ({ type, labels, help });
const counter = of("counter"), gauge = of("gauge"), info = of("info");
const histogram = <const Labels extends readonly string[]>(
  help: string,
  buckets: readonly number[],
  ...labels: Labels
) => ({ type: "histogram", labels, help, buckets } as const);

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const LATE_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];
const SIGNATURES = [1, 2, 4, 8, 16, 32, 64];

/** By the family's name: counters are sampled as `_total`, `info` as `_info`. */
export const FAMILIES = {
  "xmpp_s2s_connections": gauge("connections now", "direction", "state", "ip_family"),
  "xmpp_s2s_connections_opened": counter("TCP connections opened (out) or accepted (in)", "direction"),
  "xmpp_s2s_connections_closed": counter("connections that ended, by cause", "direction", "cause"),
  "xmpp_s2s_setup_duration_seconds": histogram(
    "how long a phase took; total is from TCP to the established stream",
    SECONDS,
    "phase",
    "direction",
  ),
  "xmpp_s2s_tls_handshakes": counter(
    "TLS handshakes: result ok, or the cause of the failure",
    "direction",
    "protocol",
    "group",
    "result",
  ),
  "xmpp_s2s_pairs": gauge(
    "open pairs by the domain hosted here; out: we may send. Beyond 100 domains the others are `_other`",
    "local",
    "direction",
    "prooftype",
  ),
  "xmpp_s2s_pair_decisions": counter(
    "verdicts on pairs, ours (in) and the peers' (out): granted, denied, expired, revoked",
    "direction",
    "decision",
    "prooftype",
    "cause",
  ),
  "xmpp_s2s_pair_recheck": counter("proofs looked at again: held, postponed, suspected", "result"),
  "xmpp_s2s_assertion_duration_seconds": histogram(
    "from a peer's request to our verdict",
    SECONDS,
    "decision",
    "prooftype",
  ),
  "xmpp_s2s_delegations": counter(
    "delegations resolved, by what DNSSEC said and why there is none",
    "security",
    "cause",
  ),
  "xmpp_s2s_dnssec_validations": counter(
    "DNS answers validated past the cache: secure, insecure, bogus, indeterminate, and why",
    "result",
    "cause",
  ),
  "xmpp_s2s_dnssec_chain_signatures": histogram("signatures that an answer cost to validate", SIGNATURES),
  "xmpp_s2s_dns_query_duration_seconds": histogram(
    "how long a validated answer took past the cache, its whole chain included",
    SECONDS,
    "qtype",
    "result",
  ),
  "xmpp_s2s_dns_questions": counter("questions put to the resolvers, repetitions included"),
  "xmpp_s2s_proof_cache_entries": gauge("validated answers that are kept"),
  "xmpp_s2s_proof_cache_hits": counter("lookups answered from what was kept"),
  "xmpp_s2s_proof_cache_misses": counter("lookups that were not"),
  "xmpp_s2s_proofs": gauge(
    "proofs of connections, by state; suspected and postponed ones could not be renewed",
    "state",
  ),
  "xmpp_s2s_proof_earliest_expiry_timestamp_seconds": gauge("when the first of all proofs ends for good"),
  "xmpp_s2s_certificate_expiry_timestamp_seconds": gauge("when our own certificates end", "local"),
  "verona_certificate_expiry_warnings": counter(
    "certificates that were found to end within so many days, ours and connected peers'",
    "whose",
    "days",
  ),
  "xmpp_s2s_routes": gauge("pairs that have a route or are open, by state", "state"),
  "xmpp_s2s_route_failures": gauge("pairs that are not open now, by cause", "cause"),
  "xmpp_s2s_route_queue_stanzas": gauge("stanzas that wait for their pair to open"),
  "xmpp_s2s_route_queue_bytes": gauge("the same in bytes"),
  "xmpp_s2s_route_queue_oldest_age_seconds": gauge("how long the oldest of them waits; 0 when none does"),
  "xmpp_s2s_stanzas": counter(
    "stanzas delivered, to components (in) and to peers (out)",
    "direction",
    "kind",
  ),
  "xmpp_s2s_bytes": counter("bytes on the wire, TLS and all", "direction"),
  "xmpp_s2s_stanzas_rejected": counter(
    "stanzas not delivered, of peers (in) and of components (out): bounced to their sender, or discarded",
    "direction",
    "how",
    "cause",
  ),
  "xmpp_s2s_stanzas_acknowledged": counter(
    "stanzas that peers acknowledged (XEP-0198), or a fence confirmed",
  ),
  "xmpp_s2s_stanzas_unacknowledged": gauge("stanzas written that peers have yet to acknowledge"),
  "xmpp_s2s_stanzas_unconfirmed": counter(
    "stanzas written to connections that were lost: they may have arrived",
  ),
  "xmpp_s2s_stream_errors": counter("stream errors sent (out) and received (in)", "direction", "condition"),
  "verona_ready": gauge("1 when /readyz says 200, a few seconds ago"),
  "verona_check_ok": gauge("the same of each of its checks", "check"),
  "verona_domains": gauge("domains hosted here, by their component: connected, away, none", "component"),
  "verona_actor_states": gauge("actors by machine and state (docs/machines)", "machine", "state"),
  "verona_actor_crashes": counter("actors that threw: each is a bug of ours"),
  "verona_event_loop_delay_seconds": histogram("how late the event loop came to a timer", LATE_SECONDS),
  "verona_console_clients": gauge("pages and programs that listen: WebSockets, event streams", "kind"),
  "verona_console_dropped": counter(
    "of those, cut because they did not keep up or did not keep to the rules",
  ),
  "verona_recorder_bytes": gauge("what traces and journal hold, by estimate (at most 64 MiB)"),
  "verona_recorder_traces": gauge("connections and pairs with a trace", "state"),
  "verona_recorder_steps": counter("steps recorded in traces"),
  "verona_recorder_shed": counter("events left out of traces under load"),
  "verona_recorder_one_in": gauge("one pair or connection in so many is traced; 1: all"),
  "verona_recorder_errors": counter("errors of those that listen to the recorder: each is a bug of ours"),
  "verona_build": info("this build", "version", "commit", "deno", "v8"),
  "process_cpu_seconds": counter("processor time used, user and system"),
  "process_resident_memory_bytes": gauge("resident memory"),
  "process_start_time_seconds": gauge("when the process began, since the epoch"),
} as const satisfies Record<string, Family>;

export type FamilyName = keyof typeof FAMILIES;
/** Names of one type. */
export type Named<Type extends Family["type"]> = {
  [Name in FamilyName]: (typeof FAMILIES)[Name]["type"] extends Type ? Name : never;
}[FamilyName];
/** The labels that a family has, each with a value. */
export type LabelsOf<Name extends FamilyName> = Readonly<
  Record<(typeof FAMILIES)[Name]["labels"][number], string>
>;

const SUFFIX = { counter: "_total", gauge: "", histogram: "", info: "_info" } as const;

/** As PromQL names it; of a histogram the stem of `_bucket`, `_sum` and `_count`. */
export function sampled(name: FamilyName): string {
  return name + SUFFIX[FAMILIES[name].type];
}
