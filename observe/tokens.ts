/** Who may ask the console: an operator or a viewer, by a token in the data folder. design.md 2.4. */
import type { Role } from "./contract.ts";
import { secret } from "./secret_file.ts";
import { Sealed } from "./secrets.ts";

export type { Role };

/** The two tokens; made once, mode 0600, and read again at every start. */
export class Tokens {
  readonly #operator: Sealed;
  readonly #viewer: Sealed;

  constructor(operator: string, viewer: string) {
    this.#operator = new Sealed(operator);
    this.#viewer = new Sealed(viewer);
  }

  /** Opens the tokens in `dataDir`, making what is missing. @throws {Error} one sentence, with the cure. */
  static open(dataDir: string): Tokens {
    return new Tokens(secret(`${dataDir}/console.token`), secret(`${dataDir}/viewer.token`));
  }

  /** The role that a token gives; null for none. In constant time. */
  role(token: string): Role | null {
    const [operator, viewer] = [this.#operator.opensBy(token), this.#viewer.opensBy(token)];
    return operator ? "operator" : viewer ? "viewer" : null;
  }
}
