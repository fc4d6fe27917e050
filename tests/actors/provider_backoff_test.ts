/** How long a peer's machine is left alone, by what it did (protocol.md 8.4, 4.8). */
import assert from "node:assert/strict";
import { type Loss, ProviderBackoff } from "../../actors/provider_backoff.ts";

const MAX_MS = 300_000;

/** A clock that the test moves, and the same chance each time. */
function backoff(random = 0.5) {
  let now = 1_000_000;
  const clock = { now: () => now, setTimeout: () => 0, clearTimeout: () => {} };
  const providers = new ProviderBackoff({ clock, random: () => random }, () => MAX_MS);
  return { providers, pass: (ms: number) => now += ms };
}

/** Each machine at a site of its own. */
const sites = new Map<string, string>();
function elsewhere(machine: string): string {
  if (!sites.has(machine)) sites.set(machine, `fd00:0:${sites.size.toString(16)}::1`);
  return sites.get(machine)!;
}

const loss = (machine: string, more: Partial<Loss> = {}): Loss => ({
  machine,
  address: elsewhere(machine),
  condition: null,
  cause: "tcp.reset",
  ...more,
});

Deno.test("SM-16: a machine that nobody reaches is left alone for up to 2, 4, 8 .. 300 s, and dialled alone", () => {
  const { providers, pass } = backoff(1);
  assert.equal(providers.rest("m"), null);
  assert.equal(providers.isSuspect("m"), false);
  const rests = Array.from({ length: 10 }, () => {
    providers.unreached("m", "tcp.refused");
    const { ms, cause } = providers.rest("m")!;
    assert.equal(cause, "tcp.refused");
    pass(ms);
    assert.equal(providers.rest("m"), null);
    assert.ok(providers.isSuspect("m"));
    return ms / 1000;
  });
  assert.deepEqual(rests, [2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
  providers.reached("m");
  assert.equal(providers.isSuspect("m"), false);
});

Deno.test("SM-16: jitter is full: anywhere up to the bound", () => {
  const { providers } = backoff(0.25);
  providers.unreached("m", "tcp.timeout");
  assert.equal(providers.rest("m")?.ms, 500);
});

Deno.test("SM-16: attempts that failed side by side are one failure", () => {
  const { providers, pass } = backoff(1);
  for (let n = 0; n < 30; n++) providers.unreached("m", "tcp.refused");
  assert.equal(providers.rest("m")?.ms, 2000);
  pass(2000);
  providers.unreached("m", "tcp.refused");
  assert.equal(providers.rest("m")?.ms, 4000);
});

Deno.test("SM-16: failures of long ago are not in a row with today's", () => {
  const { providers, pass } = backoff(1);
  for (let n = 0; n < 5; n++) {
    providers.unreached("m", "tcp.refused");
    pass(providers.rest("m")!.ms);
  }
  pass(MAX_MS);
  providers.unreached("m", "tcp.refused");
  assert.equal(providers.rest("m")?.ms, 2000);
});

Deno.test("SM-16: what DNS, our limits or our policy say is no failure of the machine", () => {
  const { providers } = backoff();
  for (const cause of ["dns.servfail", "limit.outgoing", "tcp.forbidden", "tls.names"] as const) {
    providers.unreached("m", cause);
    assert.equal(providers.rest("m"), null, cause);
  }
});

Deno.test("SM-16: a lone loss delays nobody; what was lost together is spread over a minute, all of it", () => {
  const { providers, pass } = backoff(0.5);
  for (let n = 0; n < 4; n++) providers.lost(loss(`m${n}`));
  assert.equal(providers.rest("m0"), null);
  pass(500);
  providers.lost(loss("m4"));
  for (let n = 0; n < 5; n++) assert.equal(providers.rest(`m${n}`)?.ms, 30_000, `m${n}`);
  providers.lost(loss("m5"));
  assert.equal(providers.rest("m5")?.ms, 30_000);
  pass(10_000);
  providers.lost(loss("m6"));
  assert.equal(providers.rest("m6"), null);
});

Deno.test("SM-16: losses one after the other are not together", () => {
  const { providers, pass } = backoff();
  for (let n = 0; n < 50; n++) {
    providers.lost(loss(`m${n}`));
    assert.equal(providers.rest(`m${n}`), null);
    pass(501);
  }
});

Deno.test("SM-16: many losses of one remote delay that remote and nobody else", () => {
  const { providers } = backoff();
  // Ports without number, names without number: one network.
  for (let n = 0; n < 1000; n++) {
    providers.lost(loss(`m${n % 250}.attacker.example:${n % 250}`, { address: "192.0.2.66" }));
  }
  providers.lost(loss("honest"));
  assert.equal(providers.rest("honest"), null);
  const { providers: others } = backoff();
  for (let n = 0; n < 5; n++) others.lost(loss("attacker"));
  others.lost(loss("honest"));
  assert.ok(others.rest("attacker") !== null);
  assert.equal(others.rest("honest"), null);
});

Deno.test("SM-16: a remote with a whole /48 or /24 is one remote, five such are many", () => {
  const neighbours = (n: number) => [`2001:db8:1:${n.toString(16)}::1`, `192.0.2.${n}`];
  const { providers } = backoff();
  for (let n = 0; n < 255; n++) {
    for (const address of neighbours(n)) providers.lost(loss(`m.${address}`, { address }));
  }
  providers.lost(loss("honest"));
  assert.equal(providers.rest("honest"), null);
  for (const address of ["2001:db8:2::1", "192.0.3.1"]) providers.lost(loss(address, { address }));
  assert.ok(providers.rest("honest") !== null);
});

Deno.test("SM-16: whatever many remotes together do, a connection that is not lost is not delayed, one that is by a minute at most", () => {
  const { providers, pass } = backoff(0.999_999);
  for (let n = 0; n < 10_000; n++) {
    providers.lost(loss(`a${n}`));
    pass(1);
    if (n === 9000) providers.lost(loss("lost"));
    if (n === 9000) assert.ok(providers.rest("lost")!.ms <= 60_000);
  }
  assert.equal(providers.rest("not lost"), null);
});

Deno.test("SM-16: machines without number: the oldest is forgotten, the next is known", () => {
  const { providers } = backoff(1);
  for (let n = 0; n <= 10_000; n++) providers.unreached(`m${n}`, "tcp.refused");
  assert.equal(providers.rest("m0"), null);
  assert.equal(providers.isSuspect("m0"), false);
  assert.ok(providers.isSuspect("m1"));
  assert.ok(providers.isSuspect("m10000"));
});

Deno.test("SM-16: a machine that shuts down or has no room is left alone for up to a minute; a close or an idle end says nothing", () => {
  const { providers } = backoff(0.5);
  for (const condition of ["system-shutdown", "resource-constraint", "conflict"] as const) {
    providers.lost(loss(condition, { condition, cause: "stream.error" }));
    assert.equal(providers.rest(condition)?.ms, 30_000, condition);
  }
  for (let n = 0; n < 10; n++) {
    providers.lost(loss("said", { condition: "policy-violation", cause: "stream.error" }));
    providers.lost(loss(`idle${n}`, { cause: "stream.idle" }));
    providers.lost(loss(`closed${n}`, { cause: "stream.closed" }));
  }
  for (const machine of ["said", "idle9", "closed9"]) assert.equal(providers.rest(machine), null, machine);
});
