/** The JSON object of a request, bounded. */
import { Problem } from "../problem.ts";

/** console.md 2.4. */
const MAX_BODY = 65_536;

/** `{}` when there is none. @throws {Problem} 400, 413, 415 */
export async function readBody(request: Request): Promise<Record<string, unknown>> {
  // A form of another page can send anything but this.
  if (!/^application\/json\s*(?:;|$)/i.test(request.headers.get("content-type") ?? "")) {
    throw new Problem(415, "api.type", "the request is not JSON", "send content-type: application/json");
  }
  const bytes = await readBytes(request);
  if (bytes.length === 0) return {};
  try {
    const value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  } catch { /* said below */ }
  throw new Problem(400, "api.body", "the body is not a JSON object", 'for example {"block":"10m"}');
}

async function readBytes(request: Request): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body ?? []) {
    size += chunk.length;
    if (size > MAX_BODY) {
      throw new Problem(413, "api.body", "the request is too large", `at most ${MAX_BODY} bytes`);
    }
    chunks.push(chunk);
  }
  return new Uint8Array(await new Blob(chunks as BlobPart[]).arrayBuffer());
}
