/** A page's WebSocket as a test drives it. */
import { deadline, PATIENCE_MS } from "../peer/deadline.ts";

// deno-lint-ignore no-explicit-any -- each test checks the fields that it reads
export type Frame = any;

export class Page implements AsyncDisposable {
  readonly #socket: WebSocket;
  readonly #frames: Frame[] = [];
  #heard = Promise.withResolvers<void>();
  readonly closed: Promise<{ code: number; reason: string }>;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    const closed = Promise.withResolvers<{ code: number; reason: string }>();
    this.closed = closed.promise;
    socket.onmessage = ({ data }) => {
      this.#frames.push(JSON.parse(data));
      this.#wake();
    };
    socket.onclose = ({ code, reason }) => {
      closed.resolve({ code, reason });
      this.#wake();
    };
    socket.onerror = () => {};
  }

  /** As a program: the token is a subprotocol. */
  static open(origin: string, token: string): Page {
    const url = `${origin.replace(/^http/, "ws")}/api/v1/ws`;
    return new Page(new WebSocket(url, ["verona", `bearer.${token}`]));
  }

  get protocol(): string {
    return this.#socket.protocol;
  }

  say(frame: unknown): void {
    this.#socket.send(typeof frame === "string" ? frame : JSON.stringify(frame));
  }

  /** The next frame that fits, from where the last one was found. */
  async hear(what: string, fits: (frame: Frame) => boolean): Promise<Frame> {
    const limit = deadline(what, PATIENCE_MS, () => "");
    try {
      for (;;) {
        while (this.#frames.length > 0) {
          const frame = this.#frames.shift()!;
          if (fits(frame)) return frame;
        }
        await limit.race(this.#heard.promise);
      }
    } finally {
      limit.clear();
    }
  }

  topic(topic: string, op: string): Promise<Frame> {
    return this.hear(`${op} of ${topic}`, (frame) => frame.topic === topic && frame.op === op);
  }

  #wake(): void {
    this.#heard.resolve();
    this.#heard = Promise.withResolvers<void>();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close();
    await this.closed;
  }
}

/** Asks for a WebSocket by hand; the connection, and what the answer begins with. Nothing more is read of it. */
export async function knock(
  origin: string,
  headers: Readonly<Record<string, string>>,
): Promise<{ connection: Deno.TcpConn; answer: string }> {
  const { hostname, port } = new URL(origin);
  const connection = await Deno.connect({ hostname, port: Number(port) });
  const all = {
    host: `${hostname}:${port}`,
    upgrade: "websocket",
    connection: "Upgrade",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
    "sec-websocket-version": "13",
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`).join("");
  await connection.write(new TextEncoder().encode(`GET /api/v1/ws HTTP/1.1\r\n${lines}\r\n`));
  const bytes = new Uint8Array(4096);
  const read = await connection.read(bytes) ?? 0;
  return { connection, answer: new TextDecoder().decode(bytes.subarray(0, read)) };
}

/** A short text as one masked frame of a client (RFC 6455 5.2). */
export function textFrame(text: string): Uint8Array {
  const bytes = new TextEncoder().encode(text);
  if (bytes.length > 125) throw new Error("longer than this test writes");
  return new Uint8Array([0x81, 0x80 | bytes.length, 0, 0, 0, 0, ...bytes]); // the mask is zero
}
