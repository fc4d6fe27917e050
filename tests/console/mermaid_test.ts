/** What the page copies as Mermaid. console.md 6 D2.7. */
import assert from "node:assert/strict";
import { mermaidOf } from "../../console/page/parts/mermaid.ts";

const NAMES = { resolver: ["resolver", ""], local: ["a.example", ""], peer: ["b.example", ""] } as const;

Deno.test("D2.7: arrows, refusals and notes are lines of a sequence diagram", () => {
  const title = "<db:result>", sub = "a.example → b.example";
  const text = mermaidOf([
    { told: { from: "local", to: "peer", title, sub, bad: false } },
    { told: { from: "peer", to: "local", title, sub: "", bad: true } },
    { told: { from: "local", to: "local", title: "granted", sub: "", bad: false } },
  ], NAMES);
  assert.deepEqual(text.split("\n"), [
    "sequenceDiagram",
    "  participant resolver as resolver",
    "  participant local as a.example",
    "  participant peer as b.example",
    "  local->>peer: #60;db:result#62;: a.example → b.example",
    "  peer--xlocal: #60;db:result#62;",
    "  Note over local: granted",
  ]);
});

Deno.test("D2.7: what a peer wrote begins no line, is no order to Mermaid and never nothing", () => {
  const title = "end;\n  participant evil\u202e #lt;<script>%%{init: {}}%%";
  const told = { from: "peer", to: "local", title, sub: "", bad: true } as const;
  const text = mermaidOf([{ told }, { told: { ...told, title: " " } }], {
    ...NAMES,
    local: ["a;b\nc", ""],
    peer: ["%%{init: {}}%%", ""],
  });
  assert.equal(text.split("\n").length, 6);
  assert.doesNotMatch(text.replaceAll(/#\d+;|\\u#123;/g, ""), /[;<>%{}]|\u202e|^ *participant evil/m);
  assert.match(text, /: -$/);
});
