/** Ten who read a server's event stream as fast as it comes, in a process beside it (tests/bench/viewing.ts). */
import { type Place, PORTS } from "./lab.ts";
import { cpuMs } from "./proc.ts";
import "../harness/surroundings.ts";

const VIEWERS = 10;
const READY_MS = 15_000;
const PROGRAM = new URL("viewing.ts", import.meta.url).pathname;

/** What they read, and what it cost them: not the server. */
export interface Viewed {
  readonly bytes: number;
  readonly cpuMs: number;
}

export class Viewers implements AsyncDisposable {
  private constructor(
    private readonly child: Deno.ChildProcess,
    private readonly said: ReadableStreamDefaultReader<string>,
  ) {}

  /** Until all of them read. */
  static async start({ ip, folder }: Place): Promise<Viewers> {
    await consoleOpen(`http://${ip}:${PORTS.console}`);
    const token = `${folder}/data/console.token`;
    // Behind the server wherever both want a core.
    const nice = ["-n", "19", Deno.execPath(), "run", "--quiet", "--no-prompt", "--no-config"];
    const child = new Deno.Command("nice", {
      args: [...nice, `--allow-net=${ip}`, `--allow-read=${token}`, PROGRAM]
        .concat(ip, `${PORTS.console}`, token, `${VIEWERS}`),
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    const viewers = new Viewers(child, child.stdout.pipeThrough(new TextDecoderStream()).getReader());
    if ((await viewers.said.read()).value?.trim() === "reading") return viewers;
    await viewers[Symbol.asyncDispose]();
    throw new Error("the viewers could not read the event stream; what they said stands above");
  }

  /** Ends them. @throws when one was cut: then the server had less to do than was claimed. */
  async end(): Promise<Viewed> {
    const spent = await cpuMs(this.child.pid);
    await this.child.stdin.close();
    const { bytes, ended } = JSON.parse((await this.said.read()).value ?? "{}");
    if (ended !== 0) throw new Error(`${ended} of ${VIEWERS} viewers were cut, or read nothing`);
    return { bytes, cpuMs: spent };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.child.kill("SIGKILL");
    } catch { /* it has ended */ }
    await this.child.status;
    await this.said.cancel();
    await this.child.stdin.close().catch(() => {});
  }
}

/** It opens after the other listeners. */
async function consoleOpen(origin: string): Promise<void> {
  for (const until = performance.now() + READY_MS; performance.now() < until;) {
    const open = await fetch(`${origin}/livez`).then((answer) => answer.text()).catch(() => null);
    if (open !== null) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error("the console did not open");
}
