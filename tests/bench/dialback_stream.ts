/** A server as a script plays it, as far as dialback needs one: a classic stream in TLS, written and counted in text. */
import { PORTS } from "./lab.ts";

const STREAM = "http://etherx.jabber.org/streams";
const TLS = "urn:ietf:params:xml:ns:xmpp-tls";
const LONGEST_MARK = 64;

export interface StreamOptions {
  readonly ip: string;
  /** Service domains of the header. */
  readonly from: string;
  readonly to: string;
  /** PEM: whose certificates are accepted, for which name. */
  readonly ca: string;
  readonly name: string;
}

export interface ProvenOptions extends StreamOptions {
  /** Of `listen.s2s_tls`. */
  readonly port: number;
  /** PEM: the certificate that proves whom we play. */
  readonly chain: string;
  readonly key: string;
}

export class DialbackStream implements Disposable {
  /** Of the header after TLS. */
  id = "";
  #conn: Deno.Conn;
  #text = "";
  readonly #decoder = new TextDecoder();
  readonly #encoder = new TextEncoder();
  readonly #bytes = new Uint8Array(64 * 1024);

  private constructor(conn: Deno.Conn) {
    this.#conn = conn;
  }

  /** T1 without a client certificate: nothing but dialback can prove the peer that we play. */
  static async open({ ip, from, to, ca, name }: StreamOptions): Promise<DialbackStream> {
    const conn = await Deno.connect({ hostname: ip, port: PORTS.s2s });
    const stream = new DialbackStream(conn);
    const header = printHeader(from, to);
    await stream.#exchange(header, "</stream:features>");
    await stream.#exchange(`<starttls xmlns='${TLS}'/>`, "proceed");
    stream.#conn = await Deno.startTls(conn, { hostname: name, caCerts: [ca] });
    const opened = await stream.#exchange(header, "</stream:features>");
    stream.id = /\sid=(['"])(.*?)\1/.exec(opened)![2]!;
    return stream;
  }

  /** Direct TLS with a certificate, between server names. */
  static async openProven({ ip, port, from, to, ca, chain, key }: ProvenOptions): Promise<DialbackStream> {
    const tls = { caCerts: [ca], cert: chain, key, alpnProtocols: ["xmpp-server"] };
    // We dial an address, and the certificate has a name.
    const conn = await Deno.connectTls({
      hostname: ip,
      port,
      ...tls,
      unsafelyDisableHostnameVerification: true,
    });
    const stream = new DialbackStream(conn);
    await stream.#exchange(printHeader(from, to), "</stream:features>");
    return stream;
  }

  /**
   * Writes `elements`, never more than `window` unanswered, and counts what comes back.
   *
   * @param answer What stands in each answer.
   * @returns How many answers hold which of the words `valid`, `invalid` and `error`.
   */
  async ask(elements: readonly string[], window: number, answer: string): Promise<Record<string, number>> {
    const counts: Record<string, number> = { valid: 0, invalid: 0, error: 0 };
    let [sent, done] = [0, 0];
    while (done < elements.length) {
      const next = elements.slice(sent, done + window);
      sent += next.length;
      if (next.length > 0) await this.#write(next.join(""));
      await this.#read();
      for (const word of this.#answers(answer)) {
        counts[word] = (counts[word] ?? 0) + 1;
        done++;
      }
    }
    return counts;
  }

  *#answers(answer: string): Generator<string> {
    const found = new RegExp(`<db:${answer}\\b[^>]*\\stype=['"](\\w+)['"][^>]*>`, "g");
    let end = 0;
    for (const match of this.#text.matchAll(found)) {
      yield match[1]!;
      end = match.index + match[0].length;
    }
    this.#text = this.#text.slice(end);
    if (this.#text.includes("<stream:error")) {
      throw new Error(`the server ended the stream: ${this.#text.slice(-300)}`);
    }
    if (this.#text.length > 100_000) this.#text = this.#text.slice(-LONGEST_MARK);
  }

  async #exchange(text: string, end: string): Promise<string> {
    await this.#write(text);
    while (!this.#text.includes(end)) await this.#read();
    const read = this.#text;
    this.#text = "";
    return read;
  }

  async #write(text: string): Promise<void> {
    for (let bytes = this.#encoder.encode(text); bytes.length > 0;) {
      bytes = bytes.subarray(await this.#conn.write(bytes));
    }
  }

  async #read(): Promise<void> {
    const length = await this.#conn.read(this.#bytes);
    if (length === null) throw new Error(`the server closed the connection: ${this.#text.slice(-300)}`);
    this.#text += this.#decoder.decode(this.#bytes.subarray(0, length), { stream: true });
  }

  [Symbol.dispose](): void {
    this.#conn.close();
  }
}

const printHeader = (from: string, to: string): string =>
  `<?xml version='1.0'?><stream:stream xmlns='jabber:server' xmlns:stream='${STREAM}' ` +
  `xmlns:db='jabber:server:dialback' from='${from}' to='${to}' version='1.0'>`;
