/**
 * Files of one secret line in `data_dir`. One that others can read, or may have put there, is no secret: it is refused, never
 * used, mended or followed elsewhere.
 */
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readFileSync,
  type Stats,
  statSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { newSecret } from "./secrets.ts";

/** Of group and others: to read, write, enter. */
const OTHERS = 0o077;
const OTHERS_WRITE = 0o022;
const { O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY } = constants;

/** The secret in the file, which is made with mode 0600 when missing. @throws {Error} one sentence, with the cure. */
export function secret(path: string, make: () => string = newSecret): string {
  // COMPAT: Deno 2.9.6 opens, and makes, what a link leads to, whatever O_NOFOLLOW and O_EXCL say, unless it may read everything (`-A`).
  if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()) {
    throw refused(path, "it is a symbolic link", FRESH);
  }
  const made = attempt(path, O_CREAT | O_EXCL | O_WRONLY, "EEXIST", (file) => fill(file, make));
  const read = made ?? attempt(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, "ELOOP", (file) => {
    check(path, fstatSync(file));
    return readFileSync(file, "utf8").trim();
  });
  if (read === null) throw refused(path, "it is a symbolic link", FRESH);
  // It was made, and the disk was full.
  return read !== "" ? read : attempt(path, O_WRONLY | O_NOFOLLOW, "ELOOP", (file) => fill(file, make))!;
}

const FRESH = "remove it, and the next start makes another one";

/** Whose folder it is, and that nobody else puts files into it. @throws {Error} one sentence, with the cure. */
export function checkFolder(path: string): void {
  const { uid, mode } = statSync(path);
  if (!isOurs(uid)) {
    throw refused(path, `it belongs to ${userOf(uid)}`, `chown it, or run as that user`);
  }
  if ((mode & OTHERS_WRITE) !== 0) {
    throw refused(path, `others may write into it (mode ${printMode(mode)})`, `chmod go-w ${path}`);
  }
}

function check(path: string, found: Stats): void {
  if (!found.isFile()) throw refused(path, "it is no file", FRESH);
  // Whoever owns the folder can put there what he likes: `check` may be run by root.
  if (!isOurs(found.uid) && found.uid !== statSync(dirname(path)).uid) {
    throw refused(path, `it belongs to ${userOf(found.uid)}, who may know it`, FRESH);
  }
  if ((found.mode & OTHERS) === 0) return;
  const cure = `chmod 600 ${path}; where others may have read it, ${FRESH}`;
  throw refused(path, `it is open to others (mode ${printMode(found.mode)})`, cure);
}

/** Null where the system says `instead`. The error of anything else is one sentence. */
function attempt<T>(path: string, flags: number, instead: string, use: (file: number) => T): T | null {
  let file: number;
  try {
    file = openSync(path, flags, 0o600);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === instead) return null;
    throw refused(path, message, "give the server's user the right to read and write it");
  }
  try {
    return use(file);
  } finally {
    closeSync(file);
  }
}

function fill(file: number, make: () => string): string {
  const made = make();
  writeSync(file, `${made}\n`);
  return made;
}

const refused = (path: string, why: string, cure: string) => new Error(`Cannot use ${path}: ${why}; ${cure}`);
const isOurs = (uid: number) => uid === Deno.uid() || uid === 0;
const userOf = (uid: number) => `the user with the number ${uid}`;
const printMode = (mode: number) => (mode & 0o777).toString(8).padStart(4, "0");
