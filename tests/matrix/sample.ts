/** Which cells run over the wire: few enough to be quick, chosen so that no pair of values is left out. */
import { seeded } from "../harness/seeded.ts";
import { type Cell, cells, collapse, type Direction, expected } from "./oracle.ts";

/**
 * `size` cells of one direction: first as few as cover every rule under every policy that it decides and every pair of
 * values of two dimensions, then others at random. Cells that cannot be realised are left out: they equal another one.
 */
export function sample(direction: Direction, size: number, seed: number): Cell[] {
  const all = [...cells()].filter((cell) => isReal(cell) && cell.direction === direction);
  const rest = shuffled(all, seed).map((cell) => ({ cell, strata: strata(cell) }));
  const open = new Set(rest.flatMap((one) => one.strata));
  const chosen: Cell[] = [];
  while (open.size > 0) {
    const gains = rest.map((one) => one.strata.filter((stratum) => open.has(stratum)).length);
    const [best] = rest.splice(gains.indexOf(Math.max(...gains)), 1);
    for (const stratum of best!.strata) open.delete(stratum);
    chosen.push(best!.cell);
  }
  if (chosen.length > size) {
    throw new RangeError(`${size} cells cannot cover the ${direction}: it takes ${chosen.length}`);
  }
  return [...chosen, ...rest.slice(0, size - chosen.length).map(({ cell }) => cell)];
}

const isReal = (cell: Cell): boolean => JSON.stringify(collapse(cell)) === JSON.stringify(cell);

/** Everything that this cell is an example of. */
export function strata(cell: Cell): string[] {
  const { rule } = expected(cell);
  const values = Object.entries(cell).filter(([name]) => name !== "direction")
    .map(([name, value]) => `${name}=${value}`);
  const pairs = values.flatMap((one, i) => values.slice(i + 1).map((other) => `${one} ${other}`));
  return [...values.map((value) => `${rule} ${value}`), ...pairs];
}

function shuffled<T>(list: readonly T[], seed: number): T[] {
  const random = seeded(seed);
  const result = [...list];
  for (let i = result.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [result[i], result[j]] = [result[j]!, result[i]!];
  }
  return result;
}
