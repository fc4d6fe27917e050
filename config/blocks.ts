/** Pairs that an operator keeps apart, each until its end: kept in `data_dir` (A-33; docs/decisions/0180). */
import type { DatabaseSync } from "node:sqlite";
import type { Domain, DomainPair } from "../xmpp/domain.ts";
import { stored, StoreFault } from "./database.ts";

export interface Block {
  readonly pair: DomainPair;
  /** Milliseconds since the epoch. */
  readonly until: number;
}

export const BLOCKS_TABLE =
  `CREATE TABLE blocked (local TEXT NOT NULL, remote TEXT NOT NULL, until INTEGER NOT NULL,
  PRIMARY KEY (local, remote)) STRICT`;

/** A block is an operator's own word: none is ever forgotten for another one. */
const MOST = 10_000;

export class Blocks {
  readonly #database: DatabaseSync;
  readonly #most: number;

  constructor(database: DatabaseSync, most = MOST) {
    this.#database = database;
    this.#most = most;
  }

  /** Those that hold. */
  list(now: number): Block[] {
    const rows = this.#database.prepare("SELECT * FROM blocked WHERE until > ? ORDER BY until").all(now);
    return (rows as unknown as Row[]).map(({ local, remote, until }) => ({ pair: { local, remote }, until }));
  }

  /** The last word on a pair counts; what is over goes. @throws {StoreFault} Then nothing is kept. */
  put({ local, remote }: DomainPair, until: number, now: number): void {
    stored(this.#database, () => {
      this.#database.prepare("DELETE FROM blocked WHERE until <= ?").run(now);
      this.#database.prepare("REPLACE INTO blocked VALUES (?, ?, ?)").run(local, remote, until);
      const { count } = this.#database.prepare("SELECT count(*) AS count FROM blocked").get()!;
      if (Number(count) > this.#most) throw new StoreFault(`${this.#most} pairs are blocked already`, FULL);
    });
  }

  /** @throws {StoreFault} */
  lift({ local, remote }: DomainPair): void {
    stored(this.#database, () => {
      this.#database.prepare("DELETE FROM blocked WHERE local = ? AND remote = ?").run(local, remote);
    });
  }
}

const FULL = "keep whole domains away by `policy.block`; `verona revoke` lists the blocks";

interface Row {
  readonly local: Domain;
  readonly remote: Domain;
  readonly until: number;
}
