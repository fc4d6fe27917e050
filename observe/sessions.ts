/** The page's way in: a link whose code works once, then a session by cookie. console.md 2.4. In memory: a restart ends them. */
import { BoundedMap } from "../bounded/map.ts";
import type { Role } from "./contract.ts";
import { fingerprint, newSecret } from "./secrets.ts";

/** How long a link that nobody has used works. */
export const LINK_MS = 10 * 60_000;
/** The one that `run` prints has to wait for its reader. */
export const FIRST_LINK_MS = 3_600_000;
const SESSION_MS = 12 * 3_600_000;
/** Beyond these the oldest ends. */
const MOST_LINKS = 32;
const MOST_SESSIONS = 128;

/** What a code or a cookie stands for. */
export interface Pass {
  readonly role: Role;
  /** Milliseconds since the epoch. */
  readonly until: number;
}

/** A pass with the secret that shows it. */
export interface Issued extends Pass {
  readonly secret: string;
}

export class Sessions {
  readonly #now: () => number;
  /** By the fingerprint of the secret, oldest first. */
  readonly #links = new BoundedMap<string, Pass>(MOST_LINKS);
  readonly #sessions = new BoundedMap<string, Pass>(MOST_SESSIONS);

  /** @param now Milliseconds since the epoch. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** A code for a log-in link. */
  link(role: Role, forMs = LINK_MS): Issued {
    return this.#issue(this.#links, role, forMs);
  }

  /** The role that a code gives; the code is dead afterwards. Null for one that never lived, or lives no more. */
  redeem(code: string): Role | null {
    const key = fingerprint(code);
    const pass = this.#living(this.#links, key);
    this.#links.delete(key);
    return pass?.role ?? null;
  }

  open(role: Role): Issued {
    return this.#issue(this.#sessions, role, SESSION_MS);
  }

  find(secret: string): Pass | null {
    return this.#living(this.#sessions, fingerprint(secret));
  }

  close(secret: string): void {
    this.#sessions.delete(fingerprint(secret));
  }

  #issue(passes: BoundedMap<string, Pass>, role: Role, forMs: number): Issued {
    const [secret, until] = [newSecret(), this.#now() + forMs];
    passes.set(fingerprint(secret), { role, until });
    return { secret, role, until };
  }

  #living(passes: BoundedMap<string, Pass>, key: string): Pass | null {
    const pass = passes.get(key);
    if (pass === undefined) return null;
    if (pass.until > this.#now()) return pass;
    passes.delete(key);
    return null;
  }
}
