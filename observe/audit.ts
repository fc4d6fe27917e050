/** Who asked to change what, and what came of it: kept in `data_dir`, bounded. docs/decisions/0180. */
import type { DatabaseSync } from "node:sqlite";
import { openDatabase } from "../config/database.ts";
import type { AuditRow } from "./contract.ts";

const VERSION = 1;
const SCHEMA = `CREATE TABLE entry (id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, role TEXT,
  by TEXT, address TEXT NOT NULL, what TEXT NOT NULL, detail TEXT, status INTEGER NOT NULL, cause TEXT) STRICT`;

/** Entries of those who were named. */
const MOST = 10_000;
/** Of those who were not: they have their own bound, so that no flood of theirs drives the others out. */
const MOST_UNNAMED = 500;
/** Nor costs the disk more than this. */
const UNNAMED_PER_MINUTE = 30;
const MINUTE_MS = 60_000;

export class Audit {
  readonly #database: DatabaseSync;
  #minute = 0;
  #unnamed = 0;

  /** @throws {Error} one sentence, when the file cannot be used. */
  constructor(path: string) {
    this.#database = openDatabase(path, VERSION, SCHEMA);
  }

  add(entry: Omit<AuditRow, "id" | "at"> & { readonly at: number }): void {
    const { at, role, by, address, what, detail, status, cause } = entry;
    if (role === null && this.#tooMany(at)) return;
    this.#database.prepare("INSERT INTO entry VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?)")
      .run(at, role, by, address, what, detail, status, cause);
    const kind = role === null ? "role IS NULL" : "role IS NOT NULL";
    this.#database.prepare(
      `DELETE FROM entry WHERE ${kind} AND id <= (SELECT id FROM entry WHERE ${kind} ORDER BY id DESC LIMIT 1 OFFSET ?)`,
    ).run(role === null ? MOST_UNNAMED : MOST);
  }

  /** The latest first. @param before Only those with a smaller id. */
  latest(limit: number, before: number): AuditRow[] {
    const rows = this.#database.prepare("SELECT * FROM entry WHERE id < ? ORDER BY id DESC LIMIT ?")
      .all(before, limit) as unknown as (Omit<AuditRow, "at"> & { at: number })[];
    return rows.map((row) => ({ ...row, at: new Date(row.at).toISOString() }));
  }

  close(): void {
    this.#database.close();
  }

  #tooMany(at: number): boolean {
    const minute = Math.floor(at / MINUTE_MS);
    if (minute !== this.#minute) [this.#minute, this.#unnamed] = [minute, 0];
    return ++this.#unnamed > UNNAMED_PER_MINUTE;
  }
}
