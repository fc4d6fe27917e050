/** What was framed once is found again; what a component's socket did not take is known to the byte. */
import assert from "node:assert/strict";
import { Outlet } from "../../wire/outlet.ts";
import { reframe } from "../../wire/reframe.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

const STANZAS = [
  "<message from='a@a.example' to='b@b.example' id='1'><body>x</body></message>",
  "<iq from='a.example' to='b.example' id='&lt;2' type='get'><ping xmlns='urn:xmpp:ping'/></iq>",
  "<presence from='a@a.example' to='b@b.example'/>",
];

Deno.test("reframe: stanzas back to back, with their addresses, ids and ends; other elements are left out", () => {
  const found = reframe("server", encode(`${STANZAS[0]}<x xmlns='urn:x'/>\n ${STANZAS[1]}${STANZAS[2]}`));
  assert.deepEqual(found.map(({ bytes }) => decode(bytes)), STANZAS);
  assert.deepEqual(found.map(({ kind, from, to, id }) => [kind, from, to, id]), [
    [1, "a@a.example", "b@b.example", "1"],
    [3, "a.example", "b.example", "<2"],
    [2, "a@a.example", "b@b.example", ""],
  ]);
});

Deno.test("reframe: thousands of stanzas, one of them larger than any limit, deep and wide", () => {
  const deep = `<message id='deep'>${"<a>".repeat(2000)}${"</a>".repeat(2000)}</message>`;
  const large = `<message id='large'>${"x".repeat(3_000_000)}</message>`;
  const many = Array.from({ length: 5000 }, (_, n) => `<message id='${n}'/>`);
  const all = [...many, deep, large, ...many];
  const found = reframe("component", encode(all.join("")));
  assert.deepEqual(found.map(({ bytes }) => decode(bytes)), all);
  assert.equal(found.at(-1)!.end, all.join("").length);
});

Deno.test("reframe: bytes that were never framed are our own fault", () => {
  assert.throws(() => reframe("server", encode("<message><body></message>")), /Cannot frame stanzas again/);
});

/** A socket that takes so many bytes and then no more. */
function socket(...takes: number[]): Deno.TcpConn {
  const write = (bytes: Uint8Array) => {
    const most = takes.shift();
    return most === undefined ? new Promise(() => {}) : Promise.resolve(Math.min(bytes.length, most));
  };
  return { write } as unknown as Deno.TcpConn;
}

function put(outlet: Outlet, text: string): void {
  const bytes = encode(text);
  outlet.append(bytes.length, (out, at) => {
    out.set(bytes, at);
    return bytes.length;
  });
}

const settle = () => new Promise((resolve) => setTimeout(resolve));

Deno.test("outlet: what was not sent begins with the piece that was being sent", async () => {
  const outlet = new Outlet(socket(4, 3), true);
  put(outlet, "<a/>");
  put(outlet, "<bb/>");
  await settle();
  put(outlet, "<ccc/>");
  assert.deepEqual([outlet.bytes, outlet.waiting], [7, 8]);
  outlet.close();
  assert.deepEqual([decode(outlet.unsent!.bytes), outlet.unsent!.written], ["<bb/><ccc/>", 3]);
});

Deno.test("outlet: nothing is left when everything was sent, and nothing is kept where nobody asks", async () => {
  const all = new Outlet(socket(100), true);
  put(all, "<a/>");
  await settle();
  all.close();
  assert.deepEqual([all.unsent, all.bytes], [null, 4]);
  const unasked = new Outlet(socket());
  put(unasked, "<a/>");
  unasked.close();
  assert.equal(unasked.unsent, null);
});

Deno.test("outlet: closed before the first byte left, and in the middle of many pieces", async () => {
  const early = new Outlet(socket(), true);
  put(early, "<a/>");
  put(early, "<b/>");
  early.close();
  assert.deepEqual([decode(early.unsent!.bytes), early.unsent!.written], ["<a/><b/>", 0]);
  const late = new Outlet(socket(4000, 4001), true);
  for (let n = 0; n < 3000; n++) put(late, "<a/>");
  await settle();
  late.close();
  assert.deepEqual([late.bytes, late.unsent!.written, late.unsent!.bytes.length], [8001, 1, 4000]);
});

Deno.test("outlet: a goal is reached with its byte, or when it is closed", async () => {
  const outlet = new Outlet(socket(2, 2), true);
  put(outlet, "<a/><b/>");
  let reached = 0;
  void outlet.reached(4)!.then(() => reached++);
  void outlet.reached(5)!.then(() => reached++);
  await settle();
  assert.deepEqual([reached, outlet.bytes, outlet.reached(4)], [1, 4, undefined]);
  outlet.close();
  await settle();
  assert.deepEqual([reached, outlet.reached(100)], [2, undefined]);
});
