/** The page's files, and every address of the page itself: which part of it is shown, the page decides. */
import { createHash } from "node:crypto";

/** What `console/` was built to: paths such as "/assets/app.js" and "/licenses", and "/index.html" for the page. */
export type Assets = ReadonlyMap<string, { readonly type: string; readonly body: string }>;

const PAGE = "/index.html";

/** Null when nothing of the page is there. */
export function answerPage(assets: Assets | null, request: Request, path: string): Response | null {
  if (request.method !== "GET" && request.method !== "HEAD") return null;
  if (assets === null) {
    return path === "/" ? new Response("The console's page is not part of this build; /api/v1 is.\n") : null;
  }
  const asset = assets.get(path) ?? (isPlace(path) ? assets.get(PAGE) : undefined);
  if (asset === undefined) return null;
  const etag = `"${createHash("sha256").update(asset.body).digest("base64url").slice(0, 22)}"`;
  const headers = { "content-type": asset.type, "cache-control": "no-cache", etag };
  if (request.headers.get("if-none-match") === etag) return new Response(null, { status: 304, headers });
  return new Response(asset.body, { headers });
}

/** `/`, `/login`, `/connections/c-7`: names and no file; nothing that belongs to the API or is a page of its own. */
function isPlace(path: string): boolean {
  return !/^\/(?:api|assets|metrics|livez|readyz|licenses)(?:\/|$)/.test(path);
}
