import assert from "node:assert/strict";
import fc from "fast-check";
import { Handled } from "../../routing/handled.ts";

/** A component's socket that takes what the test lets it take. */
class Socket {
  bytesOut = 0;
  buffered = 0;
  settled = false;
  giveUp(): void {}
  reached(): undefined {}

  queue(bytes: number): void {
    this.buffered += bytes;
  }

  write(bytes: number): void {
    this.buffered -= bytes;
    this.bytesOut += bytes;
  }
}

Deno.test("handled: what is answered at once counts at once", () => {
  const handled = new Handled();
  handled.took(3, null);
  assert.deepEqual([handled.handled, handled.taken, handled.waitingFor], [3, 3, null]);
});

Deno.test("handled: what is queued counts when the socket has it, and what came behind it not before it", () => {
  const [handled, socket] = [new Handled(), new Socket()];
  socket.queue(100);
  handled.took(2, socket);
  handled.took(1, null);
  socket.queue(50);
  handled.took(1, socket);
  assert.equal(handled.handled, 0);
  socket.write(99);
  assert.equal(handled.handled, 0);
  socket.write(1);
  assert.equal(handled.handled, 3);
  socket.write(50);
  assert.equal(handled.handled, 4);
});

Deno.test("handled: a socket that is gone holds nothing back once its rest is answered", () => {
  const [handled, gone, other] = [new Handled(), new Socket(), new Socket()];
  gone.queue(10);
  handled.took(1, gone);
  other.queue(10);
  handled.took(1, other);
  other.write(10);
  assert.deepEqual([handled.handled, handled.waitingFor?.sink], [0, gone]);
  gone.settled = true;
  assert.deepEqual([handled.handled, handled.waitingFor], [2, null]);
});

Deno.test("handled: what came before the counting is not in the count, but it is waited for", () => {
  const [handled, socket] = [new Handled(), new Socket()];
  socket.queue(10);
  handled.took(5, socket);
  handled.count();
  handled.took(2, null);
  assert.deepEqual([handled.handled, handled.taken, handled.waitingFor?.sink], [0, 2, socket]);
  socket.write(10);
  assert.equal(handled.handled, 2);
});

Deno.test("handled: whatever comes in whatever order, the count is the longest prefix that is out", () => {
  const step = fc.record({
    stanzas: fc.integer({ min: 1, max: 5 }),
    socket: fc.integer({ min: -1, max: 2 }),
  });
  fc.assert(fc.property(fc.array(step), fc.array(fc.nat(2)), (arrivals, writes) => {
    const [handled, sockets] = [new Handled(), [new Socket(), new Socket(), new Socket()]];
    const all: { upTo: number; done: () => boolean }[] = [];
    let taken = 0;
    for (const { stanzas, socket } of arrivals) {
      taken += stanzas;
      const sink = sockets[socket] ?? null;
      sink?.queue(10 * stanzas);
      const at = sink === null ? 0 : sink.bytesOut + sink.buffered;
      all.push({ upTo: taken, done: () => sink === null || sink.bytesOut >= at });
      handled.took(stanzas, sink);
    }
    for (const which of writes) {
      const socket = sockets[which]!;
      socket.write(Math.min(10, socket.buffered));
      const waits = all.findIndex(({ done }) => !done());
      const expected = waits === -1 ? taken : waits === 0 ? 0 : all[waits - 1]!.upTo;
      assert.equal(handled.handled, expected);
    }
  }));
});

Deno.test("handled: thousands of marks cost no memory once they are over", () => {
  const [handled, slow, quick] = [new Handled(), new Socket(), new Socket()];
  for (let n = 0; n < 10_000; n++) {
    const socket = n % 1000 === 999 ? slow : quick;
    socket.queue(1);
    handled.took(1, socket);
    quick.write(quick.buffered);
  }
  assert.equal(handled.handled, 999);
  slow.write(10);
  assert.equal(handled.handled, 10_000);
});
