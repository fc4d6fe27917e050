/** Stanza errors: their words, and how a stanza goes back to its sender. RFC 6120 8.3; protocol.md 4.11. */
import { type Cause, CAUSES } from "../facts/cause.ts";
import { Element, element } from "../xml/element.ts";
import { type Declarations, parseElement, XmlFault } from "../xml/reader.ts";
import { print } from "../xml/writer.ts";
import { type ContentNamespace, DECLARED, NS, SCOPES } from "./namespaces.ts";
import { isBounced, parseStanzaHead, type StanzaHead } from "./stanza.ts";

export const STANZA_CONDITIONS = [
  "bad-request",
  "conflict",
  "feature-not-implemented",
  "forbidden",
  "gone",
  "internal-server-error",
  "item-not-found",
  "jid-malformed",
  "not-acceptable",
  "not-allowed",
  "not-authorized",
  "policy-violation",
  "recipient-unavailable",
  "redirect",
  "registration-required",
  "remote-server-not-found",
  "remote-server-timeout",
  "resource-constraint",
  "service-unavailable",
  "subscription-required",
  "undefined-condition",
  "unexpected-request",
] as const;

export type StanzaCondition = typeof STANZA_CONDITIONS[number];

/** RFC 6120 8.3.2: what the sender may do about it. */
export const ERROR_TYPES = ["auth", "cancel", "continue", "modify", "wait"] as const;
export type ErrorType = typeof ERROR_TYPES[number];

/** One answer to a stanza that cannot go on. */
export interface StanzaError {
  readonly type: ErrorType;
  readonly condition: StanzaCondition;
  /** English; no names of hosts, no addresses (RTE-7). */
  readonly text?: string | undefined;
  readonly application?: Element | undefined;
}

/** The detail of F5 (protocol.md 2.4). */
export const INVALID_CONNECTION: Element = element(NS.dna, "invalid-connection");

/** Beyond it a message goes back without its payload (protocol.md 4.11), in UTF-16 units. */
const PAYLOAD = 1024;

/** Whether a word is a condition of RFC 6120 8.3.3. */
export function isStanzaCondition(word: string): word is StanzaCondition {
  return (STANZA_CONDITIONS as readonly string[]).includes(word);
}

/** The `<error/>` of a stanza or of a verdict. */
export function errorElement(error: StanzaError, content: ContentNamespace): Element {
  const text = error.text === undefined
    ? null
    : element(NS.stanzaErrors, "text", { "xml:lang": "en" }, error.text);
  const condition = element(NS.stanzaErrors, error.condition);
  return element(content, "error", { type: error.type }, condition, text, error.application ?? null);
}

/** The condition in an `<error/>`; `undefined-condition` for none and for words that RFC 6120 does not know. */
export function conditionOf(error: Element): StanzaCondition {
  const defined = error.elements().find(({ ns, name }) => ns === NS.stanzaErrors && name !== "text");
  return isStanzaCondition(defined?.name ?? "") ? defined!.name as StanzaCondition : "undefined-condition";
}

/** What is known of the stanza that goes back. */
export interface Returned {
  readonly content?: ContentNamespace;
  /** A local entity sent it: its directed presence is answered too. */
  readonly local?: boolean;
  /** What the header of its stream declares, when that is more than ours does. */
  readonly declared?: Declarations;
}

/**
 * Returns a stanza to its sender.
 *
 * @param stanza Its text, or only its start tag when it is too large to be worth more.
 * @returns The error stanza; null when RFC 6120 8.3.1 wants silence.
 */
export function bounce(
  stanza: string,
  error: StanzaError,
  { content = NS.server, local = false, declared = DECLARED[content] }: Returned = {},
): string | null {
  const head = parseStanzaHead(stanza, content, declared);
  if (head === null || head.from === null || !isBounced(head, local)) return null;
  return print(errorStanza(head, payloadOf(stanza, declared), error, content), SCOPES[content]);
}

/** The answer to a stanza: addresses swapped, `id` kept. */
export function errorStanza(
  head: StanzaHead,
  payload: Element["children"],
  error: StanzaError,
  content: ContentNamespace,
): Element {
  const attrs = {
    from: head.to,
    to: head.from,
    id: head.id,
    type: "error",
    "xml:lang": payload.length === 0 ? null : head.lang,
  };
  return element(content, head.kind, attrs, ...payload, errorElement(error, content));
}

/** What may go back with the error; it is not worth a fault. */
function payloadOf(stanza: string, declared: Declarations): Element["children"] {
  if (stanza.length > PAYLOAD) return [];
  try {
    return parseElement(stanza, declared).children;
  } catch (error) {
    if (error instanceof XmlFault) return [];
    throw error;
  }
}

/** What a cause tells the sender of a stanza (protocol.md 4.11). */
export function bounceFor(cause: Cause): StanzaError {
  const [condition, type, application] = BOUNCES[cause] ?? LATER;
  return { condition, type, application, text: CAUSES[cause].text };
}

type Row = readonly [condition: StanzaCondition, type: ErrorType, application?: Element];

const LATER: Row = ["remote-server-timeout", "wait"];
const UNAUTHENTICATED: Row = ["remote-server-timeout", "cancel"];
const NO_SERVER: Row = ["remote-server-not-found", "cancel"];
const NO_SERVER_NOW: Row = ["remote-server-not-found", "wait"];
const FORBIDDEN_HERE: Row = ["not-allowed", "cancel"];
const FULL: Row = ["resource-constraint", "wait"];

/** Where it is not `remote-server-timeout`, `wait`: that says that the way may open by itself. */
const BOUNCES: { readonly [cause in Cause]?: Row } = {
  "dns.nxdomain": NO_SERVER,
  "dns.no-service": NO_SERVER,
  "dns.no-address": NO_SERVER,
  "dns.invalid-name": NO_SERVER,
  "dns.bogus": NO_SERVER_NOW,
  "dns.servfail": NO_SERVER_NOW,
  "dns.timeout": NO_SERVER_NOW,
  "dns.unreachable": NO_SERVER_NOW,
  "dns.busy": NO_SERVER_NOW,
  "dns.budget": NO_SERVER_NOW,
  "dns.loop": NO_SERVER_NOW,
  "dns.too-large": NO_SERVER_NOW,
  "dns.witness": NO_SERVER_NOW,
  "dns.witness-unavailable": NO_SERVER_NOW,
  "dns.internal": NO_SERVER_NOW,
  // The peer cannot be authenticated under our policy.
  "dns.insecure": UNAUTHENTICATED,
  "policy.dns": UNAUTHENTICATED,
  "policy.proof": UNAUTHENTICATED,
  "proof.absent": UNAUTHENTICATED,
  "proof.delegation": UNAUTHENTICATED,
  "proof.expired": UNAUTHENTICATED,
  "proof.none": UNAUTHENTICATED,
  "tls.no-certificate": UNAUTHENTICATED,
  "tls.untrusted": UNAUTHENTICATED,
  "tls.self-signed": UNAUTHENTICATED,
  "tls.expired": UNAUTHENTICATED,
  "tls.not-yet-valid": UNAUTHENTICATED,
  "tls.ca-leaf": UNAUTHENTICATED,
  "tls.usage": UNAUTHENTICATED,
  "tls.revoked": UNAUTHENTICATED,
  "tls.bad-certificate": UNAUTHENTICATED,
  "tls.names": UNAUTHENTICATED,
  "peer.invalid": ["internal-server-error", "cancel"],
  "policy.blocked": FORBIDDEN_HERE,
  "policy.not-allowed": FORBIDDEN_HERE,
  "policy.revoked": FORBIDDEN_HERE,
  "policy.suspended": FORBIDDEN_HERE,
  "route.unknown-target": ["item-not-found", "cancel"],
  "route.not-hosted": ["item-not-found", "cancel"],
  "route.unauthorised": ["not-authorized", "auth", INVALID_CONNECTION],
  "route.jid-malformed": ["jid-malformed", "modify"],
  "route.bad-address": ["jid-malformed", "modify"],
  "route.bad-request": ["bad-request", "modify"],
  "route.too-big": ["policy-violation", "modify"],
  "route.too-long": ["policy-violation", "modify"],
  "xml.limit": ["policy-violation", "modify"],
  "route.queue-full": FULL,
  "route.queues-full": FULL,
  "limit.pairs": FULL,
  "limit.domains": FULL,
  "limit.requests": FULL,
  "limit.proofs": FULL,
};
