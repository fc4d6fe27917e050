/** The walk behind the heat map: right, at leisure, one for all who ask. console.md 2.2. */
import assert from "node:assert/strict";
import type { LivingActor } from "../../observe/live.ts";
import { Population } from "../../observe/population.ts";
import { Pace } from "../../observe/tables/pace.ts";
import type { ServerView } from "../../observe/view.ts";

const viewOf = (actors: () => Iterable<LivingActor>) => ({ sources: { actors } }) as unknown as ServerView;

Deno.test("population: by machine and state, the most first; what a walk that fails had found before stands", async () => {
  const living: LivingActor[] = [["route", "backoff.resting"], ["proof", "alive.held"], [
    "proof",
    "alive.held",
  ]];
  const population = new Population(viewOf(() => living), new Pace());
  assert.deepEqual(population.found, []);
  const wanted = [{ machine: "proof", state: "alive.held", count: 2 }, {
    machine: "route",
    state: "backoff.resting",
    count: 1,
  }];
  assert.deepEqual(await population.read(), wanted);
  const broken = new Population(viewOf(() => assert.fail("a bug")), new Pace());
  await assert.rejects(broken.read(), /a bug/);
  assert.deepEqual(broken.found, []);
});

Deno.test("population: a walk through very many rests in between, is one for all, and is not made again at once", async () => {
  let walks = 0;
  const population = new Population(
    viewOf(function* () {
      walks++;
      for (let n = 0; n < 400_000; n++) yield ["assertion_out", n % 2 ? "authorised" : "requested"];
    }),
    new Pace(),
  );
  let turns = 0;
  const timer = setInterval(() => turns++, 0);
  assert.deepEqual(await population.read(0), [], "a scrape waits no longer than it may");
  const [first, same] = await Promise.all([population.read(60_000), population.read(60_000)]);
  clearInterval(timer);
  assert.deepEqual(first.map(({ count }) => count), [200_000, 200_000]);
  assert.equal(same, first);
  assert.equal(await population.read(), first);
  assert.equal(walks, 1);
  assert.ok(turns > 2, `${turns} turns of others while it walked`);
});
