/** Bounded work: fair between keys, bounded in who waits (protocol.md 10). */
import assert from "node:assert/strict";
import { type Passage, Turnstile } from "../../actors/turnstile.ts";

/** A turnstile whose work ends when the test says so. */
class Stand {
  readonly order: string[] = [];
  readonly results = new Map<string, Passage<string>>();
  readonly unwanted = new Set<string>();
  readonly #ends = new Map<string, () => void>();
  readonly #turnstile: Turnstile;

  constructor(inside: number, waiting: number) {
    this.#turnstile = new Turnstile(() => ({ inside, waiting }));
  }

  come(key: string, name: string, mostPerKey = 100): void {
    const work = () => {
      this.order.push(name);
      return new Promise<string>((end) => this.#ends.set(name, () => end(name)));
    };
    void this.#turnstile.run(key, mostPerKey, () => !this.unwanted.has(name), work)
      .then((result) => this.results.set(name, result));
  }

  async end(name: string): Promise<void> {
    await settled();
    this.#ends.get(name)!();
    await settled();
  }
}

const settled = () => new Promise((resolve) => setTimeout(resolve));

Deno.test("turnstile: a key that floods costs another one turn", async () => {
  const stand = new Stand(2, 100);
  for (let n = 1; n <= 6; n++) stand.come("flood", `f${n}`);
  stand.come("other", "o1");
  stand.come("third", "t1");
  await stand.end("f1");
  await stand.end("f2");
  await stand.end("f3");
  await stand.end("o1");
  assert.deepEqual(stand.order, ["f1", "f2", "f3", "o1", "t1", "f4"]);
});

Deno.test("turnstile: at the limit of one key its next waits, one of another key enters", async () => {
  const stand = new Stand(10, 100);
  for (let n = 1; n <= 3; n++) stand.come("a", `a${n}`, 2);
  stand.come("b", "b1", 2);
  await settled();
  assert.deepEqual(stand.order, ["a1", "a2", "b1"]);
  await stand.end("b1");
  assert.deepEqual(stand.order, ["a1", "a2", "b1"], "no room was made for a");
  await stand.end("a1");
  assert.deepEqual(stand.order, ["a1", "a2", "b1", "a3"]);
});

Deno.test("turnstile: so many may wait, one more is sent away", async () => {
  const stand = new Stand(1, 2);
  for (let n = 1; n <= 4; n++) stand.come("a", `a${n}`);
  await settled();
  assert.deepEqual([...stand.results], [["a4", { passed: false, why: "full" }]]);
  for (const name of ["a1", "a2", "a3"]) await stand.end(name);
  assert.deepEqual(stand.order, ["a1", "a2", "a3"]);
});

Deno.test("turnstile: where all places to wait are taken, the longest queue gives one up", async () => {
  const stand = new Stand(1, 3);
  for (let n = 1; n <= 4; n++) stand.come("flood", `f${n}`);
  stand.come("other", "o1");
  await settled();
  assert.deepEqual([...stand.results], [["f4", { passed: false, why: "full" }]]);
  stand.come("other", "o2"); // now both wait alike: no one is pushed out for it
  await settled();
  assert.deepEqual([...stand.results.keys()], ["f4", "o2"]);
});

Deno.test("turnstile: what nobody wants any more is not done, and takes nobody's turn", async () => {
  const stand = new Stand(1, 100);
  stand.come("a", "a1");
  stand.come("b", "b1");
  stand.come("b", "b2");
  stand.come("c", "c1");
  stand.unwanted.add("b1").add("b2");
  await stand.end("a1");
  assert.deepEqual(stand.order, ["a1", "c1"]);
  assert.deepEqual(stand.results.get("b1"), { passed: false, why: "unwanted" });
});

Deno.test("turnstile: work that fails gives its place back", async () => {
  const turnstile = new Turnstile(() => ({ inside: 1, waiting: 1 }));
  await assert.rejects(turnstile.run("a", 1, () => true, () => Promise.reject(new Error("it broke"))), {
    message: "it broke",
  });
  const next = await turnstile.run("b", 1, () => true, () => Promise.resolve(7));
  assert.deepEqual(next, { passed: true, value: 7 });
});
