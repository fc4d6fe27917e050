/** Who talks in a scenario: a user of a peer, or a user behind a component of the server under test. */
import type { Component } from "../peer/component.ts";
import type { Conversation } from "../peer/conversation.ts";
import { CLOSING } from "../peer/stream.ts";
import type { Element } from "../peer/xml.ts";

export type Stanza = "message" | "presence" | "iq";
export type Wanted = Readonly<Record<string, string>>;

/** Stanzas that arrive are kept until somebody asks for one that matches, in any order. */
export class Speaker implements AsyncDisposable {
  readonly #kept: Element[] = [];

  constructor(readonly jid: string, readonly stream: Conversation, readonly isComponent = false) {}

  static of(component: Component, user = "romeo"): Speaker {
    return new Speaker(`${user}@${component.domain}/lab`, component.stream, true);
  }

  get domain(): string {
    return this.jid.replace(/^.*@|\/.*$/g, "");
  }

  send(xml: string): void {
    this.stream.send(xml);
  }

  async stanza(name: Stanza, wanted: Wanted): Promise<Element> {
    const matches = (element: Element) =>
      element.name === name &&
      Object.entries(wanted).every(([key, value]) => element.attributes[key] === value);
    for (let at = 0;; at++) {
      if (at === this.#kept.length) {
        this.#kept.push(await this.stream.anyElement(`<${name} ${JSON.stringify(wanted)}>`));
      }
      if (matches(this.#kept[at]!)) return this.#kept.splice(at, 1)[0]!;
    }
  }

  /** What has come and was not asked for. */
  get kept(): readonly Element[] {
    return this.#kept;
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.stream.send(CLOSING);
    return this.stream[Symbol.asyncDispose]();
  }
}
