/** Asks a running server over its HTTP API: where it is, who we are, and whose fault it is when it fails. design.md 2.4. */
import type { Config } from "../config/config.ts";
import { isLoopback } from "../config/loopback.ts";
import type { Readiness } from "../observe/contract.ts";
import { EXIT } from "./exit.ts";
import { CommandFault } from "./fault.ts";
import { readConfig } from "./read_config.ts";

export interface ServerOptions {
  readonly config: string;
  readonly url?: string;
  readonly json?: boolean;
}

const PATIENCE_MS = 15_000;

export class Client {
  readonly #url: string;
  readonly #token: string | null;
  readonly #http: Deno.HttpClient | undefined;

  private constructor(url: string, token: string | null, http: Deno.HttpClient | undefined) {
    this.#url = url;
    this.#token = token;
    this.#http = http;
  }

  /** `--url`, then VERONA_URL, then the configuration; VERONA_TOKEN, then the token file of the configuration. */
  static open(options: ServerOptions): Client {
    return Client.openFor(options, "token");
  }

  /** `anyone`: for what needs no token on loopback; without one that can be read nobody is named. */
  static openFor({ config: path, url }: ServerOptions, who: "token" | "anyone"): Client {
    const given = url ?? Deno.env.get("VERONA_URL");
    const token = Deno.env.get("VERONA_TOKEN")?.trim() || null;
    // In clear text only loopback is asked, where nobody has to be named.
    const bare = who === "anyone" && given?.startsWith("http:") === true;
    const config = given !== undefined && (token !== null || bare) ? null : readConfig(path);
    const base = checkUrl(given ?? defaultUrl(config!));
    const caCerts = config?.console ? [Deno.readTextFileSync(config.console.tlsChain)] : [];
    const http = caCerts.length > 0 ? Deno.createHttpClient({ caCerts }) : undefined;
    return new Client(base, token ?? (config === null ? null : readToken(config, who)), http);
  }

  /** The JSON of an answer. @throws {CommandFault} */
  // deno-lint-ignore no-explicit-any -- each command checks by its type what it shows
  async ask(path: string, method: "GET" | "POST" | "PUT" | "DELETE" = "GET", body?: unknown): Promise<any> {
    const response = await this.#fetch(`/api/v1${path}`, method, body);
    const answer = await response.json().catch(() => null);
    if (response.ok) return answer;
    throw refusal(response.status, answer);
  }

  /** What `/readyz` says, ready or not. @throws {CommandFault} */
  async readiness(): Promise<Readiness> {
    const response = await this.#fetch("/readyz", "GET", undefined, { accept: "application/json" });
    const answer = await response.json().catch(() => null);
    if (typeof answer?.ready === "boolean") return answer;
    throw refusal(response.status, answer);
  }

  /** The text of an answer that does not end by itself, as it comes. @throws {CommandFault} */
  async *stream(path: string, headers: Readonly<Record<string, string>>): AsyncGenerator<string> {
    const response = await this.#fetch(`/api/v1${path}`, "GET", undefined, headers, null);
    if (!response.ok) throw refusal(response.status, await response.json().catch(() => null));
    try {
      yield* response.body!.pipeThrough(new TextDecoderStream());
    } catch (error) {
      throw new CommandFault(EXIT.couldNotTell, `The server is gone: ${reasonOf(error)}`);
    }
  }

  async #fetch(
    path: string,
    method: string,
    body: unknown,
    headers: Readonly<Record<string, string>> = {},
    patienceMs: number | null = PATIENCE_MS,
  ): Promise<Response> {
    try {
      const named: Record<string, string> = this.#token === null
        ? {}
        : { authorization: `Bearer ${this.#token}` };
      return await fetch(`${this.#url}${path}`, {
        method,
        headers: { ...named, "content-type": "application/json", ...headers },
        redirect: "error", // the token is for this server alone
        ...(patienceMs === null ? {} : { signal: AbortSignal.timeout(patienceMs) }),
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        ...(this.#http === undefined ? {} : { client: this.#http }),
      });
    } catch (error) {
      throw new CommandFault(
        EXIT.couldNotTell,
        `Cannot reach the server at ${this.#url}: ${reasonOf(error)}`,
        "is it running? `verona run` starts it; --url or VERONA_URL name another one",
      );
    }
  }
}

/** The innermost words: fetch wraps what really happened. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  if (/refused/i.test(message)) return "nobody listens there";
  return cause instanceof Error ? cause.message : message;
}

function checkUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !["http:", "https:"].includes(url.protocol)) {
    throw new CommandFault(EXIT.wrongUse, `"${text}" is not a URL such as http://127.0.0.1:8711`);
  }
  if (url.protocol === "http:" && !isLoopback(url.hostname.replace(/^\[(.*)\]$/, "$1"))) {
    throw new CommandFault(
      EXIT.wrongUse,
      `${url.origin} would see the token in clear text`,
      "use https, or a tunnel to loopback",
    );
  }
  return url.origin;
}

function defaultUrl({ listen, console }: Config): string {
  if (listen.console === null) {
    throw new CommandFault(EXIT.wrongUse, "listen.console is off: the server cannot be asked", "set it");
  }
  const { host, port } = listen.console;
  const reached = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host;
  return `${console === null ? "http" : "https"}://${
    reached.includes(":") ? `[${reached}]` : reached
  }:${port}`;
}

/** The operator's token if we may read it, else the viewer's. */
function readToken({ server }: Config, who: "token" | "anyone"): string | null {
  const path = `${server.dataDir}/console.token`;
  for (const file of [path, `${server.dataDir}/viewer.token`]) {
    try {
      return Deno.readTextFileSync(file).trim();
    } catch (error) {
      if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.PermissionDenied) continue;
      throw error;
    }
  }
  if (who === "anyone") return null;
  throw new CommandFault(
    EXIT.couldNotTell,
    `Cannot read the token in ${path}`,
    "the server makes it at its first start; run this as the server's user, or set VERONA_TOKEN",
  );
}

function refusal(status: number, problem: { title?: unknown; hint?: unknown } | null): CommandFault {
  const code = status >= 500 ? EXIT.couldNotTell : EXIT.wrongUse;
  const title = typeof problem?.title === "string" ? problem.title : `the server answered ${status}`;
  return new CommandFault(code, title, typeof problem?.hint === "string" ? problem.hint : "");
}
