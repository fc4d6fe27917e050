/** Asks a server's console as a program, or as a browser would. */
import assert from "node:assert/strict";
import { request as httpRequest } from "node:http";
import type { Stage } from "../harness/stage.ts";

export const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

export const tokenOf = async (stage: Stage, name: "console" | "viewer") =>
  (await Deno.readTextFile(`${stage.directory}/data/${name}.token`)).trim();

export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly headers: Headers;
  readonly text: string;
  // deno-lint-ignore no-explicit-any -- each test checks the fields that it reads
  readonly json: any;
}

export interface Asked {
  readonly method?: string;
  readonly token?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent as it is; its type stands in `headers`. */
  readonly text?: string;
  readonly client?: Deno.HttpClient;
}

/** One request to the console; `at` is a server, or its origin. */
export async function ask(at: Stage | string, path: string, asked: Asked = {}): Promise<Answer> {
  const { method = "GET", token, body, text, client } = asked;
  const headers = new Headers(asked.headers);
  if (token !== undefined) headers.set("authorization", `Bearer ${token}`);
  if (body !== undefined) headers.set("content-type", "application/json");
  const response = await fetch((typeof at === "string" ? at : at.server.console) + path, {
    method,
    headers,
    ...(client === undefined ? {} : { client }),
    ...(text === undefined && body === undefined ? {} : { body: text ?? JSON.stringify(body) }),
  });
  return answer(response.status, response.headers, await response.text());
}

/** The same with headers that `fetch` keeps for itself: `Host`. */
export function askAs(origin: string, path: string, headers: Record<string, string>): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = httpRequest(origin + path, { headers }, (incoming) => {
      const chunks: Uint8Array[] = [];
      incoming.on("data", (chunk) => chunks.push(chunk));
      incoming.on("end", () => {
        const entries = Object.entries(incoming.headers).map(([key, value]) =>
          [key, String(value)] as [string, string]
        );
        resolve(
          answer(incoming.statusCode!, new Headers(entries), new TextDecoder().decode(bytesOf(chunks))),
        );
      });
    });
    asked.on("error", reject).end();
  });
}

function bytesOf(chunks: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(chunks.flatMap((chunk) => [...chunk]));
}

function answer(status: number, headers: Headers, text: string): Answer {
  const type = headers.get("content-type")?.split(";")[0] ?? "";
  return { status, type, headers, text, json: type.endsWith("json") ? JSON.parse(text) : null };
}

/** An error as every one is: RFC 9457 with `cause` and `hint`. */
export function assertProblem({ status, type, json }: Answer, expected: number, cause?: string): void {
  assert.deepEqual([status, type], [expected, "application/problem+json"]);
  assert.equal(json.status, expected);
  for (const field of ["title", "cause", "hint"]) assert.equal(typeof json[field], "string", field);
  if (cause !== undefined) assert.equal(json.cause, cause);
}
