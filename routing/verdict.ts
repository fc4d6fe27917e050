/** What a verdict means on the connection it came on. protocol.md 2.7, A-1, A-11. */
import type { DomainPair } from "../xmpp/domain.ts";
import { pairKey } from "../xmpp/domain.ts";
import type { BindingTable } from "./binding_table.ts";
import type { ConnectionRow } from "./connection_row.ts";
import type { PendingRequest } from "./pending_request.ts";

export type VerdictType = "valid" | "invalid" | "error";

export type VerdictMeaning =
  /** The answer to our request: for `valid`, `request.accept()` gives the permission. */
  | { readonly is: "answer"; readonly request: PendingRequest }
  /** `invalid` or `error` for a pair that we send on here: the peer takes its permission back. */
  | { readonly is: "revocation" }
  /** `valid` once more for a pair that is authorised: nothing to do. */
  | { readonly is: "repetition" }
  /** Nobody asked. It may never authorise; `flood` ends the stream with `policy-violation`. */
  | { readonly is: "unsolicited"; readonly flood: boolean };

/** `valid` verdicts out of nowhere that one connection may send before it is closed (2.7). */
const UNSOLICITED = 3;

/** @param pair `local` is the verdict's `to`, `remote` its `from`: verdicts are swapped. */
export function readVerdict(
  bindings: BindingTable,
  connection: ConnectionRow,
  pair: DomainPair,
  type: VerdictType,
): VerdictMeaning {
  const request = connection.pendingOut.get(pairKey(pair));
  if (request !== undefined) return { is: "answer", request };
  if (bindings.sendingOn(pair, connection) !== null) {
    return { is: type === "valid" ? "repetition" : "revocation" };
  }
  if (type === "valid") connection.unsolicited++;
  return { is: "unsolicited", flood: type === "valid" && connection.unsolicited >= UNSOLICITED };
}
