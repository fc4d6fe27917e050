/** jabberd2 2.7.0: four processes around a router; its names come from udns, its accounts from Berkeley DB. */
import { listening, Process } from "../process.ts";
import { type Host, type Kind, type Place, PORTS, SECRET } from "./peer.ts";

const MODULES = "/usr/lib/x86_64-linux-gnu/jabberd2";
const PARTS = ["s2s", "sm", "c2s"] as const;

export const JABBERD2: Kind = {
  name: "jabberd2",
  title: "jabberd2 2.7.0",
  octet: 33,
  way: "dialback",
  acknowledges: false,
  oneCertificate: true,
  words: {
    accepted: (theirs, ours) => new RegExp(`incoming route '${theirs}/${ours}' is now valid`),
    authenticated: (theirs, ours) => new RegExp(`outgoing route '${theirs}/${ours}' is now valid`),
  },
  async prepare(place) {
    const { lab, ip, folder, hosts, machine } = place;
    await Promise.all([
      Deno.writeTextFile(`${folder}/machine.pem`, machine.certificate + machine.key, { mode: 0o600 }),
      ...hosts.map((host) =>
        Deno.writeTextFile(pem(folder, host), host.identity.certificate + host.identity.key, { mode: 0o600 })
      ),
      ...Object.entries(files(place)).map(([name, text]) => Deno.writeTextFile(`${folder}/${name}`, text)),
    ]);
    const launch = (part: string) =>
      Process.start(
        `jabberd2-${part}`,
        { program: `/usr/sbin/jabberd2-${part}`, args: ["-c", `${folder}/${part}.xml`], cwd: folder },
        lab.mounts,
      );
    return async (started) => {
      // Berkeley DB does not survive -9: accounts are made anew.
      for (const part of ["sm", "c2s"]) {
        await Deno.remove(`${folder}/${part}`, { recursive: true }).catch(() => {});
        await Deno.mkdir(`${folder}/${part}`);
      }
      const start = (part: string) => {
        const process = launch(part);
        started(process);
        return process;
      };
      const router = start("router");
      await listening(router, ip, PORTS.component);
      const parts = PARTS.map(start);
      const [s2s, sm, c2s] = parts as [Process, Process, Process];
      await Promise.all([
        listening(s2s, ip, PORTS.s2s),
        listening(c2s, ip, PORTS.c2s),
        sm.logged(/ready for sessions/),
      ]);
    };
  },
};

const pem = (folder: string, { domain }: Host): string => `${folder}/${domain}.pem`;

const routerConnection = (ip: string): string => `
  <router>
    <ip>${ip}</ip><port>${PORTS.component}</port><user>jabberd</user><pass>${SECRET}</pass>
    <retry><init>5</init><lost>3</lost><sleep>1</sleep></retry>
  </router>
  <log type='stdout'/>`;

/** One each: they run apart. */
const database = (folder: string, part: string): string => `<db><path>${folder}/${part}</path></db>`;

/** Modules that answer pings and deliver; the rest of its default chains is about rosters and offline storage. */
const CHAINS = {
  "in-sess": ["validate", "roster", "iq-ping", "disco", "presence", "deliver"],
  "in-router": ["session", "validate", "presence"],
  "pkt-sm": ["iq-ping", "iq-version", "disco", "presence"],
  "pkt-user": ["roster", "presence", "disco", "deliver"],
  "pkt-router": ["session", "disco"],
  "user-load": ["active", "roster"],
  "user-create": ["active"],
  "user-delete": ["active", "roster"],
  "disco-extend": ["iq-version"],
};

const chains = (): string =>
  Object.entries(CHAINS).map(([id, modules]) =>
    `<chain id='${id}'>${modules.map((module) => `<module>${module}</module>`).join("")}</chain>`
  ).join("\n    ");

/**
 * Domains that show something else than the machine's certificate, by their own name and by that of their SRV target: it
 * takes the header's `to` for either. Only those, for each costs it a tenth of a second at start.
 */
function ownCertificates({ folder, hosts }: Place): string {
  const own = hosts.filter(({ goodNames }) => goodNames.length === 0);
  return own.flatMap((host) =>
    [host.domain, host.target].map((name) => `<id pemfile='${pem(folder, host)}'>${name}</id>`)
  ).join("\n    ");
}

const files = (place: Place): Record<string, string> => {
  const { lab, ip, folder, hosts, manner } = place;
  const plain = manner === "plain";
  const tls = `<pemfile>${folder}/machine.pem</pemfile>
    <cachain>${lab.files.ca}</cachain>
    ${ownCertificates(place)}`;
  return {
    "router-users.xml": `<users><user><name>jabberd</name><secret>${SECRET}</secret></user></users>`,
    "router-filter.xml": `<filter/>`,
    "router.xml": `<router>
  <id>router</id>
  <log type='stdout'/>
  <local><ip>${ip}</ip><port>${PORTS.component}</port><users>${folder}/router-users.xml</users><secret>${SECRET}</secret></local>
  <io><max_fds>1024</max_fds><limits><bytes>0</bytes><connects>0</connects></limits>
    <access><order>allow,deny</order></access></io>
  <aci><acl type='all'><user>jabberd</user></acl><filter>${folder}/router-filter.xml</filter></aci>
</router>`,
    "sm.xml": `<sm>
  <id>sm</id>${routerConnection(ip)}
  <local>${hosts.map(({ domain }) => `<id>${domain}</id>`).join("")}</local>
  <storage><path>${MODULES}</path><driver>db</driver>${database(folder, "sm")}</storage>
  <modules>
    <path>${MODULES}</path>
    ${chains()}
  </modules>
  <discovery><identity><category>server</category><type>im</type><name>jabberd2</name></identity></discovery>
  <user><auto-create/></user>
</sm>`,
    "c2s.xml": `<c2s>
  <id>c2s</id>${routerConnection(ip)}
  <local>
    ${hosts.map(({ domain }) => `<id register-enable='true' realm='${domain}'>${domain}</id>`).join("")}
    <ip>${ip}</ip><port>${PORTS.c2s}</port>
  </local>
  <io><max_fds>1024</max_fds>
    <limits><bytes>0</bytes><stanzas>0</stanzas><connects>0</connects><stanzasize>0</stanzasize></limits>
    <access><order>allow,deny</order></access></io>
  <authreg>
    <path>${MODULES}</path><module>db</module>
    <mechanisms><traditional><plain/></traditional><sasl><plain/></sasl></mechanisms>
    ${database(folder, "c2s")}
  </authreg>
</c2s>`,
    "s2s.xml": `<s2s>
  <id>s2s</id>${routerConnection(ip)}
  <local>
    <ip>${ip}</ip><port>${PORTS.s2s}</port>
    <secret>${SECRET}</secret>
    ${plain ? "" : tls}
  </local>
  <io><max_fds>1024</max_fds><limits><stanzasize>524288</stanzasize></limits></io>
  <check><interval>5</interval><queue>60</queue></check>
  <lookup><srv>xmpp-server</srv><min-ttl>5</min-ttl><max-ttl>5</max-ttl><bad-host-timeout>1</bad-host-timeout></lookup>
  <out-conn-reuse/>
  ${plain ? "" : "<security><require_tls>1</require_tls></security>"}
</s2s>`,
  };
};
