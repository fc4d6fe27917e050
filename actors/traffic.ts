/** What all connections with peers carried since the start: counted as it happens, so that nobody has to walk them. */
import type { TrafficView } from "../observe/view.ts";
import type { LedgerSums } from "../routing/ledger.ts";
import { KINDS } from "./stream.ts";

type Carried = Pick<
  TrafficView,
  | "stanzasIn"
  | "stanzasOut"
  | "kinds"
  | "bytes"
  | "acknowledged"
  | "unacknowledged"
  | "writtenUnconfirmed"
>;

export class Traffic {
  /** Stanzas by the framer's kinds. */
  readonly kindsIn = new Float64Array(KINDS);
  readonly kindsOut = new Float64Array(KINDS);
  /** On the wire. */
  readonly bytes = { in: 0, out: 0 };
  /** Written to connections that were lost. */
  writtenUnconfirmed = 0;

  read({ confirmed, kept }: LedgerSums): Carried {
    const kinds = { in: byName(this.kindsIn), out: byName(this.kindsOut) };
    return {
      stanzasIn: sum(kinds.in),
      stanzasOut: sum(kinds.out),
      kinds,
      bytes: { ...this.bytes },
      acknowledged: confirmed,
      unacknowledged: kept,
      writtenUnconfirmed: this.writtenUnconfirmed,
    };
  }
}

const byName = (kinds: Float64Array) => ({ message: kinds[1]!, presence: kinds[2]!, iq: kinds[3]! });
const sum = ({ message, presence, iq }: ReturnType<typeof byName>) => message + presence + iq;
