/** One server, and around it every peer, authoritative server and web server of a sample of cells. */
import { Stage } from "../harness/stage.ts";
import { S2S_PORT } from "../harness/world.ts";
import type { Conversation } from "../peer/conversation.ts";
import { Listener } from "../peer/peer.ts";
import { cast, domainOf, type Role } from "./cast.ts";
import { Mailbox } from "./mailbox.ts";
import type { Cell } from "./oracle.ts";
import type { Element } from "../peer/xml.ts";
import { openWeb, type Web } from "./web.ts";

/** What comes to the address of one cell. */
export interface Place {
  readonly role: Role;
  readonly web: Web;
  /** Everybody who connected to port 5269. */
  readonly guests: Guest[];
  /** Resolves with the first stanza that a guest brought. */
  readonly arrival: PromiseWithResolvers<void>;
  /** What went against a script. */
  readonly faults: string[];
}

/** One connection to a cell's address. */
export interface Guest {
  readonly conversation: Conversation;
  readonly requests: Element[];
  readonly stanzas: Element[];
  played: Promise<void>;
}

/** Plays the one who is connected to, until the server ends the connection. */
export type Play = (guest: Guest, place: Place) => Promise<void>;

export class Scene implements AsyncDisposable {
  private constructor(
    readonly stage: Stage,
    readonly places: readonly Place[],
    readonly mailbox: Mailbox,
    readonly listeners: readonly Listener[],
  ) {}

  /** @param verdictTimeout How long the server waits for what a silent peer never says. */
  static async open(cells: readonly Cell[], play: Play, verdictTimeout: string): Promise<Scene> {
    let roles: Role[] = [];
    const stage = await Stage.open({
      prepare: async (world) => {
        roles = await cast(world, cells);
      },
      settings: {
        policy: {
          peer: Object.fromEntries(cells.map(({ policy }, n) => [domainOf(n), { proof: policy }])),
        },
        limits: { verdict_timeout: verdictTimeout },
      },
    });
    const listeners: Listener[] = [];
    const places: Place[] = [];
    for (const role of roles) {
      const place = await newPlace(role);
      places.push(place);
      const serve = (conversation: Conversation) => receive(place, conversation, play);
      listeners.push(await Listener.listen(role.ip, S2S_PORT, `server of ${role.domain}`, serve));
    }
    const mailbox = new Mailbox(await stage.component());
    return new Scene(stage, places, mailbox, listeners);
  }

  /** Plays every cell, so many at a time. What a script did not expect is told with its cell, not thrown. */
  async all(together: number, play: (place: Place) => Promise<void>): Promise<void> {
    const waiting = [...this.places];
    const next = async () => {
      for (let place = waiting.shift(); place !== undefined; place = waiting.shift()) {
        await play(place).catch((error: Error) => place!.faults.push(error.message));
      }
    };
    await Promise.all(Array.from({ length: together }, next));
  }

  /** Nothing more can come: every stanza is in the mailbox, every script has run to its end. */
  async over(): Promise<void> {
    await this.mailbox.close();
    await this.stage.server.stop();
    await Promise.all(this.places.flatMap(({ guests }) => guests.map(({ played }) => played)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.mailbox.component[Symbol.asyncDispose]();
    for (const listener of this.listeners) await listener[Symbol.asyncDispose]();
    for (const { web } of this.places) await web[Symbol.asyncDispose]();
    await this.stage[Symbol.asyncDispose]();
  }
}

async function newPlace(role: Role): Promise<Place> {
  const web = await openWeb(role);
  return { role, web, guests: [], arrival: Promise.withResolvers(), faults: [] };
}

function receive(place: Place, conversation: Conversation, play: Play): void {
  const guest: Guest = { conversation, requests: [], stanzas: [], played: Promise.resolve() };
  place.guests.push(guest);
  guest.played = play(guest, place).catch((error: Error) => {
    place.faults.push(error.message);
  });
}
