/** ejabberd 23.01 as a plain Erlang node: no ejabberdctl, no distribution, so no epmd stays behind. */
import { listening, Process } from "../process.ts";
import { type Host, type Kind, type Place, PORTS } from "./peer.ts";

/** Where Debian 12 puts it. */
const ERL_LIBS = "/usr/lib/x86_64-linux-gnu";

export const EJABBERD: Kind = {
  name: "ejabberd",
  title: "ejabberd 23.01",
  octet: 32,
  way: "EXTERNAL",
  acknowledges: false,
  words: {
    accepted: (theirs, ours, way) =>
      new RegExp(`Accepted inbound s2s ${way} authentication ${ours} -> ${theirs}`),
    authenticated: (theirs, ours, way) =>
      new RegExp(`Accepted outbound s2s ${way} authentication ${theirs} -> ${ours}`),
  },
  async prepare(place) {
    const { lab, ip, folder, hosts } = place;
    await Deno.mkdir(`${folder}/db`);
    await Promise.all(
      hosts.map((host) =>
        Deno.writeTextFile(pem(folder, host), host.identity.certificate + host.identity.key, { mode: 0o600 })
      ),
    );
    await Deno.writeTextFile(`${folder}/ejabberd.yml`, configuration(place));
    const args = ["-noinput", "-pa", await beams(), "-mnesia", "dir", `"${folder}/db"`, "-s", "ejabberd"];
    const env = {
      ERL_LIBS,
      HOME: folder,
      EJABBERD_CONFIG_PATH: `${folder}/ejabberd.yml`,
      EJABBERD_LOG_PATH: `${folder}/ejabberd.log`,
      SPOOL_DIR: `${folder}/db`,
    };
    return async (started) => {
      const process = Process.start("ejabberd", { program: "erl", args, env, cwd: folder }, lab.mounts);
      started(process);
      await Promise.all([PORTS.c2s, PORTS.s2s, PORTS.s2sTls].map((port) => listening(process, ip, port)));
    };
  },
};

async function beams(): Promise<string> {
  for await (const { name } of Deno.readDir(ERL_LIBS)) {
    const path = `${ERL_LIBS}/${name}/ebin`;
    const whole = await Deno.stat(`${path}/ejabberd.app`).then(() => true, () => false);
    if (name.startsWith("ejabberd-") && whole) return path;
  }
  throw new Error(`ejabberd is not in ${ERL_LIBS}; run: apt-get install ejabberd`);
}

const pem = (folder: string, { domain }: Host): string => `${folder}/${domain}.pem`;

const configuration = ({ lab, ip, folder, hosts, manner }: Place): string => `
hosts:
${hosts.map(({ domain }) => `  - "${domain}"`).join("\n")}
certfiles:
${hosts.map((host) => `  - "${pem(folder, host)}"`).join("\n")}
loglevel: ${Deno.env.has("VERONA_INTEROP_LOG") ? "debug" : "info"}
hide_sensitive_log_data: false
log_burst_limit_count: 1000000
outgoing_s2s_families: [ipv4]
ca_file: "${lab.files.ca}"
s2s_cafile: "${lab.files.ca}"
s2s_use_starttls: ${manner === "plain" ? "false" : "required"}
s2s_timeout: 60
auth_method: internal
registration_timeout: infinity
shaper: {}
shaper_rules: {}
listen:
  - port: ${PORTS.c2s}
    ip: "${ip}"
    module: ejabberd_c2s
    max_stanza_size: 524288
    starttls: false
    shaper: none
  - port: ${PORTS.s2s}
    ip: "${ip}"
    module: ejabberd_s2s_in
    max_stanza_size: 524288
    shaper: none
  - port: ${PORTS.s2sTls}
    ip: "${ip}"
    module: ejabberd_s2s_in
    tls: true
    max_stanza_size: 524288
    shaper: none
modules:
  mod_disco: {}
  mod_ping: {}
  mod_register:
    ip_access: all
    registration_watchers: []
  mod_roster: {}
  mod_s2s_dialback: {}
`;
