import assert from "node:assert/strict";
import { NegativeTable } from "../../routing/negative.ts";
import { NOW, OTHER_SENDER, OTHER_TARGET, PAIR } from "./fixtures.ts";

Deno.test("negative entry: holds until its time, for its pair only", () => {
  const table = new NegativeTable();
  table.add(PAIR, "peer.denied", NOW + 600_000);
  assert.equal(table.find(PAIR, NOW + 599_999)?.cause, "peer.denied");
  assert.equal(table.find(OTHER_TARGET, NOW), null);
  assert.equal(table.find(PAIR, NOW + 600_000), null);
  assert.equal(table.size, 0);
});

Deno.test("negative entry: a later one replaces the earlier, a good outcome removes it", () => {
  const table = new NegativeTable();
  table.add(PAIR, "peer.denied", NOW + 1);
  table.add(PAIR, "dns.nxdomain", NOW + 2);
  assert.deepEqual(table.find(PAIR, NOW), { cause: "dns.nxdomain", until: NOW + 2 });
  assert.deepEqual([table.remove(PAIR), table.remove(PAIR)], [true, false]);
});

Deno.test("negative entries: when full the oldest goes; a sweep drops what is over", () => {
  const table = new NegativeTable(2);
  for (const pair of [PAIR, OTHER_TARGET, OTHER_SENDER]) table.add(pair, "peer.denied", NOW + 10);
  assert.equal(table.find(PAIR, NOW), null);
  assert.ok(table.find(OTHER_SENDER, NOW));
  table.add(OTHER_TARGET, "peer.denied", NOW + 99);
  table.sweep(NOW + 10);
  assert.equal(table.size, 1);
});
