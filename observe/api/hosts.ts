/** Which names the console answers to: a browser that was led here by another one (DNS rebinding) is sent away. console.md 2.4. */
import { isLoopback } from "../../config/loopback.ts";
import type { ConsolePlace } from "../../config/config.ts";
import ipaddr from "ipaddr.js";

/** Whether a `Host`, without its port, is one of ours. */
export type Hosts = (host: string) => boolean;

/** Beside the address that is listened on: loopback's own names, where a tunnel to a socket begins, and those of the console's certificate. */
export function hostsOf(place: ConsolePlace, names: readonly string[] = []): Hosts {
  const listening = "path" in place ? null : place.host;
  const everywhere = listening === "0.0.0.0" || listening === "::";
  const known = names.map((name) => name.toLowerCase());
  return (text) => {
    const host = text.toLowerCase().replace(/^\[(.*)\]$/, "$1");
    if (host === listening || isLoopback(host)) return true;
    // No name leads to an address but itself.
    if (ipaddr.isValid(host)) return everywhere || known.includes(host);
    const [, ...parent] = host.split(".");
    return known.includes(host) || known.includes(["*", ...parent].join("."));
  };
}
