/** SASL EXTERNAL: not offered yet, so refused in SASL's own words. RFC 6120 6; protocol.md 7.1. */
import { type Element, element } from "../xml/element.ts";
import { print } from "../xml/writer.ts";
import { NS, SCOPES } from "./namespaces.ts";

/** The conditions with which a refusal of something never offered can be said (RFC 6120 6.5). */
export type SaslCondition = "aborted" | "encryption-required" | "invalid-mechanism" | "malformed-request";

/**
 * The `<failure/>` that answers an element of SASL; null when the element is something else.
 *
 * The stream stays: a request may follow.
 */
export function refuseSasl(word: Element, secure: boolean): string | null {
  if (word.ns !== NS.sasl) return null;
  const failure = element(NS.sasl, "failure", {}, element(NS.sasl, conditionFor(word.name, secure)));
  return print(failure, SCOPES[NS.server]);
}

function conditionFor(name: string, secure: boolean): SaslCondition {
  if (name === "abort") return "aborted";
  if (name !== "auth") return "malformed-request";
  return secure ? "invalid-mechanism" : "encryption-required";
}
