/** What may stand in verona.toml: every key with its default and its words. design.md 2.3. */
import { z } from "zod";
import { COLUMN_IDS } from "./columns.ts";
import { limits } from "./limits.ts";
import { hosted, policy } from "./policy.ts";
import { address, consolePlace, domain, flag, ip, told, upstream } from "./values.ts";

const server = z.strictObject({
  names: told(
    z.array(domain).min(1, "at least one server name is needed"),
    "list of names, at least one",
    ["xmpp1.originating.example"],
    "This machine: the target of your customers' SRV records. A certificate must carry each; the first is used where none is asked for. Must be given.",
  ),
  gone: told(
    z.array(domain).prefault([]),
    "list of names",
    ["former.example"],
    "Domains hosted here before. Peers that ask for one hear `host-gone`.",
  ),
  dialback_secret_file: told(
    z.string().default(""),
    "path",
    "secrets/dialback",
    "The secret of dialback keys (XEP-0185). Machines that serve one domain need the same; empty: made once, in `data_dir`.",
  ),
  data_dir: told(
    z.string().min(1).default("./data"),
    "path",
    "/var/lib/verona",
    "Tokens, secrets and what is set at run time; made at the first start. For the server's user alone.",
  ),
  contacts: told(
    z.partialRecord(
      z.enum(["abuse", "admin", "feedback", "sales", "security", "status", "support"]),
      z.array(z.url('is not a URI such as "mailto:abuse@example.org"')),
    ).default({}),
    "table of lists of URIs: abuse, admin, feedback, sales, security, status, support",
    { abuse: ["mailto:abuse@originating.example"] },
    "Whom others can write to about this server. Told to whoever asks it by service discovery (XEP-0157).",
  ),
});

const certificate = z.strictObject({
  chain: told(
    z.string().min(1),
    "path",
    "certs/xmpp1.originating.example.pem",
    "The certificate chain in PEM, leaf first. Without the authority's own certificate; new ones are taken up when the file changes. Must be given.",
  ),
  key: told(
    z.string().min(1),
    "path",
    "certs/xmpp1.originating.example.key",
    "The private key in PEM, without a passphrase. Must be given.",
  ),
});

const trust = z.strictObject({
  ca: told(
    z.array(z.string().min(1)).min(1).default(["system"]),
    'list of "system" and paths',
    ["system", "certs/our-own-ca.pem"],
    'Who may vouch for peers: "system" and/or PEM files. The same authorities judge the web servers of POSH.',
  ),
});

const dns = z.strictObject({
  servers: told(
    z.array(upstream).min(1).prefault(["127.0.0.1:53"]),
    "list of addresses; port 53 where none stands",
    ["127.0.0.1:53", "[2001:db8::53]"],
    "Recursive resolvers that pass DNSSEC records. Verona validates itself: they need not be trusted.",
  ),
  trust_anchor: told(
    z.string().min(1).default("iana"),
    '"iana" or path',
    "lab/root.key",
    "What all signatures rest on: the root's keys. " +
      "A file holds the root's DNSKEY records in presentation form, one a line (`. IN DNSKEY 257 3 13 ...`; TTL and class may be left out, `;` begins a comment): for a root of one's own, in a lab.",
  ),
  hosts: told(
    z.record(z.string(), z.union([ip, z.array(ip)])).default({}),
    "table of names: an address or a list of them",
    { "xmpp1.receiving.example": "192.0.2.20" },
    "Addresses of machines in place of A and AAAA. For tests and private networks: treated as secure; SRV and TLSA records are asked for as ever.",
  ),
  witness: flag(
    true,
    "A second DNSSEC validator must agree with the first. What they do not agree about is no proof (`dns.witness`).",
  ),
  static: told(
    z.record(z.string(), address).prefault({}),
    'table of domains: "host:port"',
    { "partner.example": "xmpp.partner.example:5269" },
    "Where a domain's server is, in place of its SRV records. Never secure: such a domain must prove itself by more than the SRV record.",
  ),
});

const listen = z.strictObject({
  s2s: told(
    z.array(address).prefault(["[::]:5269"]),
    "list of addresses with port",
    ["192.0.2.10:5269"],
    'Other servers, with STARTTLS. "[::]" takes IPv4 too, "0.0.0.0" is for machines without IPv6; [] listens nowhere.',
  ),
  s2s_tls: told(
    z.array(address).prefault([]),
    "list of addresses with port",
    ["[::]:5270"],
    "Other servers, with TLS from the first byte (XEP-0368). For `_xmpps-server` SRV records.",
  ),
  component: told(
    z.array(address).prefault(["127.0.0.1:5347"]),
    "list of addresses with port",
    ["127.0.0.1:5348"],
    "Your XMPP components (XEP-0114). In plaintext: keep it on this machine.",
  ),
  console: told(
    z.union([
      z.literal("").transform(() => null),
      consolePlace,
      z.array(address).max(0).transform(() => null),
    ]).prefault("127.0.0.1:8711"),
    "address with port, or Unix socket",
    "unix:/run/verona/console.sock",
    'The page, the API, /metrics, /livez and /readyz. Off loopback it needs `[console]`; a socket is for the server\'s user and root alone; "" switches it and all traces off.',
  ),
});

const console = z.strictObject({
  tls_chain: told(
    z.string().min(1),
    "path",
    "certs/console.pem",
    "The console's certificate chain in PEM, leaf first. Needed where `listen.console` is not on loopback, with `tls_key`.",
  ),
  tls_key: told(
    z.string().min(1),
    "path",
    "certs/console.key",
    "The console's private key in PEM, without a passphrase.",
  ),
});

const dial = z.strictObject({
  allow_private_addresses: flag(
    false,
    "Connect to loopback, private and link-local addresses too. For labs, intranets and a neighbour on this machine; else such a target is `tcp.forbidden`.",
  ),
  port: told(
    z.number().int().min(1).max(65535).default(5269),
    "port, between 1 and 65535",
    5299,
    "The port to connect to where DNS names none. That is: a domain without SRV records, and a redirect without a port.",
  ),
});

const otel = z.strictObject({
  sample: told(
    z.number().min(0).max(1).default(1),
    "number, between 0 and 1",
    0.05,
    "The share of traces without a failure that is sent to the collector. Those with one are sent whole; OTEL_DENO=true switches sending on.",
  ),
});

/** What a listing shows where `--columns` says nothing. */
const shownColumns = (ids: readonly string[], listing: string) =>
  told(
    z.array(z.enum(ids)).min(1).optional(),
    `list of ${ids.join(", ")}`,
    ids.slice(0, 3),
    `What \`verona ${listing}\` shows, in order. Without it, the command's own choice.`,
  );

const columns = z.strictObject({
  connections: shownColumns(COLUMN_IDS.connections, "connections"),
  routes: shownColumns(COLUMN_IDS.routes, "routes"),
  proofs: shownColumns(COLUMN_IDS.proofs, "proofs"),
  domains: shownColumns(COLUMN_IDS.domains, "domains list"),
});

const EVERYTHING_DEFAULT = {} as never;

export const schema = z.strictObject({
  server: server.describe("This machine."),
  certificate: z.array(certificate).default([]).describe(
    "One for each pair of files; picked by the name that is asked for. One for the machine is enough, customers' domains need none.",
  ),
  trust: trust.prefault(EVERYTHING_DEFAULT).describe("Who vouches for others."),
  dns: dns.prefault(EVERYTHING_DEFAULT).describe("Where names are looked up, and what is believed."),
  listen: listen.prefault(EVERYTHING_DEFAULT).describe("Where others come in."),
  console: console.optional().describe("TLS of the console, where it is not on loopback."),
  dial: dial.prefault(EVERYTHING_DEFAULT).describe("How others are reached."),
  otel: otel.prefault(EVERYTHING_DEFAULT).describe("Traces for OpenTelemetry."),
  policy: policy.prefault(EVERYTHING_DEFAULT).describe("Who may federate, and by which proof."),
  domain: z.array(hosted).default([]).describe("One for each domain hosted here."),
  limits: limits.prefault(EVERYTHING_DEFAULT).describe("Bounds on what others may cost."),
  columns: columns.prefault(EVERYTHING_DEFAULT).describe(
    "What listings of the commands show where `--columns` says nothing. The server never looks at it.",
  ),
});

/** The configuration file with every default filled in. */
export type ConfigFile = z.output<typeof schema>;
