import assert from "node:assert/strict";
import { Lines } from "../../observe/lines.ts";
import "../harness/surroundings.ts";

function paper() {
  const written: string[] = [];
  const lines = new Lines((bytes) => {
    written.push(new TextDecoder().decode(bytes));
    return bytes.length;
  });
  return { lines, written };
}

Deno.test("lines of one moment leave together, in order", async () => {
  const { lines, written } = paper();
  for (const word of ["a", "b", "c"]) lines.add(word, false);
  assert.deepEqual(written, []);
  await Promise.resolve(); // before anything that was not under way
  assert.deepEqual(written, ["a\nb\nc\n"]);
});

Deno.test("a line that warns leaves at once, behind those that waited", () => {
  const { lines, written } = paper();
  lines.add("a", false);
  lines.add("bad", true);
  assert.deepEqual(written, ["a\nbad\n"]);
});

Deno.test("what waits is bounded, and nothing of it is lost", () => {
  const { lines, written } = paper();
  const line = "x".repeat(999);
  for (let n = 0; n < 100; n++) lines.add(line, false);
  assert(written.length >= 3, `${written.length} writes of 100 kB`);
  assert(written.every((text) => text.length <= 34_000));
  lines.flush();
  assert.equal(written.join(""), `${line}\n`.repeat(100));
});

Deno.test("what waited is written when the process is ended", async () => {
  const log = new URL("../../observe/log.ts", import.meta.url);
  const code = `const { logEvent, startLog } = await import(${JSON.stringify(log)});
    startLog("json");
    logEvent({ type: "pair.granted", seq: 1, at: "2026-01-01T00:00:00.000Z", connection: "c-1" });
    Deno.exit(3);`;
  const { stderr, code: exit } = await new Deno.Command(Deno.execPath(), { args: ["eval", code] }).output();
  assert.equal(exit, 3);
  assert.equal(JSON.parse(new TextDecoder().decode(stderr)).event, "pair.granted");
});

Deno.test("a pipe that takes a line in pieces gets all of it", () => {
  const written: string[] = [];
  const lines = new Lines((bytes) => {
    const piece = bytes.subarray(0, 3);
    written.push(new TextDecoder().decode(piece));
    return piece.length;
  });
  lines.add("abcdefg", true);
  assert.deepEqual(written, ["abc", "def", "g\n"]);
});

Deno.test("what there was no room for is not the beginning of the next line", () => {
  let written = "", room = 5;
  const lines = new Lines((bytes) => {
    const piece = bytes.subarray(0, room);
    if (piece.length === 0) throw new Error("No space left on device");
    room -= piece.length;
    written += new TextDecoder().decode(piece);
    return piece.length;
  });
  for (const word of ["abc", "def", "ghi"]) lines.add(word, true);
  room = 100;
  for (const word of ["jkl", "mno"]) lines.add(word, true);
  assert.equal(written, "abc\nd\njkl\nmno\n");
});

Deno.test("a log on a full disk ends no server: what cannot be written is lost, what comes after it is tried", async () => {
  const log = new URL("../../observe/log.ts", import.meta.url);
  const code = `const { logEvent, startLog } = await import(${JSON.stringify(log)});
    startLog("json");
    const told = (level) => logEvent({ type: "pair.granted", level, seq: 1, at: "2026-01-01T00:00:00.000Z" });
    told("info");
    await new Promise((resolve) => setTimeout(resolve, 0));
    told("warning");
    console.log("alive");`;
  const { stdout, code: exit } = await new Deno.Command("sh", {
    args: ["-c", 'exec "$0" eval "$1" 2>/dev/full', Deno.execPath(), code],
  }).output();
  assert.deepEqual([new TextDecoder().decode(stdout), exit], ["alive\n", 0]);
});
