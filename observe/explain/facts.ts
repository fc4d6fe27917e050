/** What a stage has seen, by name. */
import type { Detail } from "../../facts/event.ts";
import type { Stage } from "../contract.ts";

export type Facts = Readonly<Record<string, Detail>>;

export function factsOf({ evidence }: Stage): Facts {
  return typeof evidence === "object" && evidence !== null && !Array.isArray(evidence)
    ? evidence as Facts
    : {};
}
