/**
 * The Debian packages that tests need, installed when they are missing and we are root. Services that a package
 * would start by itself are kept from starting: the tests run their own, on loopback.
 */

/** A tool, and how to see that it is there. Python is Debian's own: another one on the PATH has none of its packages. */
export interface Needed {
  readonly package: string;
  readonly probe: readonly string[];
  /** The unit that Debian would start. */
  readonly service?: string;
}

/** Real servers that the tests federate with (tests/interop), and what they stand on. */
export const PEERS: readonly Needed[] = [
  { package: "unbound", probe: ["unbound", "-V"], service: "unbound" },
  // Asked for their version, these would start.
  { package: "prosody", probe: ["test", "-x", "/usr/bin/prosody"], service: "prosody" },
  { package: "lua-unbound", probe: ["lua5.4", "-e", "require 'lunbound'"] },
  { package: "ejabberd", probe: ["test", "-x", "/usr/sbin/ejabberdctl"], service: "ejabberd" },
  { package: "jabberd2", probe: ["test", "-x", "/usr/sbin/jabberd2-s2s"], service: "jabberd" },
  { package: "util-linux", probe: ["unshare", "--version"] },
];

const NEEDED: readonly Needed[] = [
  ...PEERS,
  { package: "knot", probe: ["knotd", "--version"], service: "knot" },
  { package: "bind9", probe: ["named", "-v"], service: "named" },
  { package: "bind9-utils", probe: ["dnssec-signzone", "-V"] },
  { package: "bind9-dnsutils", probe: ["delv", "-v"] },
  { package: "chromium", probe: ["chromium", "--version"] },
  { package: "openssl", probe: ["openssl", "version"] },
  { package: "python3", probe: ["/usr/bin/python3", "--version"] },
  { package: "python3-lxml", probe: ["/usr/bin/python3", "-c", "import lxml.etree"] },
  // The commands in a terminal, and their completion.
  { package: "tmux", probe: ["tmux", "-V"] },
  { package: "zsh", probe: ["zsh", "--version"] },
  { package: "fish", probe: ["fish", "--version"] },
  { package: "iproute2", probe: ["ip", "-V"] },
  // promtool, and the server that scrapes; both parsers of expositions.
  { package: "prometheus", probe: ["promtool", "--version"], service: "prometheus" },
  {
    package: "python3-prometheus-client",
    probe: ["/usr/bin/python3", "-c", "import prometheus_client.openmetrics"],
  },
  { package: "procps", probe: ["ps", "--version"] },
  { package: "rustfmt-web", probe: ["cargo", "fmt", "--version"] },
  { package: "rust-web-clippy", probe: ["cargo", "clippy", "--version"] },
];

/** Whether a command runs and ends well; Debian keeps servers in sbin. */
async function succeeds([command, ...args]: readonly string[]): Promise<boolean> {
  try {
    const { success } = await new Deno.Command(command!, {
      args,
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).output();
    return success;
  } catch {
    return false;
  }
}

/** Those whose probe fails. */
export async function missing(needed: readonly Needed[]): Promise<Needed[]> {
  const there = await Promise.all(needed.map(({ probe }) => succeeds(probe)));
  return needed.filter((_, at) => !there[at]);
}

/** Its words are shown when it fails. */
async function apt(...args: string[]): Promise<boolean> {
  const { success, stderr } = await new Deno.Command("apt-get", {
    args: ["-q", ...args],
    env: { DEBIAN_FRONTEND: "noninteractive" },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  if (!success) console.log(new TextDecoder().decode(stderr).trim());
  return success;
}

/** Debian asks this script before it starts a service; 101 means no. Left alone where the machine has one. */
const DOORMAN = "/usr/sbin/policy-rc.d";

async function withoutServices<T>(work: () => Promise<T>): Promise<T> {
  const ours = await Deno.writeTextFile(DOORMAN, "#!/bin/sh\nexit 101\n", { createNew: true, mode: 0o755 })
    .then(() => true, () => false);
  try {
    return await work();
  } finally {
    if (ours) await Deno.remove(DOORMAN);
  }
}

/** Installs what is missing if it may; returns what is missing still, as sentences. */
export async function installPackages(needed: readonly Needed[] = NEEDED): Promise<string[]> {
  Deno.env.set("PATH", `${Deno.env.get("PATH")}:/usr/local/sbin:/usr/sbin:/sbin`);
  const wanted = await missing(needed);
  if (wanted.length > 0 && Deno.uid() === 0 && await succeeds(["apt-get", "--version"])) {
    const names = wanted.map((needed) => needed.package);
    console.log(`installing ${names.join(" ")} from Debian`);
    await withoutServices(async () => {
      await apt("update");
      // One that cannot be had must not cost the others.
      if (!await apt("install", "-y", "--no-install-recommends", ...names)) {
        for (const name of names) await apt("install", "-y", "--no-install-recommends", name);
      }
    });
    await disable(wanted.flatMap(({ service }) => service ?? []));
  }
  return (await missing(needed)).map(({ package: name }) => `${name} is missing: apt-get install ${name}`);
}

/** So that they do not start with the machine either. */
async function disable(services: readonly string[]): Promise<void> {
  const systemd = await Deno.stat("/run/systemd/system").then(() => true, () => false);
  if (systemd && services.length > 0) await succeeds(["systemctl", "disable", "--now", ...services]);
}
