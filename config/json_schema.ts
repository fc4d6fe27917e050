/** The configuration's JSON Schema: completion, hover and checks in editors. console.md 3.4. */
import { z } from "zod";
import { schema } from "./schema.ts";

/** Editors' TOML plugins read draft 4 (Taplo); newer ones the others. */
export type Draft = "draft-4" | "draft-7" | "draft-2020-12";

export function jsonSchema(draft: Draft = "draft-4"): Record<string, unknown> {
  const { $schema, ...rest } = z.toJSONSchema(schema, {
    io: "input",
    target: draft,
    unrepresentable: "any",
    override: ({ jsonSchema }) => worded(jsonSchema),
  });
  return { $schema, title: "verona.toml", ...rest };
}

/** What is said of a key, as editors show it: Taplo has words of its own beside the standard's. */
function worded(node: Record<string, unknown>): void {
  const { kind, example, description } = node;
  delete node.kind;
  delete node.example;
  if (description === undefined) return;
  if (kind === undefined) {
    node["x-taplo"] = { docs: { main: description } };
    return;
  }
  node.examples = [example];
  node["x-taplo"] = { docs: { main: `${description}\n\n${kind}` } };
}
