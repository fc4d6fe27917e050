/** Tells stages as they are decided, group by group: who reads them sees a federation come about, in its order. console.md 3.5. */
import type { Stage } from "../observe/contract.ts";
import { groupOf } from "./depth.ts";
import { type StageId, STAGES } from "./stage.ts";

const IDS: readonly StageId[] = (Object.keys(STAGES) as StageId[]).filter((id) => id !== "policy");

const placeOf = ({ id }: Stage) => IDS.indexOf(id as StageId);

export class Telling {
  readonly #heard: (stage: Stage) => void;
  readonly #told = new Set<string>();

  constructor(heard: (stage: Stage) => void) {
    this.#heard = heard;
  }

  /** What is decided now. A stage waits for all of the groups before its own. */
  decided(stages: readonly Stage[]): void {
    const known = new Set([...this.#told, ...stages.map(({ id }) => id)]);
    const awaited = IDS.find((id) => !known.has(id));
    const open = awaited === undefined ? null : groupOf(awaited);
    const last = open === null ? IDS.length : IDS.findLastIndex((id) => groupOf(id) === open) + 1;
    const sayable = new Set<string>(["policy", ...IDS.slice(0, last)]);
    this.#say(stages.filter(({ id }) => sayable.has(id)));
  }

  /** Nothing more is to come. */
  over(stages: readonly Stage[]): void {
    this.#say(stages);
  }

  #say(stages: readonly Stage[]): void {
    const fresh = stages.filter(({ id }) => !this.#told.has(id));
    for (const stage of fresh.sort((a, b) => placeOf(a) - placeOf(b))) {
      this.#told.add(stage.id);
      this.#heard(stage);
    }
  }
}
