/** A database file of ours in `data_dir`: mode 0600, brought to the newest schema, whole or refused. */
import { DatabaseSync } from "node:sqlite";

/**
 * Opens the file, making what is missing. Every statement is on disk when it returns.
 *
 * @param steps Each makes the schema's next version of the one before; a file of a later version is refused.
 * @throws {Error} one sentence: which file, what is wrong, what to do.
 */
export function openDatabase(path: string, steps: readonly string[]): DatabaseSync {
  try {
    // SQLite gives its journal the mode of the file that it belongs to.
    Deno.openSync(path, { create: true, write: true, mode: 0o600 }).close();
    Deno.chmodSync(path, 0o600);
    const database = new DatabaseSync(path);
    return used(database, () => prepare(database, steps));
  } catch (error) {
    const cure = "restore it, or move it away to begin with an empty one";
    throw new Error(`Cannot use ${path}: ${(error as Error).message}; ${cure}`);
  }
}

/**
 * Opens the file beside the server that it belongs to, for reading; null when there is none. It may be of an earlier version.
 *
 * @throws {Error} one sentence: which file, what is wrong.
 */
export function peekDatabase(path: string, version: number): DatabaseSync | null {
  try {
    Deno.openSync(path).close();
    const database = new DatabaseSync(path, { readOnly: true });
    return used(database, () => {
      database.exec(`PRAGMA busy_timeout = ${BUSY_MS}`);
      const found = versionOf(database);
      if (found < 1 || found > version) throw new Error(unknown(found, version));
    });
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    const reason = error instanceof Deno.errors.PermissionDenied
      ? "permission denied"
      : (error as Error).message;
    throw new Error(`Cannot read ${path}: ${reason}`);
  }
}

/** Closed again when it cannot be used. */
function used(database: DatabaseSync, check: () => void): DatabaseSync {
  try {
    check();
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** What was set could not be kept. */
export class StoreFault extends Error {
  /** @param hint What to do about it. */
  constructor(message: string, readonly hint = "see to the disk of data_dir, then ask again") {
    super(message);
  }
}

/** {@link atomic}, for what has to be kept before it is in force. @throws {StoreFault} Then nothing is kept. */
export function stored(database: DatabaseSync, work: () => void): void {
  try {
    atomic(database, work);
  } catch (error) {
    throw error instanceof StoreFault ? error : new StoreFault((error as Error).message);
  }
}

/** All of the work, or nothing of it. @throws {Error} */
export function atomic<T>(database: DatabaseSync, work: () => T): T {
  database.exec("BEGIN IMMEDIATE");
  try {
    const done = work();
    database.exec("COMMIT");
    return done;
  } catch (error) {
    if (database.isTransaction) database.exec("ROLLBACK"); // a full disk has ended it already
    throw error;
  }
}

/** How long another process, such as a backup, may hold a file of ours: everything else waits with us. */
const BUSY_MS = 250;

function prepare(database: DatabaseSync, steps: readonly string[]): void {
  database.exec("PRAGMA synchronous = FULL; PRAGMA trusted_schema = OFF");
  database.exec(`PRAGMA busy_timeout = ${BUSY_MS}`);
  const [damage] = Object.values(database.prepare("PRAGMA quick_check(1)").get()!);
  if (damage !== "ok") throw new Error(`it is damaged (${damage})`);
  const found = versionOf(database);
  if (found > steps.length) throw new Error(unknown(found, steps.length));
  if (found === steps.length) return;
  const missing = steps.slice(found).join(";");
  database.exec(`BEGIN IMMEDIATE; ${missing}; PRAGMA user_version = ${steps.length}; COMMIT`);
}

const unknown = (found: number, known: number): string =>
  `its schema version is ${found}, this Verona knows ${known}`;

function versionOf(database: DatabaseSync): number {
  return (database.prepare("PRAGMA user_version").get() as { user_version: number }).user_version;
}
