/** SASL EXTERNAL, both roles. RFC 6120 6; XEP-0178; protocol.md 7.1. */
import { type Element, element } from "../xml/element.ts";
import { print } from "../xml/writer.ts";
import { NS, SCOPES } from "./namespaces.ts";

export const EXTERNAL = "EXTERNAL";

/** RFC 6120 6.5. */
export const SASL_CONDITIONS = [
  "aborted",
  "account-disabled",
  "credentials-expired",
  "encryption-required",
  "incorrect-encoding",
  "invalid-authzid",
  "invalid-mechanism",
  "malformed-request",
  "mechanism-too-weak",
  "not-authorized",
  "temporary-auth-failure",
] as const;

export type SaslCondition = typeof SASL_CONDITIONS[number];

/** An element of SASL as received, by either role. */
export type Sasl =
  /** `response` null: without an initial one, so that it has to be asked for. */
  | { readonly word: "auth"; readonly mechanism: string; readonly response: string | null }
  | { readonly word: "response"; readonly response: string }
  | { readonly word: "abort" | "challenge" | "success" }
  | { readonly word: "failure"; readonly condition: SaslCondition }
  /** In the namespace of SASL, and no word of it. */
  | { readonly word: "other" };

/** Reads an element of SASL; null when the element is something else. */
export function parseSasl(word: Element): Sasl | null {
  if (word.ns !== NS.sasl) return null;
  const text = word.text().trim();
  switch (word.name) {
    case "auth":
      return {
        word: "auth",
        mechanism: word.attr("mechanism") ?? "",
        response: text === "" ? null : text,
      };
    case "response":
      return { word: "response", response: text };
    case "abort":
    case "challenge":
    case "success":
      return { word: word.name };
    case "failure":
      return { word: "failure", condition: conditionOf(word) };
    default:
      return { word: "other" };
  }
}

/**
 * The authorization identity in a response: base64 of UTF-8, or `=` or nothing for none (RFC 6120 6.4.2).
 *
 * Null when it is neither (`incorrect-encoding`): no white space inside, `=` only as the padding at the end.
 */
export function decodeAuthzid(response: string): string | null {
  if (response === "" || response === "=") return "";
  if (!BASE64.test(response)) return null;
  const bytes = Uint8Array.from(atob(response), (c) => c.charCodeAt(0));
  try {
    return decoder.decode(bytes);
  } catch {
    return null;
  }
}

/** Our claim, always with the identity: old servers need it (XEP-0178). */
export function printAuth(authzid: string): string {
  return printWord("auth", { mechanism: EXTERNAL }, encodeAuthzid(authzid));
}

/** Our answer to a challenge. */
export function printResponse(authzid: string): string {
  return printWord("response", {}, encodeAuthzid(authzid));
}

/** Asks for the response that was missing. */
export function printChallenge(): string {
  return printWord("challenge", {}, null);
}

export function printSuccess(): string {
  return printWord("success", {}, null);
}

export function printFailure(condition: SaslCondition): string {
  return printWord("failure", {}, element(NS.sasl, condition));
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function encodeAuthzid(authzid: string): string {
  return btoa(String.fromCharCode(...encoder.encode(authzid)));
}

/** Unknown ones mean `not-authorized` (protocol.md 7.1). */
function conditionOf(failure: Element): SaslCondition {
  return SASL_CONDITIONS.find((known) => failure.child(NS.sasl, known) !== null) ?? "not-authorized";
}

function printWord(name: string, attrs: Record<string, string>, child: Element | string | null): string {
  return print(element(NS.sasl, name, attrs, child), SCOPES[NS.server]);
}
