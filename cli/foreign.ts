/** Answers as they come over HTTP, and the fault when they are no answers of a Verona's. */
import type { Shape } from "./answers.ts";
import { EXIT } from "./exit.ts";
import { CommandFault } from "./fault.ts";

/** Far beyond the longest list of 1000 rows. */
const MOST_BYTES = 64 * 1024 * 1024;

/** The JSON of an answer; undefined for one without a body (204). @throws {CommandFault} */
export async function readJson(url: string, response: Response): Promise<unknown> {
  const text = await readText(url, response);
  return response.status === 204 ? undefined : parseJson(url, text);
}

/** @throws {CommandFault} */
export function parseJson(url: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw foreign(url, "it is not JSON");
  }
}

/** @throws {CommandFault} where it is not as the command needs it. */
export function checked(url: string, shape: Shape, answer: unknown): unknown {
  const { error } = shape.safeParse(answer);
  if (error === undefined) return answer;
  const [{ path, message }] = error.issues as [typeof error.issues[number]];
  throw foreign(url, path.length === 0 ? message : `${path.map(String).join(".")}: ${message}`);
}

/** Nothing is known of the server that was meant: exit code 3. */
export function foreign(url: string, why: string): CommandFault {
  return new CommandFault(
    EXIT.couldNotTell,
    `That is no Verona, or one of another version: ${url} gave another answer than asked for (${why})`,
    "--url and VERONA_URL name another address, `verona version` says what this is",
  );
}

async function readText(url: string, { body }: Response): Promise<string> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let bytes = 0;
  try {
    for await (const part of body ?? []) {
      bytes += part.length;
      if (bytes > MOST_BYTES) break;
      parts.push(part);
    }
  } catch {
    throw foreign(url, "it broke off");
  }
  if (bytes > MOST_BYTES) throw foreign(url, `it is longer than ${MOST_BYTES / 1024 / 1024} MiB`);
  return await new Blob(parts).text();
}
