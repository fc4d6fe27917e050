import assert from "node:assert/strict";
import { setup } from "xstate";
import { draw } from "../../tools/diagrams.ts";

const machine = setup({ delays: { patience: 1000 }, guards: { willing: () => true } }).createMachine({
  id: "door",
  initial: "shut",
  on: { "house.burned": ".gone" },
  states: {
    shut: { on: { "bell.rang": { target: "open", guard: "willing" } }, after: { patience: "gone" } },
    open: { initial: "ajar", states: { ajar: { on: { "wind.blew": "wide" } }, wide: {} } },
    gone: { type: "final" },
  },
});

Deno.test("diagrams: states, guards, delays, nested states and ends are drawn", () => {
  const page = draw("door.ts", machine);
  for (
    const line of [
      `  state "shut" as shut`,
      `  state "open" as open {`,
      `  open_ajar --> open_wide: wind.blew`,
      `  [*] --> shut`,
      `  shut --> open: bell.rang [willing]`,
      `  shut --> gone: after patience`,
      `  gone --> [*]`,
      "* `house.burned` -> `gone`",
    ]
  ) assert.ok(page.split("\n").includes(line), `${line}\nin\n${page}`);
});
