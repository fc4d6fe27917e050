/** What may stand in verona.toml: every key with its default. design.md 2.3; protocol.md 10. */
import ipaddr from "ipaddr.js";
import { z } from "zod";
import { COLUMN_IDS } from "./columns.ts";
import { AddressFault, parseDomain, parsePattern } from "../xmpp/domain.ts";
import { parseAddress, parseDuration, parseSize, printSize } from "./units.ts";

const domain = z.string().transform((text, context) => {
  try {
    return parseDomain(text);
  } catch (error) {
    if (!(error instanceof AddressFault)) throw error;
    context.addIssue({ code: "custom", message: error.message });
    return z.NEVER;
  }
});

const pattern = z.string().transform((text, context) => {
  try {
    return parsePattern(text);
  } catch (error) {
    if (!(error instanceof AddressFault)) throw error;
    context.addIssue({ code: "custom", message: error.message });
    return z.NEVER;
  }
});

const read = <T>(parse: (text: string) => T | null, what: string) =>
  z.string().transform((text, context) => {
    const value = parse(text);
    if (value !== null) return value;
    context.addIssue({ code: "custom", message: `"${text}" is not ${what}` });
    return z.NEVER;
  });

const address = read(parseAddress, 'an address and port such as "127.0.0.1:5269" or "[::]:5269"');
const upstream = read(
  (text) => {
    const server = parseAddress(text, 53);
    return server !== null && server.port > 0 && ipaddr.isValid(server.host) ? server : null;
  },
  'an IP address such as "127.0.0.1:53" or "[2001:db8::53]"',
);
const ip = z.string().refine(ipaddr.isValid, "is not an IP address");

const MIN_DURATION_MS = 100;
/** xstate's `after` fires at once beyond 2^31-1 ms (style.md fact 11). */
const MAX_DURATION_MS = 2 ** 31 - 1;
const duration = (byDefault: string, { min = MIN_DURATION_MS } = {}) =>
  read(parseDuration, 'a duration such as "500ms", "3s", "2m" or "24h"')
    .refine((ms) => ms >= min && ms <= MAX_DURATION_MS, `must be between ${min}ms and 24d`)
    .default(parseDuration(byDefault)!);
/** The native library counts in 32 bits. */
const MAX_SIZE = 2 ** 31 - 1;
/** One reply of the native library has room for that. */
const MAX_POSH_SIZE = 100 * 1024;
const size = (byDefault: string, min = 1, max = MAX_SIZE) =>
  z.union([z.number().int(), read(parseSize, 'a size such as "64KiB"')])
    .refine(
      (bytes) => bytes >= min && bytes <= max,
      `must be between ${min} bytes and ${max === MAX_SIZE ? "2GiB" : printSize(max)}`,
    )
    .default(parseSize(byDefault)!);
const count = (byDefault: number, min = 1) => z.number().int().min(min).default(byDefault);

/** Known to the design, not yet honoured: only its default is accepted, so that nobody relies on it in vain. */
const later = <T extends string | number | boolean>(byDefault: T) =>
  z.unknown().default(byDefault).refine((value) => value === byDefault, {
    message: `not yet: this version honours only the default, ${JSON.stringify(byDefault)}`,
  });

export const proof = z.enum(["strict", "authenticated", "encrypted", "legacy"]);

const server = z.strictObject({
  names: z.array(domain).min(1, "at least one server name is needed"),
  gone: z.array(domain).default([]),
  dialback_secret_file: z.string().default(""),
  data_dir: z.string().min(1).default("./data"),
  contacts: z.partialRecord(
    z.enum(["abuse", "admin", "feedback", "sales", "security", "status", "support"]),
    z.array(z.url('is not a URI such as "mailto:abuse@example.org"')),
  ).default({}),
});

const dns = z.strictObject({
  servers: z.array(upstream).min(1).default([{ host: "127.0.0.1", port: 53 }]),
  trust_anchor: z.string().min(1).default("iana"),
  hosts: z.record(z.string(), z.union([ip, z.array(ip)])).default({}),
  witness: z.boolean().default(true),
  static: z.record(z.string(), address).default({}),
});

const listen = z.strictObject({
  s2s: z.array(address).default([{ host: "::", port: 5269 }]),
  s2s_tls: z.array(address).default([]),
  component: z.array(address).default([{ host: "127.0.0.1", port: 5347 }]),
  console: z.union([
    z.literal("").transform(() => null),
    address,
    z.array(address).max(0).transform(() => null),
  ])
    .default({ host: "127.0.0.1", port: 8711 }),
});

const daneInbound = z.enum(["positive", "enforce"]);

const policy = z.strictObject({
  proof: proof.default("authenticated"),
  server_names: z.boolean().default(true),
  bidi: z.boolean().default(true),
  allow_insecure_delegation: z.boolean().default(false),
  allow: z.array(pattern).default([]),
  block: z.array(pattern).default([]),
  on_loss: z.enum(["bounce", "resend"]).default("bounce"),
  fence: z.boolean().default(false),
  dane_inbound: daneInbound.default("positive"),
  peer: z.record(
    z.string(),
    z.strictObject({
      proof: proof.optional(),
      allow_insecure_delegation: z.boolean().optional(),
      dane_inbound: daneInbound.optional(),
    }),
  ).default({}),
});

export const hosted = z.strictObject({
  name: domain,
  component_secret: z.string().min(1).optional(),
  component_secret_file: z.string().min(1).optional(),
  policy: z.strictObject({
    proof: proof.optional(),
    allow: z.array(pattern).default([]),
    block: z.array(pattern).default([]),
  }).prefault({}),
}).refine(
  (value) => value.component_secret === undefined || value.component_secret_file === undefined,
  "give component_secret or component_secret_file, not both",
);

/** Limits of what comes later. */
const limitsLater = {
  stanzas_per_second_per_pair: later(0),
  sm_resume: later("300s"),
};

/** Their keys: nothing reads them yet. */
export const LATER_LIMITS: ReadonlySet<string> = new Set(Object.keys(limitsLater));

const limits = z.strictObject({
  stanza_bytes: size("512KiB", 10_000), // RFC 6120 13.12: never below 10,000
  unproven_element_bytes: size("10000B", 1000),
  header_bytes: size("8192B", 512),
  depth: count(64, 4),
  attributes: count(64, 8),
  elements: count(10_000, 32),
  value_bytes: size("16KiB", 3071),
  name_bytes: size("256B", 32),
  namespace_bytes: size("1KiB", 64),
  unproven_depth: count(8, 4),
  unproven_attributes: count(16, 8),
  unproven_elements: count(32, 8),
  connect_timeout: duration("10s"),
  connect_total: duration("30s"),
  tls_timeout: duration("15s"),
  header_timeout: duration("20s"),
  negotiation_timeout: duration("60s"),
  dns_query_timeout: duration("3s"),
  dns_timeout: duration("10s"),
  proof_timeout: duration("30s"),
  verify_timeout: duration("30s"),
  verdict_timeout: duration("60s"),
  closing_timeout: duration("5s"),
  close_notify_timeout: duration("2s"),
  idle_timeout: duration("1h"),
  idle_check: duration("5m"),
  shutdown_grace: duration("10s"),
  queue_stanzas: count(1000),
  queue_bytes: size("4MiB"),
  queue_age: duration("90s"),
  queues_bytes: size("64MiB"),
  connections: count(5000),
  connections_unproven: count(1000),
  connections_per_address: count(50),
  unproven_per_address: count(10),
  attempts_per_minute: count(60),
  outgoing_in_progress: count(200),
  outgoing_per_target: count(2),
  pairs_per_connection: count(1_000_000),
  pending_requests: count(1000),
  pending_requests_unproven: count(10),
  unanswered_requests: count(64),
  proof_requests_per_second: count(50),
  proof_requests_per_second_unproven: count(5),
  verify_answers_per_second: count(20),
  verify_connections: count(100),
  verify_per_domain: count(2),
  proven_domains: count(100_000),
  proofs: count(500),
  proofs_waiting: count(5000),
  proofs_per_address: count(200),
  proofs_per_address_unproven: count(10),
  denials_per_minute: count(30),
  unauthorised_pairs_per_minute: count(10),
  unproven_bytes_per_second: size("8KiB", 0),
  bytes_per_second: size("0B", 0),
  negative_pair: duration("10m"),
  classic_only: duration("24h"),
  backoff_max: duration("300s"),
  recheck_min: duration("5m"),
  recheck_max: duration("24h"),
  ack_timeout: duration("60s"),
  sm_unacked_stanzas: count(5000),
  sm_unacked_bytes: size("16MiB"),
  posh_bytes: size("64KiB", 1, MAX_POSH_SIZE),
  posh_redirects: count(5, 0),
  posh_timeout: duration("10s"),
  ...limitsLater,
});

/** What a listing shows where `--columns` says nothing. */
const shownColumns = (ids: readonly string[]) => z.array(z.enum(ids)).min(1).optional();

const columns = z.strictObject({
  connections: shownColumns(COLUMN_IDS.connections),
  routes: shownColumns(COLUMN_IDS.routes),
  proofs: shownColumns(COLUMN_IDS.proofs),
  domains: shownColumns(COLUMN_IDS.domains),
});

const EVERYTHING_DEFAULT = {} as never;

export const schema = z.strictObject({
  server,
  certificate: z.array(z.strictObject({ chain: z.string().min(1), key: z.string().min(1) })).default([]),
  trust: z.strictObject({ ca: z.array(z.string().min(1)).min(1).default(["system"]) }).prefault(
    EVERYTHING_DEFAULT,
  ),
  dns: dns.prefault(EVERYTHING_DEFAULT),
  listen: listen.prefault(EVERYTHING_DEFAULT),
  console: z.strictObject({ tls_chain: z.string().min(1), tls_key: z.string().min(1) }).optional(),
  dial: z.strictObject({
    allow_private_addresses: z.boolean().default(false),
    port: z.number().int().min(1).max(65535).default(5269),
  }).prefault(EVERYTHING_DEFAULT),
  otel: z.strictObject({
    sample: z.number().min(0).max(1).default(1),
  }).prefault(EVERYTHING_DEFAULT),
  policy: policy.prefault(EVERYTHING_DEFAULT),
  domain: z.array(hosted).default([]),
  limits: limits.prefault(EVERYTHING_DEFAULT),
  columns: columns.prefault({}),
});

/** The configuration file with every default filled in. */
export type ConfigFile = z.output<typeof schema>;
