/** Stream errors: always fatal, at most one per stream. RFC 6120 4.9.3; protocol.md 4.8. */
import type { Cause } from "../facts/cause.ts";
import { type Element, element } from "../xml/element.ts";
import { print } from "../xml/writer.ts";
import { type ContentNamespace, NS, SCOPES } from "./namespaces.ts";

export const STREAM_CONDITIONS = [
  "bad-format",
  "bad-namespace-prefix",
  "conflict",
  "connection-timeout",
  "host-gone",
  "host-unknown",
  "improper-addressing",
  "internal-server-error",
  "invalid-from",
  "invalid-namespace",
  "invalid-xml",
  "not-authorized",
  "not-well-formed",
  "policy-violation",
  "remote-connection-failed",
  "reset",
  "resource-constraint",
  "restricted-xml",
  "see-other-host",
  "system-shutdown",
  "undefined-condition",
  "unsupported-encoding",
  "unsupported-feature",
  "unsupported-stanza-type",
  "unsupported-version",
] as const;

export type StreamCondition = typeof STREAM_CONDITIONS[number];

/** Why a stream ends: the word on the wire and the reason in our log. */
export interface Refusal {
  readonly condition: StreamCondition;
  readonly cause: Cause;
}

/** The peer broke a rule. Always ends the stream (RFC 6120 4.9.1.1). */
export class PeerFault extends Error implements Refusal {
  override readonly name = "PeerFault";
  constructor(
    readonly condition: StreamCondition,
    override readonly cause: Cause,
    message: string,
  ) {
    super(message);
  }
}

/** A stream error as received. */
export interface StreamError {
  /** `undefined-condition` for every word that RFC 6120 does not know. */
  readonly condition: StreamCondition;
  readonly text: string | null;
  /** Where to go instead: the content of `see-other-host`, unchecked. */
  readonly otherHost: string | null;
  readonly application: Element | null;
}

/** What a stream error may say beside its condition. */
export interface StreamErrorDetail {
  /** English; no names of hosts, no addresses. */
  readonly text?: string | undefined;
  readonly application?: Element | undefined;
}

/** Whether a word is a condition of RFC 6120 4.9.3. */
export function isStreamCondition(word: string): word is StreamCondition {
  return (STREAM_CONDITIONS as readonly string[]).includes(word);
}

/** Prints a stream error without the closing tag. Its text is about the stream: never a stanza's words. */
export function printStreamError(
  condition: StreamCondition,
  { text, application }: StreamErrorDetail = {},
  content: ContentNamespace = NS.server,
): string {
  const words = text === undefined ? null : element(NS.streamErrors, "text", { "xml:lang": "en" }, text);
  const children = [element(NS.streamErrors, condition), words, application ?? null];
  return print(element(NS.streams, "error", {}, ...children), SCOPES[content]);
}

/** Reads a stream error; null when the element is something else. */
export function parseStreamError(error: Element): StreamError | null {
  if (!error.is(NS.streams, "error")) return null;
  const children = error.elements();
  const defined = children.find(({ ns, name }) => ns === NS.streamErrors && name !== "text");
  const condition = conditionOf(defined?.name ?? "");
  return {
    condition,
    text: error.child(NS.streamErrors, "text")?.text() ?? null,
    otherHost: condition === "see-other-host" ? defined?.text() ?? null : null,
    application: children.find(({ ns }) => ns !== NS.streamErrors) ?? null,
  };
}

function conditionOf(word: string): StreamCondition {
  if (word === "xml-not-well-formed") return "not-well-formed"; // COMPAT: RFC 3920
  return isStreamCondition(word) ? word : "undefined-condition";
}

/** The detail of `policy-violation` for what is too large (protocol.md 4.12). */
export const STANZA_TOO_BIG: Element = element(NS.applicationErrors, "stanza-too-big");
