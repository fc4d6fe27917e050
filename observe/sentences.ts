/** Each event as a sentence for who reads a log: what happened, to whom, why. Pure. console.md 4.3. */
import { CAUSES } from "../facts/cause.ts";
import type { Detail, EventType, RecordedEvent } from "../facts/event.ts";

type Details = Readonly<Record<string, Detail | undefined>>;
/** `who` is the pair in the order in which it is meant. */
type Teller = (detail: Details, who: Who) => string;

interface Who {
  readonly local: string;
  readonly remote: string;
  readonly inward: string;
  readonly outward: string;
  readonly at: string;
}

/** One line, without what stands beside it as a key. */
export function sentence(event: RecordedEvent): string {
  const { type, pair, connection, cause, detail = {} } = event;
  const local = pair?.local ?? String(detail.local ?? "?");
  const remote = pair?.remote ?? String(detail.remote ?? detail.peer ?? "the peer");
  const who = {
    local,
    remote,
    inward: `${remote} -> ${local}`,
    outward: `${local} -> ${remote}`,
    at: event.at,
  };
  const what = TELLERS[type]?.(detail, who) ??
    plain(type, pair === undefined ? "" : ` ${local} <-> ${remote}`);
  const where = connection === undefined ? "" : ` on ${connection}`;
  if (cause === undefined) return `${what}${where}`;
  const anew = type === "route.state" && !ENDS.has(detail.state);
  return `${what}${where}${anew ? ", after" : ""}: ${CAUSES[cause].text}`;
}

/** States with which an attempt has come to nothing; on its way to the next one a route has the cause of the last. */
const ENDS: ReadonlySet<Detail | undefined> = new Set(["denied", "backoff"]);

/** What is not there is a question mark. */
const said = (texts: TemplateStringsArray, ...values: (Detail | undefined)[]): string =>
  String.raw({ raw: texts }, ...values.map((value) => value ?? "?"));

const plain = (type: EventType, who: string) => `${type.replaceAll(".", " ")}${who}`;
const names = (value: Detail | undefined): string => Array.isArray(value) ? value.join(", ") : "";
const by = (value: Detail | undefined): string => value === null || value === undefined ? "" : ` by ${value}`;
const since = (value: Detail | undefined): string => typeof value === "string" ? value.slice(0, 10) : "?";

const TELLERS: Readonly<Partial<Record<EventType, Teller>>> = {
  "server.ready": () => "the server has started",
  "server.readiness": ({ ready, reasons }) =>
    ready === true
      ? "others may send to this server again"
      : said`others should not send to this server now (${names(reasons)})`,
  "server.draining": () => "the server was told to stop: streams are closed in good order",
  "server.stopped": () => "the server has stopped",
  "server.starved": ({ wanted }) =>
    said`no file descriptor is left for a connection (${wanted}): the console ends its own; raise the limit (LimitNOFILE)`,
  "server.reloaded": ({ applied, restart }) =>
    said`a new configuration counts (${names(applied) || "nothing new"})` +
    (names(restart) === "" ? "" : said`; ${names(restart)} at the next start`),
  "config.refused": ({ mistakes }) =>
    said`the new configuration has mistakes, everything stays as it was: ${
      Array.isArray(mistakes) ? mistakes.join("; ") : "?"
    }`,
  "config.warned": ({ key, text }) => said`${key} ${text}`,
  "delegation.resolved": ({ domain, service, security, targets }) =>
    said`DNS says who acts for ${domain}: ${found(targets) || service}, ${security}`,
  "addresses.resolved": ({ host, addresses, forbidden }) =>
    said`${host} has ${
      names(addresses) ||
      (names(forbidden) === "" ? "no address" : `only addresses that are not dialled: ${names(forbidden)}`)
    }`,
  "dns.witness": ({ name, type, why }) => said`the answer for ${name} ${type} is not trusted (${why})`,
  "connection.opened": ({ direction, peer }) =>
    direction === "in" ? said`${peer} connected` : said`connected to ${peer}`,
  "connection.secured": ({ version, names: proven, certificate }) =>
    said`${version}, certificate ${
      certificate === "refused" ? "that proves no name by itself" : certificate
    }${names(proven) === "" ? "" : said`: ${names(proven)}`}`,
  "connection.established": ({ direction }, { local, remote }) =>
    said`stream ${direction === "in" ? "from" : "to"} ${remote} is up (here ${local})`,
  "connection.failed": ({ direction }, { remote }) =>
    said`no stream ${direction === "in" ? "from" : "to"} ${remote}`,
  "connection.closed": (_, { remote }) => said`stream with ${remote} closed`,
  "request.sent": (_, { outward }) => said`asked to let ${outward} in`,
  "request.received": (_, { inward }) => said`asked by the peer to let ${inward} in`,
  "verdict.sent": ({ verdict }, { inward }) => said`answered ${verdict} for ${inward}`,
  "verdict.received": ({ verdict }, { outward }) => said`the peer answered ${verdict} for ${outward}`,
  "pair.granted": ({ prooftype, expires }, { inward }) =>
    said`${inward} granted${by(prooftype)} until ${expires ?? "revoked"}`,
  "pair.authorised": ({ prooftype }, { outward, remote }) =>
    said`${outward} open; ${remote} proven${by(prooftype)}`,
  "pair.denied": ({ direction }, { inward, outward }) =>
    direction === "in" ? said`${inward} denied` : said`${outward} denied by the peer`,
  "pair.revoked": ({ direction }, { inward, outward }) =>
    said`${direction === "in" ? inward : outward} taken away`,
  "route.state": ({ state }, { outward }) => said`${outward} is ${state}`,
  "stanza.first": ({ direction }, { inward, outward }) =>
    said`first stanza ${direction === "in" ? inward : outward} delivered`,
  "component.attached": ({ domain }) => said`component ${domain} is there`,
  "component.detached": ({ domain }) => said`component ${domain} is gone`,
  "component.refused": ({ domain }) => said`component ${domain ?? "of no domain"} not let in`,
  "certificate.loaded": () => "our certificate files changed and are in use now",
  "certificate.kept": ({ why }) => said`the old certificates stay in use (${why})`,
  "certificate.changed": ({ name, issuer }) =>
    said`${name} shows another certificate than last time, by ${issuer}`,
  "certificate.expiring": ({ whose, days, names: carried, subject, notAfter }, { at }) => {
    const when = String(notAfter) < at ? "has ended" : said`ends in ${days} day${days === 1 ? "" : "s"}`;
    const certificate = said`${whose === "peer" ? "a peer's" : "our"} certificate for ${
      names(carried) || subject
    }`;
    return `${certificate} ${when}, on ${since(notAfter)}: ${
      whose === "peer" ? "tell its operator" : "renew it"
    }`;
  },
  "console.entered": ({ role, peer }) => said`${role} logged in from ${peer}`,
  "console.failed": ({ error }) => said`the console's port failed, and is opened again (${error})`,
  "console.refused": ({ peer }) => said`a wrong token or code from ${peer}`,
};

/** `host:port, host:port`; of very many the last is a text that says how many more there are (`cut.ts`). */
function found(targets: Detail | undefined): string {
  const all = Array.isArray(targets) ? targets as readonly ({ host: string; port: number } | string)[] : [];
  return all.map((one) => typeof one === "string" ? one : `${one.host}:${one.port}`).join(", ");
}
