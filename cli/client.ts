/** Asks a running server over its HTTP API, and says whose fault it is when it fails. design.md 2.4. */
import type { Readiness } from "../observe/contract.ts";
import { ANSWERS, PROBLEM, type Shape } from "./answers.ts";
import { EXIT } from "./exit.ts";
import { CommandFault } from "./fault.ts";
import { checked, foreign, readJson } from "./foreign.ts";
import { note } from "./output.ts";
import { socketOf, TUNNEL_ORIGIN } from "./tunnel.ts";
import { type ServerOptions, type WhichServer, whichServer } from "./which_server.ts";

export type { ServerOptions };

const PATIENCE_MS = 15_000;

export class Client {
  /** As {@link whichServer} says it. */
  readonly url: string;
  /** What requests name: a socket takes any name of loopback, and its tunnel's is right in links. */
  readonly #origin: string;
  readonly #token: string | null;
  readonly #http: Deno.HttpClient | undefined;

  constructor({ url, token, caCerts }: WhichServer) {
    this.url = url;
    this.#token = token;
    const path = socketOf(url);
    this.#origin = path === null ? url : TUNNEL_ORIGIN;
    if (path !== null) this.#http = Deno.createHttpClient({ proxy: { transport: "unix", path } });
    else if (caCerts.length > 0) this.#http = Deno.createHttpClient({ caCerts: [...caCerts] });
  }

  static open(options: ServerOptions): Client {
    return Client.openFor(options, "token");
  }

  /** `anyone`: for what needs no token on loopback. */
  static openFor(options: ServerOptions, who: "token" | "anyone"): Client {
    const which = whichServer(options, who);
    if (which.note !== null) note(`verona: ${which.note}`);
    return new Client(which);
  }

  /** The JSON of an answer, as `shape` has it. @throws {CommandFault} */
  async ask(
    shape: Shape,
    path: string,
    method: "GET" | "POST" | "PUT" | "DELETE" = "GET",
    body?: unknown,
    patienceMs = PATIENCE_MS,
    // deno-lint-ignore no-explicit-any -- what it is the caller's contract says
  ): Promise<any> {
    const response = await this.#fetch(`/api/v1${path}`, method, body, {}, patienceMs);
    const url = this.urlOf(path);
    const answer = await readJson(url, response);
    if (response.ok) return checked(url, shape, answer);
    throw refusal(url, response.status, answer);
  }

  /** What `/readyz` says, ready or not. @throws {CommandFault} */
  async readiness(): Promise<Readiness> {
    const response = await this.#fetch("/readyz", "GET", undefined, { accept: "application/json" });
    const url = `${this.url}/readyz`;
    const answer = await readJson(url, response);
    if (!PROBLEM.safeParse(answer).success) return checked(url, ANSWERS.readiness, answer) as Readiness;
    throw refusal(url, response.status, answer);
  }

  /** The text of an event stream, which does not end by itself, as it comes. @throws {CommandFault} */
  async *stream(path: string, headers: Readonly<Record<string, string>>): AsyncGenerator<string> {
    const response = await this.#fetch(`/api/v1${path}`, "GET", undefined, headers, null);
    const url = this.urlOf(path);
    if (!response.ok) throw refusal(url, response.status, await readJson(url, response));
    const type = response.headers.get("content-type") ?? "no type";
    if (response.body === null || !type.startsWith("text/event-stream")) {
      await response.body?.cancel();
      throw foreign(url, `${type}, no event stream`);
    }
    try {
      yield* response.body.pipeThrough(new TextDecoderStream());
    } catch (error) {
      throw new CommandFault(EXIT.couldNotTell, `The server is gone: ${reasonOf(error)}`);
    }
  }

  /** What an answer came from, without what was asked in particular. */
  urlOf(path: string): string {
    return `${this.url}/api/v1${path.replace(/\?.*/, "")}`;
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
      return await fetch(`${this.#origin}${path}`, {
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
        `Cannot reach the server at ${this.url}: ${reasonOf(error)}`,
        "is it running? `verona run` starts it; --url or VERONA_URL name another one",
      );
    }
  }
}

/** The innermost words: fetch wraps what really happened. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  const inner = cause instanceof Error ? cause.message : message;
  if (/refused/i.test(`${message} ${inner}`)) return "nobody listens there";
  const [, system] = /\(Connect\): ((?:No such file|Permission denied)[^(]*) \(os error/.exec(inner) ?? [];
  return system === undefined ? inner : `${system} (a socket is its server's user's, and root's)`;
}

function refusal(url: string, status: number, answer: unknown): CommandFault {
  const { data: problem } = PROBLEM.safeParse(answer);
  if (problem === undefined) return foreign(url, `status ${status}, and no problem document`);
  return new CommandFault(status >= 500 ? EXIT.couldNotTell : EXIT.wrongUse, problem.title, problem.hint);
}
