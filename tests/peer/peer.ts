/** A scripted XMPP server at one address: it dials the server under test and listens for it. */
import net from "node:net";
import { once } from "node:events";
import { Conversation } from "./conversation.ts";
import { deadline, PATIENCE_MS, within } from "./deadline.ts";

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** Opens TCP from `localAddress`, as the initiating side. */
export async function dial(to: Endpoint, localAddress: string, name = "O"): Promise<Conversation> {
  const socket = net.connect(
    { host: to.host, port: to.port, localAddress, allowHalfOpen: true } as net.NetConnectOpts,
  );
  const conversation = new Conversation(socket, name);
  await within(once(socket, "connect"), `TCP to ${to.host}:${to.port}`);
  return conversation;
}

/** Accepts connections at one address; each is taken once with `accept`. */
export class Listener implements AsyncDisposable {
  readonly #server: net.Server;
  readonly #all: Conversation[] = [];
  #taken = 0;
  #wake = Promise.withResolvers<void>();

  private constructor(
    server: net.Server,
    /** Where it listens: the port that the system chose, where 0 was asked for. */
    readonly endpoint: Endpoint,
    readonly name: string,
    readonly serve: (conversation: Conversation) => void,
  ) {
    this.#server = server.on("connection", (socket) => this.#accepted(socket));
  }

  /** @param serve Called with every connection, for a peer that answers all of them alike. */
  static async listen(
    host: string,
    port: number,
    name = "R",
    serve: (conversation: Conversation) => void = () => {},
  ): Promise<Listener> {
    const server = net.createServer({ allowHalfOpen: true });
    server.listen(port, host);
    await once(server, "listening");
    return new Listener(server, { host, port: (server.address() as net.AddressInfo).port }, name, serve);
  }

  /** How many connections have come in so far. */
  get count(): number {
    return this.#all.length;
  }

  /** The next connection that nobody has taken yet. */
  async accept(ms: number = PATIENCE_MS): Promise<Conversation> {
    await this.arrived(this.#taken + 1, ms);
    return this.#all[this.#taken++]!;
  }

  /** Waits until `count` connections have come in. */
  async arrived(count: number, ms: number = PATIENCE_MS): Promise<void> {
    const { host, port } = this.endpoint;
    const limit = deadline(`connection ${count} to ${this.name} at ${host}:${port}`, ms);
    try {
      while (this.count < count) await limit.race(this.#wake.promise);
    } finally {
      limit.clear();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const conversation of this.#all) await conversation[Symbol.asyncDispose]();
    if (!this.#server.listening) return;
    const closed = once(this.#server, "close");
    this.#server.close();
    await closed;
  }

  #accepted(socket: net.Socket): void {
    const conversation = new Conversation(socket, `${this.name}#${this.#all.length + 1}`);
    this.#all.push(conversation);
    this.serve(conversation);
    this.#wake.resolve();
    this.#wake = Promise.withResolvers<void>();
  }
}
