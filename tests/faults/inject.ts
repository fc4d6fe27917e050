/** How each fault of the table is brought about; what is needed for it ends with the result. */
import { Authority } from "../harness/certificates.ts";
import { EJABBERD } from "../interop/peers/ejabberd.ts";
import type { Process } from "../interop/process.ts";
import { blackhole } from "../federation/blackhole.ts";
import type { Settings } from "../harness/verona.ts";
import type { CertificateOptions } from "../harness/certificates.ts";
import { type Ground, hostOf, inDays, type Machine, remoteOf } from "./ground.ts";

const S2S_PORT = 5269;

type Injection = (ground: Ground) => Promise<AsyncDisposable>;

/** The zone alone does it. */
const nothing: Injection = () => Promise.resolve({ [Symbol.asyncDispose]: () => Promise.resolve() });

/** A Verona whose certificate is right but for `options`. */
const shows =
  (machine: Machine, options: CertificateOptions, settings?: Settings): Injection => async (ground) => {
    const identity = await ground.issue({ names: [machineName(machine)], ...options });
    return await ground.verona(machine, machineName(machine), identity, settings);
  };

const machineName = (machine: Machine) =>
  machine === "unknown-algorithm" ? `mx.${remoteOf(machine)}` : hostOf(machine);

export const INJECTIONS: Readonly<Record<string, Injection>> = {
  "nxdomain": nothing,
  "servfail": nothing,
  "expired-signature": nothing,
  "unknown-algorithm": shows("unknown-algorithm", {}),
  "refused": nothing,
  "timeout": (ground) => blackhole(S2S_PORT, ground.ip("timeout")),
  "no-starttls": withoutTls,
  "expired-certificate": shows("expired-certificate", { notBefore: inDays(-30), notAfter: inDays(-1) }),
  "wrong-name": shows("wrong-name", { names: ["mx.elsewhere.example"] }),
  "untrusted-chain": async (ground) => {
    const stranger = await Authority.root("An authority that nobody asked");
    const identity = await stranger.issue({ names: [hostOf("untrusted-chain")] });
    return await ground.verona("untrusted-chain", hostOf("untrusted-chain"), identity);
  },
  "not-authorized": distrustful,
  "clock-skew": shows("clock-skew", { notBefore: inDays(1), notAfter: inDays(90) }),
};

/** A Verona that does not know the authority that vouches for us: our delegation proves nothing to it. */
async function distrustful(ground: Ground): Promise<AsyncDisposable> {
  const other = await Authority.root("The only one that it knows");
  const ca = `${ground.folder}/other.pem`;
  await Deno.writeTextFile(ca, other.pem);
  const identity = await ground.issue({ names: [hostOf("not-authorized")] });
  return await ground.verona("not-authorized", hostOf("not-authorized"), identity, { trust: { ca: [ca] } });
}

/** ejabberd with TLS off: it offers none, and answers `<starttls/>` by `<failure/>`. */
async function withoutTls(ground: Ground): Promise<AsyncDisposable> {
  const domain = remoteOf("no-starttls");
  const folder = `${ground.folder}/ejabberd`;
  await Deno.mkdir(folder);
  const identity = await ground.issue({ names: [domain, hostOf("no-starttls")] });
  const files = { ca: `${ground.folder}/here/ca.pem`, anchor: `${ground.folder}/here/root.key` };
  const launch = await EJABBERD.prepare({
    lab: { files, mounts: {}, resolverIp: ground.lab.settings().servers[0]!.ip },
    ip: ground.ip("no-starttls"),
    folder,
    hosts: [{ domain, identity, target: hostOf("no-starttls"), goodNames: [] }],
    manner: "plain",
    machine: identity,
  });
  const processes = new AsyncDisposableStack();
  try {
    await launch((process: Process) => void processes.use(process));
  } catch (error) {
    await processes.disposeAsync();
    throw error;
  }
  return processes;
}
