/**
 * Where real peers meet the server under test: the signed world of `tests/harness` on a loopback subnet of its own,
 * a real unbound at port 53 before its name server (peers read resolv.conf, which knows no other port), a folder.
 */
import { World } from "../harness/world.ts";
import { listening, type Mounts, Process } from "./process.ts";

/** Last octets in the lab's subnet: the world has 11, 21 and 53; peers 31 to 39; servers under test 101 and up. */
const RESOLVER = 54;
const FIRST_SERVER = 101;

export class Lab implements AsyncDisposable {
  #servers = 0;
  readonly #ends: (() => Promise<void>)[] = [];

  private constructor(
    readonly world: World,
    readonly folder: string,
    readonly resolver: Process,
    /** Over the machine's own inside a peer's namespace. */
    readonly mounts: Mounts,
    readonly files: { readonly ca: string; readonly anchor: string },
  ) {}

  static async open(): Promise<Lab> {
    const world = await World.start();
    const folder = await Deno.makeTempDir({ prefix: "verona-interop-" });
    const at = world.ip(RESOLVER);
    const write = async (name: string, text: string): Promise<string> => {
      await Deno.writeTextFile(`${folder}/${name}`, text);
      return `${folder}/${name}`;
    };
    const [resolv, hosts, nsswitch, ca, anchor, unbound] = await Promise.all([
      write("resolv.conf", `nameserver ${at}\n`),
      write("hosts", "127.0.0.1 localhost\n"),
      write("nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n"),
      write("ca.pem", world.ca.pem),
      write("root.key", `${world.anchor}\n`),
      write("unbound.conf", unboundConfiguration(world, folder)),
    ]);
    const mounts = {
      "/etc/resolv.conf": resolv,
      "/etc/hosts": hosts,
      "/etc/nsswitch.conf": nsswitch,
    };
    const resolver = Process.start("unbound", {
      program: "unbound",
      args: ["-d", "-p", "-c", unbound],
      cwd: folder,
    }, {});
    await listening(resolver, at, 53);
    return new Lab(world, folder, resolver, mounts, { ca, anchor });
  }

  /** An address for one more server under test. */
  nextServerOctet(): number {
    return FIRST_SERVER + this.#servers++;
  }

  /** Done when the lab ends, before its DNS does. */
  defer(end: () => Promise<void>): void {
    this.#ends.push(end);
  }

  get resolverIp(): string {
    return this.world.ip(RESOLVER);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const end of this.#ends) await end();
    await this.resolver.end();
    await this.world[Symbol.asyncDispose]();
    await Deno.remove(this.folder, { recursive: true });
  }
}

/** It validates from the lab's root and keeps nothing, so that a scenario's records count at once. */
const unboundConfiguration = (world: World, folder: string): string => `
server:
  directory: "${folder}"
  chroot: ""
  username: ""
  pidfile: ""
  use-syslog: no
  verbosity: 1
  num-threads: 1
  interface: ${world.ip(RESOLVER)}
  port: 53
  access-control: 127.0.0.0/8 allow
  do-ip6: no
  do-not-query-localhost: no
  trust-anchor-file: "${folder}/root.key"
  module-config: "validator iterator"
  cache-max-ttl: 0
  cache-max-negative-ttl: 0
  val-bogus-ttl: 0
forward-zone:
  name: "."
  forward-addr: ${world.dns.address}@${world.dns.port}
`;
