/** Every key of verona.toml with what is said of it: docs/configuration.md, `verona help KEY` and `config init` come from here. */
import { z } from "zod";
import { AT_THE_NEXT_START, LIMITS_AT_THE_NEXT_START } from "../facts/reload.ts";
import { schema } from "./schema.ts";
import { inline } from "./toml.ts";

export interface Key {
  /** `dns.trust_anchor`, `domain.policy.proof`, `policy.peer.NAME.proof`. */
  readonly id: string;
  /** Where it stands: `[dns]`, `[[domain]]`, `[policy.peer."NAME"]`. */
  readonly table: string;
  readonly name: string;
  readonly kind: string;
  /** As TOML; null when it has none. */
  readonly byDefault: string | null;
  readonly example: string;
  /** The first sentence stands alone. */
  readonly about: string;
  readonly takesEffect: TakesEffect;
}

export type TakesEffect =
  | "at a reload"
  | "at the next start"
  | "at a reload, and when the file changes"
  | "at the next command";

export interface Section {
  readonly name: string;
  readonly table: string;
  readonly about: string;
  readonly keys: readonly Key[];
}

/** As the schema has it, read as JSON Schema: what stands at a key, and below. */
interface Node {
  readonly description?: string;
  readonly default?: unknown;
  readonly kind?: string;
  readonly example?: unknown;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly items?: Node;
  readonly additionalProperties?: Node | boolean;
}

/** In the order of the file. */
export function sections(): readonly Section[] {
  const { properties } = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as Node;
  return Object.entries(properties!).map(([name, node]) => {
    const table = node.items === undefined ? `[${name}]` : `[[${name}]]`;
    const fields = node.items ?? node;
    return { name, table, about: node.description!, keys: keysBelow(fields, [name], table) };
  });
}

export const keys = (): readonly Key[] => sections().flatMap((section) => section.keys);

/** What stands alone of what is said of it. */
export const inShort = ({ about }: Pick<Key, "about">): string =>
  /^.*?[.;](?= |$)/.exec(about)![0].slice(0, -1);

function keysBelow({ properties = {} }: Node, path: readonly string[], table: string): Key[] {
  return Object.entries(properties).flatMap(([name, node]) => {
    if (node.kind !== undefined) return [keyOf(name, node, path, table)];
    const own = [...path, name];
    if (typeof node.additionalProperties === "object") {
      return keysBelow(node.additionalProperties, [...own, "NAME"], `[${own.join(".")}."NAME"]`);
    }
    return keysBelow(node, own, `${name} of ${table}`);
  });
}

function keyOf(name: string, node: Node, path: readonly string[], table: string): Key {
  return {
    id: [...path, name].join("."),
    table,
    name,
    kind: node.kind!,
    byDefault: node.default === undefined ? null : inline(node.default),
    example: inline(node.example),
    about: node.description!,
    takesEffect: takesEffect(path[0]!, name),
  };
}

function takesEffect(section: string, name: string): TakesEffect {
  if (section === "certificate") return "at a reload, and when the file changes";
  if (section === "columns") return "at the next command";
  const late = (AT_THE_NEXT_START as readonly string[]).includes(section) ||
    (section === "limits" && name in LIMITS_AT_THE_NEXT_START);
  return late ? "at the next start" : "at a reload";
}
