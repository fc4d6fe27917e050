/** The border to the library: handles that are stale, panics, arguments that make no sense. */
import assert from "node:assert/strict";
import { native } from "../../wire/native.ts";
import { LIMITS } from "./ends.ts";

const PANIC = -100, HANDLE = -101, ARGUMENT = -102;
const limits = Uint32Array.from(Object.values(LIMITS).slice(0, 8));
const none = new Uint8Array(0);

Deno.test("border: a panic is an error code, and the library goes on", () => {
  assert.equal(native().session_panic(), PANIC);
  const handle = native().session_new(0, limits);
  assert.ok(handle > 0);
  assert.equal(native().session_free(handle), 0);
});

Deno.test("border: a stale handle is never another session", () => {
  const first = native().session_new(0, limits);
  native().session_free(first);
  const second = native().session_new(0, limits);
  assert.notEqual(first, second);
  for (const stale of [first, 0, 0x7fff_ffff, 0xffff_ffff]) {
    assert.equal(native().session_free(stale), HANDLE);
    assert.equal(native().session_pull(stale, new Uint8Array(8), 0, 8), HANDLE);
    assert.equal(native().session_learn_pair(stale, none, 0, none, 0, 1), HANDLE);
  }
  assert.equal(native().session_free(second), 0);
});

Deno.test("border: TLS needs a context, a name, and starts once", () => {
  const session = native().session_new(0, limits);
  const name = new TextEncoder().encode("a.example");
  assert.equal(native().session_start_client(session, 12345, name, name.length, name, name.length), HANDLE);
  assert.equal(native().session_start_client(session, 12345, none, 0, name, name.length), ARGUMENT);
  const words = new Uint8Array(64);
  assert.equal(native().context_new(none, 0, words, words.length), ARGUMENT);
  assert.equal(native().context_new(Uint8Array.of(9, 0, 0, 0, 1), 5, words, words.length), ARGUMENT);
  native().session_free(session);
});

Deno.test("border: a record that points outside the bytes is refused, not followed", () => {
  const session = native().session_new(0, limits);
  const plain = new Uint8Array(100), out = new Uint8Array(1000);
  const forward = (...records: number[]) => {
    const words = Uint32Array.from(records);
    return native().session_writev(
      session,
      plain,
      plain.length,
      words,
      0,
      words.length / 2,
      2,
      out,
      0,
      out.length,
    );
  };
  assert.equal(forward(0, 100), 100);
  assert.equal(forward(0, 10, 20, 30), 20);
  for (const bad of [[0, 101], [50, 40], [0, 10, 90, 200], [0xffff_ffff, 0xffff_ffff]]) {
    assert.equal(forward(...bad), ARGUMENT, bad.join());
  }
  native().session_free(session);
});
