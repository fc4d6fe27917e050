/** Elements that are no stanza, as steps in the trace of their connection. Nothing is made where nobody could read it. */
import type { Sketch } from "../facts/event.ts";
import type { Tracer } from "../observe/recorder.ts";
import type { Element } from "../xml/element.ts";
import { type ContentNamespace, DECLARED, NS } from "../xmpp/namespaces.ts";
import { sketchOf, sketchOfPrinted } from "../xmpp/sketch.ts";
import { CLOSING_TAG } from "../xmpp/stream_header.ts";
import type { Host } from "./host.ts";

export class ElementTrace {
  readonly #host: Host;
  readonly #connection: () => string;
  readonly #content: ContentNamespace;
  #tracer: Tracer | null = null;

  /** @param connection Its id, once somebody asks. */
  constructor(host: Host, connection: () => string, content: ContentNamespace) {
    this.#host = host;
    this.#connection = connection;
    this.#content = content;
  }

  /** Where the steps of this connection go; null when nobody could read them. */
  get tracer(): Tracer | null {
    return this.#tracer ??= this.#host.trace?.of({ connection: this.#connection() }) ?? null;
  }

  sent(text: string, bytes: number): void {
    const { trace } = this.#host;
    if (trace === null || !this.tracer!.wants()) return;
    const sketch = () => sketchOfPrinted(text, DECLARED[this.#content], bytes, trace.hide);
    this.tracer!.keep(() => ({ type: "element.sent", detail: sketch() }));
  }

  received(element: Element, bytes: number): void {
    const { trace } = this.#host;
    if (trace === null || isToldElsewhere(element) || !this.tracer!.wants()) return;
    const sketch = () => sketchOf(element, bytes, trace.hide);
    this.tracer!.keep(() => ({ type: "element.received", detail: sketch() }));
  }

  /** The closing tag. */
  closing(type: "element.sent" | "element.received"): void {
    this.tracer?.step(() => ({ type, detail: CLOSING_SKETCH }));
  }
}

const CLOSING_SKETCH: Sketch = {
  name: "/stream",
  ns: NS.streams,
  word: null,
  from: null,
  to: null,
  bytes: CLOSING_TAG.length,
};

/** Decisions tell of dialback and of stream errors; counts of stanzas are traffic (XEP-0198). */
function isToldElsewhere({ ns, name }: Element): boolean {
  if (ns === NS.dialback || (ns === NS.streams && name === "error")) return true;
  return ns === NS.streamManagement && (name === "r" || name === "a");
}
