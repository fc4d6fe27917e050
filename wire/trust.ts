/** Who may vouch for peers: the configured anchors, and what a chain is worth under them. protocol.md 6.6. */
import type {
  CertificateFacts,
  ChainAnchor,
  Identifier,
  PeerCertificate,
  Stapled,
} from "../facts/certificate.ts";
import { AddressFault, parseDomain, toAscii } from "../xmpp/domain.ts";
import { chainRefusal, silence } from "./errors.ts";
import { type Bytes, entries, native } from "./native.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const NO_STAPLE: Bytes = new Uint8Array(0);

/** What `pkix_verify` says of a chain whose authorities are bound to certain DNS names (protocol.md 6.5). */
const DNS_NAMES_ONLY = 1;

export class Trust {
  readonly #anchors: number;

  /**
   * @param system Whether the machine's own store counts.
   * @param pems PEM texts of further authorities.
   * @throws {Error} with the words of what cannot be read.
   */
  constructor(system: boolean, pems: readonly string[]) {
    const blob = entries(pems.map((pem) => encoder.encode(pem)));
    const words = new Uint8Array(1024);
    const handle = native().anchors_new(system ? 1 : 0, blob, blob.length, words, words.length);
    if (handle < 0) throw new Error(`Cannot use the trust anchors: one ${said(words)}`);
    this.#anchors = handle;
  }

  /**
   * Judges a chain, leaf first, by its signatures, dates and usages, and by what its authority says of the leaf.
   *
   * @param role What the peer was in the handshake.
   * @param staple The OCSP response that came with the chain; only one that says "revoked" takes anything away.
   */
  judge(
    chain: readonly Bytes[],
    role: "client" | "server",
    now: number,
    staple: Bytes = NO_STAPLE,
  ): PeerCertificate {
    if (chain.length === 0) return { state: "absent" };
    const leaf = certificateFacts(chain[0]!);
    if (leaf === null) return { state: "refused", cause: "tls.bad-certificate", facts: null };
    const behind = chain.slice(1).flatMap((authority) => chainAnchor(chain, authority, role, now) ?? []);
    const facts = { ...leaf, chain: behind };
    const blob = entries(chain);
    const ends = new Float64Array(2);
    const result = native().pkix_verify(
      blob,
      blob.length,
      this.#anchors,
      now,
      role === "server" ? 1 : 0,
      staple,
      staple.length,
      ends,
    );
    if (result < 0) return { state: "refused", cause: chainRefusal(result), facts };
    const identifiers = result === DNS_NAMES_ONLY
      ? facts.identifiers.filter(({ kind }) => kind === "dns")
      : facts.identifiers;
    const [notAfter, stapled] = [ends[0]!, stapledBy(ends[1]!)];
    return { state: "accepted", facts: { ...facts, identifiers, notAfter, stapled } };
  }

  /** Of the anchors in the library, for whoever verifies there; of use on this thread, until {@link free}. */
  get handle(): number {
    return this.#anchors;
  }

  free(): void {
    native().anchors_free(this.#anchors);
  }
}

/** `tls::Status` as a number: its end, or minus why it says nothing; 0 where none came. */
function stapledBy(code: number): Stapled | null {
  if (code === 0) return null;
  return code > 0 ? { goodUntil: code } : { nothing: silence(-code) };
}

/** What one certificate says; null when it is none. */
export function certificateFacts(der: Bytes): CertificateFacts | null {
  const facts = asked((out) => native().certificate_facts(der, der.length, out, out.length), der.length);
  if (facts === null) return null;
  const { identifiers, ...rest } = facts as Omit<CertificateFacts, "chain" | "stapled">;
  return { ...rest, identifiers: identifiers.flatMap(inAscii), chain: [], stapled: null };
}

/** One certificate as the anchor of a chain; null when it is none. */
export function chainAnchor(
  chain: readonly Bytes[],
  authority: Bytes,
  role: "client" | "server",
  now: number,
): ChainAnchor | null {
  const blob = entries(chain);
  const server = role === "server" ? 1 : 0;
  return asked((out) => {
    const [size, room] = [authority.length, out.length];
    return native().chain_anchor(blob, blob.length, authority, size, now, server, out, room);
  }, 0) as ChainAnchor | null;
}

/** JSON out of the library; null when it had nothing to say. */
function asked(ask: (out: Bytes) => number, size: number): unknown {
  const out = new Uint8Array(size * 8 + 4096);
  const length = ask(out);
  return length <= 0 ? null : JSON.parse(decoder.decode(out.subarray(0, length)));
}

/** An xmppAddr may hold U-labels (RFC 6120 13.7.1.4); what is no domain is no name. */
function inAscii({ kind, name }: Identifier): Identifier[] {
  if (kind !== "xmpp") return [{ kind, name }];
  try {
    return [{ kind, name: toAscii(parseDomain(name)) }];
  } catch (error) {
    if (error instanceof AddressFault) return [];
    throw error;
  }
}

/** The library's words up to their NUL. */
export function said(words: Uint8Array): string {
  const end = words.indexOf(0);
  return decoder.decode(words.subarray(0, end < 0 ? words.length : end));
}
