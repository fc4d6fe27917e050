/** What became of numbered stanzas: the sums of protocol.md 8.3. */
import assert from "node:assert/strict";

export interface Fates {
  /** The other side has these by its own count, and has said so. */
  readonly acknowledged: readonly string[];
  /** These had arrived on the connection that was lost, said or not. */
  readonly arrived: readonly string[];
  readonly bounced: readonly string[];
  /** These arrived later, on another connection. */
  readonly later: readonly string[];
}

/** What may happen twice. */
export interface Doubles {
  /** Arrived, not acknowledged, and bounced all the same. */
  readonly arrivedAndBounced: number;
  /** Arrived twice: only where stanzas are sent again. */
  readonly arrivedTwice: number;
}

/** Each of `sent` is acknowledged, bounced, or queued and delivered later: exactly one of them. */
export function account(sent: readonly string[], fates: Fates, what: string): Doubles {
  const { acknowledged, arrived, bounced, later } = fates;
  for (const id of sent) {
    const said = [acknowledged, bounced, later].map((ids) => ids.filter((one) => one === id).length);
    assert.equal(said[0]! + said[1]! + said[2]!, 1, `${what}: ${id} acknowledged, bounced, later: ${said}`);
  }
  const missing = acknowledged.filter((id) => !arrived.includes(id));
  assert.deepEqual(missing, [], `${what}: acknowledged and never there`);
  for (const ids of [arrived, later]) {
    assert.deepEqual(ids, ids.toSorted((a, b) => Number(a) - Number(b)), `${what}: order`);
  }
  return {
    arrivedAndBounced: arrived.filter((id) => bounced.includes(id)).length,
    arrivedTwice: arrived.filter((id) => later.includes(id)).length,
  };
}
