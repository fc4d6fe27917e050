/** Asks the server that the page came from. */
import type { ProblemDocument } from "../../observe/contract.ts";

/** An answer that is an error, in the server's own words; status 0: no answer at all. */
export class ApiProblem extends Error {
  constructor(readonly status: number, title: string, readonly hint: string, readonly cause_: string) {
    super(title);
  }
}

export async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  return await ask<T>("GET", path, undefined, signal);
}

export async function post<T>(path: string, body: unknown = {}): Promise<T> {
  return await ask<T>("POST", path, body);
}

export async function ask<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  const response = await send(method, path, body, signal);
  if (response.status === 204) return undefined as T;
  return await response.json() as T;
}

/** The answer as it comes, for streams. @throws {ApiProblem} */
export async function send(
  method: string,
  path: string,
  body?: unknown,
  signal?: AbortSignal,
): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(`/api/v1${path}`, {
      method,
      credentials: "same-origin",
      ...(signal === undefined ? {} : { signal }),
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiProblem(
      0,
      "The server does not answer",
      "it may be restarting; this page tries again by itself",
      "",
    );
  }
  if (response.ok) return response;
  const problem = await response.json().catch(() => null) as Partial<ProblemDocument> | null;
  throw new ApiProblem(
    response.status,
    problem?.title ?? `The server answered ${response.status}`,
    problem?.hint ?? "",
    problem?.cause ?? "",
  );
}
