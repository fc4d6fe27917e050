/** The way into TLS. RFC 6120 5.4; protocol.md 4.6. */
import { type Element, element } from "../xml/element.ts";
import { print } from "../xml/writer.ts";
import { NS, SCOPES } from "./namespaces.ts";

export type Starttls = "starttls" | "proceed" | "failure";

/** Prints the command or its answer. A `failure` is followed by the closing tag (RFC 6120 5.4.2.2). */
export function printStarttls(word: Starttls): string {
  return print(element(NS.starttls, word), SCOPES[NS.server]);
}

/** Which of the three an element is; null for anything else. */
export function parseStarttls(word: Element): Starttls | null {
  if (word.ns !== NS.starttls) return null;
  return (["starttls", "proceed", "failure"] as const).find((known) => known === word.name) ?? null;
}
