/** For each cause the command by which an operator sees it with their own eyes. console.md 3.5, "verify yourself". */
import type { Cause } from "./cause.ts";

/** What is known of the case; what is not stands in the command as a word in capitals. */
export interface Scene {
  /** Of `dns.servers`, the first. */
  readonly resolver?: Authority | null;
  /** The file of the root's keys, where they are not IANA's. */
  readonly anchor?: string | null;
  /** Where the console listens: an address, or a Unix socket. */
  readonly console?: Authority | { readonly path: string } | null;
  readonly local?: string | null;
  readonly remote?: string | null;
  /** The peer's machine: its name or address. */
  readonly host?: string | null;
  readonly port?: number | null;
  readonly connection?: string | null;
  /** What DNS was asked, where that is not the domain's SRV records. */
  readonly question?: { readonly name: string; readonly type: string } | null;
}

export interface Authority {
  readonly host: string;
  readonly port: number;
}

type Command = (scene: Words) => string;

/** The same as words that a shell takes as they are. */
interface Words {
  readonly delv: string;
  /** What curl asks, without the path. */
  readonly console: string;
  readonly local: string;
  readonly remote: string;
  readonly host: string;
  readonly port: string;
  readonly connection: string | null;
  /** Name and type. */
  readonly question: string;
  readonly cause: Cause;
}

const LOOK_UP: Command = ({ delv, question }) => `${delv} +vtrace ${question}`;
const ADDRESSES: Command = ({ delv, host }) => `${delv} +vtrace ${host} A; ${delv} +vtrace ${host} AAAA`;
const TLSA: Command = ({ delv, host, port }) => `${delv} +vtrace _${port}._tcp.${host} TLSA`;
const RESOLVER: Command = ({ delv }) => `${delv} . DNSKEY`;
const REACH: Command = ({ host, port }) => `nc -vz ${host} ${port}`;
const CERTIFICATE: Command = ({ host, port, remote }) =>
  `openssl s_client -connect ${host}:${port} -starttls xmpp-server -xmpphost ${remote} -showcerts </dev/null`;
const STAPLE: Command = ({ host, port, remote }) =>
  `openssl s_client -connect ${host}:${port} -starttls xmpp-server -xmpphost ${remote} -status </dev/null`;
const POSH: Command = ({ remote }) => `curl -v https://${remote}/.well-known/posh/xmpp-server.json`;
const CHECK: Command = ({ local, remote }) => `verona check ${remote} --from ${local}`;
const TRACE: Command = ({ connection, local, remote }) =>
  connection === null ? `verona trace --pair ${local} ${remote}` : `verona trace ${connection}`;
const POLICY: Command = ({ local, remote }) => `verona config show --effective ${local} ${remote}`;
const CONNECTIONS: Command = () => "verona connections";
const ROUTES: Command = () => "verona routes";
const ROUTE: Command = ({ local, remote }) => `verona routes --local ${local} --remote ${remote}`;
const AUDIT: Command = () => "verona audit";
const DOMAINS: Command = () => "verona domains list";
const METRICS: Command = ({ console }) => `curl -s ${console}/metrics`;
const HEALTH: Command = () => "verona health";
const CONFIG: Command = () => "verona config check";
const LOG: Command = ({ cause }) => `journalctl -u verona --grep '"cause":"${cause}"'`;

/** Never `verona explain`: it shows these, and would lead back to itself. */
const COMMANDS: Readonly<Record<Cause, Command>> = {
  "dns.nxdomain": LOOK_UP,
  "dns.no-service": LOOK_UP,
  "dns.bogus": LOOK_UP,
  "dns.insecure": LOOK_UP,
  "dns.servfail": LOOK_UP,
  "dns.timeout": RESOLVER,
  "dns.unreachable": RESOLVER,
  "dns.busy": METRICS,
  "dns.budget": LOOK_UP,
  "dns.loop": LOOK_UP,
  "dns.too-large": LOOK_UP,
  "dns.witness": LOOK_UP,
  "dns.witness-unavailable": LOOK_UP,
  "dns.invalid-name": TRACE,
  "dns.no-address": ADDRESSES,
  "dns.internal": LOG,
  "tcp.refused": REACH,
  "tcp.timeout": REACH,
  "tcp.unreachable": REACH,
  "tcp.descriptors": LOG,
  "tcp.forbidden": ADDRESSES,
  "tcp.lost": TRACE,
  "tcp.reset": REACH,
  "tcp.limit": POLICY,
  "tls.refused": CERTIFICATE,
  "tls.required": CERTIFICATE,
  "tls.injection": CERTIFICATE,
  "tls.handshake": CERTIFICATE,
  "tls.timeout": CERTIFICATE,
  "tls.truncated": CERTIFICATE,
  "tls.renegotiation": CERTIFICATE,
  "tls.no-certificate": CERTIFICATE,
  "tls.untrusted": CERTIFICATE,
  "tls.self-signed": CERTIFICATE,
  "tls.expired": CERTIFICATE,
  "tls.revoked": STAPLE,
  "tls.not-yet-valid": CERTIFICATE,
  "tls.ca-leaf": CERTIFICATE,
  "tls.usage": CERTIFICATE,
  "tls.bad-certificate": CERTIFICATE,
  "tls.names": CERTIFICATE,
  "tls.own-certificate": CONFIG,
  "tls.own-name": CONFIG,
  "tls.own-validity": HEALTH,
  "xml.not-well-formed": TRACE,
  "xml.restricted": TRACE,
  "xml.encoding": TRACE,
  "xml.namespace": TRACE,
  "xml.limit": TRACE,
  "stream.addressing": TRACE,
  "stream.host-unknown": DOMAINS,
  "stream.host-gone": DOMAINS,
  "stream.version": TRACE,
  "stream.loop": LOOK_UP,
  "stream.changed-names": TRACE,
  "stream.header-timeout": TRACE,
  "stream.negotiation-timeout": TRACE,
  "stream.unsupported": TRACE,
  "stream.unexpected": TRACE,
  "stream.feature-required": TRACE,
  "stream.unproven-name": TRACE,
  "stream.direction": TRACE,
  "stream.handled-count": TRACE,
  "stream.silent": TRACE,
  "stream.idle": TRACE,
  "stream.closed": TRACE,
  "stream.error": TRACE,
  "stream.shutdown": TRACE,
  "stream.not-authorized": TRACE,
  "redirect.followed": TRACE,
  "redirect.unproven": CERTIFICATE,
  "redirect.malformed": TRACE,
  "redirect.loop": TRACE,
  "redirect.hops": TRACE,
  "sasl.claim": CERTIFICATE,
  "sasl.failures": CERTIFICATE,
  "sasl.refused": CERTIFICATE,
  "proof.delegation": LOOK_UP,
  "proof.absent": LOOK_UP,
  "proof.none": TRACE,
  "dane.mismatch": TLSA,
  "posh.absent": POSH,
  "posh.unreachable": POSH,
  "posh.invalid": POSH,
  "posh.mismatch": POSH,
  "proof.expired": LOOK_UP,
  "proof.timeout": TRACE,
  "dialback.not-ours": TRACE,
  "dialback.refuted": TRACE,
  "dialback.error": LOOK_UP,
  "dialback.timeout": LOOK_UP,
  "dialback.done": TRACE,
  "peer.host-unknown": CHECK,
  "peer.host-gone": CHECK,
  "peer.denied": TRACE,
  "peer.invalid": TRACE,
  "peer.revoked": TRACE,
  "peer.verdict-timeout": CHECK,
  "peer.unsolicited": TRACE,
  "policy.blocked": POLICY,
  "policy.not-allowed": POLICY,
  "policy.revoked": AUDIT,
  "policy.suspended": DOMAINS,
  "policy.proof": POLICY,
  "policy.dialback": POLICY,
  "policy.dns": LOOK_UP,
  "route.not-hosted": DOMAINS,
  "route.own-domain": TRACE,
  "route.bad-address": TRACE,
  "route.unauthenticated": TRACE,
  "route.spoofed": TRACE,
  "route.unknown-target": DOMAINS,
  "route.unauthorised": TRACE,
  "route.unauthorised-flood": TRACE,
  "route.jid-malformed": LOG,
  "route.bad-request": TRACE,
  "route.too-big": TRACE,
  "route.too-long": TRACE,
  "route.queue-full": ROUTE,
  "route.queue-age": ROUTE,
  "route.queues-full": ROUTES,
  "route.unacknowledged": TRACE,
  "route.slow-sink": TRACE,
  "route.component-away": DOMAINS,
  "limit.pairs": CONNECTIONS,
  "limit.domains": CONNECTIONS,
  "limit.requests": TRACE,
  "limit.proofs": METRICS,
  "limit.verifications": METRICS,
  "limit.work": LOOK_UP,
  "limit.denials": TRACE,
  "component.handshake": LOG,
  "component.conflict": LOG,
  "component.unknown": LOG,
  "component.foreign-from": LOG,
  "component.gone": LOG,
  "operator.closed": TRACE,
  "limit.outgoing": CONNECTIONS,
  "server.internal": LOG,
  "server.starting": HEALTH,
  "server.shutdown": LOG,
  "native.panic": LOG,
};

/** delv takes keys as BIND writes them (`trust-anchors`), we as lines of DNSKEY records: for a shell that knows `<(...)`. */
const TO_DELV =
  'BEGIN { print "trust-anchors {" } /^[^;]*DNSKEY/ { sub(/.*DNSKEY[[:space:]]+/, ""); key = ""; ' +
  'for (i = 4; i <= NF; i++) key = key $i; print ". static-key", $1, $2, $3, q key q ";" } END { print "};" }';

/** One line for a shell. Names come from peers: whatever is no plain word of a host name is quoted. */
export function seeForYourself(cause: Cause, scene: Scene = {}): string {
  const { resolver, anchor, console, local, host, port, connection, question } = scene;
  const remote = word(scene.remote, "REMOTE");
  const keys = anchor ? ` -a <(awk -v q='"' '${TO_DELV}' ${word(anchor, "")}) +root=.` : "";
  return COMMANDS[cause]({
    delv: (resolver ? `delv @${word(resolver.host, "")} -p ${resolver.port}` : "delv") + keys,
    console: reached(console ?? { host: "127.0.0.1", port: 8711 }),
    local: word(local, "LOCAL"),
    remote,
    host: word(host, "HOST"),
    port: String(port ?? 5269),
    connection: connection ? word(connection, "") : null,
    question: question
      ? `${word(question.name, "NAME")} ${question.type}`
      : `_xmpp-server._tcp.${remote} SRV`,
    cause,
  });
}

function reached(place: NonNullable<Scene["console"]>): string {
  if ("path" in place) return `--unix-socket ${word(place.path, "PATH")} http://localhost`;
  const { host, port } = place;
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** POSIX: within single quotes nothing means anything, and a leading `-` is never an option of these names. */
function word(text: string | null | undefined, otherwise: string): string {
  if (text === null || text === undefined || text === "") return otherwise;
  if (/^[a-z0-9_[][a-z0-9._:[\]-]*$/i.test(text)) return text;
  return `'${text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "").replaceAll("'", `'\\''`).replace(/^-+/, "")}'`;
}
