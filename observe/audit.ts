/** Who asked to change what, and what came of it: kept in `data_dir`, bounded. docs/decisions/0180. */
import type { DatabaseSync } from "node:sqlite";
import { atomic, openDatabase } from "../config/database.ts";
import type { AuditRow } from "./contract.ts";

const SCHEMA = [`CREATE TABLE entry (id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, role TEXT,
  by TEXT, address TEXT NOT NULL, what TEXT NOT NULL, detail TEXT, status INTEGER NOT NULL, cause TEXT) STRICT`];

export interface AuditBounds {
  /** Entries of operators. The oldest give way; how old they are does not count. */
  readonly most: number;
  /** Of viewers, and of those who were not named: they may change nothing, and no flood of theirs drives others out. */
  readonly mostRefused: number;
  /** Nor costs the disk more than this. */
  readonly refusedPerMinute: number;
}

const BOUNDS: AuditBounds = { most: 10_000, mostRefused: 500, refusedPerMinute: 30 };
const MINUTE_MS = 60_000;
/** In the file, for what was begun and has no answer yet. */
const BEGUN = 0;

export type AuditEntry = Omit<AuditRow, "id" | "at"> & { readonly at: number };

export class Audit {
  readonly #database: DatabaseSync;
  readonly #bounds: AuditBounds;
  #minute = 0;
  /** In this minute, by role. */
  readonly #refused = new Map<AuditEntry["role"], number>();

  /** @throws {Error} one sentence, when the file cannot be used. */
  constructor(path: string, bounds = BOUNDS) {
    this.#database = openDatabase(path, SCHEMA);
    this.#bounds = bounds;
  }

  /** On disk when it returns. Null: left out, as one too many in this minute. @throws {Error} */
  add(entry: AuditEntry): number | null {
    if (entry.role !== "operator" && this.#tooMany(entry)) return null;
    return atomic(this.#database, () => this.#insert(entry));
  }

  #insert({ at, role, by, address, what, detail, status, cause }: AuditEntry): number {
    const { lastInsertRowid } = this.#database.prepare(
      "INSERT INTO entry VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
      .run(at, role, by, address, what, detail, status ?? BEGUN, cause);
    this.#database.prepare(
      "DELETE FROM entry WHERE role IS ?1 AND id <= (SELECT id FROM entry WHERE role IS ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)",
    ).run(role, role === "operator" ? this.#bounds.most : this.#bounds.mostRefused);
    return Number(lastInsertRowid);
  }

  /** What came of an entry that was begun. @throws {Error} */
  settle(id: number, status: number, cause: string | null): void {
    this.#database.prepare("UPDATE entry SET status = ?, cause = ? WHERE id = ?").run(status, cause, id);
  }

  /** The latest first. @param before Only those with a smaller id. */
  latest(limit: number, before: number): AuditRow[] {
    const rows = this.#database.prepare("SELECT * FROM entry WHERE id < ? ORDER BY id DESC LIMIT ?")
      .all(before, limit) as unknown as (AuditEntry & { id: number })[];
    return rows.map((row) => ({
      ...row,
      at: new Date(row.at).toISOString(),
      status: row.status === BEGUN ? null : row.status,
    }));
  }

  close(): void {
    this.#database.close();
  }

  #tooMany({ at, role }: AuditEntry): boolean {
    const minute = Math.floor(at / MINUTE_MS);
    if (minute !== this.#minute) this.#refused.clear();
    this.#minute = minute;
    const refused = (this.#refused.get(role) ?? 0) + 1;
    this.#refused.set(role, refused);
    return refused > this.#bounds.refusedPerMinute;
  }
}
