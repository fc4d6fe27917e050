/** The configuration's JSON Schema: completion, words at each key, and checks in editors. console.md 3.4. */
import { z } from "zod";
import { ABOUT } from "./about.ts";
import { schema } from "./schema.ts";

/** Editors' TOML plugins read draft 4 (Taplo); newer ones the others. */
export type Draft = "draft-4" | "draft-7" | "draft-2020-12";

export function jsonSchema(draft: Draft = "draft-4"): Record<string, unknown> {
  const { $schema, ...rest } = z.toJSONSchema(schema, { io: "input", target: draft, unrepresentable: "any" });
  explain(rest as Node, "");
  return { $schema, title: "verona.toml", ...rest };
}

interface Node {
  description?: string;
  "x-taplo"?: unknown;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly items?: Node;
  readonly additionalProperties?: Node | boolean;
}

/** `description` for editors in general, `x-taplo` for Taplo. */
function explain(node: Node, path: string): void {
  const about = ABOUT[path];
  if (about !== undefined) {
    node.description = about;
    node["x-taplo"] = { docs: { main: about } };
  }
  const at = (key: string) => path === "" ? key : `${path}.${key}`;
  for (const [key, inner] of Object.entries(node.properties ?? {})) explain(inner, at(key));
  // Of a list of tables, the tables' keys.
  for (const [key, inner] of Object.entries(node.items?.properties ?? {})) explain(inner, at(key));
  if (typeof node.additionalProperties === "object") explain(node.additionalProperties, at("*"));
}
