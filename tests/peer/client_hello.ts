/** Reads the ClientHello of a TLS client from the raw bytes (RFC 8446 4.1.2): what was asked and offered. */
import { Buffer } from "node:buffer";

export interface ClientHello {
  readonly serverName: string | null;
  readonly alpn: readonly string[];
  /** Code points of `supported_versions`; 0x0304 is TLS 1.3, 0x0303 TLS 1.2. */
  readonly versions: readonly number[];
  readonly suites: readonly number[];
  readonly compressions: readonly number[];
  readonly offersEarlyData: boolean;
  readonly offersTicket: boolean;
  readonly extensions: readonly number[];
}

const EXTENSION = {
  serverName: 0,
  alpn: 16,
  sessionTicket: 35,
  preSharedKey: 41,
  earlyData: 42,
  versions: 43,
};

class Cursor {
  #at = 0;
  constructor(readonly bytes: Buffer) {}
  get done(): boolean {
    return this.#at >= this.bytes.length;
  }
  number(size: 1 | 2 | 3): number {
    this.#at += size;
    return this.bytes.readUIntBE(this.#at - size, size);
  }
  take(length: number): Buffer {
    this.#at += length;
    return this.bytes.subarray(this.#at - length, this.#at);
  }
  block(size: 1 | 2 | 3): Cursor {
    return new Cursor(this.take(this.number(size)));
  }
  numbers(size: 1 | 2): number[] {
    const all = [];
    while (!this.done) all.push(this.number(size));
    return all;
  }
}

/** The hello, or undefined while its record is not complete. */
export function parseClientHello(bytes: Uint8Array): ClientHello | undefined {
  const buffer = Buffer.from(bytes);
  if (buffer.length < 5 || buffer.length < 5 + buffer.readUInt16BE(3)) return undefined;
  if (buffer[0] !== 22 || buffer[5] !== 1) throw new Error(`Cannot read a ClientHello: record ${buffer[0]}`);
  const body = new Cursor(buffer.subarray(6, 5 + buffer.readUInt16BE(3))).block(3);
  body.take(2 + 32);
  body.block(1);
  const suites = body.block(2).numbers(2);
  const compressions = body.block(1).numbers(1);
  const extensions = extensionsOf(body.block(2));
  return {
    serverName: serverNameOf(extensions.get(EXTENSION.serverName)),
    alpn: alpnOf(extensions.get(EXTENSION.alpn)),
    versions: extensions.get(EXTENSION.versions)?.block(1).numbers(2) ?? [],
    suites,
    compressions,
    offersEarlyData: extensions.has(EXTENSION.earlyData),
    offersTicket: extensions.has(EXTENSION.preSharedKey) || extensions.has(EXTENSION.sessionTicket),
    extensions: [...extensions.keys()],
  };
}

function extensionsOf(cursor: Cursor): Map<number, Cursor> {
  const all = new Map<number, Cursor>();
  while (!cursor.done) all.set(cursor.number(2), cursor.block(2));
  return all;
}

function serverNameOf(extension: Cursor | undefined): string | null {
  if (extension === undefined) return null;
  const list = extension.block(2);
  list.number(1);
  return list.block(2).bytes.toString("ascii");
}

function alpnOf(extension: Cursor | undefined): string[] {
  if (extension === undefined) return [];
  const list = extension.block(2);
  const names = [];
  while (!list.done) names.push(list.block(1).bytes.toString("ascii"));
  return names;
}
