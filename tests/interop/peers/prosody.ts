/** Prosody 0.12.3; its names come from libunbound, which validates from the lab's root by itself. */
import { listening, Process, serving } from "../process.ts";
import { type Host, type Kind, type Place, PORTS } from "./peer.ts";

export const PROSODY: Kind = {
  name: "prosody",
  title: "Prosody 0.12.3",
  octet: 31,
  way: "EXTERNAL",
  acknowledges: true,
  words: {
    accepted: (theirs, ours, way) =>
      way === "EXTERNAL"
        ? new RegExp(`${theirs}:saslauth\\s.*Accepting SASL EXTERNAL identity from ${ours}`)
        : new RegExp(`connection ${ours}->${theirs} is now authenticated for ${ours}`),
    authenticated: (theirs, ours, way) =>
      way === "EXTERNAL"
        ? new RegExp(`${theirs}:saslauth\\s.*SASL EXTERNAL with ${ours} succeeded`)
        : new RegExp(`connection ${theirs}->${ours} is now authenticated for ${ours}`),
  },
  async prepare(place) {
    const { lab, ip, folder, hosts, manner } = place;
    const config = `${folder}/prosody.cfg.lua`;
    await Promise.all(["data", "certs"].map((name) => Deno.mkdir(`${folder}/${name}`)));
    await Promise.all(hosts.flatMap(({ domain, identity }) => [
      Deno.writeTextFile(`${folder}/certs/${domain}.crt`, identity.certificate),
      Deno.writeTextFile(`${folder}/certs/${domain}.key`, identity.key, { mode: 0o600 }),
    ]));
    await Deno.writeTextFile(config, configuration(place));
    return async (started) => {
      const command = { program: "prosody", args: ["--config", config, "-F"], cwd: folder };
      const process = Process.start("prosody", command, lab.mounts);
      started(process);
      await Promise.all([
        ...(manner === "plain" ? [PORTS.s2s] : [PORTS.s2s, PORTS.s2sTls]).map((port) =>
          listening(process, ip, port)
        ),
        serving(process, ip, PORTS.c2s, hosts[0]!.domain),
      ]);
    };
  },
};

const configuration = ({ lab, ip, folder, hosts, manner }: Place): string => {
  const plain = manner === "plain";
  return `
pidfile = "${folder}/prosody.pid"
data_path = "${folder}/data"
run_as_root = true
interfaces = { "${ip}" }
c2s_ports = { ${PORTS.c2s} }
s2s_ports = { ${PORTS.s2s} }
s2s_direct_tls_ports = { ${plain ? "" : PORTS.s2sTls} }
modules_enabled = { "saslauth", ${
    plain ? "" : `"tls", `
  }"dialback", "disco", "ping", "roster", "presence", "register_ibr", "s2s_bidi", "smacks" }
modules_disabled = { "posix", "offline"${plain ? `, "tls"` : ""} }
authentication = "internal_plain"
allow_registration = true
c2s_require_encryption = false
allow_unencrypted_plain_auth = true
c2s_stanza_size_limit = 524288
s2s_secure_auth = ${manner === "strict"}
s2s_require_encryption = ${!plain}
use_ipv6 = false
limits = {}
unbound = {
  resolvconf = false;
  forward = "${lab.resolverIp}";
  trustfile = "${lab.files.anchor}";
  options = { ["do-not-query-localhost:"] = "no"; ["cache-max-ttl:"] = "0"; ["cache-max-negative-ttl:"] = "0" };
}
network_backend = "epoll"
log = { { levels = { min = "debug" }, to = "console", timestamps = "%H:%M:%S" } }
certificates = "${folder}/certs" -- where direct TLS looks for them by SNI
ssl = { ${files(folder, hosts[0]!)}; cafile = "${lab.files.ca}" }
${hosts.map((host) => virtualHost(folder, host)).join("")}`;
};

const files = (folder: string, { domain }: Host): string =>
  `key = "${folder}/certs/${domain}.key"; certificate = "${folder}/certs/${domain}.crt"`;

const virtualHost = (folder: string, host: Host): string => `
VirtualHost "${host.domain}"
  ssl = { ${files(folder, host)} }
`;
