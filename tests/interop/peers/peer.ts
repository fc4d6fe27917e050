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
}

/** How one kind of peer is brought up. */
export interface Kind {
  readonly name: "prosody" | "ejabberd" | "jabberd2";
  /** As its documentation is quoted. */
  readonly title: string;
  readonly octet: number;
  /** Writes its configuration; the result starts it, as often as it is asked, until it serves. */
  prepare(place: Place): Promise<() => Promise<readonly Process[]>>;
}

export interface Place {
  readonly lab: Lab;
  readonly ip: string;
  readonly folder: string;
  readonly hosts: readonly Host[];
}

export class Peer implements AsyncDisposable {
  #processes: readonly Process[] = [];
  /** Of processes that have ended. */
  readonly #past: string[] = [];

  private constructor(
    readonly kind: Kind,
    readonly place: Place,
    readonly launch: () => Promise<readonly Process[]>,
  ) {}

  static async start(kind: Kind, lab: Lab, hosts: readonly Host[]): Promise<Peer> {
    const folder = `${lab.folder}/${kind.name}`;
    await Deno.mkdir(folder);
    const place = { lab, ip: lab.world.ip(kind.octet), folder, hosts };
    const peer = new Peer(kind, place, await kind.prepare(place));
    await peer.start();
    return peer;
  }

  async start(): Promise<void> {
    this.#processes = await this.launch();
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
