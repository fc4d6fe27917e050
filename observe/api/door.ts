/** Where the console is reached: an address here, a Unix socket in socket_door.ts. */
import type { Listen } from "../../config/config.ts";

/** @param address Who asks, as the system says. */
export type Answer = (request: Request, address: string) => Promise<Response>;

/** Opened again and again at the same place. */
export interface Door<A extends Deno.Addr = Deno.Addr> {
  /** The signal ends it and all its connections. @throws {Error} */
  open(answer: Answer, signal: AbortSignal): Deno.HttpServer;
  /** Takes away what would stay where it was open. */
  leave(): void;
  /** Where it was opened first. */
  readonly addr: A;
}

/** Port 0 lets the system choose, once. */
export class TcpDoor implements Door<Deno.NetAddr> {
  readonly #listen: Listen;
  readonly #tls: { readonly cert: string; readonly key: string } | null;
  #addr: Deno.NetAddr | null = null;

  constructor(listen: Listen, tls: { readonly cert: string; readonly key: string } | null) {
    [this.#listen, this.#tls] = [listen, tls];
  }

  open(answer: Answer, signal: AbortSignal): Deno.HttpServer {
    const { host: hostname, port } = this.#listen;
    const server = Deno.serve(
      { hostname, port: this.#addr?.port ?? port, signal, onListen: () => {}, ...(this.#tls ?? {}) },
      (request, { remoteAddr }) => answer(request, remoteAddr.hostname),
    );
    this.#addr ??= server.addr;
    return server;
  }

  leave(): void {}

  get addr(): Deno.NetAddr {
    return this.#addr!;
  }
}
