/** A stream between servers as the connection table sees it: its row, its TLS and certificate, how far it has come. protocol.md 2.2, 3.4, 4.6. */
import type { Cause } from "../facts/cause.ts";
import type { PeerCertificate, TlsFacts } from "../facts/certificate.ts";
import type { Security } from "../facts/dns.ts";
import type { EndpointTlsa } from "../facts/tlsa.ts";
import { publishedAuthorities } from "../policy/tlsa.ts";
import type { ConnectionRow, ConnectionState } from "../routing/connection_row.ts";
import type { Connection, StartTls } from "../wire/connection.ts";
import { WireFault } from "../wire/fault.ts";
import type { Domain, DomainPair } from "../xmpp/domain.ts";
import { NS } from "../xmpp/namespaces.ts";
import { certificateWords } from "./certificate_words.ts";
import type { ServerContext } from "./context.ts";
import { StreamShell } from "./stream.ts";

/** Whom an outgoing connection reaches: the machine that DNS named, also where that one sent us elsewhere. */
export interface Dialled {
  /** The domain that it was dialled for first. */
  readonly domain: Domain;
  readonly host: string;
  readonly port: number;
  /** It is another machine, which has to show what the named one has to (STR-35). */
  readonly redirected: boolean;
  /** Of the address that was dialled. */
  readonly security: Security;
}

export abstract class RowShell extends StreamShell {
  readonly row: ConnectionRow;
  readonly since: number;
  /** It was established. */
  protected wasUp = false;

  constructor(server: ServerContext, direction: "in" | "out") {
    super(server, NS.server);
    this.row = server.connections.open(direction);
    this.since = server.host.clock.now();
  }

  override get id(): string {
    return this.row.id;
  }

  get peerCertificate(): PeerCertificate {
    return this.row.certificate;
  }

  /** The same beside what is published: an authority that a TLSA record holds whole need not be sent (protocol.md 3.4). */
  certificateUnder(tlsa: readonly EndpointTlsa[] | null): PeerCertificate {
    const { certificate } = this.row;
    const authorities = publishedAuthorities(tlsa ?? []);
    if (authorities.length === 0 || certificate.state === "absent" || certificate.facts === null) {
      return certificate;
    }
    const published = authorities.flatMap((der) => this.connection.anchoredBy(der) ?? []);
    return {
      ...certificate,
      facts: { ...certificate.facts, chain: [...certificate.facts.chain, ...published] },
    };
  }

  /** The machine that we dialled; null when it came to us. */
  get dialled(): Dialled | null {
    return null;
  }

  /** Whether the peer counts as proven. */
  get proven(): boolean {
    return this.row.remoteProven || this.row.everAuthorised;
  }

  /** TCP is there: from now on it is read. `elapsedMs`: how long we tried. */
  protected opened(connection: Connection, elapsedMs: number | null = null): void {
    this.connection = connection;
    const { ip: peer, port } = connection.peer;
    this.row.reached(peer);
    this.server.host.tell({
      type: "connection.opened",
      level: this.level,
      connection: this.id,
      detail: { direction: this.row.direction, peer, port, ...(elapsedMs === null ? {} : { elapsedMs }) },
    });
    void this.pump(connection);
  }

  /** One question has its own two lines, `verify.sent` and `verify.received`. */
  protected get level(): "debug" | "info" {
    return this.row.purpose === "verify" ? "debug" : "info";
  }

  protected override tell(
    ...[type, detail, cause, level = this.level]: Parameters<StreamShell["tell"]>
  ): void {
    super.tell(type, detail, cause, level);
  }

  protected startTls(options: StartTls): void {
    try {
      this.connection.startTls(options);
    } catch (error) {
      if (!(error instanceof WireFault)) throw error;
      this.tlsFailed(error.cause);
    }
  }

  /** The row follows the machine; only the connection table closes it. */
  protected track(tags: ReadonlySet<string>): void {
    const [state] = tags as ReadonlySet<ConnectionState>;
    if (state === undefined || state === "closed" || !this.row.open || state === this.row.state) return;
    this.row.state = state;
  }

  /** For the API: `established`, `negotiating.securing`. */
  abstract get machineState(): string;

  protected abstract tlsFailed(cause: Cause): void;

  protected override tlsBroken(cause: Cause, detail: string): void {
    if (this.connection.tls === null) {
      this.tell("stream.error", { by: "peer", found: detail }, cause, "warning");
      return this.tlsFailed(cause);
    }
    super.tlsBroken(cause, detail);
  }

  protected rememberTls(facts: TlsFacts): void {
    this.row.secured(facts.peer);
    const certificate = facts.peer;
    if (certificate.state === "accepted") {
      this.server.expiry.look(certificate.facts, "peer", this.row.serverNames, this.id);
    }
    this.tell("connection.secured", {
      version: facts.version,
      cipher: facts.cipher,
      group: facts.group,
      handshakeMs: facts.handshakeMs,
      own: facts.own,
      certificate: certificate.state,
      names: this.row.serverNames,
      ...certificateWords(certificate),
    }, certificate.state === "refused" ? certificate.cause : undefined);
  }

  /** It goes on without TLS, or may still do so: the policy of its header's names (`legacy`) said yes. */
  protected abstract get mayBeClear(): boolean;

  /**
   * Whether a pair may be asked for, answered and carried here: on a connection without TLS by its own policy alone,
   * whatever that of the header's names is (Q3, TLS-4).
   */
  carries({ local, remote }: DomainPair): boolean {
    return this.connection.tls !== null || this.server.takesCleartext(local, remote);
  }

  protected established(): void {
    this.wasUp = true;
    const { local, remote, bidi, peerDna, peerErrors, peerDialback, serverNames, direction } = this.row;
    // A name that an incoming stranger only claims is nobody's yet.
    if (remote !== null && (direction === "out" || this.row.remoteProven)) {
      this.server.familiar.look(remote, this.connection.peer.ip, this.peerCertificate, this.id);
    }
    const encrypted = this.connection.tls !== null;
    this.tell("connection.established", {
      ...{ direction, local, remote, encrypted, bidi, dna: peerDna, errors: peerErrors, serverNames },
      // Of those that we opened: only who is dialled offers anything.
      ...(direction === "out" ? { dialback: peerDialback } : {}),
    });
  }
}
