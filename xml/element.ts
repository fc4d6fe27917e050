/** The one element type: names resolved, entities decoded, order and text kept. */

export type Node = Element | string;

/**
 * One element with its namespace.
 *
 * Keys of `attrs`: the plain name; "xml:lang" and its like; in any other namespace "{namespace}name".
 */
export class Element {
  constructor(
    readonly ns: string,
    readonly name: string,
    readonly attrs: ReadonlyMap<string, string> = new Map(),
    readonly children: readonly Node[] = [],
  ) {}

  is(ns: string, name: string): boolean {
    return this.name === name && this.ns === ns;
  }

  /** The value of an attribute, null when absent. */
  attr(name: string): string | null {
    return this.attrs.get(name) ?? null;
  }

  /** Its child elements, in order. */
  elements(): Element[] {
    return this.children.filter((child) => typeof child !== "string");
  }

  /** The first child of that name, null when absent. */
  child(ns: string, name: string): Element | null {
    return this.elements().find((child) => child.is(ns, name)) ?? null;
  }

  /** Its own character data, without that of its children. */
  text(): string {
    return this.children.filter((child) => typeof child === "string").join("");
  }
}

/** Builds an element; attributes and children that are null are left out. */
export function element(
  ns: string,
  name: string,
  attrs: Readonly<Record<string, string | null>> = {},
  ...children: readonly (Node | null)[]
): Element {
  const present = Object.entries(attrs).filter((entry): entry is [string, string] => entry[1] !== null);
  return new Element(ns, name, new Map(present), children.filter((child) => child !== null));
}
