import assert from "node:assert/strict";
import { isRefusal, mergeTargets, orderTargets, targetsOf } from "../../dnssec/targets.ts";
import type { Target } from "../../facts/delegation.ts";
import { srv } from "./answers.ts";

function target(host: string, priority: number, weight: number): Target {
  return { host, port: 5269, priority, weight, tls: "starttls" };
}

const ABCD = [target("d", 20, 0), target("b", 10, 20), target("a", 10, 0), target("c", 10, 80)];
const order = (targets: readonly Target[], random: () => number) =>
  orderTargets(targets, random).map(({ host }) => host).join("");

/** Draws of protocol.md 5.2, as the fraction of the inclusive range [0, total]. */
function draws(...pairs: readonly (readonly [drawn: number, total: number])[]): () => number {
  const left = [...pairs];
  return () => {
    const [drawn, total] = left.shift() ?? [0, 0];
    return (drawn + 0.5) / (total + 1);
  };
}

Deno.test("DNS-2: targets: the worked example of protocol.md 5.2", () => {
  assert.equal(order(ABCD, draws([57, 100], [13, 20])), "cbad");
  assert.equal(order(ABCD, draws([57, 100], [0, 20])), "cabd");
});

Deno.test("DNS-2: targets: priorities are strict, weights within 5 % over 10 000 draws", () => {
  const pair = [target("x", 5, 25), target("y", 5, 75), target("z", 4, 0)];
  let state = 1;
  const random = () => (state = (state * 48271) % 2147483647) / 2147483647;
  const orders = Array.from({ length: 10_000 }, () => order(pair, random));
  assert.ok(orders.every((one) => one.startsWith("z")));
  const first = orders.filter((one) => one === "zyx").length;
  assert.ok(Math.abs(first / 10_000 - 0.75) < 0.05, `${first}`);
});

Deno.test("DNS-3: targets: weight 0 among others is chosen rarely but not never", () => {
  assert.equal(order(ABCD, draws([0, 100], [13, 100])), "abcd");
  assert.equal(order(ABCD, draws([1, 100], [13, 80])), "bcad");
});

Deno.test("targets: equal weights of 0 are all in the order", () => {
  assert.equal(order([target("a", 1, 0), target("b", 1, 0)], () => 0.999).length, 2);
});

Deno.test("targets: only a single '.' refuses the service", () => {
  assert.ok(isRefusal(srv([".", 0]).records!));
  assert.ok(!isRefusal(srv([".", 0], ["a.example", 5269]).records!));
  assert.ok(!isRefusal([]));
});

Deno.test("targets: port 0, '.' and what is no host name are skipped", () => {
  const records = srv(["a.example", 0], [".", 5269], ["a b.example", 1], ["-a.example", 1], ["ok.example", 1])
    .records!;
  assert.deepEqual(targetsOf(records, "direct").map(({ host, tls }) => [host, tls]), [[
    "ok.example",
    "direct",
  ]]);
});

Deno.test("targets: at most 16 are considered, lowest priorities first", () => {
  const many = Array.from({ length: 40 }, (_, index) => target(`h${index}`, 40 - index, 0));
  const merged = mergeTargets(many.slice(0, 20), many.slice(20));
  assert.deepEqual(
    merged.map(({ priority }) => priority),
    Array.from({ length: 16 }, (_, index) => index + 1),
  );
});
