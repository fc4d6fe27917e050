/** `openssl s_server` as a peer that speaks TLS from the first byte and staples: what node:tls cannot do here. */
import type { Identity } from "../peer/wire.ts";
import { deadline } from "../peer/deadline.ts";
import type { Endpoint } from "../peer/peer.ts";
import "./surroundings.ts";

export interface StaplingOptions {
  readonly identity: Identity;
  /** The OCSP response to staple, DER; null: none. */
  readonly staple: Uint8Array | null;
  readonly version?: "-tls1_2" | "-tls1_3";
}

/** One connection at a time; its plaintext goes in by {@link send} and is found by {@link heard}. */
export class StaplingPeer implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #folder: string;
  readonly #stdin: WritableStreamDefaultWriter<Uint8Array>;
  readonly #reading: Promise<void>;
  #text = "";
  #came = Promise.withResolvers<void>();

  private constructor(process: Deno.ChildProcess, folder: string) {
    this.#process = process;
    this.#folder = folder;
    this.#stdin = process.stdin.getWriter();
    this.#reading = this.#read();
  }

  static async listen({ host, port }: Endpoint, options: StaplingOptions): Promise<StaplingPeer> {
    const folder = await Deno.makeTempDir();
    const at = (name: string) => `${folder}/${name}`;
    await Promise.all([
      Deno.writeTextFile(at("chain.pem"), options.identity.certificate),
      Deno.writeTextFile(at("key.pem"), options.identity.key),
      Deno.writeFile(at("staple"), options.staple ?? new Uint8Array()),
    ]);
    const shown = ["-cert", at("chain.pem"), "-cert_chain", at("chain.pem"), "-key", at("key.pem")];
    const stapled = options.staple === null ? [] : ["-status_file", at("staple")];
    const process = new Deno.Command("openssl", {
      args: [
        ...["s_server", "-accept", `${host}:${port}`, "-quiet", "-verify_quiet", "-verify", "3"],
        ...["-alpn", "xmpp-server", ...shown, ...stapled, ...options.version ? [options.version] : []],
      ],
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    const peer = new StaplingPeer(process, folder);
    await untilListening({ host, port });
    return peer;
  }

  send(text: string): Promise<void> {
    return this.#stdin.write(new TextEncoder().encode(text));
  }

  /** Everything heard so far, once the pattern is in it; what it matched is left out from then on. */
  async heard(pattern: RegExp): Promise<RegExpExecArray> {
    const limit = deadline(`${pattern} at s_server`, undefined, () => `\n${this.#text}`);
    try {
      for (;;) {
        const found = pattern.exec(this.#text);
        if (found !== null) {
          this.#text = this.#text.slice(found.index + found[0].length);
          return found;
        }
        await limit.race(this.#came.promise);
      }
    } finally {
      limit.clear();
    }
  }

  async #read(): Promise<void> {
    for await (const piece of this.#process.stdout.pipeThrough(new TextDecoderStream())) {
      this.#text += piece;
      this.#came.resolve();
      this.#came = Promise.withResolvers();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill("SIGKILL");
    await Promise.all([this.#process.status, this.#reading]);
    await this.#stdin.abort().catch(() => {});
    await Deno.remove(this.#folder, { recursive: true });
  }
}

/** It says nothing when it is ready: a connection of ours, closed at once, is what tells. */
async function untilListening({ host, port }: Endpoint): Promise<void> {
  const limit = deadline(`s_server at ${host}:${port}`);
  try {
    for (;;) {
      const conn = await limit.race(Deno.connect({ hostname: host, port }).catch(() => null));
      if (conn !== null) return conn.close();
      await limit.race(new Promise((resolve) => setTimeout(resolve, 10)));
    }
  } finally {
    limit.clear();
  }
}
