/** The domains hosted here, as JSON. design.md 2.4. */
import type { ListAnswer } from "./list.ts";

export interface DomainRow {
  readonly name: string;
  readonly component: "connected" | "away" | "none";
  readonly policy: string;
  readonly since: string;
}

export interface DomainList extends ListAnswer {
  readonly domains: readonly DomainRow[];
}
