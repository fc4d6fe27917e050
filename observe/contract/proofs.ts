/** What stands behind the grants, as JSON. design.md 2.4; protocol.md 3. */
import type { Detail } from "../../facts/event.ts";
import type { ListAnswer } from "./list.ts";

export interface ProofRow {
  readonly domain: string;
  readonly prooftype: string;
  readonly state: string;
  /** `host:port` of the SRV target. */
  readonly target: string | null;
  /** The connection that it holds on: with the domain it names the proof. */
  readonly connection: string;
  readonly checkedAt: string;
  readonly recheckAt: string | null;
  readonly expires: string | null;
  /** From the root to the record. */
  readonly links: readonly Detail[];
}

export interface ProofList extends ListAnswer {
  readonly proofs: readonly ProofRow[];
}
