/** The server under test as an operator runs it: a configuration file, a process, its log, its API, its signals. */
import { PERMISSIONS } from "./permissions.ts";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { setTimeout as delay } from "node:timers/promises";
import { stringify } from "smol-toml";
import { Component } from "../peer/component.ts";
import { assertLine } from "./log_keys.ts";
import { deadline, PATIENCE_MS, within } from "../peer/deadline.ts";
import type { Endpoint } from "../peer/peer.ts";
import "./surroundings.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const READY_POLL_MS = 20;

// deno-lint-ignore no-explicit-any -- JSON of the API and the log: each test checks the fields that it reads
export type Json = any;

/** A section of verona.toml, keys as in design.md 2.3. */
export type Section = { readonly [key: string]: unknown };

/** verona.toml as an object; sections are merged into the defaults of `configuration`. */
export interface Settings {
  readonly server?: Section;
  readonly certificate?: readonly Section[];
  readonly trust?: Section;
  readonly dns?: Section;
  readonly listen?: Section;
  readonly dial?: Section;
  readonly policy?: Section;
  readonly domain?: readonly Section[];
  readonly limits?: Section;
}

export interface LogLine {
  readonly at: number;
  readonly text: string;
  /** The line as JSON; null when it is not. */
  readonly json: Json | null;
}

export class VeronaServer implements AsyncDisposable {
  readonly log: LogLine[] = [];
  /** Resolves with the exit code, or the signal that ended it, when the process is gone. */
  readonly exited: Promise<number | string>;
  readonly #reading: Promise<unknown>;
  readonly #stdin: WritableStreamDefaultWriter<Uint8Array>;
  #gone = false;
  /** How far the server's clock has been moved. */
  #ahead = 0;
  #heard = Promise.withResolvers<void>();
  #token: string | undefined;
  #client: Deno.HttpClient | undefined;

  private constructor(
    readonly process: Deno.ChildProcess,
    readonly directory: string,
    readonly settings: Settings,
  ) {
    this.#stdin = process.stdin.getWriter();
    this.#reading = Promise.all([this.#read(process.stdout), this.#read(process.stderr)]);
    this.exited = process.status.then(({ code, signal }) => {
      this.#gone = true;
      return signal ?? code;
    });
  }

  /** Writes the configuration into `directory`, starts the process and waits until /readyz says 200. */
  static async start(
    directory: string,
    settings: Settings,
    importMap?: string,
    env: Readonly<Record<string, string>> = {},
  ): Promise<VeronaServer> {
    const server = await VeronaServer.spawn(directory, settings, importMap, env);
    await server.ready();
    return server;
  }

  /** The same without waiting: for configurations that must be refused. */
  static async spawn(
    directory: string,
    settings: Settings,
    importMap?: string,
    env: Readonly<Record<string, string>> = {},
  ): Promise<VeronaServer> {
    await Deno.writeTextFile(`${directory}/verona.toml`, stringify(settings));
    const entry = Deno.env.get("VERONA_TEST_ENTRY") ?? `${ROOT}main.ts`;
    const process = new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", ...PERMISSIONS, "--quiet", ...importMap === undefined ? [] : ["--import-map", importMap]],
        ...[entry, "run", "--config", `${directory}/verona.toml`],
        ...["--log-format", "json", "--log-level", "debug"],
      ],
      cwd: directory,
      env: { NO_COLOR: "1", ...env },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    return new VeronaServer(process, directory, settings);
  }

  get s2s(): Endpoint {
    return endpoint((this.settings.listen?.s2s as string[])[0]!);
  }

  get components(): Endpoint {
    return endpoint((this.settings.listen?.component as string[])[0]!);
  }

  /** Of a Unix socket, the origin at the end of a tunnel to it. */
  get console(): string {
    return this.socket === null ? `http://${this.settings.listen?.console}` : "http://127.0.0.1:8711";
  }

  /** Where the console is a Unix socket in the server's folder: its path. */
  get socket(): string | null {
    const [, name] = /^unix:(.+)$/.exec(String(this.settings.listen?.console)) ?? [];
    return name === undefined ? null : resolve(this.directory, name);
  }

  /** Asks the console, wherever it is. */
  async fetch(path: string, init: RequestInit = {}): Promise<Response> {
    if (this.socket === null) return await fetch(this.console + path, init);
    this.#client ??= Deno.createHttpClient({ proxy: { transport: "unix", path: this.socket } });
    return await fetch(this.console + path, { ...init, client: this.#client });
  }

  /** Attaches the component of a hosted domain, with the secret of its configuration. */
  component(domain: string): Promise<Component> {
    const secret = this.settings.domain?.find((one) => one.name === domain)?.component_secret;
    return Component.attach(this.components, domain, String(secret), this.components.host);
  }

  /** Asks the API (`/api/v1` is added) with the operator's token. */
  async api(path: string, method = "GET", body?: unknown): Promise<Json> {
    this.#token ??= (await Deno.readTextFile(`${this.directory}/data/console.token`)).trim();
    const response = await this.fetch(`/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${this.#token}`, "content-type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text === "" ? null : JSON.parse(text);
  }

  async connections(): Promise<Json[]> {
    return (await this.api("/connections")).connections;
  }

  async routes(): Promise<Json[]> {
    return (await this.api("/routes")).routes;
  }

  async route(local: string, remote: string): Promise<Json | undefined> {
    return (await this.routes()).find((row) => row.local === local && row.remote === remote);
  }

  /** The first log line, past or future, whose text matches every pattern. */
  logged(...patterns: RegExp[]): Promise<LogLine> {
    return this.#find(
      `a log line with ${patterns.join(" ")}`,
      0,
      ({ text }) => patterns.every((pattern) => pattern.test(text)),
    );
  }

  /** The first logged event from line `since` on that has these fields (`event`, `cause`, `local`, `remote`...). */
  async told(fields: Readonly<Record<string, unknown>>, since = 0): Promise<Json> {
    const wanted = Object.entries(fields);
    const line = await this.#find(
      `a logged event ${JSON.stringify(fields)}`,
      since,
      ({ json }) => json !== null && wanted.every(([key, value]) => json[key] === value),
    );
    return line.json;
  }

  async #find(what: string, since: number, matches: (line: LogLine) => boolean): Promise<LogLine> {
    const limit = deadline(what, PATIENCE_MS, () => `\n${this.#tail()}`);
    try {
      for (;;) {
        const found = this.log.slice(since).find(matches);
        if (found !== undefined) return found;
        await limit.race(this.#heard.promise);
      }
    } finally {
      limit.clear();
    }
  }

  /** Asks until `probe` gives a value: for facts that only the API shows, and that come without a wire event. */
  async eventually<T>(what: string, probe: () => Promise<T | undefined | false>): Promise<T> {
    const limit = deadline(what, PATIENCE_MS, () => `\n${this.#tail()}`);
    try {
      for (;;) {
        const value = await limit.race(probe());
        if (value !== undefined && value !== false) return value;
        await delay(READY_POLL_MS);
      }
    } finally {
      limit.clear();
    }
  }

  /** Waits until exactly `count` federation connections are listed. */
  connected(count: number): Promise<Json[]> {
    return this.eventually(`${count} connections in the API`, async () => {
      const rows = await this.connections();
      return rows.length === count && rows;
    });
  }

  /** Resident memory in bytes. */
  async residentBytes(): Promise<number> {
    const status = await Deno.readTextFile(`/proc/${this.process.pid}/status`);
    return Number(/VmRSS:\s+(\d+) kB/.exec(status)![1]) * 1024;
  }

  /** Rewrites verona.toml with other settings and asks for a reload by SIGHUP. */
  async reload(settings: Settings): Promise<void> {
    const since = this.log.length;
    await Deno.writeTextFile(`${this.directory}/verona.toml`, stringify(settings));
    this.signal("SIGHUP");
    await this.told({ event: "server.reloaded" }, since);
  }

  /** Moves the server's clock on; only with `movedClock`. Resolves when all timers that were due have fired. */
  async advance(ms: number): Promise<void> {
    this.#ahead += ms;
    const since = this.log.length;
    await this.#stdin.write(new TextEncoder().encode(`${ms}\n`));
    await this.told({ event: "clock.moved", ms }, since);
  }

  /** The same up to a time of the server's own, as its API and its log write it, and a little more. */
  advanceTo(time: string): Promise<void> {
    return this.advance(Math.max(0, Date.parse(time) - Date.now() - this.#ahead) + 20);
  }

  /** Runs a command of the product (`connections`, `explain a b`...) against this server. */
  async command(...words: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", ...PERMISSIONS, "--quiet", `${ROOT}main.ts`, ...words],
      cwd: this.directory,
      env: { NO_COLOR: "1" },
    }).output();
    const text = new TextDecoder();
    return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
  }

  signal(name: "SIGTERM" | "SIGHUP" | "SIGKILL"): void {
    Deno.kill(this.process.pid!, name);
  }

  /** SIGTERM, and the exit code. */
  stop(): Promise<number | string> {
    this.signal("SIGTERM");
    return within(this.exited, "the server to exit after SIGTERM");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#gone) this.signal("SIGKILL");
    await this.exited;
    this.#client?.close();
    await this.#reading;
    await this.#stdin.close().catch(() => {}); // the process may have closed its end
    for (const { text, json } of this.log) if (json?.logger !== undefined) assertLine(text, json);
  }

  /** Waits until /readyz says 200. */
  async ready(): Promise<void> {
    let exit: number | string | undefined;
    this.exited.then((code) => exit = code);
    const limit = deadline("/readyz to say 200", PATIENCE_MS * 2, () => `\n${this.#tail()}`);
    try {
      while (!await limit.race(this.#isReady())) {
        if (exit !== undefined) throw new Error(`The server ended with ${exit} at start\n${this.#tail()}`);
        await delay(READY_POLL_MS);
      }
    } finally {
      limit.clear();
    }
  }

  async #isReady(): Promise<boolean> {
    try {
      const response = await this.fetch("/readyz");
      await response.body?.cancel();
      return response.status === 200;
    } catch {
      return false; // not listening yet
    }
  }

  async #read(stream: ReadableStream<Uint8Array>): Promise<void> {
    let rest = "";
    for await (const chunk of stream.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop()!;
      for (const text of lines) this.#line(text);
    }
  }

  #line(text: string): void {
    if (Deno.env.has("VERONA_TEST_LOG")) console.error(text);
    this.log.push({ at: performance.now(), text, json: parse(text) });
    this.#heard.resolve();
    this.#heard = Promise.withResolvers<void>();
  }

  #tail(): string {
    return this.log.slice(-30).map((line) => line.text).join("\n");
  }
}

function endpoint(address: string): Endpoint {
  const colon = address.lastIndexOf(":");
  return { host: address.slice(0, colon), port: Number(address.slice(colon + 1)) };
}

function parse(text: string): Json | null {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
