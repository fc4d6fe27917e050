/**
 * Reads by itself what is written plainly: tags, attributes and text without references, CDATA and carriage returns, which
 * is nearly everything that streams say. Through the library the shortest element takes 60 us, half of what a request
 * costs (docs/decisions/0170-plain-elements.md).
 */

/** An element as it is written: qualified names, values and texts as they stand. */
export interface Tree {
  readonly name: string;
  readonly attributes: readonly (readonly [name: string, value: string])[];
  readonly children: readonly (Tree | string)[];
}

const SPECIAL = /[&\r]|<[!?]/;
const NAME = String.raw`[^ \t\n<>/='"]+`;
const ATTRIBUTE = String.raw`[ \t\n]+(${NAME})[ \t\n]*=[ \t\n]*(?:"([^"<]*)"|'([^'<]*)')`;
const TAG = new RegExp(
  String.raw`<(/?)(${NAME})((?:${ATTRIBUTE.replace(/\((?!\?)/g, "(?:")})*)[ \t\n]*(/?)>`,
  "y",
);
const ATTRIBUTES = new RegExp(ATTRIBUTE, "g");

/** Deeper elements than any that are sent to us are the library's to refuse. */
const DEEPEST = 512;

/**
 * Reads one whole element.
 *
 * @param text Has passed the framer.
 * @returns Null when it is written in another way, or is not one element: then nothing is said about it.
 */
export function readPlain(text: string): Tree | null {
  if (SPECIAL.test(text)) return null;
  let root: Tree | null = null;
  const open: { readonly name: string; readonly children: (Tree | string)[] }[] = [];
  for (let at = 0;;) {
    TAG.lastIndex = at;
    const tag = TAG.exec(text);
    if (tag === null) return null;
    const [, end, name = "", written = "", empty] = tag;
    if (end === "/") {
      if (written !== "" || empty !== "" || open.pop()?.name !== name) return null;
    } else {
      const tree = { name, attributes: attributesOf(written), children: [] };
      root ??= tree;
      open.at(-1)?.children.push(tree);
      if (empty === "" && open.push(tree) > DEEPEST) return null;
    }
    at = TAG.lastIndex;
    const inside = open.at(-1);
    if (inside === undefined) return at === text.length ? root : null;
    const next = text.indexOf("<", at);
    if (next > at) inside.children.push(text.slice(at, next));
    at = next < 0 ? text.length : next;
  }
}

function attributesOf(written: string): [name: string, value: string][] {
  if (written === "") return [];
  return Array.from(written.matchAll(ATTRIBUTES), ([, name = "", one, other = ""]) => [name, one ?? other]);
}
