/** Each event of a trace in words, and as a message between resolver, this server and the peer. console.md 6 D. */
import type { Detail, Move, Sketch } from "../../../facts/event.ts";
import type { EventRow } from "../../../observe/contract.ts";
import { value } from "../format.ts";

export type Kind = "dns" | "tcp" | "stream" | "tls" | "dialback" | "proof" | "route" | "state" | "error";
export type Lane = "resolver" | "local" | "peer";
export const LANES: readonly Lane[] = ["resolver", "local", "peer"];

export interface Told {
  readonly kind: Kind;
  readonly title: string;
  readonly sub: string;
  /** A message from one to another; the same lane twice: a note. */
  readonly from: Lane;
  readonly to: Lane;
  readonly bad: boolean;
}

type Fields = Readonly<Record<string, Detail>>;
type Teller = (fields: Fields, event: EventRow) => Omit<Told, "bad">;

const note = (kind: Kind, title: string, sub = ""): Omit<Told, "bad"> => ({
  kind,
  title,
  sub,
  from: "local",
  to: "local",
});
const message = (kind: Kind, from: Lane, to: Lane, title: string, sub = ""): Omit<Told, "bad"> => ({
  kind,
  title,
  sub,
  from,
  to,
});
const text = (detail: Detail | undefined): string =>
  detail === undefined || detail === null ? "" : value(detail);
const some = (...parts: (string | false | null)[]): string =>
  parts.filter((part) => part !== "" && part !== false && part !== null).join(" · ");
const pair = ({ route }: EventRow): string =>
  route === null ? "" : `${value(route.local)} → ${value(route.remote)}`;
const back = ({ route }: EventRow): string =>
  route === null ? "" : `${value(route.remote)} → ${value(route.local)}`;

function element(lanes: readonly [Lane, Lane]): Teller {
  return (fields) => {
    const { name, word, from, to, bytes } = fields as unknown as Sketch;
    const kind: Kind = /^db:|^result$|^verify$/.test(name)
      ? "dialback"
      : /tls|proceed/.test(name)
      ? "tls"
      : "stream";
    const attributes = [from && `from='${from}'`, to && `to='${to}'`].filter(Boolean).join(" ");
    return message(
      kind,
      ...lanes,
      value(`<${name}${word ? ` ${word}` : ""}>`),
      some(value(attributes), bytes ? `${bytes} bytes` : ""),
    );
  };
}

const TELLERS: Readonly<Record<string, Teller>> = {
  "delegation.resolved": ({ domain, service, security, targets }) =>
    message(
      "dns",
      "resolver",
      "local",
      `SRV ${text(domain)}`,
      some(text(security), text(service), targetsOf(targets)),
    ),
  "addresses.resolved": ({ host, security, addresses }) =>
    message("dns", "resolver", "local", `addresses of ${text(host)}`, some(text(security), text(addresses))),
  "tlsa.resolved": ({ host, port, security, records }) =>
    message(
      "dns",
      "resolver",
      "local",
      `TLSA ${text(host)}:${text(port)}`,
      some(text(security), `${Array.isArray(records) ? records.length : 0} records`),
    ),
  "posh.resolved": ({ domain, url, why }) =>
    message("proof", "peer", "local", `POSH document of ${text(domain)}`, some(text(url), text(why))),
  "address.tried": ({ host, address, port, elapsedMs }) =>
    message(
      "tcp",
      "local",
      "peer",
      `TCP ${text(address)}:${text(port)}`,
      some(text(host), `${text(elapsedMs)} ms`),
    ),
  "connection.opened": ({ direction, peer, port }) =>
    direction === "in"
      ? message("tcp", "peer", "local", "TCP connection", text(peer))
      : message("tcp", "local", "peer", "TCP connection", some(text(peer), port ? `port ${text(port)}` : "")),
  "connection.secured": ({ version, cipher, names, certificate, own }) =>
    message(
      "tls",
      "local",
      "peer",
      `${text(version)} handshake`,
      some(text(cipher), `certificate ${text(certificate)}: ${text(names)}`, own ? `ours: ${text(own)}` : ""),
    ),
  "connection.established": ({ local, remote, bidi, dna }) =>
    note(
      "stream",
      "stream established",
      some(`${text(local)} ↔ ${text(remote)}`, bidi === true && "bidi", dna === true && "DNA"),
    ),
  "connection.failed": ({ peer }) => note("error", "connection failed", text(peer)),
  "connection.closed": ({ unacknowledged, requeued }) =>
    note(
      "stream",
      "connection closed",
      some(
        unacknowledged ? `${text(unacknowledged)} not acknowledged` : "",
        requeued ? `${text(requeued)} queued again` : "",
      ),
    ),
  "stream.opened": ({ from, to, id }) =>
    message(
      "stream",
      "peer",
      "local",
      "<stream:stream>",
      some(`${text(from)} → ${text(to)}`, id ? `id ${text(id)}` : ""),
    ),
  "stream.error": ({ by, condition, text: words }) =>
    message(
      "error",
      by === "peer" ? "peer" : "local",
      by === "peer" ? "local" : "peer",
      `<stream:error> ${text(condition)}`,
      text(words),
    ),
  "sasl.finished": ({ by, outcome }) =>
    message(
      "stream",
      by === "peer" ? "peer" : "local",
      by === "peer" ? "local" : "peer",
      `SASL EXTERNAL: ${text(outcome)}`,
    ),
  "endpoint.judged": ({ domain, prooftype, names, target }) =>
    note(
      "proof",
      prooftype === null ? `nothing proves ${text(domain)}` : `${text(domain)} is proven: ${text(prooftype)}`,
      some(target ? `target ${text(target)}` : "", `certificate: ${text(names)}`),
    ),
  "machine.judged": ({ name, prooftype, dns }) =>
    note(
      "proof",
      prooftype === null
        ? `nothing proves the machine ${text(name)}`
        : `machine ${text(name)}: ${text(prooftype)}`,
      text(dns),
    ),
  "request.sent": (_, event) => message("dialback", "local", "peer", "<db:result> request", pair(event)),
  "request.received": (_, event) => message("dialback", "peer", "local", "<db:result> request", back(event)),
  "verdict.sent": ({ verdict, condition }, event) =>
    message(
      "dialback",
      "local",
      "peer",
      `<db:result type='${text(verdict)}'>`,
      some(back(event), text(condition)),
    ),
  "verdict.received": ({ verdict, condition, meaning }, event) =>
    message(
      "dialback",
      "peer",
      "local",
      `<db:result type='${text(verdict)}'>`,
      some(pair(event), text(condition), meaning !== "answer" && text(meaning)),
    ),
  "verify.sent": ({ server }, event) =>
    message("dialback", "local", "peer", "<db:verify>", some(back(event), text(server))),
  "verify.received": ({ answer, server }, event) =>
    message(
      "dialback",
      "peer",
      "local",
      `<db:verify type='${text(answer)}'>`,
      some(back(event), text(server)),
    ),
  "verify.answered": ({ answer }, event) =>
    message("dialback", "local", "peer", `<db:verify type='${text(answer)}'>`, pair(event)),
  "pair.granted": ({ prooftype, dns, target }, event) =>
    note(
      "proof",
      `granted ${back(event)}`,
      some(text(prooftype), dns ? `DNS ${text(dns)}` : "", target ? `SRV target ${text(target)}` : ""),
    ),
  "pair.authorised": ({ prooftype, dns, target }, event) =>
    note(
      "proof",
      `authorised ${pair(event)}`,
      some(text(prooftype), dns ? `DNS ${text(dns)}` : "", target ? `SRV target ${text(target)}` : ""),
    ),
  "pair.denied": ({ direction, condition }, event) =>
    note(
      "error",
      `denied ${direction === "in" ? back(event) : pair(event)}`,
      some(text(condition), event.cause ?? ""),
    ),
  "pair.revoked": ({ by, direction }, event) =>
    note(
      "error",
      `revoked ${direction === "in" ? back(event) : pair(event)}`,
      some(`by ${text(by)}`, event.cause ?? ""),
    ),
  "proof.rechecked": ({ domain, outcome }) =>
    note("proof", `proof of ${text(domain)} looked at again`, text(outcome)),
  "route.state": ({ state }, event) =>
    note("route", `pair is ${text(state)}`, some(pair(event), event.cause ?? "")),
  "retry.planned": ({ afterMs, failures }) =>
    note(
      "route",
      `tried again in ${Math.round(Number(afterMs) / 1000)} s`,
      `${text(failures)} failures in a row`,
    ),
  "stanza.first": ({ direction }, event) =>
    message(
      "stream",
      direction === "in" ? "peer" : "local",
      direction === "in" ? "local" : "peer",
      "first stanza",
      pair(event),
    ),
  "machine.moved": (fields) => {
    const { machine, on, state } = fields as unknown as Move;
    return note("state", value(state), some(value(machine), value(on)));
  },
  "certificate.expiring": ({ whose, days, subject, notAfter }) =>
    note(
      "tls",
      `${whose === "ours" ? "our" : "the peer's"} certificate ends within ${text(days)} days`,
      some(text(subject), text(notAfter)),
    ),
  "certificate.changed": ({ name, peer }) =>
    note("tls", `${text(name)} shows another certificate`, text(peer)),
  "dns.witness": ({ name, type, why }) =>
    note("error", "the two DNSSEC validators disagree", some(text(name), text(type), text(why))),
  "operator.acted": ({ action }) => note("route", `operator: ${text(action)}`),
  "component.attached": ({ domain }) => note("route", `component of ${text(domain)} is there`),
  "component.detached": ({ domain }) => note("route", `component of ${text(domain)} is gone`),
  "stanza.bounced": ({ condition, repeated }, event) =>
    note(
      "error",
      `stanza bounced: ${text(condition)}`,
      some(pair(event), repeated ? `${text(repeated)} times` : ""),
    ),
  "stanza.discarded": ({ condition, repeated }, event) =>
    note(
      "error",
      `stanza dropped: ${text(condition)}`,
      some(pair(event), repeated ? `${text(repeated)} times` : ""),
    ),
  "server.ready": () => note("route", "the server has started"),
  "server.draining": () => note("route", "the server was told to stop"),
  "recorder.sampling": ({ oneIn }) => note("state", `traces: one in ${text(oneIn)} is kept`),
  "actor.crashed": ({ id, error }) => note("error", `a bug of ours in ${text(id)}`, text(error)),
  "element.received": element(["peer", "local"]),
  "element.sent": element(["local", "peer"]),
};

export function tell(event: EventRow): Told {
  const fields = event.detail ?? {};
  const told = TELLERS[event.type]?.(fields, event) ?? note("state", event.type, summary(fields));
  const bad = event.cause !== undefined || event.level === "error" || told.kind === "error" ||
    isBogus(fields);
  return { ...told, bad };
}

const isBogus = ({ security, prooftype, verdict }: Fields): boolean =>
  security === "bogus" || prooftype === null || verdict === "invalid" || verdict === "error";

function summary(fields: Fields): string {
  return Object.entries(fields).slice(0, 4).map(([key, detail]) => `${key} ${text(detail)}`).join(" · ");
}

function targetsOf(targets: Detail | undefined): string {
  if (!Array.isArray(targets)) return text(targets);
  return targets.slice(0, 3).map((target) =>
    typeof target === "object" && target !== null && !Array.isArray(target)
      ? `${text((target as Fields).host ?? (target as Fields).target)}:${text((target as Fields).port)}`
      : text(target)
  ).join(", ");
}

/** Every fact of an event, for the pane beside the picture. */
export function factsOf({ detail = {} }: EventRow): [string, string][] {
  return Object.entries(detail).map(([key, inner]) => [key, value(inner)]);
}
