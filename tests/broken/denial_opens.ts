/** BROKEN ON PURPOSE: a denial is read as `valid`. Stands for xmpp/dialback.ts. */
import { type Dialback, parseDialback as sound } from "../../xmpp/dialback.ts";
import type { Element } from "../../xml/element.ts";

export * from "../../xmpp/dialback.ts";

export function parseDialback(word: Element): Dialback | null {
  const read = sound(word);
  return read?.kind === "verdict" && read.verdict === "error" ? { ...read, verdict: "valid" } : read;
}
