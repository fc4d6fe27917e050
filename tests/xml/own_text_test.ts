import assert from "node:assert/strict";
import { collector } from "../harness/gc.ts";
import { type Declarations, parseElement, parseStartTag } from "../../xml/reader.ts";
import type { Element } from "../../xml/element.ts";

const HEADER: Declarations = new Map([["", "jabber:server"]]);
const PADDING = " ".repeat(60_000);
const ELEMENTS = 200;

/** Bytes of the heap for each of what is kept. */
function weight(keep: (n: number) => unknown): number {
  const gc = collector();
  const kept: unknown[] = [];
  const used = () => {
    gc();
    return Deno.memoryUsage().heapUsed;
  };
  const before = used();
  for (let n = 0; n < ELEMENTS; n++) kept.push(keep(n));
  const after = used();
  assert.equal(kept.length, ELEMENTS);
  return (after - before) / ELEMENTS;
}

const decoded = (text: string): string => new TextDecoder().decode(new TextEncoder().encode(text));
const parts: Record<string, (element: Element) => unknown> = {
  "the value of an attribute": (element) => element.attr("to"),
  "a name": (element) => element.name,
  "a text": (element) => element.children[0],
};

for (const [what, part] of Object.entries(parts)) {
  Deno.test(`elements: whoever keeps ${what} of a large one does not keep all of it`, () => {
    const each = weight((n) =>
      part(parseElement(
        decoded(
          `<a-name-of-some-length-${n} to='somewhere-${n}.example'${PADDING}>a text of some length ${n}</a-name-of-some-length-${n}>`,
        ),
        HEADER,
      ))
    );
    assert.ok(each < 6000, `${each} bytes each`);
  });
}

Deno.test("elements: nor does whoever keeps an attribute of its start tag", () => {
  const each = weight((n) =>
    parseStartTag(decoded(`<message to='somewhere-${n}.example'${PADDING}>`), HEADER).element.attr("to")
  );
  assert.ok(each < 6000, `${each} bytes each`);
});
