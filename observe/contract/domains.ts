/** The domains hosted here, as JSON. design.md 2.4. */
import type { ListAnswer } from "./list.ts";

export interface DomainRow {
  readonly name: string;
  readonly component: "connected" | "away" | "none";
  readonly policy: string;
  readonly since: string;
  /** It stays hosted and federates with nobody. */
  readonly suspended: boolean;
  /** Where it was said that it is hosted here: verona.toml, or an operator by API or command. */
  readonly origin: "file" | "run time";
  /** The file names it, and an operator removed it at run time: it is not hosted here. */
  readonly removed: boolean;
}

export interface DomainList extends ListAnswer {
  readonly domains: readonly DomainRow[];
}
