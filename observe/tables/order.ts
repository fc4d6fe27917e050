/** A stable sort that rests: merge sort from below, whatever is not there last. */
import type { Rest } from "./pace.ts";

export type SortKey = string | number | null;

const RUN = 256;

/** The places of `keys` in their order. */
export async function order(keys: readonly SortKey[], descending: boolean, rest: Rest): Promise<Uint32Array> {
  const compareKeys = comparing(descending);
  const compare = (a: number, b: number) => compareKeys(keys[a]!, keys[b]!) || a - b;
  let [from, to] = [Uint32Array.from(keys.keys()), new Uint32Array(keys.length)];
  for (let start = 0; start < keys.length; start += RUN) {
    from.subarray(start, start + RUN).sort(compare);
    if (rest.due) await rest.take();
  }
  for (let width = RUN; width < keys.length; width *= 2) {
    for (let start = 0; start < keys.length; start += 2 * width) {
      await merge(from, to, start, width, compare, rest);
    }
    [from, to] = [to, from];
  }
  return from;
}

async function merge(
  from: Uint32Array,
  to: Uint32Array,
  start: number,
  width: number,
  compare: (a: number, b: number) => number,
  rest: Rest,
): Promise<void> {
  const middle = Math.min(start + width, from.length), end = Math.min(start + 2 * width, from.length);
  let [left, right] = [start, middle];
  for (let at = start; at < end; at++) {
    const takeLeft = left < middle && (right >= end || compare(from[left]!, from[right]!) <= 0);
    to[at] = from[takeLeft ? left++ : right++]!;
    if ((at & 255) === 0 && rest.due) await rest.take();
  }
}

/** What is not there is behind everything, in both directions. */
export function comparing(descending: boolean): (a: SortKey, b: SortKey) => number {
  const sign = descending ? -1 : 1;
  return (a, b) => {
    if (a === b) return 0;
    if (a === null) return 1;
    if (b === null) return -1;
    return a < b ? -sign : sign;
  };
}
