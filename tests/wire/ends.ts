/** Both ends of a connection under test: our own `Connection` over real TCP, and what its sink has seen. */
import { Authority } from "../harness/certificates.ts";
import { within } from "../peer/deadline.ts";
import type { Identity } from "../peer/wire.ts";
import { type TlsFacts } from "../../facts/certificate.ts";
import type {
  Batch,
  Connection,
  ConnectionOptions,
  Ending,
  FrameLimits,
  Sink,
} from "../../wire/connection.ts";
import { dial } from "../../wire/dial.ts";
import { Identities } from "../../wire/identity.ts";
import { listen, type Listener } from "../../wire/listener.ts";
import { Trust } from "../../wire/trust.ts";

export const HEADER = "<?xml version='1.0'?><stream:stream xmlns='jabber:server' " +
  "xmlns:stream='http://etherx.jabber.org/streams' from='a.example' to='b.example' version='1.0'>";
export const FEATURES =
  "<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls></stream:features>";
export const STARTTLS = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";
export const PROCEED = "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";

export const message = (body: string): string =>
  `<message from='r@a.example' to='j@b.example'><body>${body}</body></message>`;

export const LIMITS: FrameLimits = {
  headerBytes: 8192,
  stanzaBytes: 524_288,
  oversizeBytes: 0,
  depth: 64,
  attributes: 64,
  elements: 10_000,
  valueBytes: 16_384,
  nameBytes: 256,
  namespaceBytes: 1024,
  bytesPerSecond: 0,
};

const encoder = new TextEncoder();
export const encode = (text: string): Uint8Array<ArrayBuffer> => encoder.encode(text);

export interface Item {
  readonly kind: number;
  readonly text: string;
}

/** A sink that notes what comes and lets a test wait for it. */
export class Ear implements Sink {
  readonly items: Item[] = [];
  facts: TlsFacts | null = null;
  /** While it is set, every batch pauses the reading until it settles. */
  hold: Promise<void> | null = null;
  onItem: (item: Item, batch: Batch) => void = () => {};
  onSecured: () => void = () => {};
  #changed = Promise.withResolvers<void>();

  batch(batch: Batch): void | Promise<void> {
    for (let i = 0; i < batch.count; i++) {
      const item = { kind: batch.kind(i), text: batch.text(i) };
      this.items.push(item);
      this.onItem(item, batch);
    }
    this.#tell();
    return this.hold ?? undefined;
  }

  secured(facts: TlsFacts): void {
    this.facts = facts;
    this.onSecured();
    this.#tell();
  }

  get texts(): string[] {
    return this.items.map(({ text }) => text);
  }

  async until(condition: () => boolean, what: string): Promise<void> {
    while (!condition()) await within(this.#changed.promise, what);
  }

  #tell(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}

/** One end with its reading under way. */
export interface End {
  readonly connection: Connection;
  readonly ear: Ear;
  readonly ended: Promise<Ending>;
}

export interface Stand {
  readonly root: Authority;
  readonly options: ConnectionOptions;
  readonly identities: Identities;
  readonly listener: Listener;
  /** The next connection that our listener took; it answers a header and STARTTLS by itself. */
  next(): Promise<End>;
  /** Connects to `port`, or to our own listener; it asks for STARTTLS by itself. */
  dial(port?: number): Promise<End>;
  [Symbol.dispose](): void;
}

export interface StandOptions {
  readonly identities?: (root: Authority) => Promise<Identity[]>;
  /** Given to `startTls` of the receiving side. */
  readonly preferred?: string | null;
  readonly content?: "server" | "component";
  /** Neither side begins STARTTLS. */
  readonly plain?: boolean;
}

const bothEnds = async (root: Authority) => [await root.issue({ names: ["a.example", "b.example"] })];

/** A listener of ours on loopback, with a private PKI. */
export async function stand(given: StandOptions = {}): Promise<Stand> {
  const root = await Authority.root();
  const files = new Map<string, string>();
  const pairs = (await (given.identities ?? bothEnds)(root)).map(({ certificate, key }, n) => {
    files.set(`${n}.crt`, certificate).set(`${n}.key`, key);
    return { chain: `${n}.crt`, key: `${n}.key` };
  });
  const identities = Identities.load(pairs, "a.example", (path) => files.get(path)!);
  const trust = new Trust(false, [root.pem]);
  const options: ConnectionOptions = {
    content: given.content ?? "server",
    frame: LIMITS,
    surroundings: {
      identities: () => identities,
      trust: () => trust,
      now: () => Date.now(),
      closeNotifyTimeoutMs: () => 2000,
    },
  };
  const arrived: End[] = [];
  let waiting: ((end: End) => void) | null = null;
  const all: Connection[] = [];
  const begin = (connection: Connection, ear: Ear): End => {
    all.push(connection);
    return { connection, ear, ended: connection.run(ear) };
  };
  const listener = listen({ host: "127.0.0.1", port: 0 }, options, (connection) => {
    const end = begin(
      connection,
      given.plain ? new Ear() : receivingEar(connection, given.preferred ?? null),
    );
    if (waiting === null) arrived.push(end);
    else waiting(end);
    waiting = null;
  });
  return {
    root,
    options,
    identities,
    listener,
    next: () =>
      within(
        new Promise((resolve) => {
          const end = arrived.shift();
          if (end === undefined) waiting = resolve;
          else resolve(end);
        }),
        "a connection",
      ),
    dial: async (port = listener.address.port) => {
      const signal = new AbortController().signal;
      const dialled = await dial({ ...options, address: "127.0.0.1", port, timeoutMs: 5000, signal });
      if (!dialled.connected) throw new Error(dialled.cause);
      const { connection } = dialled;
      const end = begin(connection, given.plain ? new Ear() : initiatingEar(connection));
      if (!given.plain) connection.write(encode(HEADER));
      return end;
    },
    [Symbol.dispose]: () => {
      listener.close();
      for (const connection of all) connection.drop();
      trust.free();
      identities.free();
    },
  };
}

/** Answers a header with features, and `<starttls/>` with TLS. */
function receivingEar(connection: Connection, preferred: string | null): Ear {
  const ear = new Ear();
  ear.onItem = ({ kind, text }) => {
    if (kind === 5) {
      connection.write(encode(HEADER + (connection.tls === null ? FEATURES : "<stream:features/>")));
    }
    if (kind !== 4 || !text.startsWith("<starttls")) return;
    connection.write(encode(PROCEED));
    start(connection, { role: "receiving", preferred });
  };
  return ear;
}

/** Asks for STARTTLS when features come, and begins TLS and the stream anew. */
function initiatingEar(connection: Connection): Ear {
  const ear = new Ear();
  ear.onItem = ({ kind, text }) => {
    if (kind !== 4) return;
    if (text.includes("starttls")) connection.write(encode(STARTTLS));
    if (text.startsWith("<proceed")) {
      start(connection, { role: "initiating", sni: "b.example", identity: "a.example" });
    }
  };
  ear.onSecured = () => connection.write(encode(HEADER));
  return ear;
}

/** As the actors do: what cannot start is dropped. */
function start(connection: Connection, options: Parameters<Connection["startTls"]>[0]): void {
  try {
    connection.startTls(options);
  } catch {
    connection.drop();
  }
}

/** Both ends past TLS and the second header. */
export async function secured(at: Stand): Promise<[initiating: End, receiving: End]> {
  const [initiating, receiving] = [await at.dial(), await at.next()];
  const through = ({ ear }: End) =>
    ear.facts !== null && ear.items.filter(({ kind }) => kind === 5).length === 2;
  await initiating.ear.until(() => through(initiating), "the response header in TLS");
  await receiving.ear.until(() => through(receiving), "the header in TLS");
  return [initiating, receiving];
}
