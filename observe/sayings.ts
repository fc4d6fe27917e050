/** What each kind of event says, in one line of a conversation. console.md 3.6, 6 D2. Pure. */
import type { Detail } from "../facts/event.ts";
import type { EventRow } from "./contract.ts";
import type { Lane, Saying } from "./sequence.ts";

type Details = Readonly<Record<string, Detail | undefined>>;
type Teller = (detail: Details, event: EventRow) => readonly Saying[];

/** Nothing for what stands in another line already. */
export function sayings(event: EventRow): readonly Saying[] {
  const teller = TELLERS[event.type];
  if (teller !== undefined) return teller(event.detail ?? {}, event);
  return [concluded(`${event.type.replace(".", " ")}${because(event)}`, event.cause === undefined)];
}

const said = (from: Lane, to: Lane, text: string, ok = true): Saying => ({ from, to, text, ok });
const concluded = (text: string, ok = true): Saying => said("local", "local", text, ok);
const sent = (text: string, ok = true): Saying => said("local", "peer", text, ok);
const received = (text: string, ok = true): Saying => said("peer", "local", text, ok);
const because = ({ cause }: EventRow): string => cause === undefined ? "" : `: ${cause}`;
const nothing: Teller = () => [];

/** A question to DNS or the web, and its answer. */
function asked(question: string, answer: string, ok: boolean, elapsedMs: Detail | undefined): Saying[] {
  const earlierMs = typeof elapsedMs === "number" ? elapsedMs : 0;
  return [
    { ...said("local", "resolver", question), earlierMs },
    said("resolver", "local", answer, ok),
  ];
}

function delegation(detail: Details, event: EventRow): Saying[] {
  const { domain, service, security, targets, elapsedMs } = detail;
  const found = list(targets).map((target) => {
    const { host, port } = target as { host: string; port: number };
    return `${host}:${port}`;
  });
  const ok = event.cause === undefined;
  const answer = `SRV ${security}: ${found.join(", ") || service}${because(event)}`;
  const zones = zonesOf(detail.lookups);
  const proof = zones === "" ? [] : [concluded(`proof ${security}  ${zones}`, ok)];
  return [...asked(`SRV? _xmpp-server._tcp.${domain}`, answer, ok, elapsedMs), ...proof];
}

/** From the root to the zone of the first answer that has a chain. */
function zonesOf(lookups: Detail | undefined): string {
  const chains = list(lookups).map((lookup) => list((lookup as Details).chain));
  const chain = chains.find((links) => links.length > 0) ?? [];
  return [...new Set(chain.map((link) => String((link as Details).zone)))].join(" → ");
}

const list = (detail: Detail | undefined): readonly Detail[] => Array.isArray(detail) ? detail : [];
const words = (...parts: (Detail | undefined)[]): string =>
  parts.filter((part) => part !== null && part !== undefined && part !== "").join(" ");
const attribute = (name: string, value: Detail | undefined): string | null =>
  value === null || value === undefined ? null : `${name}='${value}'`;

/** `<db:result from='a' to='b' type='valid'>`: the names as on the wire. */
function dialback(name: string, from: string | undefined, to: string | undefined, type?: Detail): string {
  return `<${words(`db:${name}`, attribute("from", from), attribute("to", to), attribute("type", type))}>`;
}

const PREFIXES: Readonly<Record<string, string>> = { "http://etherx.jabber.org/streams": "stream:" };

function element({ name, ns, word, from, to, bytes }: Details): string {
  if (name === "/stream") return "</stream:stream>";
  const tag = words(
    `${PREFIXES[String(ns)] ?? ""}${name}`,
    attribute("from", from),
    attribute("to", to),
  );
  return words(`<${tag}>`, word, `(${bytes} bytes)`);
}

/** `not-authorized "Your certificate is not trusted"`. */
function inPeersWords(condition: Detail | undefined, text: Detail | undefined): string {
  return words(condition, typeof text === "string" && text !== "" ? `"${text}"` : null);
}

const verdictOf = ({ verdict, condition, text }: Details): string =>
  words(verdict, inPeersWords(condition, text));

/** `peer` of the pair asks for `remote` -> `local`; we ask for `local` -> `remote`. */
const TELLERS: Readonly<Partial<Record<EventRow["type"], Teller>>> = {
  "delegation.resolved": delegation,
  "addresses.resolved": ({ host, security, addresses, forbidden, elapsedMs }, event) =>
    asked(
      `A, AAAA? ${host}`,
      `addresses ${security}: ${[...list(addresses), ...list(forbidden)].join(", ") || "none"}${
        because(event)
      }`,
      event.cause === undefined,
      elapsedMs,
    ),
  "tlsa.resolved": ({ host, port, security, records, elapsedMs }, event) =>
    asked(
      `TLSA? _${port}._tcp.${host}`,
      `TLSA ${security}: ${list(records).join(", ") || "none"}${because(event)}`,
      event.cause === undefined,
      elapsedMs,
    ),
  "posh.resolved": ({ domain, fingerprints, elapsedMs }, event) =>
    asked(
      `POSH? ${domain}`,
      event.cause === undefined ? `POSH: ${fingerprints} fingerprints` : `POSH: ${event.cause}`,
      event.cause === undefined,
      elapsedMs,
    ),
  "address.tried": ({ host, address, port }, event) => [
    sent(`TCP ${address} port ${port} (${host})${because(event)}`, event.cause === undefined),
  ],
  // Outgoing, it was tried just before.
  "connection.opened": ({ direction, peer, port }) =>
    direction === "in" ? [received(`TCP from ${peer} port ${port}`)] : [],
  "stream.opened": ({ from, to }, event) => [
    received(
      `<${words("stream:stream", attribute("from", from), attribute("to", to))}>${because(event)}`,
      event.cause === undefined,
    ),
  ],
  "element.received": (detail) => [received(element(detail))],
  "element.sent": (detail) => [sent(element(detail))],
  "connection.secured": ({ version, cipher, names, certificate }, event) => [
    sent(`${version} handshake, ${cipher}`),
    concluded(
      // Whether anything else proves the peer (DANE, POSH, dialback) is judged afterwards.
      event.cause === undefined
        ? `certificate ${certificate}: ${list(names).join(", ") || "no name"}`
        : `certificate proves no name by itself${because(event)}`,
    ),
  ],
  "endpoint.judged": ({ domain, prooftype, target }, event) => [
    prooftype === null || prooftype === undefined
      ? concluded(`nothing proves that ${target} speaks for ${domain}${because(event)}`, false)
      : concluded(`${target ?? "the peer"} is proven to speak for ${domain} by ${prooftype}`),
  ],
  "connection.established": (
    { bidi },
  ) => [concluded(bidi === true ? "established, both ways" : "established")],
  "stream.error": ({ by, condition, found, text }, event) => {
    const line = `<stream:error> ${words(inPeersWords(condition, text), found)}${because(event)}`;
    return [by === "us" ? sent(line, false) : received(line, false)];
  },
  "sasl.finished": ({ by, outcome }) => [
    concluded(`SASL EXTERNAL by ${by === "us" ? "the peer" : "us"}: ${outcome}`, outcome === "success"),
  ],
  "request.sent": (_, { route }) => [sent(dialback("result", route?.local, route?.remote))],
  "request.received": (_, { route }) => [received(dialback("result", route?.remote, route?.local))],
  "verdict.sent": (detail, { route, cause }) => [
    sent(dialback("result", route?.local, route?.remote, verdictOf(detail)), cause === undefined),
  ],
  "verdict.received": (detail, { route }) => [
    received(dialback("result", route?.remote, route?.local, verdictOf(detail)), detail.verdict === "valid"),
  ],
  "verify.sent": (_, { route }) => [sent(dialback("verify", route?.local, route?.remote))],
  "verify.received": ({ answer }, { route }) => [
    received(dialback("verify", route?.remote, route?.local, answer), answer === "valid"),
  ],
  "verify.answered": ({ answer }, { route }) => [
    received(dialback("verify", route?.remote, route?.local)),
    sent(dialback("verify", route?.local, route?.remote, answer), answer === "valid"),
  ],
  "pair.granted": ({ prooftype, expires }, { route }) => [
    concluded(`${route?.remote} → ${route?.local} granted by ${words(prooftype, until(expires))}`),
  ],
  "pair.authorised": ({ prooftype, expires }, { route }) => [
    concluded(
      `${route?.local} → ${route?.remote} authorised, peer proven by ${words(prooftype, until(expires))}`,
    ),
  ],
  "pair.denied": ({ direction, condition }, { route, cause }) => [
    concluded(`${way(direction, route)} denied: ${words(cause, condition)}`, false),
  ],
  "pair.revoked": ({ direction }, { route, cause }) => [
    concluded(`${way(direction, route)} revoked: ${cause}`, false),
  ],
  "proof.rechecked": ({ domain, prooftype, outcome }, { cause }) => [
    concluded(words(`proof of ${domain} by ${prooftype}: ${outcome}`, cause), cause === undefined),
  ],
  "route.state": ({ state, condition, text }, event) => {
    if (event.cause === undefined) return [];
    const failed = state === "denied" || state === "backoff";
    // On its way it still has the cause for which it began anew: nothing has failed by that.
    const why = failed ? `${because(event)} ${inPeersWords(condition, text)}` : `, after ${event.cause}`;
    return [concluded(`route ${state}${why}`.trimEnd(), !failed)];
  },
  "retry.planned": ({ afterMs, failures }) => [
    concluded(`next attempt in ${Math.ceil(Number(afterMs) / 1000)} s, after ${failures} failed in a row`),
  ],
  "stanza.first": ({ direction }) => [
    direction === "in" ? received("the first stanza of the pair") : sent("the first stanza of the pair"),
  ],
  "machine.moved": nothing,
};

const until = (expires: Detail | undefined): string | null =>
  typeof expires === "string" ? `until ${expires}` : null;

const way = (direction: Detail | undefined, route: EventRow["route"]): string =>
  direction === "in" ? `${route?.remote} → ${route?.local}` : `${route?.local} → ${route?.remote}`;
