/** What this server writes as Mermaid, drawn by Mermaid itself. console.md 1.1; 6 D2. */
import assert from "node:assert/strict";
import { describe } from "../../../console/chart/mermaid.ts";
import { library } from "../../../console/library.ts";
import { MACHINES } from "../../../console/machines.ts";
import { mermaidOf } from "../../../console/page/parts/mermaid.ts";
import type { Line } from "../../../observe/sequence.ts";
import { printMermaid as printTrace } from "../../../observe/trace_text.ts";
import type { AnyStateNode } from "xstate";
import { Chromium, IS_THERE } from "./chromium.ts";

interface Box {
  readonly id: string;
  readonly label: string;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** What was drawn, as whoever looks at it sees it. */
interface Drawn {
  readonly states: readonly Box[];
  /** What stands on transitions. */
  readonly labels: readonly string[];
  /** Transitions of no length: nobody sees them. */
  readonly unseen: number;
  readonly notes: readonly string[];
  readonly lanes: readonly string[];
  readonly messages: readonly string[];
  /** Elements that nobody but a writer of a text could have asked for. */
  readonly foreign: readonly string[];
}

interface Mermaid {
  initialize(options: unknown): void;
  render(id: string, text: string): Promise<{ svg: string }>;
}

/** @param body Draws a text; what is no Mermaid is refused with Mermaid's own words. */
function test(name: string, body: (draw: (text: string) => Promise<Drawn>) => Promise<void>): void {
  Deno.test({
    name,
    ignore: !IS_THERE,
    sanitizeOps: false,
    sanitizeResources: false,
    fn: async () => {
      const { default: script } = await import("@mermaid-js/tiny/dist/mermaid.tiny.js", {
        with: { type: "text" },
      });
      await using chromium = await Chromium.launch();
      const page = await chromium.browser.newPage();
      await page.addScriptTag({ content: script });
      await body((text) => page.evaluate(drawn, text));
    },
  });
}

/** Runs in the page. */
async function drawn(text: string): Promise<Drawn> {
  const { mermaid, document } = globalThis as unknown as { mermaid: Mermaid; document: Page };
  mermaid.initialize({ startOnLoad: false });
  const { svg } = await mermaid.render("drawn", text);
  document.body.innerHTML = svg;
  const all = (selector: string) => [...document.querySelectorAll(selector)];
  // Lines of one text are told apart as whoever sees them does.
  const texts = (selector: string) =>
    all(selector).flatMap((one) => (one.innerText ?? one.textContent).trim().split(/\n+/));
  return {
    states: all("g.node.statediagram-state, g.statediagram-cluster").map((one) => {
      const { left, right, top, bottom } = one.getBoundingClientRect();
      const label = one.querySelector(".nodeLabel")!.textContent.trim();
      return { id: /-state-(.*)-\d+$/.exec(one.id)![1]!, label, left, right, top, bottom };
    }),
    labels: texts("span.edgeLabel").filter((one) => one !== ""),
    unseen: all("path.transition").filter((one) => {
      const { width, height } = one.getBoundingClientRect();
      return width + height === 0;
    }).length,
    notes: texts(".statediagram-note .nodeLabel, .noteText").filter((one) => one !== ""),
    lanes: texts("text.actor-box"),
    messages: texts(".messageText"),
    foreign: all("body :is(script, img, iframe, a, form, [onerror])").map((one) => one.outerHTML),
  };
}

/** What is used of a browser's document: tests are checked with Deno's types. */
interface Page {
  readonly body: { innerHTML: string };
  querySelectorAll(selector: string): Iterable<Element>;
}

interface Element {
  readonly id: string;
  readonly textContent: string;
  readonly outerHTML: string;
  /** Not of what is SVG. */
  readonly innerText?: string;
  querySelector(selector: string): Element | null;
  getBoundingClientRect(): Omit<Box, "id" | "label"> & { readonly width: number; readonly height: number };
}

const below = (state: AnyStateNode): AnyStateNode[] =>
  Object.values(state.states).flatMap((inner) => [inner, ...below(inner)]);

for (const [id, { root }] of Object.entries(MACHINES)) {
  test(`mermaid: the machine ${id} as Mermaid draws it: every state in its own, every transition`, async (draw) => {
    const { states, labels, notes, unseen } = await draw(library.print(id, "mermaid")!);
    const nodes = below(root);
    assert.deepEqual(
      states.map(({ id, label }) => [id, label]).sort(),
      nodes.map((node) => [node.path.join("_"), node.key]).sort(),
    );
    const boxOf = (node: AnyStateNode) => states.find((box) => box.id === node.path.join("_"))!;
    for (const outer of nodes) {
      const [out, around] = [boxOf(outer), below(outer)];
      for (const inner of nodes.filter((node) => node !== outer && !below(node).includes(outer))) {
        const box = boxOf(inner);
        const within = box.left >= out.left && box.right <= out.right && box.top >= out.top &&
          box.bottom <= out.bottom;
        assert.equal(
          within,
          around.includes(inner),
          `${inner.id} is drawn ${within ? "in" : "outside"} ${outer.id}`,
        );
      }
    }
    const words = nodes.flatMap((node) =>
      [...node.transitions.values()].flat().flatMap((transition) =>
        (transition.target ?? [node]).map(() => describe(transition, node))
      )
    );
    const seen = [...labels, ...notes].filter((one) => !one.startsWith("wherever in "));
    assert.deepEqual(seen.sort(), words.sort());
    assert.equal(unseen, 0);
  });
}

const HOSTILE = [
  "end",
  "a;b",
  "<img src=x onerror=alert(1)>",
  "%%{init: {}}%%",
  "#lt;script#gt;",
  "{x} `y` \\z",
  "participant evil",
];

test("mermaid: D2.7 what a peer wrote is drawn as it was written, in what the page copies and in an exported trace", async (draw) => {
  const [lane, ...said] = [...HOSTILE, "münchen.example"];
  const names = { resolver: ["resolver", ""], local: [lane!, ""], peer: [said.at(-1)!, ""] } as const;
  const told = (
    title: string,
    to: "local" | "peer",
  ) => ({ told: { from: "local", to, title, sub: "", bad: false } } as const);
  const page = await draw(
    mermaidOf(said.flatMap((title) => [told(title, "peer"), told(title, "local")]), names),
  );
  assert.deepEqual([page.messages, page.notes, page.foreign], [said, said, []]);
  assert.deepEqual(new Set(page.lanes), new Set(["resolver", lane, said.at(-1)]));
  const line = (text: string, to: "local" | "peer"): Line => ({
    ...{ from: "local", to, text, ok: true, encrypted: true, tMs: 0, states: [] },
  } as unknown as Line);
  const trace = await draw(
    printTrace(said.flatMap((text) => [line(text, "peer"), line(text, "local")]), {
      local: lane!,
      peer: said.at(-1)!,
    }),
  );
  assert.deepEqual([trace.messages, trace.notes, trace.foreign], [
    said.map((one) => `${one} (+0 ms)`),
    said,
    [],
  ]);
});

test("mermaid: a text that is none is refused, so that the others prove something", async (draw) => {
  await assert.rejects(draw("stateDiagram-v2\n  a --> \n  note right of"), /Parse error/);
  await assert.rejects(draw("sequenceDiagram\n  a->>b"), /Parse error/);
});
