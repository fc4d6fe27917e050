/** A server under load: a process of its own, started for one turn and ended after it. */
import { type Place, PORTS } from "./lab.ts";
import "../harness/surroundings.ts";

/** How one kind of server is started. */
export interface Kind {
  readonly name: string;
  readonly version: string;
  /** Writes its configuration; the result is the command that becomes the server, without leaving a process before it. */
  prepare(place: Place): Promise<Command>;
}

export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

const READY_MS = 20_000;
const END_MS = 5_000;

export class Server implements AsyncDisposable {
  private constructor(
    readonly name: string,
    readonly place: Place,
    readonly listeningMs: number,
    private readonly child: Deno.ChildProcess,
  ) {}

  /** Until it listens for peers and for components. */
  static async start(kind: Kind, place: Place): Promise<Server> {
    const { program, args, env } = await kind.prepare(place);
    const began = performance.now();
    const log = `${place.folder}/log`;
    const child = new Deno.Command("/bin/sh", {
      args: ["-c", 'log=$1; shift; exec "$@" >"$log" 2>&1 </dev/null', "sh", log, program, ...args],
      cwd: place.folder,
      env: { ...env },
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    let exited = false;
    void child.status.then(() => exited = true);
    for (const port of [PORTS.s2s, PORTS.component]) {
      while (!exited && performance.now() - began < READY_MS && !await accepts(place.ip, port)) {
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    }
    const server = new Server(kind.name, place, performance.now() - began, child);
    if (!exited && server.listeningMs < READY_MS) return server;
    const tail = (await Deno.readTextFile(log).catch(() => "")).trimEnd().split("\n").slice(-8).join("\n");
    await server[Symbol.asyncDispose]();
    throw new Error(`${kind.name} ${place.side} did not start; its log ends:\n${tail}`);
  }

  get pid(): number {
    return this.child.pid;
  }

  get components(): string {
    return `${this.place.ip}:${PORTS.component}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const signal = (name: "SIGTERM" | "SIGKILL") => {
      try {
        this.child.kill(name);
      } catch { /* it has ended */ }
    };
    signal("SIGTERM");
    const timer = setTimeout(() => signal("SIGKILL"), END_MS);
    await this.child.status;
    clearTimeout(timer);
  }
}

async function accepts(hostname: string, port: number): Promise<boolean> {
  try {
    (await Deno.connect({ hostname, port })).close();
    return true;
  } catch {
    return false;
  }
}
