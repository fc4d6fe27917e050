/** ejabberd as a plain Erlang node: no ejabberdctl, no distribution, so no epmd stays behind. */
import { type Place, PORTS, SECRET } from "./lab.ts";
import type { Kind } from "./server.ts";

/** Where Debian 12 puts it. */
const ERL_LIBS = "/usr/lib/x86_64-linux-gnu";

export const EJABBERD: Kind = {
  name: "ejabberd",
  version: "23.01",
  async prepare(place) {
    const { folder, chain, key } = place;
    const pem = await Deno.readTextFile(chain) + await Deno.readTextFile(key);
    await Promise.all([
      Deno.writeTextFile(`${folder}/full.pem`, pem, { mode: 0o600 }),
      Deno.writeTextFile(`${folder}/ejabberd.yml`, configuration(place)),
      Deno.writeTextFile(`${folder}/inetrc`, resolver(place)),
      Deno.writeTextFile(`${folder}/hosts`, [...place.hosts].map(([name, ip]) => `${ip} ${name}\n`).join("")),
      Deno.mkdir(`${folder}/db`, { recursive: true }),
    ]);
    const kernel = ["-kernel", "inetrc", `"${folder}/inetrc"`];
    const mnesia = ["-mnesia", "dir", `"${folder}/db"`];
    const erl = ["erl", "-noinput", "-pa", await beams(), ...mnesia, ...kernel, "-s", "ejabberd"];
    return {
      program: "unshare",
      args: [Deno.uid() === 0 ? "-m" : "-rm", "sh", "-c", OWN_HOSTS, "sh", `${folder}/hosts`, ...erl],
      env: {
        ERL_LIBS,
        HOME: folder,
        EJABBERD_CONFIG_PATH: `${folder}/ejabberd.yml`,
        EJABBERD_LOG_PATH: `${folder}/ejabberd.log`,
        SPOOL_DIR: `${folder}/db`,
      },
    };
  },
};

async function beams(): Promise<string> {
  for await (const { name } of Deno.readDir(ERL_LIBS)) {
    const path = `${ERL_LIBS}/${name}/ebin`;
    if (
      name.startsWith("ejabberd-") && await Deno.stat(`${path}/ejabberd.app`).then(() => true, () => false)
    ) {
      return path;
    }
  }
  throw new Error(`ejabberd is not in ${ERL_LIBS}; run: apt-get install ejabberd`);
}

const configuration = ({ host, domain, ip, folder, ca }: Place): string => `
outgoing_s2s_families: [ipv4]
hosts: ["${host}"]
loglevel: info
certfiles: ["${folder}/full.pem"]
ca_file: "${ca}"
s2s_use_starttls: required
s2s_cafile: "${ca}"
registration_timeout: infinity
listen:
  - port: ${PORTS.s2s}
    ip: "${ip}"
    module: ejabberd_s2s_in
    max_stanza_size: 524288
  - port: ${PORTS.component}
    ip: "${ip}"
    module: ejabberd_service
    hosts:
      "${domain}":
        password: "${SECRET}"
modules:
  mod_disco: {}
  mod_ping: {}
  mod_s2s_dialback: {}
`;

/** It asks DNS for SRV, but the system for addresses, who reads /etc/hosts: so it gets one of its own. */
const OWN_HOSTS = 'mount --bind "$1" /etc/hosts && shift && exec "$@"';

function resolver({ dns }: Place): string {
  const [ip, port] = dns.split(":");
  return [
    '{resolv_conf,""}.',
    '{hosts_file,""}.',
    "{lookup,[file,dns]}.",
    `{nameserver,{${ip!.replaceAll(".", ",")}},${port}}.`,
    "",
  ].join("\n");
}
