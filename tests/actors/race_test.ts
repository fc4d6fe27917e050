import assert from "node:assert/strict";
import type { Clock } from "../../actors/host.ts";
import { type Lap, race, type Runner } from "../../actors/race.ts";

/** A clock that stands still until it is moved. */
class StillClock implements Clock {
  #now = 0;
  readonly #timers = new Map<number, { at: number; fn: () => void }>();
  #last = 0;
  now = () => this.#now;
  setTimeout(fn: () => void, ms: number): number {
    this.#timers.set(++this.#last, { at: this.#now + ms, fn });
    return this.#last;
  }
  clearTimeout(id: unknown): void {
    this.#timers.delete(id as number);
  }
  get pending(): number {
    return this.#timers.size;
  }
  async move(ms: number): Promise<void> {
    this.#now += ms;
    for (const [id, { at, fn }] of [...this.#timers]) if (at <= this.#now && this.#timers.delete(id)) fn();
    await settle();
  }
}

const settle = async () => {
  for (let i = 0; i < 20; i++) await Promise.resolve();
};

/** A course with runners that run as the test says. */
function course(names: readonly string[]) {
  const started: string[] = [];
  const aborted: string[] = [];
  const ends = new Map(names.map((name) => [name, Promise.withResolvers<Lap<string>>()]));
  const runner = (name: string): Runner<string> => (signal) => {
    started.push(name);
    signal.addEventListener("abort", () => aborted.push(name));
    return ends.get(name)!.promise;
  };
  async function* runners() {
    for (const name of names) yield runner(name);
  }
  const clock = new StillClock();
  const discarded: string[] = [];
  const over = new AbortController();
  const result = race(runners(), { clock, signal: over.signal, discard: (won) => discarded.push(won) });
  return {
    ...{ started, aborted, clock, discarded, over, result },
    win: async (name: string) => {
      ends.get(name)!.resolve({ won: name });
      await settle();
    },
    lose: async (name: string) => {
      ends.get(name)!.resolve({ lost: "tcp.refused" });
      await settle();
    },
  };
}

Deno.test("DNS-9: the next address begins 250 ms later, and the first connection wins", async () => {
  const { started, clock, win, result, aborted } = course(["v6", "v4", "third"]);
  await settle();
  assert.deepEqual(started, ["v6"]);
  await clock.move(249);
  assert.deepEqual(started, ["v6"]);
  await clock.move(1);
  assert.deepEqual(started, ["v6", "v4"]);
  await win("v4");
  assert.deepEqual(await result, { won: "v4" });
  assert.deepEqual(aborted, ["v6", "v4"]);
  assert.equal(clock.pending, 0);
});

Deno.test("DNS-8: a failure begins the next at once", async () => {
  const { started, lose, win, result } = course(["a", "b", "c"]);
  await settle();
  await lose("a");
  await lose("b");
  assert.deepEqual(started, ["a", "b", "c"]);
  await win("c");
  assert.deepEqual(await result, { won: "c" });
});

Deno.test("an address that answers late still wins, if it is the first", async () => {
  const { clock, win, result } = course(["a", "b"]);
  await settle();
  await clock.move(250);
  await win("a");
  assert.deepEqual(await result, { won: "a" });
});

Deno.test("when all failed it says how the last one did; without any it says nothing", async () => {
  const { lose, result } = course(["a", "b"]);
  await settle();
  await lose("a");
  await lose("b");
  assert.deepEqual(await result, { lost: "tcp.refused" });
  assert.deepEqual(await course([]).result, { lost: null });
});

Deno.test("what comes in second is let go", async () => {
  const { clock, win, result, discarded } = course(["a", "b"]);
  await settle();
  await clock.move(250);
  await win("a");
  await win("b");
  await result;
  await settle();
  assert.deepEqual(discarded, ["b"]);
});

Deno.test("a race that is ended has no winner", async () => {
  const { over, win, result, discarded } = course(["a"]);
  await settle();
  over.abort();
  assert.deepEqual(await result, { lost: null });
  await win("a");
  assert.deepEqual(discarded, ["a"]);
});
