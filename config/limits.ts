/** `[limits]`: every bound on what others may cost us, with its default. protocol.md 10. */
import { z } from "zod";
import { count, duration, later, size } from "./values.ts";

/** One reply of the native library has room for that. */
const MAX_POSH_SIZE = 100 * 1024;

/** Limits of what comes later. */
const limitsLater = {
  stanzas_per_second_per_pair: later(
    0,
    "whole number of stanzas a second",
    "Stanzas of one pair; 0: no limit.",
  ),
  sm_resume: later("300s", "duration", "How long a stream may be resumed."),
};

/** Their keys: nothing reads them yet. */
export const LATER_LIMITS: ReadonlySet<string> = new Set(Object.keys(limitsLater));

/** What one element, one header and one document may hold. */
const sizes = {
  // RFC 6120 13.12: never below 10,000.
  stanza_bytes: size(
    "512KiB",
    "1MiB",
    "A stanza. Advertised to the peer; up to twice the limit the stanza is refused with `policy-violation`, beyond it the stream ends.",
    { min: 10_000 },
  ),
  unproven_element_bytes: size(
    "10000B",
    20_000,
    "Any element of a peer that has proven nothing. Beyond it the stream ends with `policy-violation`.",
    { min: 1000 },
  ),
  header_bytes: size(
    "8192B",
    "16KiB",
    "A stream's header. Beyond it the stream ends with `policy-violation`.",
    { min: 512 },
  ),
  depth: count(
    64,
    32,
    "levels",
    "How deep elements may stand in one another. Beyond: `policy-violation`.",
    4,
  ),
  attributes: count(64, 128, "attributes", "Attributes of one element. Beyond: `policy-violation`.", 8),
  elements: count(10_000, 20_000, "elements", "Elements in one stanza. Beyond: `policy-violation`.", 32),
  value_bytes: size("16KiB", "64KiB", "An attribute's value. Beyond: `policy-violation`.", { min: 3071 }),
  name_bytes: size("256B", "512B", "An element's name. Beyond: `policy-violation`.", { min: 32 }),
  namespace_bytes: size("1KiB", "2KiB", "A namespace's name. Beyond: `policy-violation`.", { min: 64 }),
  unproven_depth: count(8, 16, "levels", "As `depth`, for a peer that has proven nothing.", 4),
  unproven_attributes: count(16, 32, "attributes", "As `attributes`, for a peer that has proven nothing.", 8),
  unproven_elements: count(32, 64, "elements", "As `elements`, for a peer that has proven nothing.", 8),
  posh_bytes: size("64KiB", "16KiB", "A POSH document. Beyond it there is none.", { max: MAX_POSH_SIZE }),
  posh_redirects: count(
    5,
    2,
    "redirects",
    "Redirects on the way to a POSH document. Beyond it there is none.",
    0,
  ),
};

/** How long may be waited for what. */
const times = {
  connect_timeout: duration("10s", "5s", "TCP to one address; then the next address is tried."),
  connect_total: duration("30s", "20s", "TCP to all addresses of a target; then the next target is tried."),
  tls_timeout: duration("15s", "30s", "A TLS handshake, and the answer to STARTTLS. Then TCP is dropped."),
  header_timeout: duration("20s", "30s", "Each header and each set of features. Then TCP is dropped."),
  negotiation_timeout: duration(
    "60s",
    "2m",
    "From TCP to the first pair that is open. Then `connection-timeout`.",
  ),
  dns_query_timeout: duration("3s", "2s", "One question to the resolver; it is asked three times."),
  dns_timeout: duration(
    "10s",
    "15s",
    "A name with its whole chain of signatures. Then a temporary failure, `dns.timeout`.",
  ),
  posh_timeout: duration("10s", "5s", "The fetch of a POSH document. Then there is none."),
  proof_timeout: duration(
    "30s",
    "45s",
    "To prove what a peer requests. Then a verdict that lets it ask again.",
  ),
  verify_timeout: duration("30s", "20s", "The answer of a domain's own server to a dialback question."),
  verdict_timeout: duration("60s", "90s", "A peer's verdict on our request. Then as if it were an error."),
  closing_timeout: duration("5s", "10s", "A peer's closing tag. Then TCP is dropped."),
  close_notify_timeout: duration("2s", "1s", "The end of TLS behind it. Then TCP is dropped."),
  idle_timeout: duration(
    "1h",
    "30m",
    "A stream without stanzas is closed in good order. Advertised to the peer.",
  ),
  idle_check: duration("5m", "2m", "Silence before a peer is asked whether it lives."),
  ack_timeout: duration(
    "60s",
    "30s",
    "A peer's answer when it is asked. Then the stream ends with `connection-timeout`.",
  ),
  shutdown_grace: duration("10s", "30s", "From `system-shutdown` to the end, when the server stops."),
  negative_pair: duration(
    "10m",
    "1m",
    "How long a peer's denial for good is believed: stanzas are bounced at once.",
  ),
  classic_only: duration("24h", "1h", "How long a machine that knows no server names is remembered as such."),
  backoff_max: duration(
    "300s",
    "10m",
    "The longest pause before a pair or a machine that failed is tried again.",
  ),
  recheck_min: duration(
    "5m",
    "15m",
    "From one look at a proof to the next, at least. Not longer than `recheck_max`.",
  ),
  recheck_max: duration("24h", "12h", "From one look at a proof to the next, at most."),
};

/** What waits: for a pair to open, for an acknowledgement. */
const queues = {
  queue_stanzas: count(
    1000,
    500,
    "stanzas",
    "Stanzas that wait for one pair. Beyond: `resource-constraint` to the sender.",
  ),
  queue_bytes: size("4MiB", "1MiB", "What waits for one pair. Beyond: `resource-constraint` to the sender."),
  queue_age: duration(
    "90s",
    "60s",
    "How long a stanza waits for its pair. Then `remote-server-timeout` to its sender.",
  ),
  queues_bytes: size("64MiB", "256MiB", "What waits for all pairs together. Beyond: `resource-constraint`."),
  sm_unacked_stanzas: count(
    5000,
    1000,
    "stanzas",
    "Stanzas without acknowledgement on one connection. Then sending pauses.",
  ),
  sm_unacked_bytes: size(
    "16MiB",
    "4MiB",
    "What has no acknowledgement on one connection. Then sending pauses.",
  ),
};

/** How many at a time. */
const connections = {
  connections: count(
    5000,
    20_000,
    "connections",
    "Incoming connections in all. The next is closed without a byte.",
  ),
  connections_unproven: count(
    1000,
    500,
    "connections",
    "Incoming connections of peers that have proven nothing, in all. The next is closed.",
  ),
  connections_per_address: count(
    50,
    200,
    "connections",
    "Incoming connections of one IPv4 address or IPv6 /64. The next is closed.",
  ),
  unproven_per_address: count(
    10,
    20,
    "connections",
    "Of one IPv4 address or IPv6 /64, those that have proven nothing. The next is closed.",
  ),
  attempts_per_minute: count(
    60,
    120,
    "attempts a minute",
    "Attempts to connect, of one IPv4 address or IPv6 /64. The next is closed.",
  ),
  outgoing_in_progress: count(200, 50, "connections", "Connections that we are opening. The next waits."),
  outgoing_per_target: count(
    2,
    4,
    "connections",
    "Connections of ours to one machine. The next is made elsewhere, or not at all.",
  ),
  pairs_per_connection: count(
    1_000_000,
    10_000,
    "pairs",
    "Pairs that are open on one connection. Beyond: `resource-constraint`.",
  ),
  verify_connections: count(
    100,
    50,
    "connections",
    "Connections to ask domains' own servers for dialback. Beyond: `resource-constraint`, for whoever (/24, /48) has most.",
  ),
  verify_per_domain: count(
    2,
    4,
    "connections",
    "Connections to ask one sender domain's own server for dialback. Beyond: `resource-constraint`.",
  ),
  bytes_per_second: size(
    "0B",
    "1MiB",
    "What is read of one connection in a second; then reading pauses. 0: no limit.",
    { min: 0 },
  ),
  unproven_bytes_per_second: size(
    "8KiB",
    "4KiB",
    "As `bytes_per_second`, for a peer that has proven nothing. Four times as much at once; 0: no limit.",
    { min: 0 },
  ),
};

/** What may be asked and must be looked up. */
const requests = {
  pending_requests: count(
    1000,
    500,
    "requests",
    "Requests of a peer that are being proven, per connection. Beyond: `resource-constraint`.",
  ),
  pending_requests_unproven: count(
    10,
    20,
    "requests",
    "As `pending_requests`, for a peer that has proven nothing.",
  ),
  unanswered_requests: count(
    64,
    128,
    "requests",
    "Requests of ours without a verdict, per connection. The next waits.",
  ),
  proof_requests_per_second: count(
    50,
    100,
    "requests a second",
    "Requests that need work to prove, per connection. Ten times as many at once; the next waits.",
  ),
  proof_requests_per_second_unproven: count(
    5,
    10,
    "requests a second",
    "As `proof_requests_per_second`, for a peer that has proven nothing.",
  ),
  verify_answers_per_second: count(
    20,
    50,
    "answers a second",
    "Answers of ours to dialback questions, per connection. The next waits.",
  ),
  proven_domains: count(
    100_000,
    500_000,
    "domains",
    "Domains that are proven, on all connections together. Beyond, each connection has its share: `resource-constraint`.",
  ),
  proofs: count(
    500,
    200,
    "proofs",
    "Proofs that are being looked up. The next waits, address by address in turn.",
  ),
  proofs_waiting: count(
    5000,
    1000,
    "proofs",
    "Proofs that wait to be looked up. Beyond: `resource-constraint`.",
  ),
  proofs_per_address: count(
    200,
    100,
    "proofs",
    "Proofs of one address that are being looked up. The next waits.",
  ),
  proofs_per_address_unproven: count(
    10,
    5,
    "proofs",
    "As `proofs_per_address`, for peers that have proven nothing.",
  ),
  denials_per_minute: count(
    30,
    60,
    "denials a minute",
    "Denials for good, per connection. Beyond: `policy-violation`.",
  ),
  unauthorised_pairs_per_minute: count(
    10,
    20,
    "pairs a minute",
    "Pairs without leave whose stanzas come, per connection. Beyond: `policy-violation`.",
  ),
};

export const limits = z.strictObject({
  ...sizes,
  ...times,
  ...queues,
  ...connections,
  ...requests,
  ...limitsLater,
});
