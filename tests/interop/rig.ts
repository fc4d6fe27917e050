/** Everything that one peer's scenarios stand on: the lab, the peer with all their domains, servers under test. */
import type { VeronaServer } from "../harness/verona.ts";
import { goodNames, issue } from "./identities.ts";
import { Lab } from "./lab.ts";
import { type Host, type Kind, Peer } from "./peers/peer.ts";
import { type Direction, DIRECTIONS, type Scenario, type Scene, type Site } from "./scenario.ts";
import { hostName, type ServerName, startServer } from "./servers.ts";
import { Speaker } from "./speaker.ts";

const DEFAULT_SERVER: ServerName = "authenticated";
const OUR_ZONE = "verona.example";

export class Rig implements AsyncDisposable {
  readonly #servers = new Map<ServerName, Promise<VeronaServer>>();

  readonly #octets: ReadonlyMap<ServerName, number>;

  private constructor(
    readonly lab: Lab,
    readonly peer: Peer,
    readonly scenarios: readonly Scenario[],
    octets: ReadonlyMap<ServerName, number>,
  ) {
    this.#octets = octets;
  }

  /** @param scenarios All of one manner. */
  static async open(kind: Kind, scenarios: readonly Scenario[]): Promise<Rig> {
    await using stack = new AsyncDisposableStack();
    const lab = stack.use(await Lab.open());
    const octets = new Map<ServerName, number>();
    const hosts: Host[] = [];
    for (const scenario of scenarios) {
      const server = scenario.server ?? DEFAULT_SERVER;
      if (!octets.has(server)) octets.set(server, lab.nextServerOctet());
      lab.world.machine(hostName(server), octets.get(server)!, OUR_ZONE);
      for (const direction of directionsOf(scenario)) {
        hosts.push(...await plant(lab, kind, scenario, direction));
      }
    }
    const peer = stack.use(await Peer.start(kind, lab, hosts, scenarios[0]!.manner));
    for (const scenario of scenarios) {
      for (const direction of directionsOf(scenario)) await publish(lab, peer, scenario, direction);
    }
    stack.move();
    return new Rig(lab, peer, scenarios, octets);
  }

  /** Starts the server under test when its first scenario comes. */
  #server(name: ServerName): Promise<VeronaServer> {
    let server = this.#servers.get(name);
    if (server === undefined) {
      const domains = this.scenarios
        .filter((scenario) => (scenario.server ?? DEFAULT_SERVER) === name)
        .flatMap((scenario) =>
          directionsOf(scenario).flatMap((one) => siteOf(this.peer.kind, scenario, one).ours)
        );
      server = startServer(this.lab, name, this.#octets.get(name)!, domains);
      this.#servers.set(name, server);
    }
    return server;
  }

  /** Sets the stage for one scenario in one direction; what `us` and `them` brought in leaves with `stack`. */
  async scene(scenario: Scenario, direction: Direction, stack: AsyncDisposableStack): Promise<Scene> {
    const { lab, peer } = this;
    const verona = await this.#server(scenario.server ?? DEFAULT_SERVER);
    const site = siteOf(peer.kind, scenario, direction);
    return {
      ...site,
      lab,
      peer,
      verona,
      since: verona.log.length,
      us: async (n = 0) => stack.use(Speaker.of(await verona.component(site.ours[n]!))),
      them: async (n = 0) => stack.use(await peer.user("juliet", site.theirs[n]!)),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const servers = await Promise.allSettled(this.#servers.values());
    for (const server of servers) {
      if (server.status === "fulfilled") await server.value[Symbol.asyncDispose]();
    }
    await this.peer[Symbol.asyncDispose]();
    await this.lab[Symbol.asyncDispose]();
  }
}

export const directionsOf = (scenario: Scenario): readonly Direction[] => scenario.directions ?? DIRECTIONS;

function siteOf(
  kind: Kind,
  { key, ours = 1, theirs = 1, server, ownMachine }: Scenario,
  direction: Direction,
): Site {
  const names = (count: number, zone: string) =>
    Array.from({ length: count }, (_, n) => `${key}-${direction}${n === 0 ? "" : n + 1}.${zone}`);
  const [remote, ...more] = names(theirs, `${kind.name}.example`);
  return {
    direction,
    ours: names(ours, OUR_ZONE),
    theirs: [remote!, ...more],
    target: ownMachine ? remote! : `xmpp-${key}-${direction}.${kind.name}.example`,
    host: hostName(server ?? DEFAULT_SERVER),
  };
}

/** Lays the records and issues the certificates of one scenario in one direction. */
async function plant(lab: Lab, kind: Kind, scenario: Scenario, direction: Direction): Promise<Host[]> {
  const site = siteOf(kind, scenario, direction);
  lab.world.machine(site.target, kind.octet, `${kind.name}.example`);
  for (const domain of site.theirs) {
    const zone = lab.world.customer(domain, [site.target]);
    if (domain === site.target) zone.set(domain, "A", [lab.world.ip(kind.octet)]);
  }
  for (const domain of site.ours) lab.world.customer(domain, [site.host]);
  const shown = scenario.shows ?? "ca";
  const named = { domains: site.theirs, target: site.target };
  const identity = await issue(lab, shown, named);
  const host = { target: site.target, identity, goodNames: goodNames(shown, named) };
  return site.theirs.map((domain) => ({ ...host, domain }));
}

async function publish(
  lab: Lab,
  { kind, place }: Peer,
  scenario: Scenario,
  direction: Direction,
): Promise<void> {
  const site = siteOf(kind, scenario, direction);
  const { identity } = place.hosts.find(({ domain }) => domain === site.theirs[0])!;
  await scenario.publish?.(lab, site, kind.oneCertificate ? [identity, place.machine] : [identity]);
}
