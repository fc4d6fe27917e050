/** Who may ask the console: an operator or a viewer, by a token in the data folder. design.md 2.4. */
import type { Role } from "./contract.ts";
import { newSecret, Sealed } from "./secrets.ts";

export type { Role };

/** The two tokens; made once, mode 0600, and read again at every start. */
export class Tokens {
  readonly #operator: Sealed;
  readonly #viewer: Sealed;

  constructor(operator: string, viewer: string) {
    this.#operator = new Sealed(operator);
    this.#viewer = new Sealed(viewer);
  }

  /** Opens the tokens in `dataDir`, making what is missing. */
  static async open(dataDir: string): Promise<Tokens> {
    return new Tokens(await secret(`${dataDir}/console.token`), await secret(`${dataDir}/viewer.token`));
  }

  /** The role that a token gives; null for none. In constant time. */
  role(token: string): Role | null {
    const [operator, viewer] = [this.#operator.opensBy(token), this.#viewer.opensBy(token)];
    return operator ? "operator" : viewer ? "viewer" : null;
  }
}

/** A file of one secret line, made with mode 0600 when missing. */
export async function secret(path: string, make: () => string = newSecret): Promise<string> {
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
