/** Errors of the API. RFC 9457; design.md 2.4. */

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

export function problemResponse({ status, id, message, hint, headers }: Problem): Response {
  const body = { type: "about:blank", title: message, status, cause: id, hint };
  return new Response(JSON.stringify(body) + "\n", {
    status,
    headers: { ...headers, "content-type": "application/problem+json" },
  });
}
