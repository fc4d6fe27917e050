/** What the Grafana dashboard shows, row by row. */
import { one, quantiles, rate, type Target } from "./expressions.ts";

export interface Panel {
  readonly title: string;
  readonly about: string;
  readonly unit: string;
  readonly targets: readonly Target[];
  readonly kind?: "timeseries" | "stat";
  readonly stacked?: true;
  /** Beyond these a stat turns yellow, then red; below them where it counts down. */
  readonly limits?: readonly [yellow: number, red: number];
}

const DAY = 86_400;

/** By row; four stats or three graphs stand side by side. */
export const ROWS: Readonly<Record<string, readonly Panel[]>> = {
  "Is it well": [
    {
      title: "Ready",
      about: "1: /readyz says 200",
      unit: "short",
      kind: "stat",
      targets: one("min(verona_ready{$})", "ready"),
      limits: [1, 0.5],
    },
    {
      title: "Open pairs",
      about: "pairs of domains that may flow, either way",
      unit: "short",
      kind: "stat",
      targets: one('sum(xmpp_s2s_routes{$,state="authorised"})', "pairs"),
    },
    {
      title: "Proofs that cannot be renewed",
      about: "suspected or postponed: their pairs stop when they end",
      unit: "short",
      kind: "stat",
      targets: one('sum(xmpp_s2s_proofs{$,state=~"suspected|postponed"})', "proofs"),
      limits: [1, 10],
    },
    {
      title: "Our next certificate ends in",
      about: "of all our own",
      unit: "s",
      kind: "stat",
      targets: one("min(xmpp_s2s_certificate_expiry_timestamp_seconds{$}) - time()", "certificate"),
      limits: [14 * DAY, 3 * DAY],
    },
    {
      title: "Checks",
      about: "what /readyz looks at; 0: it fails",
      unit: "short",
      targets: one("min by (check) (verona_check_ok{$})", "{{check}}"),
    },
    {
      title: "Domains by component",
      about: "away: what comes for them is bounced",
      unit: "short",
      targets: one("sum by (component) (verona_domains{$})", "{{component}}"),
      stacked: true,
    },
    {
      title: "The first proof ends in",
      about: "renewed long before, when all is well",
      unit: "s",
      targets: one("min by (instance) (xmpp_s2s_proof_earliest_expiry_timestamp_seconds{$}) - time()"),
    },
  ],
  "Federation": [
    {
      title: "Connections by state",
      about: "both directions",
      unit: "short",
      targets: one("sum by (direction, state) (xmpp_s2s_connections{$})", "{{direction}} {{state}}"),
      stacked: true,
    },
    {
      title: "Open pairs by proof",
      about: "what speaks for the remote domain",
      unit: "short",
      targets: one("sum by (direction, prooftype) (xmpp_s2s_pairs{$})", "{{direction}} {{prooftype}}"),
      stacked: true,
    },
    {
      title: "Open pairs by domain hosted here",
      about: "the ten with the most",
      unit: "short",
      targets: one("topk(10, sum by (local) (xmpp_s2s_pairs{$}))", "{{local}}"),
    },
    {
      title: "Verdicts",
      about: "in: ours; out: the peers'",
      unit: "ops",
      targets: rate("xmpp_s2s_pair_decisions_total", "direction, decision"),
    },
    {
      title: "Denied and revoked, by cause",
      about: "docs/causes.md has each",
      unit: "ops",
      targets: rate("xmpp_s2s_pair_decisions_total", "direction, cause", ',decision!="granted"'),
    },
    {
      title: "Pairs that are not open, by cause",
      about: "now",
      unit: "short",
      targets: one("sum by (cause) (xmpp_s2s_route_failures{$})", "{{cause}}"),
      stacked: true,
    },
    {
      title: "Connections opened",
      about: "each second",
      unit: "ops",
      targets: rate("xmpp_s2s_connections_opened_total", "direction"),
    },
    {
      title: "Connections ended, by cause",
      about: "each second",
      unit: "ops",
      targets: rate("xmpp_s2s_connections_closed_total", "direction, cause"),
    },
    {
      title: "Stream errors",
      about: "in: received, out: sent",
      unit: "ops",
      targets: rate("xmpp_s2s_stream_errors_total", "direction, condition"),
    },
  ],
  "How long it takes": [
    {
      title: "To an established stream",
      about: "from TCP on",
      unit: "s",
      targets: quantiles("xmpp_s2s_setup_duration_seconds", "direction", ',phase="total"'),
    },
    {
      title: "Phases, p95",
      about: "dns, tcp, starttls, tls, stream; proof and verdict of a pair",
      unit: "s",
      targets: quantiles("xmpp_s2s_setup_duration_seconds", "phase").slice(1, 2),
    },
    {
      title: "From a peer's request to our verdict",
      about: "by decision",
      unit: "s",
      targets: quantiles("xmpp_s2s_assertion_duration_seconds", "decision"),
    },
    {
      title: "TLS handshakes",
      about: "those that failed by their cause",
      unit: "ops",
      targets: rate("xmpp_s2s_tls_handshakes_total", "direction, result"),
    },
    {
      title: "Key exchanges",
      about: "of handshakes that succeeded",
      unit: "ops",
      targets: rate("xmpp_s2s_tls_handshakes_total", "protocol, group", ',result="ok"'),
    },
    {
      title: "Event loop delay",
      about: "how late a timer is",
      unit: "s",
      targets: quantiles("verona_event_loop_delay_seconds", ""),
    },
  ],
  "DNS and proofs": [
    {
      title: "Validated answers",
      about: "past the cache",
      unit: "ops",
      targets: rate("xmpp_s2s_dnssec_validations_total", "result"),
    },
    {
      title: "Bogus and indeterminate, by cause",
      about: "docs/causes.md has each",
      unit: "ops",
      targets: rate("xmpp_s2s_dnssec_validations_total", "cause", ',result=~"bogus|indeterminate"'),
    },
    {
      title: "An answer with its chain, p95",
      about: "by type of record",
      unit: "s",
      targets: quantiles("xmpp_s2s_dns_query_duration_seconds", "qtype").slice(1, 2),
    },
    {
      title: "Cache hits",
      about: "of all lookups; and what is kept",
      unit: "percentunit",
      targets: one(
        "sum(rate(xmpp_s2s_proof_cache_hits_total{$}[$__rate_interval])) / (sum(rate(xmpp_s2s_proof_cache_hits_total{$}" +
          "[$__rate_interval])) + sum(rate(xmpp_s2s_proof_cache_misses_total{$}[$__rate_interval])))",
        "hits",
      ),
    },
    {
      title: "Delegations",
      about: "by what DNSSEC said",
      unit: "ops",
      targets: rate("xmpp_s2s_delegations_total", "security"),
    },
    {
      title: "Proofs looked at again",
      about: "held: all is well",
      unit: "ops",
      targets: rate("xmpp_s2s_pair_recheck_total", "result"),
    },
  ],
  "Traffic": [
    {
      title: "Stanzas",
      about: "delivered, each second",
      unit: "ops",
      targets: rate("xmpp_s2s_stanzas_total", "direction, kind"),
    },
    {
      title: "Bytes",
      about: "on the wire between servers",
      unit: "Bps",
      targets: rate("xmpp_s2s_bytes_total", "direction"),
    },
    {
      title: "Not delivered, by cause",
      about: "bounced or discarded",
      unit: "ops",
      targets: rate("xmpp_s2s_stanzas_rejected_total", "direction, how, cause"),
    },
    {
      title: "Waiting for their pair",
      about: "stanzas",
      unit: "short",
      targets: one("sum by (instance) (xmpp_s2s_route_queue_stanzas{$})"),
    },
    {
      title: "The oldest of them waits",
      about: "limits.queue_age bounds it",
      unit: "s",
      targets: one("max by (instance) (xmpp_s2s_route_queue_oldest_age_seconds{$})"),
    },
    {
      title: "Acknowledged and lost from sight",
      about: "XEP-0198; unconfirmed: written to a connection that was lost",
      unit: "ops",
      targets: [
        ...rate("xmpp_s2s_stanzas_acknowledged_total", "instance").map(({ expr }) => ({
          expr,
          legend: "acknowledged",
        })),
        ...rate("xmpp_s2s_stanzas_unconfirmed_total", "instance").map(({ expr }) => ({
          expr,
          legend: "unconfirmed",
        })),
      ],
    },
  ],
  "The process": [
    { title: "CPU", about: "cores", unit: "short", targets: rate("process_cpu_seconds_total", "instance") },
    {
      title: "Resident memory",
      about: "of it, traces by estimate",
      unit: "bytes",
      targets: [...one("process_resident_memory_bytes{$}"), ...one("verona_recorder_bytes{$}", "traces")],
    },
    {
      title: "Actors by state",
      about: "docs/machines; the ten most",
      unit: "short",
      targets: one(
        "topk(10, sum by (machine, state) (verona_actor_states{$}))",
        "{{machine}} {{state}}",
      ),
    },
    {
      title: "Recorder",
      about: "steps kept, and left out under load",
      unit: "ops",
      targets: [
        ...rate("verona_recorder_steps_total", "instance").map(({ expr }) => ({ expr, legend: "kept" })),
        ...rate("verona_recorder_shed_total", "instance").map(({ expr }) => ({ expr, legend: "left out" })),
      ],
    },
    {
      title: "Console",
      about: "who listens",
      unit: "short",
      targets: one("sum by (kind) (verona_console_clients{$})", "{{kind}}"),
    },
    {
      title: "Bugs of ours",
      about: "actors that threw, listeners of the recorder that threw, in an hour",
      unit: "short",
      targets: [
        ...one("sum by (instance) (increase(verona_actor_crashes_total{$}[1h]))", "actors"),
        ...one("sum by (instance) (increase(verona_recorder_errors_total{$}[1h]))", "recorder"),
      ],
    },
  ],
};
