/**
 * Texts of their own. A part of a text is a view of the whole to V8: whoever keeps a name out of a large element keeps all of the element,
 * and counts the name (the recorder, what failed, who was granted).
 */
import type { Tree } from "./plain.ts";

/** What is no longer than this may be kept whole, in UTF-16 units. */
const SMALL = 1024;
/** V8 copies shorter parts. */
const SHORTEST_VIEW = 13;

/** The same element, with nothing in it that holds on to the `text` that it was read from. */
export function owned(tree: Tree, text: string): Tree {
  return text.length <= SMALL ? tree : copied(tree);
}

function copied({ name, attributes, children }: Tree): Tree {
  return {
    name: own(name),
    attributes: attributes.map(([attribute, value]) => [own(attribute), own(value)] as const),
    children: children.map((child) => typeof child === "string" ? own(child) : copied(child)),
  };
}

/** What is joined is written anew when a part of it is taken; that part is a view of no more than this. */
function own(text: string): string {
  return text.length < SHORTEST_VIEW ? text : ` ${text}`.slice(1);
}
