/** Framed items of one read. Valid only while the sink handles them: the buffers are shared by all connections. */
import type { Bytes } from "./native.ts";

/** Words per record (docs/architecture.md, stanza records). */
export const RECORD = 12;

export class Batch {
  count = 0;
  /** Plaintext that the records point into. */
  readonly bytes: Bytes;
  readonly records: Uint32Array<ArrayBuffer>;

  constructor(bytes: number, items: number) {
    this.bytes = new Uint8Array(bytes);
    this.records = new Uint32Array(items * RECORD);
  }

  start(i: number): number {
    return this.records[i * RECORD]!;
  }

  end(i: number): number {
    return this.records[i * RECORD + 1]!;
  }

  /** 1 message, 2 presence, 3 iq, 4 other first-level element, 5 stream header, 6 closing tag. */
  kind(i: number): number {
    return this.records[i * RECORD + 2]!;
  }

  /** Adds how many of the items `first` to `end` are of which kind. */
  tally(first: number, end: number, into: Float64Array): void {
    const { records } = this;
    for (let at = first * RECORD + 2; at < end * RECORD; at += RECORD) into[records[at]!]!++;
  }

  flags(i: number): number {
    return this.records[i * RECORD + 3]!;
  }

  /** 0: not taught yet. */
  pair(i: number): number {
    return this.records[i * RECORD + 8]!;
  }

  /** The framer's code of the `type` attribute (`native/src/xml/record.rs`). */
  type(i: number): number {
    return this.records[i * RECORD + 9]!;
  }

  /** Whether the `id` attribute, as written, is `prefix` and `more` bytes. */
  idStartsWith(i: number, prefix: Uint8Array, more: number): boolean {
    const start = this.records[i * RECORD + 10]!;
    const length = this.records[i * RECORD + 11]! - start;
    return length === prefix.length + more && prefix.every((byte, at) => this.bytes[start + at] === byte);
  }

  /** The `from` attribute, references decoded. */
  from(i: number): string {
    return this.#value(i, 4);
  }

  to(i: number): string {
    return this.#value(i, 6);
  }

  id(i: number): string {
    return this.#value(i, 10);
  }

  text(i: number): string {
    return decoder.decode(this.bytes.subarray(this.start(i), this.end(i)));
  }

  /** A copy that outlives the batch. */
  slice(i: number): Bytes {
    return this.bytes.slice(this.start(i), this.end(i));
  }

  #value(i: number, word: number): string {
    const at = i * RECORD + word;
    const value = decoder.decode(this.bytes.subarray(this.records[at]!, this.records[at + 1]!));
    return value.includes("&") ? decodeReferences(value) : value;
  }
}

const decoder = new TextDecoder();
const NAMED: Readonly<Record<string, string>> = { lt: "<", gt: ">", amp: "&", apos: "'", quot: '"' };

/** The framer has let no other references through. */
function decodeReferences(text: string): string {
  return text.replace(/&(?:#x([0-9a-fA-F]+)|#([0-9]+)|([a-z]+));/g, (_, hex, decimal, name) => {
    if (name !== undefined) return NAMED[name] ?? "";
    return String.fromCodePoint(hex !== undefined ? parseInt(hex, 16) : Number(decimal));
  });
}
