/** Where faults are injected: the signed zones of tests/dnslab behind unbound, a private PKI, and the server under test with one component. */
import { Authority, type CertificateOptions } from "../harness/certificates.ts";
import { configuration, type Ground as Around } from "../harness/stage.ts";
import { type Settings, VeronaServer } from "../harness/verona.ts";
import { Component } from "../peer/component.ts";
import type { Identity } from "../peer/wire.ts";
import { Lab } from "../resolver/lab.ts";

const SUFFIX = "faults.example";
export const LOCAL = `here.${SUFFIX}`;

/** The remote domain of a fault, and the machine that its SRV names (tests/dnslab/zones.py). */
export const remoteOf = (id: string): string => `${id}.${SUFFIX}`;
export const hostOf = (id: string): string => `mx-${id}.${SUFFIX}`;

const DAY_MS = 86_400_000;
export const inDays = (days: number) => new Date(Date.now() + days * DAY_MS);

/** Last octets, as the zone has them. */
const OCTETS = {
  "here": 141,
  "refused": 142,
  "timeout": 143,
  "no-starttls": 144,
  "expired-certificate": 145,
  "wrong-name": 146,
  "untrusted-chain": 147,
  "not-authorized": 148,
  "clock-skew": 149,
  "unknown-algorithm": 150,
} as const;
export type Machine = keyof typeof OCTETS;

export class Ground implements AsyncDisposable {
  readonly #ends = new AsyncDisposableStack();

  private constructor(
    readonly lab: Lab,
    /** Trusted by everybody here. */
    readonly ca: Authority,
    readonly anchor: string,
    readonly folder: string,
  ) {}

  static async open(): Promise<Ground> {
    const lab = await Lab.start(7);
    const anchor = await Deno.readTextFile(`${lab.directory}/root.key`);
    return new Ground(
      lab,
      await Authority.root(),
      anchor,
      await Deno.makeTempDir({ prefix: "verona-faults-" }),
    );
  }

  ip(machine: Machine): string {
    return `${this.lab.subnet}.${OCTETS[machine]}`;
  }

  issue(options: CertificateOptions): Promise<Identity> {
    return this.ca.issue(options);
  }

  /** A Verona on one of the zone's machines. */
  async verona(
    machine: Machine,
    name: string,
    identity: Identity,
    settings: Settings = {},
  ): Promise<VeronaServer> {
    const directory = `${this.folder}/${machine}`;
    await Deno.mkdir(directory);
    const ip = this.ip(machine);
    const { port, ip: address } = this.lab.settings().servers[0]!;
    const around: Around = {
      ca: this.ca,
      anchor: this.anchor,
      receiving: identity,
      serverIp: ip,
      dns: { address, port },
    };
    const hosted = [remoteOf(machine)];
    const options = { place: { name, identity, ip }, hosted, settings };
    const server = await VeronaServer.spawn(directory, await configuration(around, directory, options));
    // It serves, though with a certificate that is out of its time it never says that it is ready.
    await server.told({ event: "server.ready" });
    return server;
  }

  /** The server under test and its component; both end with the ground. */
  async underTest(): Promise<{ server: VeronaServer; component: Component }> {
    const settings = {
      limits: { connect_timeout: "3s", connect_total: "9s" },
      policy: { block: [remoteOf("blocked")] },
    };
    const identity = await this.issue({ names: [hostOf("here")] });
    const server = this.#ends.use(await this.verona("here", hostOf("here"), identity, settings));
    const component = await Component.attach(server.components, LOCAL, "secret", server.components.host);
    return { server, component: this.#ends.use(component) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#ends.disposeAsync();
    await this.lab[Symbol.asyncDispose]();
    await Deno.remove(this.folder, { recursive: true });
  }
}
