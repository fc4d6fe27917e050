/**
 * What the server itself answers: to its own names, and for users that do not exist here. XEP-0199, XEP-0030, XEP-0092,
 * XEP-0157; RFC 6120 10.5; protocol.md 9.2, 9.3. Pure: a stanza in, its answer out.
 */
import { type Element, element } from "../xml/element.ts";
import type { Declarations } from "../xml/reader.ts";
import { print } from "../xml/writer.ts";
import type { Domain } from "./domain.ts";
import { splitJid } from "./jid.ts";
import { type ContentNamespace, NS, SCOPES } from "./namespaces.ts";
import { isBounced, parseStanzaHead, type StanzaHead, stanzaHead } from "./stanza.ts";
import { errorStanza, type StanzaError } from "./stanza_error.ts";

/** What the server says of itself and of one domain. */
export interface Self {
  readonly software: { readonly name: string; readonly version: string };
  /** Contact addresses as URIs, by XEP-0157 field: "abuse", "admin", "security" and so on. */
  readonly contacts: ReadonlyMap<string, readonly string[]>;
  /** The components below the asked domain. */
  readonly items: readonly Domain[];
}

/**
 * Answers a stanza whose target has no component.
 *
 * @returns The answer to send to the stanza's sender; null where silence is right.
 */
export function answer(stanza: Element, self: Self, content: ContentNamespace = NS.server): string | null {
  const head = stanzaHead(stanza, content);
  if (!isAnswered(head)) return null;
  const reply = head.kind === "iq" ? answerQuery(stanza, head, self) : UNAVAILABLE;
  const answered = isError(reply) ? errorStanza(head, [], reply, content) : result(head, reply, content);
  return print(answered, SCOPES[content]);
}

/** The same for a stanza of which only the start tag could be read. */
export function answerUnread(stanza: string, declared: Declarations): string | null {
  const head = parseStanzaHead(stanza, NS.server, declared);
  return isAnswered(head) ? print(errorStanza(head, [], UNAVAILABLE, NS.server), SCOPES[NS.server]) : null;
}

function isAnswered(head: StanzaHead | null): head is StanzaHead {
  if (head === null || head.from === null || !isBounced(head, false)) return false;
  return head.kind !== "presence" && head.type !== "headline"; // RFC 6121 8.5.2: silence
}

const UNAVAILABLE: StanzaError = { type: "cancel", condition: "service-unavailable" };
const BAD_REQUEST: StanzaError = { type: "modify", condition: "bad-request" };
const NO_NODE: StanzaError = { type: "cancel", condition: "item-not-found" };

/** The payload of a result (null: an empty one), or an error. */
type Reply = Element | StanzaError | null;

function answerQuery(stanza: Element, head: StanzaHead, self: Self): Reply {
  const [query, ...more] = stanza.elements();
  if (query === undefined || more.length > 0 || head.id === null) return BAD_REQUEST; // RFC 6120 8.2.3
  if (head.type !== "get" && head.type !== "set") return BAD_REQUEST;
  // The same for every user, known or not, bare or full (protocol.md 9.3).
  if (head.type !== "get" || !isDomain(head.to ?? "")) return UNAVAILABLE;
  if (query.is(NS.ping, "ping")) return null;
  if (query.is(NS.version, "query")) return version(self);
  const node = query.attr("node");
  if (query.is(NS.discoInfo, "query")) return node === null ? info(self) : NO_NODE;
  if (query.is(NS.discoItems, "query")) return node === null ? items(self) : NO_NODE;
  return UNAVAILABLE;
}

function version({ software }: Self): Element {
  const field = (name: string, value: string) => element(NS.version, name, {}, value);
  return element(NS.version, "query", {}, field("name", software.name), field("version", software.version));
}

function info({ software, contacts }: Self): Element {
  const features = [NS.discoInfo, NS.discoItems, NS.version, NS.ping];
  return element(
    NS.discoInfo,
    "query",
    {},
    element(NS.discoInfo, "identity", { category: "server", type: "im", name: software.name }),
    ...features.map((name) => element(NS.discoInfo, "feature", { var: name })),
    contacts.size === 0 ? null : contactForm(contacts),
  );
}

function items({ items }: Self): Element {
  const children = items.map((jid) => element(NS.discoItems, "item", { jid }));
  return element(NS.discoItems, "query", {}, ...children);
}

function contactForm(contacts: Self["contacts"]): Element {
  const field = (name: string, values: readonly string[], type: string | null) =>
    element(
      NS.dataForm,
      "field",
      { var: name, type },
      ...values.map((value) => element(NS.dataForm, "value", {}, value)),
    );
  return element(
    NS.dataForm,
    "x",
    { type: "result" },
    field("FORM_TYPE", [NS.serverInfo], "hidden"),
    ...[...contacts].map(([name, values]) => field(`${name}-addresses`, values, null)),
  );
}

function result(head: StanzaHead, payload: Element | null, content: ContentNamespace): Element {
  return element(content, "iq", { type: "result", from: head.to, to: head.from, id: head.id }, payload);
}

function isError(reply: Reply): reply is StanzaError {
  return reply !== null && "condition" in reply;
}

function isDomain(jid: string): boolean {
  const { local, resource } = splitJid(jid);
  return local === null && resource === null;
}
