/** What a scenario is: one row of the table, run against every peer in both directions. */
import type { VeronaServer } from "../harness/verona.ts";
import type { Identity } from "../peer/wire.ts";
import type { Shown } from "./identities.ts";
import type { Lab } from "./lab.ts";
import type { Kind, Manner, Peer } from "./peers/peer.ts";
import type { ServerName } from "./servers.ts";
import type { Speaker } from "./speaker.ts";

/** Who speaks first, and so opens the first connection: `out` is us. */
export type Direction = "out" | "in";
export const DIRECTIONS: readonly Direction[] = ["out", "in"];

export type PeerName = Kind["name"];

/** The names of one scenario in one direction; nobody else uses them. */
export interface Site {
  readonly direction: Direction;
  readonly ours: readonly string[];
  readonly theirs: readonly string[];
  /** Where their SRV records point: a name of the peer's machine. */
  readonly target: string;
  /** Where ours point: the server name of the server under test. */
  readonly host: string;
}

export interface Scene extends Site {
  readonly lab: Lab;
  readonly peer: Peer;
  readonly verona: VeronaServer;
  /** The log line of the server under test at which the scene began. */
  readonly since: number;
  /** A user behind our component for our n-th domain, attached for this scene. */
  us(n?: number): Promise<Speaker>;
  /** A user of the peer at its n-th domain, logged in for this scene. */
  them(n?: number): Promise<Speaker>;
}

export interface Scenario {
  /** A label of its domains. */
  readonly key: string;
  readonly name: string;
  readonly directions?: readonly Direction[];
  /** Whom it is about; every peer by default. */
  readonly peers?: readonly PeerName[];
  /** The SRV records of theirs name the domain itself, not a machine that nobody has an account at. */
  readonly ownMachine?: true;
  /** How many domains each side has; one by default. */
  readonly ours?: number;
  readonly theirs?: number;
  /** Which server under test; the one with a certificate of the lab's CA by default. */
  readonly server?: ServerName;
  /** Which process of the peer, each in a lab of its own; the one that takes whatever is proven by default. */
  readonly manner?: Manner;
  /** What the peer shows for its domains; `ca` by default. */
  readonly shows?: Shown;
  /** Publishes more than the usual records, before anything is done; `shown` are the certificates that the peer may show. */
  publish?(lab: Lab, site: Site, shown: readonly Identity[]): void | Promise<void>;
  /** Does it and checks it; the result is how it worked, in few words, for the table. */
  act(scene: Scene): Promise<string>;
  /** Where a peer cannot; its evidence is looked for instead. */
  readonly cannot?: { readonly [peer in PeerName]?: Cannot | { readonly [direction in Direction]?: Cannot } };
}

export interface Cannot {
  readonly why: string;
  /** Finds the evidence: a line of the peer's log or an element of its own, without what changes from run to run. */
  shows(scene: Scene): Promise<string>;
}

export const isAbout = ({ peers }: Scenario, { name }: Kind): boolean => peers?.includes(name) ?? true;

export function cannotOf({ cannot }: Scenario, peer: PeerName, direction: Direction): Cannot | undefined {
  const found = cannot?.[peer];
  return found === undefined || "why" in found ? found : found[direction];
}
