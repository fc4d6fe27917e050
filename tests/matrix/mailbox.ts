/** What one component received, by stanza id: many cells share it and each waits for its own. */
import { NS } from "../peer/names.ts";
import type { Component } from "../peer/component.ts";
import { CLOSING } from "../peer/stream.ts";
import { within } from "../peer/deadline.ts";
import type { Element } from "../peer/xml.ts";

/** Longer than a whole test. */
export const LONG_MS = 600_000;

export class Mailbox {
  readonly #letters = new Map<string, PromiseWithResolvers<Element>>();
  /** Every message so far. */
  readonly arrived = new Map<string, Element>();
  readonly #reading: Promise<void>;

  constructor(readonly component: Component) {
    this.#reading = this.#read();
  }

  /** When the server has said farewell, everything that it had for this component is here. */
  async close(): Promise<void> {
    this.component.send(CLOSING);
    await this.#reading;
  }

  /** The message with this id, an error or not. */
  letter(id: string, ms?: number): Promise<Element> {
    return within(this.#slot(id).promise, `message ${id} at ${this.component.domain}`, ms);
  }

  async #read(): Promise<void> {
    for (;;) {
      const item = await this.component.stream.next("a stanza", LONG_MS);
      if (item.kind !== "element") return;
      const { uri, name, attributes: { id } } = item.element;
      if (uri !== NS.component || name !== "message" || id === undefined) continue;
      this.arrived.set(id, item.element);
      this.#slot(id).resolve(item.element);
    }
  }

  #slot(id: string): PromiseWithResolvers<Element> {
    const slot = this.#letters.get(id) ?? Promise.withResolvers<Element>();
    this.#letters.set(id, slot);
    return slot;
  }
}
