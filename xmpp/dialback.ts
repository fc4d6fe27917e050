/** Requests, verdicts and the dialback key. XEP-0220, XEP-0185; protocol.md 2.6.2, 7.2 to 7.5. */
import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { type Element, element } from "../xml/element.ts";
import { print } from "../xml/writer.ts";
import { parseDomain, type Spelled } from "./domain.ts";
import { NS, SCOPES } from "./namespaces.ts";
import { conditionOf, errorElement, type StanzaCondition, type StanzaError } from "./stanza_error.ts";
import { PeerFault } from "./stream_error.ts";

/** Step 1: the peer asks to send from `sender` to `target`. */
export interface DialbackRequest {
  readonly kind: "request";
  readonly sender: Spelled;
  readonly target: Spelled;
  /** Empty when there is none. */
  readonly key: string;
}

/** Step 4: what became of a request of ours; `from` and `to` are swapped against it. */
export interface DialbackVerdict {
  readonly kind: "verdict";
  readonly from: Spelled;
  readonly to: Spelled;
  readonly verdict: Verdict;
  /** Of an `error`; null otherwise. */
  readonly condition: VerdictCondition | null;
  /** What the peer said to it in words; null when nothing. */
  readonly text: string | null;
}

/** Step 2: a receiving server asks the authoritative one. */
export interface DialbackVerify {
  readonly kind: "verify";
  readonly from: Spelled;
  readonly to: Spelled;
  readonly id: string;
  readonly key: string;
}

/** Step 3: its answer. */
export interface DialbackAnswer {
  readonly kind: "answer";
  readonly from: Spelled;
  readonly to: Spelled;
  readonly id: string;
  readonly verdict: Verdict;
}

export type Dialback = DialbackRequest | DialbackVerdict | DialbackVerify | DialbackAnswer;

/** The value of `type`; everything that XEP-0220 does not know is "other". */
export type Verdict = "valid" | "invalid" | "error" | "other";

/** XEP-0220 lists one word that is no stanza condition: understood, never sent. */
export type VerdictCondition = StanzaCondition | "remote-connection-failed";

/**
 * Reads an element of dialback; null when the element is something else.
 *
 * @throws {PeerFault} `improper-addressing` when an address is missing or no domain (Q1, protocol.md 7.5).
 */
export function parseDialback(word: Element): Dialback | null {
  if (word.ns !== NS.dialback || (word.name !== "result" && word.name !== "verify")) return null;
  const from = address(word, "from");
  const to = address(word, "to");
  const type = word.attr("type");
  const key = word.text().trim();
  if (word.name === "verify") {
    const id = word.attr("id");
    if (id === null || id === "") throw fault("id");
    return type === null
      ? { kind: "verify", from, to, id, key }
      : { kind: "answer", from, to, id, verdict: verdictOf(type) };
  }
  if (type === null) return { kind: "request", sender: from, target: to, key };
  return { kind: "verdict", from, to, verdict: verdictOf(type), ...verdictError(word, type) };
}

/** Step 1. No key in the reverse direction of a stream (protocol.md 2.8.6). */
export function printRequest(sender: string, target: string, key: string | null): string {
  return printDialback("result", { from: sender, to: target }, key);
}

/** Step 4: the request's own spelling, swapped. */
export function printVerdict(request: DialbackRequest, verdict: "valid" | "invalid"): string {
  return printDialback("result", { ...swapped(request), type: verdict }, null);
}

/** Step 4, denied (protocol.md 2.6.2). */
export function printDenial(request: DialbackRequest, denial: StanzaError): string {
  return printDialback("result", { ...swapped(request), type: "error" }, errorElement(denial, NS.server));
}

/** A grant taken back: a verdict that nobody asked for (protocol.md 2.7, T5). */
export function printRevocation(target: string, sender: string): string {
  return printDialback("result", { from: target, to: sender, type: "invalid" }, null);
}

/** Step 2: for the target, about the sender, on the stream with that id; spelled as the key was made. */
export function printVerify({ sender, target, key }: DialbackRequest, streamId: string): string {
  return printDialback("verify", { from: target.text, to: sender.text, id: streamId }, key);
}

/** Step 3. */
export function printAnswer(verify: DialbackVerify, verdict: "valid" | "invalid"): string {
  return printDialback("verify", { ...turned(verify), type: verdict }, null);
}

/** Step 3 for a domain that is not ours. */
export function printAnswerError(verify: DialbackVerify, error: StanzaError): string {
  return printDialback("verify", { ...turned(verify), type: "error" }, errorElement(error, NS.server));
}

/** What a dialback key speaks for. Domains as they stand in the attributes of the request. */
export interface KeySubject {
  readonly receiving: string;
  readonly originating: string;
  readonly streamId: string;
}

/** The key (XEP-0185): the HMAC's own key is the hex text of the secret's digest, not its octets. */
export function dialbackKey(secret: string, { receiving, originating, streamId }: KeySubject): string {
  const message = `${receiving} ${originating} ${streamId}`;
  return createHmac("sha256", hmacKey(secret)).update(message, "utf8").digest("hex");
}

/** Whether a key is the one; takes the same time for every wrong key of its length, and the length is no secret. */
export function keyMatches(secret: string, subject: KeySubject, key: string): boolean {
  const [right, given] = [encoder.encode(dialbackKey(secret, subject)), encoder.encode(key.trim())];
  return right.length === given.length && timingSafeEqual(right, given);
}

const encoder = new TextEncoder();

/** A server has one secret: its digest is made once. */
let latest: { readonly secret: string; readonly hex: string } | null = null;
function hmacKey(secret: string): string {
  if (latest?.secret !== secret) {
    latest = { secret, hex: createHash("sha256").update(secret, "utf8").digest("hex") };
  }
  return latest.hex;
}

function printDialback(name: string, attrs: Record<string, string>, child: Element | string | null): string {
  return print(element(NS.dialback, name, attrs, child), SCOPES[NS.server]);
}

function swapped({ sender, target }: DialbackRequest): { from: string; to: string } {
  return { from: target.text, to: sender.text };
}

function turned({ from, to, id }: DialbackVerify): { from: string; to: string; id: string } {
  return { from: to.text, to: from.text, id };
}

function address(word: Element, name: "from" | "to"): Spelled {
  const text = word.attr(name);
  if (text === null) throw fault(name);
  try {
    return { domain: parseDomain(text), text };
  } catch {
    throw fault(name);
  }
}

function fault(attribute: string): PeerFault {
  const seen = `The peer sent dialback without a proper "${attribute}"`;
  return new PeerFault("improper-addressing", "stream.addressing", seen);
}

function verdictOf(type: string): Verdict {
  return (["valid", "invalid", "error"] as const).find((known) => known === type) ?? "other";
}

function verdictError(word: Element, type: string): Pick<DialbackVerdict, "condition" | "text"> {
  if (type !== "error") return { condition: null, text: null };
  // COMPAT: any namespace; on a prefix-free stream the content namespace is easily forgotten.
  const error = word.elements().find(({ name }) => name === "error");
  if (error === undefined) return { condition: "undefined-condition", text: null };
  const text = error.child(NS.stanzaErrors, "text")?.text().trim() || null;
  if (error.child(NS.stanzaErrors, "remote-connection-failed")) {
    return { condition: "remote-connection-failed", text };
  }
  return { condition: conditionOf(error), text };
}
