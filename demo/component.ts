/** Who speaks in the demo: an external component (XEP-0114) of one hosted domain. */
import { SaxesParser } from "saxes";
import { handshake } from "../xmpp/component.ts";
import { escapeAttribute, escapeText } from "../xml/writer.ts";

/** A first-level element of the stream, as far as the story needs it. */
export interface Received {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** The elements inside, in order, each with its own text. */
  readonly inside: readonly { readonly name: string; text: string }[];
}

/** The condition and the words of a bounced stanza (RFC 6120 8.3.2); null when it is none. */
export function errorOf({ attributes, inside }: Received): { condition: string; text: string } | null {
  if (attributes.type !== "error") return null;
  const [condition, text] = inside.slice(inside.findIndex(({ name }) => name === "error") + 1);
  return { condition: condition?.name ?? "", text: text?.text ?? "" };
}

export class Component implements AsyncDisposable {
  readonly #connection: Deno.TcpConn;
  readonly #inbox: Received[] = [];
  readonly #reading: Promise<void>;
  #arrived = Promise.withResolvers<void>();
  #streamId = "";

  private constructor(readonly domain: string, connection: Deno.TcpConn) {
    this.#connection = connection;
    this.#reading = this.#read();
  }

  /** Attaches to `address` (host:port) and shakes hands. */
  static async attach(domain: string, address: string, secret: string): Promise<Component> {
    const [hostname, port] = address.split(":");
    const component = new Component(domain, await Deno.connect({ hostname: hostname!, port: Number(port) }));
    await component.#send(
      `<?xml version='1.0'?><stream:stream xmlns='jabber:component:accept' ` +
        `xmlns:stream='http://etherx.jabber.org/streams' to='${domain}'>`,
    );
    await component.next(({ name }) => name === "stream:stream", 5000);
    await component.#send(`<handshake>${handshake(component.#streamId, secret)}</handshake>`);
    await component.next(({ name }) => name === "handshake", 5000);
    return component;
  }

  /** Says something to somebody. */
  say(user: string, to: string, id: string, body: string): Promise<void> {
    const from = `${user}@${this.domain}`;
    const attributes = Object.entries({ from, to, id, type: "chat" }).map(([k, v]) =>
      ` ${k}='${escapeAttribute(v)}'`
    );
    return this.#send(`<message${attributes.join("")}><body>${escapeText(body)}</body></message>`);
  }

  /** The first element that matches, past or to come, which is then taken; null when the time is up. */
  async next(matches: (element: Received) => boolean, withinMs: number): Promise<Received | null> {
    const timeUp = AbortSignal.timeout(withinMs);
    const ended = new Promise<void>((resolve) => timeUp.addEventListener("abort", () => resolve()));
    for (;;) {
      const at = this.#inbox.findIndex(matches);
      if (at >= 0) return this.#inbox.splice(at, 1)[0]!;
      if (timeUp.aborted) return null;
      await Promise.race([this.#arrived.promise, ended]);
    }
  }

  async #send(text: string): Promise<void> {
    const bytes = new TextEncoder().encode(text);
    for (let sent = 0; sent < bytes.length;) sent += await this.#connection.write(bytes.subarray(sent));
  }

  #put(element: Received): void {
    this.#inbox.push(element);
    this.#arrived.resolve();
    this.#arrived = Promise.withResolvers();
  }

  /** Ends with the connection, whoever closes it. */
  async #read(): Promise<void> {
    const parser = this.#parser();
    try {
      for await (const text of this.#connection.readable.pipeThrough(new TextDecoderStream())) {
        parser.write(text);
      }
    } catch { /* closed under our hands */ }
  }

  #parser(): SaxesParser {
    const parser = new SaxesParser();
    let depth = 0;
    let current = {
      name: "",
      attributes: {} as Record<string, string>,
      inside: [] as { name: string; text: string }[],
    };
    parser.on("opentag", ({ name, attributes }) => {
      depth++;
      if (depth === 1) this.#streamId = attributes.id ?? "";
      if (depth <= 2) current = { name, attributes: { ...attributes }, inside: [] };
      else current.inside.push({ name, text: "" });
      if (depth === 1) this.#put(current);
    });
    parser.on("text", (text) => {
      const innermost = current.inside.at(-1);
      if (innermost) innermost.text += text;
    });
    parser.on("closetag", () => {
      if (depth === 2) this.#put(current);
      depth--;
    });
    return parser;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#send("</stream:stream>").catch(() => {});
    try {
      this.#connection.close();
    } catch { /* the server was quicker */ }
    await this.#reading;
  }
}
