/** What editors read. console.md 3.4. */
import assert from "node:assert/strict";
import { ABOUT } from "../../config/about.ts";
import { jsonSchema } from "../../config/json_schema.ts";

interface Node {
  readonly description?: string;
  readonly "x-taplo"?: { readonly docs: { readonly main: string } };
  readonly properties?: Readonly<Record<string, Node>>;
  readonly items?: Node;
  readonly additionalProperties?: Node | boolean;
}

/** Every key with its place. */
function keysOf(node: Node, path = ""): [path: string, node: Node][] {
  const at = (key: string) => path === "" ? key : `${path}.${key}`;
  const own = Object.entries({ ...node.properties, ...node.items?.properties });
  const free = typeof node.additionalProperties === "object"
    ? keysOf(node.additionalProperties, at("*"))
    : [];
  return [
    ...own.flatMap(([key, inner]) => [[at(key), inner] as [string, Node], ...keysOf(inner, at(key))]),
    ...free,
  ];
}

for (const draft of ["draft-4", "draft-7", "draft-2020-12"] as const) {
  Deno.test(`schema: every key says what it is, in every editor and in Taplo (${draft})`, () => {
    const keys = keysOf(jsonSchema(draft) as Node);
    assert.deepEqual(keys.filter(([, node]) => !node.description).map(([path]) => path), []);
    for (const [path, node] of keys) {
      assert.deepEqual([node.description, node["x-taplo"]?.docs.main], [ABOUT[path], ABOUT[path]], path);
    }
    const known = new Set(keys.map(([path]) => path));
    assert.deepEqual(Object.keys(ABOUT).filter((path) => !known.has(path)), [], "no such key");
  });
}
