import assert from "node:assert/strict";
import { lasted, span, table } from "../../cli/terminal.ts";
import { printable, printableJson } from "../../observe/printable.ts";

const HOSTILE = "a\u001b[2Jb\u009b31mc\u202ed\u2028e\u200bf\rg\u0007";

Deno.test("a peer's words cannot move the cursor or turn the line around", () => {
  assert.equal(printable(HOSTILE), "a?[2Jb?31mc?d?e?f?g?");
  const json = printableJson({ peer: HOSTILE }, 2);
  assert.equal(printable(json.replaceAll("\n", "")), json.replaceAll("\n", ""));
  assert.deepEqual(JSON.parse(json), { peer: HOSTILE });
  assert.equal(printable("Bücher 日本 ✓"), "Bücher 日本 ✓");
});

Deno.test("a table keeps to the width, numbers stand right, what is empty is a dash", () => {
  const rows = [{ name: "a".repeat(200), n: 7, none: null }, { name: `b${HOSTILE}`, n: 1234, none: null }];
  const text = table(
    [
      { title: "NAME", cell: (row) => row.name },
      { title: "N", cell: (row) => row.n },
      { title: "NONE", cell: (row) => row.none },
    ],
    rows,
    80,
  );
  const [header, first, second] = text.split("\n").map((line) =>
    line.replaceAll("\u001b[1m", "").replaceAll("\u001b[22m", "")
  );
  assert.match(header!, /^NAME +N {2}NONE$/);
  assert.match(first!, /^a+… {5}7 {2}-$/);
  assert.match(second!, /^ba\?.* 1234 {2}-$/);
  for (const line of [header, first, second]) assert.ok([...line!].length <= 80);
});

Deno.test("a time is said in its largest unit", () => {
  assert.deepEqual([0, 59_999, 60_000, 7_200_000, 172_800_000].map(span), [
    "0 s",
    "59 s",
    "1 min",
    "2 h",
    "2 d",
  ]);
});

Deno.test("how long something took: milliseconds below a second, then seconds with a tenth", () => {
  assert.deepEqual([0.4, 16, 999.4, 999.6, 40_000].map(lasted), [
    "0 ms",
    "16 ms",
    "999 ms",
    "1.0 s",
    "40.0 s",
  ]);
});
