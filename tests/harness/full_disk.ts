/** A server that logs to a disk of a few pages: full and free again as a test likes. */
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { stringify } from "smol-toml";
import { deadline, PATIENCE_MS, within } from "../peer/deadline.ts";
import { Events } from "./events.ts";
import type { Settings } from "./verona.ts";
import "./surroundings.ts";

const MAIN = fileURLToPath(new URL("../../main.ts", import.meta.url));
const POLL_MS = 20;

/** In namespaces of its own, so that nobody has to be root and nothing stays mounted. `exec`: one process, which takes the signals. */
const SCRIPT = `mount -t tmpfs -o size=64k none "$1" && log=$2 && shift 2 && exec "$@" 2>>"$log"`;

export class FullDisk implements AsyncDisposable {
  readonly #mount: string;
  #child: Deno.ChildProcess | null = null;
  /** Open: when the server has ended, nothing else leads to that disk. */
  #log: Deno.FsFile | null = null;
  #console = "";

  private constructor(readonly directory: string, private readonly logFile: string) {
    this.#mount = `${directory}/log`;
  }

  /** @param log Where stderr goes; by default a file on the little disk. */
  static async open(log?: string): Promise<FullDisk> {
    const directory = await Deno.makeTempDir({ prefix: "verona-full-" });
    await Deno.mkdir(`${directory}/log`);
    return new FullDisk(directory, log ?? `${directory}/log/verona.log`);
  }

  get config(): string {
    return `${this.directory}/verona.toml`;
  }

  /** Starts the server and waits until it is ready. */
  async serve(settings: Settings, format: "json" | "pretty"): Promise<void> {
    await Deno.writeTextFile(this.config, stringify(settings));
    this.#console = `http://${settings.listen?.console}`;
    const server = [MAIN, "run", "--config", this.config, "--log-format", format];
    this.#child = new Deno.Command("unshare", {
      args: [
        ...["--map-root-user", "--mount", "sh", "-c", SCRIPT, "sh", this.#mount, this.logFile],
        ...[Deno.execPath(), "run", "-A", "--quiet", ...server],
      ],
      env: { NO_COLOR: "1" },
      stdin: "null",
      stdout: "null",
      stderr: "inherit",
    }).spawn();
    await this.#until("the server to be ready", async () => {
      try {
        const { ok, body } = await fetch(`${this.#console}/readyz`);
        await body?.cancel();
        return ok;
      } catch {
        return false; // not listening yet
      }
    });
    if (this.logFile.startsWith(this.#mount)) this.#log = await Deno.open(`${this.#inside}/verona.log`);
  }

  /** Everything that it tells from now on. */
  async events(): Promise<Events> {
    const token = (await Deno.readTextFile(`${this.directory}/data/viewer.token`)).trim();
    return await Events.listen(`${this.#console}/api/v1/events`, token);
  }

  signal(name: "SIGHUP" | "SIGTERM"): void {
    this.#child!.kill(name);
  }

  /** SIGTERM, and the exit code. */
  async stop(): Promise<number> {
    this.signal("SIGTERM");
    const { code } = await within(this.#child!.status, "the server to exit after SIGTERM");
    return code;
  }

  // ---- the disk, as the server's process sees it

  /** Takes all the room there is. */
  async fill(): Promise<void> {
    using file = await Deno.open(`${this.#inside}/filler`, { create: true, write: true });
    const page = new Uint8Array(4096);
    try {
      for (;;) await file.write(page);
    } catch (error) {
      if (!(error as Error).message.includes("No space left")) throw error;
    }
  }

  free(): Promise<void> {
    return Deno.remove(`${this.#inside}/filler`);
  }

  async log(): Promise<string> {
    await this.#log!.seek(0, Deno.SeekMode.Start);
    const bytes = new Uint8Array(await this.logSize());
    for (let at = 0, read: number | null; at < bytes.length; at += read) {
      read = await this.#log!.read(bytes.subarray(at));
      if (read === null) break;
    }
    return new TextDecoder().decode(bytes);
  }

  async logSize(): Promise<number> {
    return (await this.#log!.stat()).size;
  }

  logged(pattern: RegExp): Promise<void> {
    return this.#until(`a log line with ${pattern}`, async () => pattern.test(await this.log()));
  }

  get #inside(): string {
    return `/proc/${this.#child!.pid}/root${this.#mount}`;
  }

  async #until(what: string, probe: () => Promise<boolean>): Promise<void> {
    const limit = deadline(what, PATIENCE_MS * 2);
    try {
      while (!await limit.race(probe())) await delay(POLL_MS);
    } finally {
      limit.clear();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child?.kill("SIGKILL");
    } catch {
      // It has ended.
    }
    await this.#child?.status;
    this.#log?.close();
    await Deno.remove(this.directory, { recursive: true });
  }
}
