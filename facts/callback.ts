/** What became of calling the authoritative server of a sender domain back. XEP-0220; protocol.md 3.7, 7.4. */
import type { Cause } from "./cause.ts";
import type { PeerCertificate } from "./certificate.ts";
import type { Security } from "./dns.ts";

export interface Callback {
  /**
   * `refuted`: it answered `invalid`. `error`: it answered `error`, or does not host the domain. `unresolved`: the domain
   * has no server. `unreachable`: no connection, no TLS, no answer in time. `same-certificate`: XEP-0344, nothing was asked. `busy`: as many are asked already as may be.
   */
  readonly outcome:
    | "confirmed"
    | "same-certificate"
    | "refuted"
    | "error"
    | "unresolved"
    | "unreachable"
    | "busy";
  /** The weakest of the SRV and address answers that led there. */
  readonly security: Security;
  /** The verify connection was encrypted. */
  readonly secure: boolean;
  /** What the authoritative server showed. */
  readonly certificate: PeerCertificate;
  /** The id of the requesting stream that the key was made for: the proof is worth nothing on another one. */
  readonly streamId: string;
  readonly server: { readonly host: string; readonly port: number } | null;
  /** Why it is not confirmed; null when it is. */
  readonly cause: Cause | null;
}
