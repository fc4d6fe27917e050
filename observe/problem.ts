/** Errors of the API. RFC 9457; design.md 2.4. */
import type { ProblemDocument } from "./contract.ts";

export class Problem extends Error {
  override readonly name = "Problem";
  /** @param hint What to do next. */
  constructor(
    readonly status: number,
    readonly id: string,
    message: string,
    readonly hint: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
  }
}

export function problemDocument({ status, id, message, hint }: Problem): ProblemDocument {
  return { type: "about:blank", title: message, status, cause: id, hint };
}

export function problemResponse(problem: Problem): Response {
  const { status, headers } = problem;
  return new Response(JSON.stringify(problemDocument(problem)) + "\n", {
    status,
    headers: { ...headers, "content-type": "application/problem+json" },
  });
}
