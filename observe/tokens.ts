/** Who may ask the console: an operator or a viewer, by a token in the data folder. design.md 2.4. */
import { randomBytes, timingSafeEqual } from "node:crypto";

export type Role = "operator" | "viewer";

/** The two tokens; made once, mode 0600, and read again at every start. */
export class Tokens {
  readonly #operator: Uint8Array;
  readonly #viewer: Uint8Array;

  constructor(operator: string, viewer: string) {
    this.#operator = digest(operator);
    this.#viewer = digest(viewer);
  }

  /** Opens the tokens in `dataDir`, making what is missing. */
  static async open(dataDir: string): Promise<Tokens> {
    return new Tokens(await secret(`${dataDir}/console.token`), await secret(`${dataDir}/viewer.token`));
  }

  /** The role that an `Authorization` header gives; null for none. In constant time. */
  role(authorization: string | null): Role | null {
    const [, token] = /^Bearer ([\x21-\x7e]{1,200})$/i.exec(authorization ?? "") ?? [];
    if (token === undefined) return null;
    const shown = digest(token);
    if (timingSafeEqual(shown, this.#operator)) return "operator";
    return timingSafeEqual(shown, this.#viewer) ? "viewer" : null;
  }
}

/** A file of one secret line, made with mode 0600 when missing. */
export async function secret(
  path: string,
  make = () => randomBytes(32).toString("base64url"),
): Promise<string> {
  try {
    const text = (await Deno.readTextFile(path)).trim();
    if (text !== "") return text;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  const made = make();
  await Deno.writeTextFile(path, made + "\n", { mode: 0o600 });
  return made;
}

/** Equal length for the comparison, whatever was shown. */
function digest(token: string): Uint8Array {
  const bytes = new Uint8Array(256);
  new TextEncoder().encodeInto(token, bytes.subarray(1));
  bytes[0] = Math.min(token.length, 255);
  return bytes;
}
