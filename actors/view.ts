/** What the API sees of a server. design.md 2.4. Reads tables; touches nothing live but what it is asked to. */
import type { Config } from "../config/config.ts";
import type { Explanation } from "../observe/contract.ts";
import type { LiveConnection, LiveRoute, Sources } from "../observe/live.ts";
import type { CertificateView, Readiness, ServerView, Surroundings, TrafficView } from "../observe/view.ts";
import { AddressFault, type DomainPair, parseDomain } from "../xmpp/domain.ts";
import { explain, surroundings } from "./explain.ts";
import { ConnectionNow } from "./live_connection.ts";
import { reload } from "./reload.ts";
import type { S2sShell } from "./s2s_stream.ts";
import type { Server } from "./server.ts";
import { routeOf, sourcesOf } from "./sources.ts";

/** Reads the configuration anew; its mistakes, one line each, when it cannot be used. */
export type Reread = () => { config: Config } | { mistakes: string[] };

export class View implements ServerView {
  readonly #server: Server;
  readonly #reread: Reread;
  readonly sources: Sources;

  constructor(server: Server, reread: Reread) {
    this.#server = server;
    this.#reread = reread;
    this.sources = sourcesOf(server);
  }

  connection(id: string): LiveConnection | null {
    const { shells, graves } = this.#server;
    const shell = shells.get(id);
    return shell === undefined ? graves.find(id) ?? null : new ConnectionNow(this.#server, shell);
  }

  route(from: string, to: string): LiveRoute | null {
    const pair = readPair(from, to);
    return pair === null ? null : routeOf(this.#server, pair);
  }

  traffic(): TrafficView {
    const { past, shells, queues } = this.#server;
    const living = [...shells.values()];
    const sum = (of: (shell: S2sShell) => number) => living.reduce((total, shell) => total + of(shell), 0);
    return {
      stanzasIn: past.stanzasIn + sum((s) => s.stanzasIn),
      stanzasOut: past.stanzasOut + sum((s) => s.stanzasOut),
      queued: queues.stanzas,
      queuedBytes: queues.bytes,
      acknowledged: past.acknowledged + sum((s) => s.row.ledger.confirmed),
      unacknowledged: sum((s) => s.row.ledger.unacknowledged),
      writtenUnconfirmed: past.writtenUnconfirmed,
    };
  }

  certificates(): CertificateView[] {
    return this.#server.identities.facts.map(({ identifiers, notAfter }) => ({
      names: identifiers.map(({ name }) => name),
      notAfter,
    }));
  }

  async explain(from: string, to: string): Promise<Explanation | null> {
    const pair = readPair(from, to);
    return pair === null ? null : await explain(this.#server, pair);
  }

  async readiness(): Promise<Readiness> {
    const reasons: string[] = [];
    if (this.#server.draining) reasons.push("draining");
    if (!this.#server.listening) reasons.push("listeners are not open");
    const root = await this.#server.resolver.readiness();
    if (!root.ready) {
      reasons.push(`the root's keys do not validate: ${root.lookup.why ?? root.lookup.cause ?? "no answer"}`);
    }
    return { ready: reasons.length === 0, reasons };
  }

  surroundings(): Surroundings {
    return surroundings(this.#server);
  }

  close(id: string): boolean {
    const { shells, components, host } = this.#server;
    const shell = shells.get(id) ?? components.get(id);
    if (shell === undefined) return false;
    host.tell({ type: "operator.acted", connection: id, detail: { action: "close" } });
    shell.close("operator.closed");
    return true;
  }

  revoke(from: string, to: string, blockMs: number): boolean {
    const pair = readPair(from, to);
    return pair !== null && this.#server.revoke(pair, blockMs);
  }

  async reload(): Promise<{ applied: string[]; restart: string[]; mistakes: string[] }> {
    const read = this.#reread();
    if ("mistakes" in read) return { applied: [], restart: [], mistakes: read.mistakes };
    return await Promise.resolve(reload(this.#server, read.config));
  }
}

function readPair(from: string, to: string): DomainPair | null {
  try {
    return { local: parseDomain(from), remote: parseDomain(to) };
  } catch (error) {
    if (error instanceof AddressFault) return null;
    throw error;
  }
}
