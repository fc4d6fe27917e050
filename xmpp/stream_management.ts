/** Acknowledgements of stanzas between servers. XEP-0198; protocol.md 8.1. */
import { type Element, element } from "../xml/element.ts";
import { print } from "../xml/writer.ts";
import { NS, SCOPES } from "./namespaces.ts";

/** What one side says about its counting. */
export type Management =
  | { readonly kind: "enable" | "enabled" | "failed" | "resume" | "request" }
  /** `handled`: the count of what was handled, modulo 2^32; null when it cannot be read. */
  | { readonly kind: "answer"; readonly handled: number | null };

/** Counts wrap here (SM-6). */
export const COUNT_MODULUS = 2 ** 32;

const say = (name: string, attrs: Readonly<Record<string, string>> = {}, ...children: Element[]): string =>
  print(element(NS.streamManagement, name, attrs, ...children), SCOPES[NS.server]);

export const ENABLE = say("enable");
export const ENABLED = say("enabled");
export const REQUEST = say("r");

/** Too early, too late, or twice. */
export const UNEXPECTED = say("failed", {}, element(NS.stanzaErrors, "unexpected-request"));
/** Resumption is not offered (8.2). */
export const NO_RESUMPTION = say("failed", {}, element(NS.stanzaErrors, "feature-not-implemented"));

export function printAnswer(handled: number): string {
  return say("a", { h: String(handled % COUNT_MODULUS) });
}

/** Reads an element of stream management; null when it is something else. */
export function parseManagement(said: Element): Management | null {
  if (said.ns !== NS.streamManagement) return null;
  switch (said.name) {
    case "enable":
    case "enabled":
    case "failed":
    case "resume":
      return { kind: said.name };
    case "r":
      return { kind: "request" };
    case "a":
      return { kind: "answer", handled: readCount(said.attr("h")) };
    default:
      return null;
  }
}

function readCount(text: string | null): number | null {
  const count = /^[0-9]{1,10}$/.test(text ?? "") ? Number(text) : COUNT_MODULUS;
  return count < COUNT_MODULUS ? count : null;
}

/** The detail of the stream error for an `h` that nobody can have reached. */
export function handledTooHigh(handled: number, sent: number): Element {
  const attrs = { h: String(handled), "send-count": String(sent % COUNT_MODULUS) };
  return element(NS.streamManagement, "handled-count-too-high", attrs);
}
