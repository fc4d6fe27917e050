/** The demo's DNS server: starts native/demo-dns, changes its zones, ends it. */
import { lines } from "./lines.ts";
import type { Description, Zone } from "./zones.ts";

export const BINARY = new URL("../native/target/release/demo-dns", import.meta.url).pathname;

/** What it says of itself, one object a line. */
type Word =
  | { readonly event: "listening"; readonly address: string; readonly zones: number; readonly anchor: string }
  | { readonly event: "reloaded" }
  | { readonly event: "refused"; readonly error: string };

/** A running server on loopback. */
export class DemoDns implements AsyncDisposable {
  readonly address: string;
  /** The file with the root's DNSKEY line. */
  readonly anchor: string;
  readonly #child: Deno.ChildProcess;
  readonly #words: AsyncGenerator<string, void, undefined>;
  readonly #path: string;
  readonly #description: Description;

  private constructor(
    child: Deno.ChildProcess,
    words: AsyncGenerator<string, void, undefined>,
    path: string,
    description: Description,
    address: string,
  ) {
    this.#child = child;
    this.#words = words;
    this.#path = path;
    this.#description = description;
    this.address = address;
    this.anchor = description.anchor;
  }

  /** Signs and serves `zones`; `folder` takes the description and the anchor. */
  static async start(folder: string, zones: readonly Zone[], listen = "127.0.0.1:0"): Promise<DemoDns> {
    const path = `${folder}/zones.json`;
    const description = { listen, anchor: `${folder}/root.key`, ttl: 60, zones };
    await Deno.writeTextFile(path, JSON.stringify(description, null, 1));
    const child = new Deno.Command(BINARY, {
      args: [path, "--with-parent"],
      stdin: "piped", // closes with us, and ends it
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const words = lines(child.stdout);
    const { value } = await words.next();
    if (value === undefined) throw new Error((await Array.fromAsync(lines(child.stderr))).join("\n"));
    const word = JSON.parse(value) as Word;
    if (word.event !== "listening") throw new Error(`demo-dns said ${value}`);
    return new DemoDns(child, words, path, description, word.address);
  }

  /** Serves other zones from now on; keys stay. */
  async replace(zones: readonly Zone[]): Promise<void> {
    await Deno.writeTextFile(this.#path, JSON.stringify({ ...this.#description, zones }, null, 1));
    this.#child.kill("SIGHUP");
    const { value } = await this.#words.next();
    const word = JSON.parse(value ?? `{"event":"refused","error":"it ended"}`) as Word;
    if (word.event === "refused") throw new Error(`demo-dns refused the zones: ${word.error}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#child.stdin.close();
    await this.#child.stderr.cancel();
    await this.#child.status;
    await this.#words.return();
  }
}
