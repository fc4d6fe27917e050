/** What the API sees of a server. design.md 2.4. Reads tables; touches nothing live but what it is asked to. */
import type { Config } from "../config/config.ts";
import type { PeerCertificate } from "../facts/certificate.ts";
import type { Detail } from "../facts/event.ts";
import type {
  ConnectionRow,
  DomainRow,
  Explanation,
  PeerCertificateFacts,
  ProofRow,
  RouteRow,
} from "../observe/contract.ts";
import type { CertificateView, Readiness, ServerView, TrafficView } from "../observe/view.ts";
import type { BindingRow } from "../routing/binding_table.ts";
import { AddressFault, type DomainPair, pairKey, parseDomain } from "../xmpp/domain.ts";
import { explain } from "./explain.ts";
import type { ProofLife } from "./proof.ts";
import { reload } from "./reload.ts";
import type { Route } from "./route.ts";
import type { S2sShell } from "./s2s_stream.ts";
import type { Server } from "./server.ts";

/** Reads the configuration anew; its mistakes, one line each, when it cannot be used. */
export type Reread = () => { config: Config } | { mistakes: string[] };

export class View implements ServerView {
  readonly #server: Server;
  readonly #reread: Reread;

  constructor(server: Server, reread: Reread) {
    this.#server = server;
    this.#reread = reread;
  }

  connections(): ConnectionRow[] {
    return [...this.#server.shells.values()].map((shell) => connectionRow(this.#server, shell));
  }

  routes(): RouteRow[] {
    const { routes, bindings } = this.#server;
    const seen = new Set<string>();
    const views: RouteRow[] = [];
    for (const route of routes.all()) {
      seen.add(pairKey(route.pair));
      views.push(this.#routeView(route.pair, route, bindings.get(route.pair)));
    }
    for (const row of bindings.rows()) {
      if (!seen.has(pairKey(row))) views.push(this.#routeView(row, undefined, row));
    }
    return views;
  }

  #routeView(
    { local, remote }: DomainPair,
    route: Route | undefined,
    row: BindingRow | undefined,
  ): RouteRow {
    const grant = row?.send[0] ?? row?.recv[0];
    const proof = grant?.connection.delegated.get(remote);
    return {
      local,
      remote,
      // An open row without a route of ours was opened by the peer's request (2.8).
      state: route === undefined || (row?.send.length ?? 0) > 0 ? "authorised" : route.state,
      send: row?.send.map((g) => g.connection.id) ?? [],
      recv: row?.recv.map((g) => g.connection.id) ?? [],
      queued: (route?.outbox.size ?? 0) + this.#heldOf(row),
      queuedBytes: route?.outbox.bytes ?? 0,
      queuedSince: iso(route?.outbox.next?.since ?? null),
      prooftype: proof?.prooftype ?? null,
      expires: iso(proof?.expiresAt ?? null),
      recheckAt: iso(proof?.recheckAt ?? null),
      boundMs: route?.boundMs ?? null,
      failures: route?.failures ?? 0,
      nextAttemptAt: iso(route?.nextAttemptAt ?? null),
      reason: route?.cause ?? null,
    };
  }

  #heldOf(row: BindingRow | undefined): number {
    const shell = this.#server.shells.get(row?.send[0]?.connection.id ?? "");
    return row === undefined ? 0 : shell?.window.heldOf(row) ?? 0;
  }

  proofs(): ProofRow[] {
    return [...this.#server.shells.values()].flatMap((shell) =>
      livesOn(shell).map(({ proof, state }): ProofRow => ({
        domain: proof.domain,
        prooftype: proof.prooftype,
        state,
        target: proof.target === null ? null : `${proof.target.host}:${proof.target.port}`,
        connection: shell.id,
        checkedAt: iso(proof.checkedAt)!,
        recheckAt: iso(proof.recheckAt),
        expires: iso(proof.expiresAt),
        links: (proof.evidence.links ?? []) as readonly Detail[],
      }))
    );
  }

  domains(): DomainRow[] {
    const answers = { attached: "connected", away: "away", none: "none" } as const;
    return [...this.#server.hosted.list()].map(({ domain, since, answerer }) => ({
      name: domain,
      component: answers[answerer],
      policy: this.#server.config.domains.find(({ name }) => name === domain)?.policy.proof ??
        this.#server.config.policy.proof,
      since: iso(since)!,
    }));
  }

  traffic(): TrafficView {
    const { past, shells, routes, queues } = this.#server;
    const living = [...shells.values()];
    const sum = (of: (shell: S2sShell) => number) => living.reduce((total, shell) => total + of(shell), 0);
    return {
      stanzasIn: past.stanzasIn + sum((s) => s.stanzasIn),
      stanzasOut: past.stanzasOut + sum((s) => s.stanzasOut),
      queued: [...routes.all()].reduce((total, route) => total + route.outbox.size, 0) +
        sum((s) => s.window.held),
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

function connectionRow(server: Server, shell: S2sShell): ConnectionRow {
  const { row, connection } = shell;
  return {
    id: shell.id,
    direction: row.direction,
    purpose: row.purpose,
    state: row.state,
    machine: shell.machineState,
    local: row.local,
    remote: row.remote,
    peer: connection === undefined ? null : connection.peer.ip,
    serverNames: row.serverNames,
    delegated: [...row.delegated.values()].map((proof) => ({
      domain: proof.domain,
      prooftype: proof.prooftype,
      expires: iso(proof.expiresAt),
    })),
    delegatedCount: row.delegated.size,
    pairs: server.bindings.pairsOn(row),
    bidi: row.bidi,
    tls: tlsView(connection?.tls ?? null),
    certificate: certificateView(row.certificate),
    streamId: row.streamId,
    since: iso(shell.since)!,
    stanzas: { in: shell.stanzasIn, out: shell.stanzasOut },
    bytes: { in: connection?.bytesIn ?? 0, out: connection?.bytesOut ?? 0 },
    acknowledged: row.ledger.confirmed,
    unacknowledged: row.ledger.unacknowledged,
    writtenUnconfirmed: row.ledger.writtenUnconfirmed,
    rttMs: null,
    closedAt: null,
    cause: null,
  };
}

function tlsView(
  tls: { version: string; cipher: string } | null,
): { version: string; cipher: string } | null {
  return tls === null ? null : { version: tls.version, cipher: tls.cipher };
}

function certificateView(certificate: PeerCertificate): PeerCertificateFacts | null {
  if (certificate.state === "absent") return null;
  const { state, facts } = certificate;
  return {
    state,
    subject: facts?.subject.slice(0, 200) ?? null,
    issuer: facts?.issuer.slice(0, 200) ?? null,
    sha256: facts?.sha256 ?? null,
    expires: iso(facts?.notAfter ?? null),
  };
}

/** Of the domains, and of the machine's own name where its records prove that. */
function livesOn({ proofs, machineProof }: S2sShell): readonly ProofLife[] {
  return machineProof === null ? [...proofs.all()] : [...proofs.all(), machineProof];
}

export function iso(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}

function readPair(from: string, to: string): DomainPair | null {
  try {
    return { local: parseDomain(from), remote: parseDomain(to) };
  } catch (error) {
    if (error instanceof AddressFault) return null;
    throw error;
  }
}
