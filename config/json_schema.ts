/** The configuration's JSON Schema: completion and checks in editors. console.md 3.4. */
import { z } from "zod";
import { schema } from "./schema.ts";

/** Editors' TOML plugins read draft 4 (Taplo); newer ones the others. */
export type Draft = "draft-4" | "draft-7" | "draft-2020-12";

export function jsonSchema(draft: Draft = "draft-4"): Record<string, unknown> {
  const { $schema, ...rest } = z.toJSONSchema(schema, { io: "input", target: draft, unrepresentable: "any" });
  return { $schema, title: "verona.toml", ...rest };
}
