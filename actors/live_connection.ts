/** A connection as the API looks at it. design.md 2.4. */
import type { Cause } from "../facts/cause.ts";
import type { LiveConnection, LiveDelegated } from "../observe/live.ts";
import type { S2sShell } from "./s2s_stream.ts";
import type { ServerContext } from "./context.ts";

export class ConnectionNow implements LiveConnection {
  readonly #server: ServerContext;
  readonly #shell: S2sShell;
  readonly closedAt = null;
  readonly cause = null;

  constructor(server: ServerContext, shell: S2sShell) {
    this.#server = server;
    this.#shell = shell;
  }

  get id() {
    return this.#shell.id;
  }
  get direction() {
    return this.#shell.row.direction;
  }
  get purpose() {
    return this.#shell.row.purpose;
  }
  get state() {
    return this.#shell.row.state;
  }
  get machine() {
    return this.#shell.machineState;
  }
  get local() {
    return this.#shell.row.local;
  }
  get remote() {
    return this.#shell.row.remote;
  }
  get peer() {
    // Before TCP is there, there is no connection.
    return (this.#shell.connection as S2sShell["connection"] | undefined)?.peer.ip ?? null;
  }
  get serverNames() {
    return this.#shell.row.serverNames;
  }
  get delegatedCount() {
    return this.#shell.row.delegated.size;
  }
  get pairs() {
    return this.#server.bindings.pairsOn(this.#shell.row);
  }
  get bidi() {
    return this.#shell.row.bidi;
  }
  get tls() {
    const { tls = null } = (this.#shell.connection as S2sShell["connection"] | undefined) ?? {};
    return tls === null ? null : { version: tls.version, cipher: tls.cipher };
  }
  get certificate() {
    const { certificate } = this.#shell.row;
    if (certificate.state === "absent") return null;
    const { state, facts } = certificate;
    return {
      state,
      subject: facts?.subject.slice(0, 200) ?? null,
      issuer: facts?.issuer.slice(0, 200) ?? null,
      sha256: facts?.sha256 ?? null,
      expires: facts?.notAfter ?? null,
    };
  }
  get streamId() {
    return this.#shell.row.streamId;
  }
  get since() {
    return this.#shell.since;
  }
  get stanzas() {
    return { in: this.#shell.stanzasIn, out: this.#shell.stanzasOut };
  }
  get bytes() {
    const connection = this.#shell.connection as S2sShell["connection"] | undefined;
    return { in: connection?.bytesIn ?? 0, out: connection?.bytesOut ?? 0 };
  }
  get acknowledged() {
    return this.#shell.row.ledger.confirmed;
  }
  get unacknowledged() {
    return this.#shell.row.ledger.unacknowledged;
  }
  get writtenUnconfirmed() {
    return this.#shell.row.ledger.writtenUnconfirmed;
  }
  get rttMs() {
    return this.#shell.rttMs;
  }

  *delegated(): Iterable<LiveDelegated> {
    for (const { domain, prooftype, expiresAt } of this.#shell.row.delegated.values()) {
      yield { domain, prooftype, expires: expiresAt };
    }
  }
}

/** How many names a connection that is gone is remembered with. */
const MOST_NAMES = 50;

/** The same as it was when it closed. */
export function buried(row: LiveConnection, closedAt: number, cause: Cause): LiveConnection {
  const delegated: LiveDelegated[] = [];
  for (const name of row.delegated()) if (delegated.push(name) >= MOST_NAMES) break;
  return {
    id: row.id,
    direction: row.direction,
    purpose: row.purpose,
    state: "closed",
    machine: row.machine,
    local: row.local,
    remote: row.remote,
    peer: row.peer,
    serverNames: row.serverNames.slice(0, MOST_NAMES),
    delegated: () => delegated,
    delegatedCount: row.delegatedCount,
    pairs: row.pairs,
    bidi: row.bidi,
    tls: row.tls,
    certificate: row.certificate,
    streamId: row.streamId,
    since: row.since,
    stanzas: row.stanzas,
    bytes: row.bytes,
    acknowledged: row.acknowledged,
    unacknowledged: row.unacknowledged,
    writtenUnconfirmed: row.writtenUnconfirmed,
    rttMs: row.rttMs,
    closedAt,
    cause,
  };
}
