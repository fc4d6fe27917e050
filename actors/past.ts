/** What connections carried: of those that are gone, and with the living ones added, of all. */
import type { TrafficView } from "../observe/view.ts";
import type { S2sShell } from "./s2s_stream.ts";

type Carried = Pick<TrafficView, "stanzasIn" | "stanzasOut" | "kinds" | "bytes" | "acknowledged">;

export class Past {
  stanzasIn = 0;
  stanzasOut = 0;
  acknowledged = 0;
  writtenUnconfirmed = 0;
  readonly #bytes = { in: 0, out: 0 };
  readonly #kinds = { in: nothing(), out: nothing() };

  add(shell: S2sShell): void {
    const sums = this.with([shell]);
    this.stanzasIn = sums.stanzasIn;
    this.stanzasOut = sums.stanzasOut;
    this.acknowledged = sums.acknowledged;
    Object.assign(this.#bytes, sums.bytes);
    Object.assign(this.#kinds, sums.kinds);
  }

  /** The living ones beside it. */
  with(shells: Iterable<S2sShell>): Carried {
    let { stanzasIn, stanzasOut, acknowledged } = this;
    const bytes = { ...this.#bytes };
    const kinds = { in: { ...this.#kinds.in }, out: { ...this.#kinds.out } };
    for (const shell of shells) {
      stanzasIn += shell.stanzasIn;
      stanzasOut += shell.stanzasOut;
      acknowledged += shell.row.ledger.confirmed;
      // Before TCP is there, there is no connection.
      const connection = shell.connection as S2sShell["connection"] | undefined;
      bytes.in += connection?.bytesIn ?? 0;
      bytes.out += connection?.bytesOut ?? 0;
      addKinds(kinds.in, shell.kindsIn);
      addKinds(kinds.out, shell.kindsOut);
    }
    return { stanzasIn, stanzasOut, acknowledged, bytes, kinds };
  }
}

const nothing = () => ({ message: 0, presence: 0, iq: 0 });

function addKinds(to: ReturnType<typeof nothing>, byKind: Float64Array): void {
  to.message += byKind[1]!;
  to.presence += byKind[2]!;
  to.iq += byKind[3]!;
}
