/** What a span says of an event: these and nothing else, so that nothing secret can be among it. console.md 4.2. */
import { CAUSES } from "../../facts/cause.ts";
import type { Detail, RecordedEvent } from "../../facts/event.ts";

export type Attributes = Readonly<Record<string, string | number | boolean | string[]>>;

type Read = (value: Detail) => string | number | boolean | string[] | null;

const scalar: Read = (value) => typeof value === "object" ? null : value;
const texts: Read = (value) => Array.isArray(value) ? value.filter((one) => typeof one === "string") : null;
const targets: Read = (value) =>
  Array.isArray(value)
    ? (value as readonly { host: string; port: number }[]).map(({ host, port }) => `${host}:${port}`)
    : null;

/** Keys of events' details by the names of OpenTelemetry's conventions where there is one, else below `xmpp.`. */
const NAMES: Readonly<Record<string, readonly [name: string, read: Read]>> = {
  peer: ["network.peer.address", scalar],
  port: ["network.peer.port", scalar],
  host: ["server.address", scalar],
  version: ["tls.protocol.version", scalar],
  cipher: ["tls.cipher", scalar],
  group: ["tls.curve", scalar],
  subject: ["tls.server.subject", scalar],
  issuer: ["tls.server.issuer", scalar],
  notAfter: ["tls.server.not_after", scalar],
  names: ["xmpp.s2s.certificate.names", texts],
  certificate: ["xmpp.s2s.certificate", scalar],
  targets: ["dns.answers", targets],
  addresses: ["dns.answers", texts],
  records: ["dns.answers", texts],
  security: ["xmpp.dnssec", scalar],
  dns: ["xmpp.dnssec", scalar],
  service: ["xmpp.s2s.service", scalar],
  direction: ["xmpp.stream.direction", scalar],
  state: ["xmpp.s2s.state", scalar],
  verdict: ["xmpp.s2s.verdict", scalar],
  condition: ["xmpp.stream.condition", scalar],
  prooftype: ["xmpp.s2s.prooftype", scalar],
  target: ["xmpp.s2s.target", scalar],
  expires: ["xmpp.s2s.expires", scalar],
  bidi: ["xmpp.stream.bidi", scalar],
  serverNames: ["xmpp.s2s.server_names", texts],
};

export function attributesOf({ type, connection, pair, cause, detail = {} }: RecordedEvent): Attributes {
  const local = pair?.local ?? detail.local, remote = pair?.remote ?? detail.remote;
  const found: Record<string, string | number | boolean | string[]> = {};
  const set = (name: string, value: Detail | undefined, read: Read) => {
    const printed = value === null || value === undefined ? null : read(value);
    if (printed !== null) found[name] = printed;
  };
  set("xmpp.s2s.connection.id", connection, scalar);
  set("xmpp.domain.local", local, scalar);
  set("xmpp.domain.remote", remote, scalar);
  for (const [key, [name, read]] of Object.entries(NAMES)) set(name, detail[key], read);
  if (type === "delegation.resolved") {
    found["dns.question.name"] = `_xmpp-server._tcp.${detail.domain}`;
    Object.assign(found, proofOf(detail.lookups));
  }
  if (type === "connection.opened") found["network.transport"] = "tcp";
  if (type === "addresses.resolved") found["dns.question.name"] = String(detail.host);
  if (cause === undefined) return found;
  return { ...found, "error.type": cause, "xmpp.s2s.cause": cause, "xmpp.s2s.fault": CAUSES[cause].fault };
}

/** From the root down, by what it was verified. A list that was too long ends in words. */
function proofOf(lookups: Detail | undefined): Record<string, string[]> {
  const links = objects(lookups).flatMap(({ chain }) => objects(chain));
  const zones = links.flatMap(({ zone }) => typeof zone === "string" ? [zone] : []);
  const algorithms = links.flatMap(({ algorithms }) => Array.isArray(algorithms) ? algorithms : []);
  if (zones.length === 0) return {};
  return {
    "xmpp.dnssec.zones": [...new Set(zones)],
    "xmpp.dnssec.algorithms": [...new Set(algorithms.map(String))],
  };
}

const objects = (list: Detail | undefined): { readonly [key: string]: Detail }[] =>
  Array.isArray(list) ? list.filter((one) => typeof one === "object" && one !== null) : [];
