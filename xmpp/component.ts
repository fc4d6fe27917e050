/** The handshake of an external component. XEP-0114 3; protocol.md 9.1. */
import { createHash, timingSafeEqual } from "node:crypto";
import { type Element, element } from "../xml/element.ts";
import { print } from "../xml/writer.ts";
import { NS, SCOPES } from "./namespaces.ts";

/** What a component with that secret must say on the stream with that id: lower-case hex. */
export function handshake(streamId: string, secret: string): string {
  return createHash("sha1").update(streamId + secret, "utf8").digest("hex");
}

/** Whether a component said the right thing, in either case. Takes the same time for every wrong answer. */
export function handshakeMatches(streamId: string, secret: string, said: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text, "utf8").digest();
  return timingSafeEqual(digest(handshake(streamId, secret)), digest(said.trim().toLowerCase()));
}

/** What a component said, null when the element is something else. */
export function parseHandshake(word: Element): string | null {
  return word.is(NS.component, "handshake") ? word.text() : null;
}

/** The component's word, or without one the server's "it is right". */
export function printHandshake(word: string | null = null): string {
  return print(element(NS.component, "handshake", {}, word), SCOPES[NS.component]);
}
