/** One Verona of the demo: `verona run` in a process of its own, watched through its API as anybody may. */
import { stringify } from "smol-toml";
import type { RecordedEvent } from "../facts/event.ts";
import type { ConnectionRow, LogInLink, RouteRow } from "../observe/contract.ts";
import type { Identity } from "./certificates.ts";
import { lines } from "./lines.ts";

const ROOT = new URL("../", import.meta.url).pathname;
const READY_MS = 20_000;

/** `[limits]` that make the bound of a revocation short (protocol.md 3.9). */
export const RECHECK_MIN_MS = 2_000;
export const DNS_TIMEOUT_MS = 3_000;

/** What `/api/v1/events` shows: `route` is the pair. */
export type ShownEvent = Omit<RecordedEvent, "pair"> & { readonly route?: { local: string; remote: string } };

export interface ServerPlan {
  /** `originating` or `receiving`. */
  readonly role: string;
  readonly name: string;
  readonly ip: string;
  readonly domains: readonly string[];
  readonly dns: { readonly address: string; readonly anchor: string };
  readonly identity: Identity;
  readonly authority: string;
  /** Where its files go. */
  readonly folder: string;
}

export class VeronaProcess implements AsyncDisposable {
  readonly events: ShownEvent[] = [];
  readonly #child: Deno.ChildProcess;
  readonly #stop = new AbortController();
  readonly #tasks: Promise<void>[] = [];
  readonly #listeners = new Set<() => void>();
  #token = "";

  private constructor(readonly plan: ServerPlan) {
    this.#child = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--quiet",
        "--no-prompt",
        "--config",
        `${ROOT}deno.json`,
        ...PERMISSIONS,
        `${ROOT}main.ts`,
        ...["run", "--config", `${plan.folder}/verona.toml`, "--log-format", "json"],
      ],
      cwd: plan.folder,
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();
    this.#tasks.push(this.#keepLog());
  }

  /** Writes the configuration, starts, waits until it is ready, and follows its events from the first. */
  static async start(plan: ServerPlan): Promise<VeronaProcess> {
    await Deno.mkdir(plan.folder);
    await Promise.all([
      Deno.writeTextFile(`${plan.folder}/chain.pem`, plan.identity.certificate),
      Deno.writeTextFile(`${plan.folder}/key.pem`, plan.identity.key, { mode: 0o600 }),
      Deno.writeTextFile(`${plan.folder}/ca.pem`, plan.authority),
      Deno.writeTextFile(`${plan.folder}/verona.toml`, stringify(configuration(plan))),
    ]);
    const server = new VeronaProcess(plan);
    try {
      await server.#ready();
      server.#token = (await Deno.readTextFile(`${plan.folder}/data/console.token`)).trim();
      server.#tasks.push(server.#follow());
      return server;
    } catch (error) {
      await server[Symbol.asyncDispose]();
      throw error;
    }
  }

  get console(): string {
    return `http://${this.plan.ip}:8711`;
  }

  get components(): string {
    return `${this.plan.ip}:5347`;
  }

  get configFile(): string {
    return `${this.plan.folder}/verona.toml`;
  }

  get tokenFile(): string {
    return `${this.plan.folder}/data/console.token`;
  }

  /** A link into its page, as its operator; it works once. */
  async logInLink(): Promise<string> {
    const response = await fetch(`${this.console}/api/v1/login-links`, {
      method: "POST",
      headers: { authorization: `Bearer ${this.#token}`, "content-type": "application/json" },
      body: "{}",
    });
    return ((await response.json()) as LogInLink).url;
  }

  async connections(): Promise<ConnectionRow[]> {
    return (await this.#get("/api/v1/connections")).connections as ConnectionRow[];
  }

  async routes(): Promise<RouteRow[]> {
    return (await this.#get("/api/v1/routes")).routes as RouteRow[];
  }

  /** Calls back whenever there are more events; call the result to stop. */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async #get(path: string): Promise<Record<string, unknown>> {
    const response = await fetch(this.console + path, {
      headers: { authorization: `Bearer ${this.#token}` },
    });
    if (!response.ok) {
      throw new Error(`${this.plan.role}: ${path} answered ${response.status}: ${await response.text()}`);
    }
    return await response.json();
  }

  /** Polls: before it is ready nothing else can tell. */
  async #ready(): Promise<void> {
    const limit = Date.now() + READY_MS;
    let exited = false;
    void this.#child.status.then(() => exited = true);
    while (Date.now() < limit && !exited) {
      const ready = await fetch(`${this.console}/readyz`).then(async (response) => {
        await response.body?.cancel();
        return response.ok;
      }, () => false);
      if (ready) return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error(`the ${this.plan.role} server did not start; its log ends:\n${await this.#logTail()}`);
  }

  async #logTail(): Promise<string> {
    const log = await Deno.readTextFile(`${this.plan.folder}/log`).catch(() => "");
    return log.trimEnd().split("\n").slice(-8).join("\n");
  }

  async #keepLog(): Promise<void> {
    using file = Deno.openSync(`${this.plan.folder}/log`, { create: true, write: true });
    // Written at once: who reads it while the demo runs must not see it end half a minute ago.
    for await (const chunk of this.#child.stderr) {
      for (let rest = chunk; rest.length > 0;) rest = rest.subarray(file.writeSync(rest));
    }
  }

  /** The server-sent events since its start (`Last-Event-ID: 0`). */
  async #follow(): Promise<void> {
    try {
      const response = await fetch(`${this.console}/api/v1/events`, {
        headers: { authorization: `Bearer ${this.#token}`, "last-event-id": "0" },
        signal: this.#stop.signal,
      });
      for await (const line of lines(response.body!)) {
        if (!line.startsWith("data: ")) continue;
        this.events.push(JSON.parse(line.slice(6)));
        for (const listener of this.#listeners) listener();
      }
    } catch {
      /* we stopped, or the server ended first: what it did not tell is then missing from the story */
    }
  }

  /** Lets it drain, as an operator would. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    try {
      this.#child.kill("SIGTERM");
    } catch { /* it ended before */ }
    await this.#child.status;
    await Promise.all(this.#tasks);
  }
}

const PERMISSIONS = [
  "--allow-net",
  "--allow-read",
  "--allow-write",
  "--allow-env",
  "--allow-sys=uid", // whose the files are
  `--allow-ffi=${ROOT}native`,
];

/** An operator's verona.toml, with short waits so that a withdrawn delegation is seen while somebody watches. */
function configuration({ name, ip, domains, dns, folder }: ServerPlan): Record<string, unknown> {
  return {
    server: { names: [name], data_dir: `${folder}/data` },
    certificate: [{ chain: `${folder}/chain.pem`, key: `${folder}/key.pem` }],
    trust: { ca: [`${folder}/ca.pem`] },
    dns: { servers: [dns.address], trust_anchor: dns.anchor },
    listen: { s2s: [`${ip}:5269`], component: [`${ip}:5347`], console: `${ip}:8711` },
    dial: { allow_private_addresses: true },
    domain: domains.map((domain) => ({ name: domain, component_secret: SECRET })),
    limits: {
      recheck_min: `${RECHECK_MIN_MS}ms`,
      dns_timeout: `${DNS_TIMEOUT_MS}ms`,
      dns_query_timeout: "1s",
    },
  };
}

/** Of every component of the demo. */
export const SECRET = "a secret of the demo, on loopback only";
