/**
 * The lint rules that hold the layers of docs/architecture.md: a folder may import only what stands below it, and
 * what decides (`PURE`) has no clock, no chance, no I/O; and that tests start processes only in clean surroundings.
 */

/** What a folder may import of ours: values and types, or types alone. */
interface Reach {
  readonly values: readonly string[];
  readonly types: readonly string[];
}

const reach = (values: readonly string[], types: readonly string[] = []): Reach => ({ values, types });

/** Bottom up. Folders that are not listed (cli, demo, tests, tools, main.ts) may import everything. */
const MAY_IMPORT: Readonly<Record<string, Reach>> = {
  bounded: reach([]),
  facts: reach([], ["xmpp"]),
  xml: reach([]),
  xmpp: reach(["xml", "facts"]),
  policy: reach(["xmpp", "facts"], ["config"]),
  machines: reach(["xmpp", "facts"], ["policy"]),
  routing: reach(["bounded", "xmpp", "facts", "policy"], ["config"]),
  wire: reach(["xmpp", "facts"], ["config"]),
  dnssec: reach(["xmpp", "facts"], ["config"]),
  posh: reach(["bounded", "xmpp", "facts"], ["config"]),
  actors: reach([
    "bounded",
    "xml",
    "xmpp",
    "facts",
    "policy",
    "machines",
    "routing",
    "wire",
    "dnssec",
    "posh",
  ], [
    "config",
    "observe",
  ]),
  check: reach(["xmpp", "facts", "wire", "dnssec", "actors", "observe", "config"], ["machines"]),
  console: reach(["xmpp", "facts", "machines"], ["observe"]),
  observe: reach(["bounded", "xmpp", "facts", "config"], ["console"]),
  config: reach(["xmpp", "facts"]),
};

/** Layers that decide and do nothing. */
const PURE: readonly string[] = ["bounded", "facts", "xml", "xmpp", "policy", "machines", "routing"];

/** Of the pure layers only this one knows the actor library. */
const KNOWS_XSTATE: readonly string[] = ["machines"];

const IMPURE_MODULES =
  /^node:(fs|net|tls|dns|dgram|http|https|http2|child_process|worker_threads|timers|process|os)(\/|$)/;
const IMPURE_GLOBALS = ["Deno", "process", "performance", "fetch", "WebSocket", "console"] as const;
const IMPURE_CALLS = ["setTimeout", "setInterval", "queueMicrotask"] as const;
const IMPURE_MEMBERS = ["Date.now", "Math.random", "crypto.randomUUID", "crypto.getRandomValues"] as const;

const ROOT = new URL("../", import.meta.url).pathname;

/** The top folder of a file, "" for one that stands at the root. */
function layerOf(path: string): string {
  const [top, ...below] = path.replace(ROOT, "").split("/");
  return below.length === 0 ? "" : top!;
}

function importedLayer(filename: string, source: string): string | null {
  if (!source.startsWith(".")) return null;
  return layerOf(new URL(source, `file://${filename}`).pathname);
}

/** What is wrong with an import, or null. */
function judgeImport(filename: string, source: string, typesOnly: boolean): string | null {
  const here = layerOf(filename);
  const may = MAY_IMPORT[here];
  if (!may) return null;
  if (PURE.includes(here) && IMPURE_MODULES.test(source)) {
    return `${here}/ is pure: it must not import ${source}`;
  }
  if (PURE.includes(here) && !KNOWS_XSTATE.includes(here) && /^xstate(\/|$)/.test(source)) {
    return `${here}/ must not import xstate`;
  }
  const there = importedLayer(filename, source);
  if (there === null || there === here || may.values.includes(there)) return null;
  if (!may.types.includes(there)) return `${here}/ must not import ${there === "" ? source : `${there}/`}`;
  return typesOnly ? null : `${here}/ may import only types of ${there}/ (import type)`;
}

interface ImportLike {
  readonly importKind?: string;
  readonly exportKind?: string;
  readonly specifiers?: readonly { readonly importKind?: string; readonly exportKind?: string }[];
}

function isTypesOnly(node: ImportLike): boolean {
  if (node.importKind === "type" || node.exportKind === "type") return true;
  const names = node.specifiers ?? [];
  return names.length > 0 && names.every((name) => name.importKind === "type" || name.exportKind === "type");
}

const imports: Deno.lint.Rule = {
  create(context) {
    const check = (node: Deno.lint.Node, source: unknown, typesOnly: boolean) => {
      if (typeof source !== "string") return;
      const message = judgeImport(context.filename, source, typesOnly);
      if (message) context.report({ node, message });
    };
    return {
      ImportDeclaration: (node) => check(node, node.source.value, isTypesOnly(node as ImportLike)),
      ExportNamedDeclaration: (node) => check(node, node.source?.value, isTypesOnly(node as ImportLike)),
      ExportAllDeclaration: (node) => check(node, node.source.value, isTypesOnly(node as ImportLike)),
      ImportExpression: (node) => check(node, (node.source as { value?: unknown }).value, false),
    };
  },
};

const pure: Deno.lint.Rule = {
  create(context) {
    const here = layerOf(context.filename);
    if (!PURE.includes(here)) return {};
    const refuse = (node: Deno.lint.Node, what: string) =>
      context.report({ node, message: `${here}/ is pure: no ${what}` });
    return {
      MemberExpression(node) {
        if (node.object.type !== "Identifier") return;
        const member = node.property.type === "Identifier" ? `${node.object.name}.${node.property.name}` : "";
        if (IMPURE_GLOBALS.some((name) => name === (node.object as Deno.lint.Identifier).name)) {
          refuse(node, member || node.object.name);
        } else if (IMPURE_MEMBERS.some((name) => name === member)) refuse(node, member);
      },
      CallExpression(node) {
        if (node.callee.type !== "Identifier") return;
        const { name } = node.callee;
        if ([...IMPURE_CALLS, ...IMPURE_GLOBALS].some((impure) => impure === name)) refuse(node, `${name}()`);
      },
      NewExpression(node) {
        if (node.callee.type !== "Identifier") return;
        const { name } = node.callee;
        if ((name === "Date" && node.arguments.length === 0) || name === "WebSocket") {
          refuse(node, `new ${name}()`);
        }
      },
    };
  },
};

const SURROUNDINGS = "/harness/surroundings.ts";

/** Tests start no process that inherits whose server the shell around them asks. */
const surroundings: Deno.lint.Rule = {
  create(context) {
    if (layerOf(context.filename) !== "tests") return {};
    let cleared = false;
    return {
      ImportDeclaration(node) {
        cleared ||= new URL(node.source.value, `file://${context.filename}`).pathname.endsWith(SURROUNDINGS);
      },
      "NewExpression > MemberExpression[object.name='Deno'][property.name='Command']"(node: Deno.lint.Node) {
        if (!cleared) {
          context.report({ node, message: `import tests${SURROUNDINGS} where a process is started` });
        }
      },
    };
  },
};

const plugin: Deno.lint.Plugin = { name: "layers", rules: { imports, pure, surroundings } };
export default plugin;
