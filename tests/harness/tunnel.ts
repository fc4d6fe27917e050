/** What `ssh -L PORT:/path/of.sock` does: a port of loopback whose connections end at a Unix socket. */

export class Tunnel implements AsyncDisposable {
  readonly #listener: Deno.TcpListener;
  readonly #conns = new Set<Deno.Conn>();
  readonly #done: Promise<void>;

  private constructor(readonly path: string) {
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.#done = this.#accept();
  }

  static to(path: string): Tunnel {
    return new Tunnel(path);
  }

  get port(): number {
    return this.#listener.addr.port;
  }

  get origin(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async #accept(): Promise<void> {
    const carried: Promise<void>[] = [];
    for await (const near of this.#listener) carried.push(this.#carry(near));
    await Promise.all(carried);
  }

  async #carry(near: Deno.Conn): Promise<void> {
    const far = await Deno.connect({ transport: "unix", path: this.path });
    for (const conn of [near, far]) this.#conns.add(conn);
    await Promise.allSettled([near.readable.pipeTo(far.writable), far.readable.pipeTo(near.writable)]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    for (const conn of this.#conns) {
      try {
        conn.close();
      } catch {
        // Closed with its streams.
      }
    }
    await this.#done;
  }
}
