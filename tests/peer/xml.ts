/**
 * The scripted peer's own small reader of XML streams: header, first-level elements, closing tag. It is strict (saxes),
 * resolves namespaces, and keeps each element's text as it came. Nothing here is shared with the server.
 */
import { SaxesParser, type SaxesTagNS } from "saxes";

export interface Element {
  readonly name: string;
  readonly uri: string;
  readonly prefix: string;
  /** By written name, `xml:lang` included; declarations of namespaces are left out. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly Element[];
  /** All character data directly inside, in order. */
  readonly text: string;
  /** The bytes of this element as they were received; only first-level elements have it. */
  readonly raw: string;
}

export interface Header {
  readonly name: string;
  readonly uri: string;
  readonly prefix: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** Prefix to namespace; "" is the default namespace. */
  readonly declared: Readonly<Record<string, string>>;
}

export type XmlItem =
  | { kind: "header"; header: Header }
  | { kind: "element"; element: Element }
  | { kind: "closing" };

interface Open {
  readonly tag: SaxesTagNS;
  readonly start: number;
  readonly children: Element[];
  text: string;
}

export class StreamReader {
  readonly #parser = new SaxesParser({ xmlns: true, position: true });
  readonly #utf8 = new TextDecoder("utf-8", { fatal: true });
  readonly #open: Open[] = [];
  #items: XmlItem[] = [];
  #text = "";
  /** Where `#text` begins in the stream, in characters. */
  #base = 0;
  #tagStart = 0;
  #header: SaxesTagNS | undefined;

  constructor() {
    this.#parser.on("error", (error) => {
      throw error;
    });
    this.#parser.on("opentagstart", () => this.#tagStart = this.#lastTagStart());
    this.#parser.on("opentag", (tag) => this.#opened(tag));
    this.#parser.on("closetag", (tag) => this.#closed(tag));
    this.#parser.on("text", (text) => this.#characters(text));
    this.#parser.on("cdata", (text) => this.#characters(text));
  }

  /** Reads on and returns what became complete. @throws when the bytes are not well-formed. */
  feed(bytes: Uint8Array): XmlItem[] {
    const text = this.#utf8.decode(bytes, { stream: true });
    this.#text += text;
    this.#items = [];
    this.#parser.write(text);
    if (this.#open.length === 0) this.#forget();
    return this.#items;
  }

  #lastTagStart(): number {
    return this.#base + this.#text.lastIndexOf("<", this.#parser.position - this.#base - 1);
  }

  /** Drops text that no unfinished element needs any more. */
  #forget(): void {
    const start = Math.max(0, this.#text.lastIndexOf("<"));
    this.#base += start;
    this.#text = this.#text.slice(start);
  }

  #opened(tag: SaxesTagNS): void {
    if (this.#header === undefined) {
      this.#header = tag;
      this.#items.push({ kind: "header", header: asHeader(tag) });
      return;
    }
    this.#open.push({ tag, start: this.#tagStart, children: [], text: "" });
  }

  #closed(_tag: SaxesTagNS): void {
    const done = this.#open.pop();
    if (done === undefined) {
      this.#items.push({ kind: "closing" });
      return;
    }
    const outer = this.#open.at(-1);
    const raw = outer === undefined
      ? this.#text.slice(done.start - this.#base, this.#parser.position - this.#base)
      : "";
    const element = asElement(done, raw);
    if (outer === undefined) this.#items.push({ kind: "element", element });
    else outer.children.push(element);
  }

  #characters(text: string): void {
    const inside = this.#open.at(-1);
    if (inside !== undefined) inside.text += text;
  }
}

function attributesOf(tag: SaxesTagNS): Record<string, string> {
  return Object.fromEntries(
    Object.entries(tag.attributes)
      .filter(([name]) => name !== "xmlns" && !name.startsWith("xmlns:"))
      .map(([name, attribute]) => [name, attribute.value]),
  );
}

function asHeader(tag: SaxesTagNS): Header {
  const declared = Object.fromEntries(
    Object.entries(tag.attributes)
      .filter(([name]) => name === "xmlns" || name.startsWith("xmlns:"))
      .map(([name, attribute]) => [name.slice("xmlns:".length), attribute.value]),
  );
  return { name: tag.local, uri: tag.uri, prefix: tag.prefix, attributes: attributesOf(tag), declared };
}

function asElement({ tag, children, text }: Open, raw: string): Element {
  const { local: name, uri, prefix } = tag;
  return { name, uri, prefix, attributes: attributesOf(tag), children, text, raw };
}

/** The first child of that namespace and name. */
export function child(element: Element, uri: string, name: string): Element | undefined {
  return element.children.find((one) => one.uri === uri && one.name === name);
}

/** Text for an attribute or character data. */
export const escape = (text: string): string => text.replace(/[&<>'"]/g, (c) => `&#${c.charCodeAt(0)};`);
