/** A recorder that is told 20,000 steps a second besides: it stands for observe/recorder.ts (tests/harness/imports.ts). */
import type { Step } from "../../facts/event.ts";
import { Recorder as Sound, type RecorderOptions } from "../../observe/recorder.ts";

export type { Listener, RecorderOptions, Trace, Tracer } from "../../observe/recorder.ts";

const PER_SECOND = 20_000;
const EVERY_MS = 10;
const ACTORS = 1000;

const STEP = {
  type: "machine.moved" as const,
  detail: { machine: "flood", actor: "a", on: "e", from: "x", to: "y", edges: ["x|e|0"], state: "y" },
} satisfies Step;

export class Recorder extends Sound {
  constructor(now: () => number, options?: RecorderOptions) {
    super(now, options);
    const tracers = Array.from({ length: ACTORS }, (_, i) => this.of({ connection: `flood-${i}` }));
    let [began, told] = [performance.now(), 0];
    setInterval(() => {
      const due = (performance.now() - began) * PER_SECOND / 1000;
      // Like an actor's, each step is made anew.
      for (; told < due; told++) {
        tracers[told % ACTORS]!.step((): Step => ({ ...STEP, detail: { ...STEP.detail } }));
      }
    }, EVERY_MS);
  }
}
