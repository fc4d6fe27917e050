/**
 * One process of a peer: in a mount namespace of its own, where /etc/resolv.conf names the lab's resolver, with its
 * log captured. Nothing outlives it: a namespace ends with its last process.
 */
import { deadline, PATIENCE_MS, within } from "../peer/deadline.ts";
import { NS } from "../peer/names.ts";
import { dial } from "../peer/peer.ts";
import { header } from "../peer/stream.ts";
import "../harness/surroundings.ts";

/** Dozens of domains, on a busy machine. */
const START_MS = 4 * PATIENCE_MS;

export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd: string;
}

/** Files that stand over those of the machine inside the namespace. */
export type Mounts = Readonly<Record<string, string>>;

const MOUNT = 'while [ "$1" != -- ]; do mount --bind "$1" "$2" || exit 70; shift 2; done; shift; exec "$@"';

export class Process implements AsyncDisposable {
  /** Lines of both outputs, in the order in which they were read. */
  readonly log: string[] = [];
  readonly exited: Promise<number | string>;
  gone = false;
  readonly #reading: Promise<unknown>;
  #heard = Promise.withResolvers<void>();

  private constructor(readonly name: string, private readonly child: Deno.ChildProcess) {
    this.#reading = Promise.all([this.#read(child.stdout), this.#read(child.stderr)]);
    this.exited = child.status.then(({ code, signal }) => {
      this.gone = true;
      this.#wake();
      return signal ?? code;
    });
  }

  static start(name: string, { program, args, env, cwd }: Command, mounts: Mounts): Process {
    const binds = Object.entries(mounts).flatMap(([over, file]) => [file, over]);
    // `unshare` becomes the shell and the shell the server: one process, which is the one that is killed.
    const child = new Deno.Command("unshare", {
      args: ["-m", "sh", "-c", MOUNT, "sh", ...binds, "--", program, ...args],
      cwd,
      env: { ...env },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    return new Process(name, child);
  }

  /** The first line, past or future, from `since` on that matches. */
  async logged(pattern: RegExp, since = 0, ms: number = PATIENCE_MS): Promise<string> {
    const limit = deadline(`a line of ${this.name}'s log with ${pattern}`, ms, () => `\n${this.tail()}`);
    try {
      for (;;) {
        const found = this.log.slice(since).find((line) => pattern.test(line));
        if (found !== undefined) return found;
        if (this.gone) {
          throw new Error(`${this.name} has ended without a line with ${pattern}\n${this.tail()}`);
        }
        await limit.race(this.#heard.promise);
      }
    } finally {
      limit.clear();
    }
  }

  tail(lines = 40): string {
    return this.log.slice(-lines).join("\n");
  }

  kill(signal: "SIGKILL" | "SIGTERM"): void {
    if (!this.gone) this.child.kill(signal);
  }

  /** Killed (-9), and every line of its log read. */
  async end(): Promise<void> {
    this.kill("SIGKILL");
    await within(this.exited, `${this.name} to be gone`);
    await this.#reading;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.end();
  }

  async #read(stream: ReadableStream<Uint8Array>): Promise<void> {
    let rest = "";
    for await (const chunk of stream.pipeThrough(new TextDecoderStream("utf-8", { fatal: false }))) {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop()!;
      for (const line of lines) this.#line(line);
    }
    if (rest !== "") this.#line(rest);
  }

  #line(line: string): void {
    if (Deno.env.has("VERONA_INTEROP_LOG")) console.error(`${this.name}: ${line}`);
    this.log.push(line);
    this.#wake();
  }

  #wake(): void {
    this.#heard.resolve();
    this.#heard = Promise.withResolvers<void>();
  }
}

/** Waits until somebody listens at `hostname:port`, or `process` has ended. */
export async function listening(process: Process, hostname: string, port: number): Promise<void> {
  const limit = deadline(
    `${process.name} to listen at ${hostname}:${port}`,
    START_MS,
    () => `\n${process.tail()}`,
  );
  try {
    while (!await limit.race(accepts(hostname, port))) {
      if (process.gone) throw new Error(`${process.name} has ended at start\n${process.tail()}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  } finally {
    limit.clear();
  }
}

async function accepts(hostname: string, port: number): Promise<boolean> {
  try {
    (await Deno.connect({ hostname, port })).close();
    return true;
  } catch {
    return false; // nobody there yet
  }
}

/** Waits until a client of `domain` is answered: some listen long before they serve. */
export async function serving(
  process: Process,
  hostname: string,
  port: number,
  domain: string,
): Promise<void> {
  await listening(process, hostname, port);
  await using stream = await dial({ host: hostname, port }, hostname, process.name);
  stream.send(header({ to: domain, content: NS.client }));
  await stream.next("a stream header", START_MS);
}
