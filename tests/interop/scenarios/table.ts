/** The table: every scenario, in the order of the document. */
import type { Scenario } from "../scenario.ts";
import { CLEARTEXT } from "./cleartext.ts";
import { DELEGATION } from "./delegation.ts";
import { LOSS } from "./loss.ts";
import { MULTIPLEXING } from "./multiplexing.ts";
import { PROOFS } from "./proofs.ts";
import { REFUSALS } from "./refusals.ts";
import { STRICT } from "./strict.ts";
import { TRAFFIC } from "./traffic.ts";

export const SCENARIOS: readonly Scenario[] = [
  ...PROOFS,
  ...DELEGATION,
  ...REFUSALS,
  ...MULTIPLEXING,
  ...TRAFFIC,
  ...LOSS,
  ...CLEARTEXT,
  ...STRICT,
];
