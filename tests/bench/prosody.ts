/** Prosody, its names from lua-unbound. */
import { type Place, PORTS, SECRET } from "./lab.ts";
import type { Kind } from "./server.ts";

/** With other global options: Prosody takes each once only, so `s2s_secure_auth` has to be among them. */
export const prosodyWith = (options: string): Kind => ({
  name: "prosody",
  version: "0.12.3",
  async prepare(place) {
    const config = `${place.folder}/prosody.cfg.lua`;
    await Deno.mkdir(`${place.folder}/data`, { recursive: true });
    await Deno.writeTextFile(config, configuration(place, options));
    return { program: "prosody", args: ["--config", config, "-F"] };
  },
});

export const PROSODY: Kind = prosodyWith("s2s_secure_auth = true");

/** lua-unbound finds a local server only so: never with `trusted = {}`. */
const configuration = (
  { host, domain, ip, folder, chain, key, ca, dns }: Place,
  options: string,
): string => `
pidfile = "${folder}/prosody.pid"
data_path = "${folder}/data"
run_as_root = true
interfaces = { "${ip}" }
s2s_ports = { ${PORTS.s2s} }
modules_enabled = { "saslauth", "tls", "dialback", "disco", "ping", "s2s_bidi", "smacks" }
modules_disabled = { "c2s" }
component_interfaces = { "${ip}" }
component_ports = { ${PORTS.component} }
s2s_require_encryption = true
limits = {}
unbound = { resolvconf = false, forward = "${dns.replace(":", "@")}" }
network_backend = "epoll"
log = { { levels = { min = "warn" }, to = "console" } }
ssl = { key = "${key}"; certificate = "${chain}"; cafile = "${ca}" }
${options}
VirtualHost "${host}"
Component "${domain}"
  component_secret = "${SECRET}"
  modules_enabled = { "s2s", "tls", "dialback", "saslauth", "s2s_bidi" }
`;
