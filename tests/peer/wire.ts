/**
 * One TCP connection of the peer, with TLS on demand. The TLS engine never sees the socket itself but a tap, so that
 * every raw byte, the ClientHello, close_notify and the kind of TCP end can be told apart.
 */
import net from "node:net";
import tls from "node:tls";
import { Duplex } from "node:stream";
import { Buffer } from "node:buffer";
import { X509Certificate } from "node:crypto";
import { type ClientHello, parseClientHello } from "./client_hello.ts";
import { within } from "./deadline.ts";

/** How a wire's peer can end it: a TLS close_notify, a FIN, or a reset. */
export type Ending = "close_notify" | "fin" | "reset";

export interface WireEvents {
  bytes(bytes: Uint8Array, secure: boolean): void;
  ended(how: Ending): void;
}

/** A certificate chain (leaf first) with its key, both PEM. */
export interface Identity {
  readonly certificate: string;
  readonly key: string;
}

export interface TlsOptions {
  /** None: the client presents no certificate. */
  readonly identity?: Identity;
  readonly serverName?: string;
  readonly alpn?: readonly string[];
  readonly maxVersion?: "TLSv1.2" | "TLSv1.3";
}

/** What the handshake showed about the other side. */
export interface TlsFacts {
  readonly version: string;
  readonly alpn: string | null;
  /** The other side's leaf certificate, null when it presented none. */
  readonly certificate: X509Certificate | null;
  /** Its whole chain as sent, leaf first, DER. */
  readonly chain: readonly Uint8Array[];
}

/** Carries bytes between the socket and the TLS engine; the socket's FIN is not passed on. */
class Tap extends Duplex {
  constructor(readonly socket: net.Socket) {
    super({ allowHalfOpen: true });
  }
  override _read(): void {}
  override _write(chunk: Uint8Array, _encoding: string, done: () => void): void {
    if (!this.socket.writableEnded && !this.socket.destroyed) this.socket.write(chunk);
    done();
  }
}

export class Wire {
  /** Set as soon as the server's ClientHello is read, when the peer accepts TLS. */
  clientHello: ClientHello | undefined;
  /** Every raw byte received since TLS began. */
  readonly rawSinceTls: Uint8Array[] = [];
  #tap: Tap | undefined;
  #tls: tls.TLSSocket | undefined;
  #over = false;

  constructor(readonly socket: net.Socket, readonly events: WireEvents) {
    socket.setNoDelay(true);
    socket.on("data", (bytes: Uint8Array) => this.#received(bytes));
    socket.on("end", () => this.#end("fin"));
    socket.on("error", (error: Error & { code?: string }) => {
      if (error.code === "ECONNRESET" || error.code === "EPIPE") this.#end("reset");
    });
    socket.on("close", (hadError: boolean) => this.#end(hadError ? "reset" : "fin"));
  }

  get secure(): boolean {
    return this.#tls !== undefined;
  }

  write(bytes: Uint8Array | string): void {
    (this.#tls ?? this.socket).write(bytes);
  }

  /** Writes below TLS: for alerts of our own and for garbage. */
  writeRaw(bytes: Uint8Array): void {
    this.socket.write(bytes);
  }

  /** Stops reading from TCP, so that the server's writes back up. */
  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  /** close_notify; the other direction stays open. */
  closeNotify(): void {
    this.#tls?.end();
  }

  fin(): void {
    this.socket.end();
  }

  reset(): void {
    this.socket.resetAndDestroy();
  }

  destroy(): void {
    this.#over = true;
    this.#tls?.destroy();
    this.socket.destroy();
  }

  /** TLS as client. */
  startTls(options: TlsOptions): Promise<TlsFacts> {
    this.#tap = new Tap(this.socket);
    const session = tls.connect({
      socket: this.#tap as unknown as net.Socket,
      rejectUnauthorized: false,
      servername: options.serverName ?? "",
      ALPNProtocols: options.alpn === undefined ? undefined : [...options.alpn],
      cert: options.identity?.certificate,
      key: options.identity?.key,
      maxVersion: options.maxVersion,
      allowHalfOpen: true,
    } as tls.ConnectionOptions);
    return this.#secured(session, "secureConnect");
  }

  /** TLS as server; a client certificate is requested and nothing about it is judged. */
  acceptTls(options: TlsOptions): Promise<TlsFacts> {
    this.#tap = new Tap(this.socket);
    const session = new tls.TLSSocket(
      this.#tap as unknown as net.Socket,
      {
        isServer: true,
        secureContext: tls.createSecureContext({
          cert: options.identity?.certificate,
          key: options.identity?.key,
          maxVersion: options.maxVersion,
        }),
        requestCert: true,
        rejectUnauthorized: false,
        ALPNProtocols: options.alpn === undefined ? undefined : [...options.alpn],
        allowHalfOpen: true,
      } as tls.TLSSocketOptions,
    );
    return this.#secured(session, "secure");
  }

  #secured(session: tls.TLSSocket, event: string): Promise<TlsFacts> {
    this.#tls = session;
    // deno-lint-ignore no-explicit-any -- platform.md 1.3: the public getter throws on odd chains
    (session as any).getPeerCertificate = () => ({});
    const done = Promise.withResolvers<TlsFacts>();
    done.promise.catch(() => {}); // a test may expect the failure by its TCP end alone
    session.on(event, () => done.resolve(factsOf(session)));
    session.on("data", (bytes: Uint8Array) => this.events.bytes(bytes, true));
    session.on("end", () => this.events.ended("close_notify"));
    session.on("error", (error: Error) => done.reject(error));
    session.on("close", () => done.reject(new Error("TLS ended before the handshake was complete")));
    return within(done.promise, "the TLS handshake");
  }

  #received(bytes: Uint8Array): void {
    if (this.#tap === undefined) return this.events.bytes(bytes, false);
    this.rawSinceTls.push(bytes);
    if (this.clientHello === undefined && this.rawSinceTls.length < 8) this.#readHello();
    this.#tap.push(Buffer.from(bytes));
  }

  #readHello(): void {
    const all = Buffer.concat(this.rawSinceTls);
    if (all[5] === 1) this.clientHello = parseClientHello(all);
  }

  #end(how: "fin" | "reset"): void {
    if (this.#over) return;
    this.#over = true;
    // The engine may still hold decrypted bytes or close_notify that came just before: those are told first.
    setImmediate(() => this.events.ended(how));
  }
}

function factsOf(session: tls.TLSSocket): TlsFacts {
  // deno-lint-ignore no-explicit-any -- the only way to the raw chain in Deno 2.9 (platform.md 1.1)
  const handle = (session as any)._handle;
  const chain: Uint8Array[] = handle?.getPeerCertificateChain?.()?.certificates ?? [];
  return {
    version: session.getProtocol() ?? "",
    alpn: session.alpnProtocol || null,
    certificate: chain[0] === undefined ? null : new X509Certificate(Buffer.from(chain[0])),
    chain,
  };
}
