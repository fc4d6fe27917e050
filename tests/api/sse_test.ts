/** The event stream: design.md 2.4. Against a recorder; tests/api/api_test.ts reads it from a server. */
import assert from "node:assert/strict";
import { Recorder } from "../../observe/recorder.ts";
import { eventStream, streamsNow } from "../../observe/sse.ts";

const request = (last?: string) =>
  new Request("http://localhost/api/v1/events", {
    headers: last === undefined ? {} : { "last-event-id": last },
  });

function told(count: number, recorder = new Recorder(() => 0)): Recorder {
  for (let i = 0; i < count; i++) recorder.tell({ type: "server.ready" });
  return recorder;
}

/** Reads until `count` events have come. */
async function read(reader: ReadableStreamDefaultReader<Uint8Array>, count: number): Promise<number[]> {
  const seqs: number[] = [];
  while (seqs.length < count) {
    const { value, done } = await reader.read();
    if (done) break;
    for (const [, id] of new TextDecoder().decode(value).matchAll(/^id: \w+-(\d+)$/gm)) seqs.push(Number(id));
  }
  return seqs;
}

Deno.test("SSE: without Last-Event-ID only what happens from now on", async () => {
  const recorder = told(5);
  const reader = eventStream(recorder, request()).body!.getReader();
  await reader.read();
  told(2, recorder);
  assert.deepEqual(await read(reader, 2), [6, 7]);
  told(1, recorder);
  assert.deepEqual(await read(reader, 1), [8]);
  await reader.cancel();
});

Deno.test("SSE: events that come one by one to a waiting reader all arrive", async () => {
  const recorder = told(0);
  const reader = eventStream(recorder, request("0")).body!.getReader();
  const reading = read(reader, 500);
  for (let i = 0; i < 500; i++) {
    told(1, recorder);
    if (i % 7 === 0) await new Promise((resolve) => queueMicrotask(() => resolve(null)));
    if (i % 50 === 0) await new Promise((resolve) => setTimeout(resolve, 0));
  }
  assert.deepEqual(await reading, Array.from({ length: 500 }, (_, i) => i + 1));
  await reader.cancel();
});

Deno.test("SSE: Last-Event-ID replays what the ring still has, an id of another start replays everything", async () => {
  const recorder = told(5);
  const later = eventStream(recorder, request("3")).body!.getReader();
  assert.deepEqual(await read(later, 2), [4, 5]);
  const whole = eventStream(recorder, request(`${recorder.epoch}-3`)).body!.getReader();
  assert.deepEqual(await read(whole, 2), [4, 5]);
  const other = eventStream(recorder, request("99")).body!.getReader();
  assert.deepEqual(await read(other, 5), [1, 2, 3, 4, 5]);
  const former = eventStream(recorder, request("1f3abcd0-3")).body!.getReader();
  assert.deepEqual(await read(former, 5), [1, 2, 3, 4, 5]);
  await Promise.all([later, whole, other, former].map((reader) => reader.cancel()));
});

Deno.test("SSE: whoever asks for all of the past gets it in parts as it reads, and costs no more than that", async () => {
  const recorder = told(20_000);
  const since = recorder.since.bind(recorder);
  let printed = 0;
  recorder.since = (seq, most) => {
    const events = since(seq, most);
    printed += events.length;
    return events;
  };
  const asked = Array.from({ length: 30 }, () => eventStream(recorder, request("0")).body!);
  await new Promise((resolve) => setTimeout(resolve, 0));
  assert.ok(printed < 30 * 2000, `${printed} events for nobody who reads`);
  const reader = asked[0]!.getReader();
  const first = await read(reader, 1);
  told(3, recorder);
  const heard = [...first, ...await read(reader, 20_003 - first.length)];
  assert.deepEqual(heard, Array.from({ length: 20_003 }, (_, i) => i + 1));
  told(1, recorder);
  assert.deepEqual(await read(reader, 1), [20_004]);
  await Promise.all([reader.cancel(), ...asked.slice(1).map((body) => body.cancel())]);
  assert.equal(streamsNow().readers, 0);
});

Deno.test("SSE: of one connection or pair its decisions and its steps come, of others nothing", async () => {
  const recorder = new Recorder(() => 0);
  const [mine, other] = [{ connection: "c-1" }, { connection: "c-2" }];
  const retry = { type: "retry.planned", detail: { afterMs: 1, failures: 1 } } as const;
  recorder.of(mine).step(() => retry);
  const reader = eventStream(recorder, request("0"), mine).body!.getReader();
  recorder.of(other).step(() => retry);
  recorder.tell({ type: "connection.opened", ...mine });
  recorder.tell({ type: "connection.opened", ...other });
  assert.deepEqual(await read(reader, 2), [1, 3]);
  await reader.cancel();
});

Deno.test("SSE: a reader that does not read is cut, the others and the server go on", async () => {
  const recorder = told(0);
  const slow = eventStream(recorder, request()).body!.getReader();
  await slow.read();
  const quick = eventStream(recorder, request()).body!.getReader();
  await quick.read();
  const long = { id: "x".repeat(490) };
  for (let i = 0; i < 4; i++) {
    for (let n = 0; n < 500; n++) recorder.tell({ type: "actor.crashed", detail: long });
    assert.equal((await read(quick, 500)).length, 500);
  }
  await assert.rejects(async () => await read(slow, Infinity), /too slow/);
  assert.equal(recorder.failures, 0);
  await quick.cancel();
});

Deno.test("SSE: the stream ends with the reader's session, at once or within a second, and nothing that came after it is sent", async () => {
  for (const busy of [true, false]) {
    const recorder = told(0);
    let holds = true;
    const reader = eventStream(recorder, request(), null, { role: "operator", holds: () => holds }).body!
      .getReader();
    const other = eventStream(recorder, request()).body!.getReader();
    await Promise.all([reader.read(), other.read()]);
    told(1, recorder);
    assert.deepEqual(await read(reader, 1), [1]);
    holds = false;
    if (busy) told(1, recorder);
    assert.deepEqual(await read(reader, Infinity), []);
    if (!busy) told(1, recorder);
    assert.deepEqual(await read(other, 2), [1, 2]);
    await other.cancel();
  }
});

Deno.test("SSE: under load events are left out of the stream, which says how many; it goes on", async () => {
  const recorder = told(0);
  const reader = eventStream(recorder, request()).body!.getReader();
  await reader.read();
  told(6000, recorder);
  let text = "";
  while (!text.includes("event: skipped")) text += new TextDecoder().decode((await reader.read()).value);
  const skipped = Number(/event: skipped\ndata: \{"skipped":(\d+)\}/.exec(text)![1]);
  assert.equal(text.match(/^id: /gm)!.length + skipped, 6000);
  assert.ok(skipped > 500);
  await reader.cancel();
});

Deno.test("SSE: the stream ends after server.stopped; 32 readers are the most, and the last eight are the operators'", async () => {
  const recorder = told(0);
  const viewer = { role: "viewer", holds: () => true } as const;
  const readers = Array.from(
    { length: 24 },
    () => eventStream(recorder, request(), null, viewer).body!.getReader(),
  );
  assert.throws(() => eventStream(recorder, request(), null, viewer), { name: "Problem", status: 503 });
  for (let n = 0; n < 8; n++) readers.push(eventStream(recorder, request()).body!.getReader());
  assert.throws(() => eventStream(recorder, request()), { name: "Problem", status: 503 });
  recorder.tell({ type: "server.stopped" });
  for (const reader of readers) assert.deepEqual(await read(reader, Infinity), [1]);
  await eventStream(recorder, request()).body!.cancel();
});
