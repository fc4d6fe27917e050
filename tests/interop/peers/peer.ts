/** A real server of somebody else's: what every kind of it can be asked for. */
import type { Identity } from "../../peer/wire.ts";
import type { Lab } from "../lab.ts";
import type { Process } from "../process.ts";
import type { Speaker } from "../speaker.ts";
import { register } from "../user.ts";

export const PORTS = { c2s: 5222, s2s: 5269, s2sTls: 5270, component: 5347 } as const;
export const SECRET = "a secret of the lab, on loopback only";

/** One domain that a peer serves, with the certificate that it shows for it. */
export interface Host {
  readonly domain: string;
  readonly identity: Identity;
  /** The name of its machine, as in its SRV record. */
  readonly target: string;
  /** What a certificate of the lab's CA for the whole machine may name on its behalf. */
  readonly goodNames: readonly string[];
}

/** How one kind of peer is brought up. */
export interface Kind {
  readonly name: "prosody" | "ejabberd" | "jabberd2";
  /** As its documentation is quoted. */
  readonly title: string;
  readonly octet: number;
  readonly words: Words;
  /** How it proves itself, and takes us, when certificates are good. */
  readonly way: Way;
  /** Speaks stream management between servers. */
  readonly acknowledges: boolean;
  /** As TLS client it shows the machine's certificate for every domain. */
  readonly oneCertificate?: true;
  /** Writes its configuration; the result starts it, as often as it is asked. */
  prepare(place: Place): Promise<Launch>;
}

/** Starts the processes, tells each at once, and waits until they serve. */
export type Launch = (started: (process: Process) => void) => Promise<void>;

/**
 * Settings of a whole server: `usual`; `plain`: TLS is off, for everybody; `strict`: nobody is taken without a
 * certificate for its own domain (Prosody's `s2s_secure_auth`).
 */
export type Manner = "usual" | "plain" | "strict";

/** How two domains came to trust each other. */
export type Way = "EXTERNAL" | "dialback";

/** What its log says about a pair of one of its domains and one of ours. */
export interface Words {
  /** We came to it, and it let us in. */
  accepted(theirs: string, ours: string, way: Way): RegExp;
  /** It came to us, and we let it in. */
  authenticated(theirs: string, ours: string, way: Way): RegExp;
}

export interface Place {
  readonly lab: Pick<Lab, "files" | "mounts" | "resolverIp">;
  readonly ip: string;
  readonly folder: string;
  readonly hosts: readonly Host[];
  readonly manner: Manner;
  /** Of the lab's CA, for the machine and every good name, for a peer that has one certificate as client. */
  readonly machine: Identity;
}

export class Peer implements AsyncDisposable {
  #processes: Process[] = [];
  /** Of processes that have ended. */
  readonly #past: string[] = [];

  private constructor(
    readonly kind: Kind,
    readonly place: Place,
    readonly launch: Launch,
  ) {}

  static async start(kind: Kind, lab: Lab, hosts: readonly Host[], manner: Manner = "usual"): Promise<Peer> {
    const folder = `${lab.folder}/${kind.name}`;
    await Deno.mkdir(folder);
    const names = [`xmpp.${kind.name}.example`, ...new Set(hosts.flatMap(({ goodNames }) => goodNames))];
    const machine = await lab.world.ca.issue({ names });
    const place = { lab, ip: lab.world.ip(kind.octet), folder, hosts, manner, machine };
    const peer = new Peer(kind, place, await kind.prepare(place));
    try {
      await peer.start();
    } catch (error) {
      await peer.kill();
      throw error;
    }
    return peer;
  }

  /** Starts it (again) and waits until it serves. */
  async start(): Promise<void> {
    this.#processes = [];
    await this.launch((process) => this.#processes.push(process));
  }

  /** -9 for all its processes at once. */
  async kill(): Promise<void> {
    for (const process of this.#processes) process.kill("SIGKILL");
    await Promise.all(this.#processes.map((process) => process.end()));
    this.#past.push(...this.#processes.flatMap(({ log }) => log));
    this.#processes = [];
  }

  /** A new account, logged in. */
  user(name: string, domain: string): Promise<Speaker> {
    return register({ host: this.place.ip, port: PORTS.c2s }, name, domain);
  }

  get log(): string[] {
    return [...this.#past, ...this.#processes.flatMap(({ log }) => log)];
  }

  /** The first line that matches, past or future, of any of its processes. */
  async logged(pattern: RegExp, ms?: number): Promise<string> {
    const past = this.#past.find((line) => pattern.test(line));
    if (past !== undefined) return past;
    return await Promise.any(this.#processes.map((process) => process.logged(pattern, 0, ms)))
      .catch((error: AggregateError) => {
        throw error.errors[0];
      });
  }

  tail(lines = 60): string {
    return this.#processes.map((process) => `--- ${process.name}\n${process.tail(lines)}`).join("\n");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}
