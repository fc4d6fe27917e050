/** Where the console listens: an address, or a Unix socket ("unix:/run/verona/console.sock"). console.md 2.4. */
import { dirname } from "node:path";
import type { ConsolePlace } from "./config.ts";
import { isLoopback } from "./loopback.ts";
import { parseAddress, printAddress } from "./units.ts";

/** Null when it is neither. */
export function parseConsolePlace(text: string): ConsolePlace | null {
  if (!text.startsWith("unix:")) return parseAddress(text);
  const path = text.slice("unix:".length);
  return path === "" || /\p{Cc}/u.test(path) ? null : { path };
}

/** What {@link parseConsolePlace} reads back. */
export function printConsolePlace(place: ConsolePlace): string {
  return "path" in place ? `unix:${place.path}` : printAddress(place);
}

/** `sun_path` of Linux, less the NUL at its end (unix(7)). */
const MAX_PATH_BYTES = 107;

/** Where it is bound before anybody may see it. @param unique Six characters. */
export function makingPlace(
  path: string,
  unique = "123456",
): { readonly folder: string; readonly path: string } {
  const folder = `${dirname(path)}/.v${unique}`;
  return { folder, path: `${folder}/s` };
}

/** Null when the system takes it. */
export function pathFault(path: string): string | null {
  const bytes = (text: string) => new TextEncoder().encode(text).length;
  const needed = Math.max(bytes(path), bytes(makingPlace(path).path));
  return needed <= MAX_PATH_BYTES
    ? null
    : `"${path}" is too long for a socket by ${
      needed - MAX_PATH_BYTES
    } bytes; name a shorter one, such as "unix:/run/verona/console.sock"`;
}

/** What it and `[console]` come to together. */
export function checkConsole(
  { listen: { console: place }, console: tls }: {
    readonly listen: { readonly console: ConsolePlace | null };
    readonly console?: unknown;
  },
  complain: (path: readonly PropertyKey[], message: string) => void,
): void {
  if (place === null) return;
  const listen = (message: string) => complain(["listen", "console"], message);
  if ("path" in place) {
    const fault = pathFault(place.path);
    if (fault !== null) listen(fault);
    if (tls !== undefined) complain(["console"], "is for an address: a socket has no TLS; leave it out");
  } else if (!isLoopback(place.host) && tls === undefined) {
    listen("is not on loopback: set [console] tls_chain and tls_key, or use 127.0.0.1");
  }
}
