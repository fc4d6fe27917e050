/** Where the files lie that a configuration names: relative paths count from its own folder, wherever a command is started. */
import { isAbsolute, join, resolve } from "node:path";
import type { ConfigFile } from "./schema.ts";

/** The same configuration with its paths counted from `folder`. */
export function placedIn(folder: string, file: ConfigFile): ConfigFile {
  const at = (path: string): string => isAbsolute(path) ? path : join(folder, path);
  const unless = (word: string, path: string): string => path === word ? path : at(path);
  const { server, certificate, trust, dns, listen, console, domain } = file;
  const place = listen.console;
  return {
    ...file,
    server: {
      ...server,
      data_dir: at(server.data_dir),
      dialback_secret_file: unless("", server.dialback_secret_file),
    },
    certificate: certificate.map(({ chain, key }) => ({ chain: at(chain), key: at(key) })),
    trust: { ca: trust.ca.map((entry) => unless("system", entry)) },
    dns: { ...dns, trust_anchor: unless("iana", dns.trust_anchor) },
    // The commands name it to whoever makes a tunnel to it.
    listen: place !== null && "path" in place
      ? { ...listen, console: { path: resolve(folder, place.path) } }
      : listen,
    console: console && { tls_chain: at(console.tls_chain), tls_key: at(console.tls_key) },
    domain: domain.map(({ component_secret_file, ...rest }) =>
      component_secret_file === undefined
        ? rest
        : { ...rest, component_secret_file: at(component_secret_file) }
    ),
  };
}
