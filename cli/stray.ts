/**
 * Errors that nobody waited for: a bug of ours in some corner. Without this Deno ends the process, and with it the
 * federation of every domain hosted here, as often as a peer can bring the bug about. Going on is safe, for nothing is open but
 * by a grant, which is made in one place and in one go: what a corner left half done stays closed. docs/decisions/0194.
 */
import { Digest } from "../actors/digest.ts";
import type { Host } from "../actors/host.ts";

/** Tells them, and goes on, until it is disposed of. */
export function survive(host: Host): Disposable {
  const digest = new Digest(host);
  const tell = (id: string, error: unknown) => {
    const text = error instanceof Error ? error.stack ?? error.message : String(error);
    digest.tell(text, { type: "actor.crashed", level: "error", detail: { id, error: text } });
  };
  const rejected = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    tell("stray rejection", event.reason);
  };
  const thrown = (event: ErrorEvent) => {
    event.preventDefault();
    tell("stray error", event.error ?? event.message);
  };
  globalThis.addEventListener("unhandledrejection", rejected);
  globalThis.addEventListener("error", thrown);
  return {
    [Symbol.dispose]: () => {
      globalThis.removeEventListener("unhandledrejection", rejected);
      globalThis.removeEventListener("error", thrown);
      digest.close();
    },
  };
}
