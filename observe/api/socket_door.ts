/**
 * The console's Unix socket: no other user may connect, and what else stands at its place stays there. console.md 2.4.
 * unix(7): who may write to it may connect, a dead process leaves its socket behind, and bind(2) replaces nothing.
 */
import { makingPlace } from "../../config/console_place.ts";
import type { Answer, Door } from "./door.ts";

const ONLY_OWNER = 0o600;

export class SocketDoor implements Door<Deno.UnixAddr> {
  readonly addr: Deno.UnixAddr;
  /** The file that is ours: by its links it lives, so that no other one has its number. */
  #made: { readonly dev: number; readonly ino: number | null } | null = null;

  private constructor(readonly path: string) {
    this.addr = { transport: "unix", path };
  }

  /** Takes away the socket of a process that is gone, and nothing else. @throws {Error} one sentence with its cure. */
  static async at(path: string): Promise<SocketDoor> {
    await clear(path);
    return new SocketDoor(path);
  }

  /** Made where nobody else may look, closed to others, then put at its place unless something stands there. */
  open(answer: Answer, signal: AbortSignal): Deno.HttpServer {
    const making = makingPlace(this.path, crypto.randomUUID().slice(0, 6));
    try {
      Deno.mkdirSync(making.folder, { mode: 0o700 });
    } catch (error) {
      throw refusal(this.path, error);
    }
    const cancel = new AbortController();
    try {
      const server = Deno.serve(
        { path: making.path, signal: AbortSignal.any([signal, cancel.signal]), onListen: () => {} },
        (request) => answer(request, `unix:${this.path}`),
      );
      Deno.chmodSync(making.path, ONLY_OWNER);
      Deno.linkSync(making.path, this.path);
      const { dev, ino } = Deno.lstatSync(this.path);
      this.#made = { dev, ino };
      return server;
    } catch (error) {
      cancel.abort();
      throw refusal(this.path, error);
    } finally {
      Deno.removeSync(making.folder, { recursive: true });
    }
  }

  leave(): void {
    const made = this.#made;
    this.#made = null;
    if (made === null) return;
    try {
      const { dev, ino } = Deno.lstatSync(this.path);
      if (dev === made.dev && ino === made.ino) Deno.removeSync(this.path);
    } catch {
      // Somebody else took it away, or the folder: nothing of ours is left there.
    }
  }
}

async function clear(path: string): Promise<void> {
  const found = look(path);
  if (found === null) return;
  if (!found.isSocket) {
    throw new Error(said(path, "what is there is no socket, and stays; move it away or change the key"));
  }
  if (await lives(path)) {
    throw new Error(said(path, "another program listens there: stop it or change the key"));
  }
  removeStale(path, found);
}

/** Looked at itself, not at what a link in its place points to. */
function look(path: string): Deno.FileInfo | null {
  try {
    return Deno.lstatSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw refusal(path, error);
  }
}

/** Only a refusal says that nobody listens: a full backlog, or a socket that we may not ask, is somebody's. */
async function lives(path: string): Promise<boolean> {
  try {
    (await Deno.connect({ transport: "unix", path })).close();
    return true;
  } catch (error) {
    return !(error instanceof Deno.errors.ConnectionRefused) && !(error instanceof Deno.errors.NotFound);
  }
}

/** Moved aside first: a server that began in the meantime has put its own there, and gets it back. */
function removeStale(path: string, stale: Deno.FileInfo): void {
  const aside = makingPlace(path, crypto.randomUUID().slice(0, 6));
  try {
    Deno.mkdirSync(aside.folder, { mode: 0o700 });
    try {
      Deno.renameSync(path, aside.path);
      const moved = Deno.lstatSync(aside.path);
      if (moved.dev !== stale.dev || moved.ino !== stale.ino) Deno.linkSync(aside.path, path);
    } finally {
      Deno.removeSync(aside.folder, { recursive: true });
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw refusal(path, error);
  }
}

function refusal(path: string, error: unknown): Error {
  const reason = (error as Error).message.replace(/ \(os error \d+\).*$/s, "");
  return new Error(said(path, `${reason}; ${cure(error)}`), { cause: error });
}

const said = (path: string, why: string) => `Cannot listen on unix:${path} (listen.console): ${why}`;

function cure(error: unknown): string {
  if (error instanceof Deno.errors.AlreadyExists) {
    return "another program took the place: stop it or change the key";
  }
  if (error instanceof Deno.errors.NotFound) {
    return "make its folder, for the server's user alone (systemd: RuntimeDirectory=verona)";
  }
  if (error instanceof Deno.errors.PermissionDenied) {
    return "give the server's user the right to write into its folder";
  }
  return "change the key";
}
