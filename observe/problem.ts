/** Errors of the API. RFC 9457; design.md 2.4. */

export class Problem extends Error {
  override readonly name = "Problem";
  constructor(readonly status: number, readonly cause_: string, message: string, readonly hint: string) {
    super(message);
  }
}

export function problemResponse({ status, cause_, message, hint }: Problem): Response {
  const body = { type: "about:blank", title: message, status, cause: cause_, hint };
  return new Response(JSON.stringify(body), {
    status,
    headers: { "content-type": "application/problem+json" },
  });
}
