/**
 * Text to elements: what is plain by `plain.ts`, all else through `@libs/xml`; namespaces and entities on top.
 *
 * The text has passed the framer: it is well-formed, namespace-well-formed and restricted (RFC 6120 11). What the
 * library would lose or trip over is rewritten before it looks (docs/decisions/0101-reading-elements.md).
 */
import { parse } from "@libs/xml/parse";
import { Element, type Node } from "./element.ts";
import { owned } from "./own_text.ts";
import { readPlain, type Tree } from "./plain.ts";
import { readStartTag } from "./start_tag.ts";

/** Prefix to namespace; the default namespace has the prefix "". */
export type Declarations = ReadonlyMap<string, string>;

/** A text cannot be read as one element. Behind the framer only size and our own mistakes lead here. */
export class XmlFault extends Error {
  override readonly name = "XmlFault";
}

/** A start tag alone: the element without children, and what it declares itself. */
export interface StartTag {
  readonly element: Element;
  readonly declared: Declarations;
}

/** In UTF-16 units. The library reads some 6 MB/s on the one thread: nothing large may reach it. */
export const MAX_ELEMENT = 65_536;

/**
 * Reads one whole element.
 *
 * @param inherited What is declared around it: on the stream header.
 * @throws {XmlFault}
 */
export function parseElement(text: string, inherited: Declarations): Element {
  return resolve(owned(parseTree(text), text), inherited).element;
}

/**
 * Reads the start tag at the beginning of a text; what follows it is not looked at.
 *
 * @param wanted Attributes beside declarations; all of them by default. What is not wanted costs next to nothing, and a
 *   stanza's attributes may be a megabyte.
 * @throws {XmlFault}
 */
export function parseStartTag(
  text: string,
  inherited: Declarations,
  wanted?: ReadonlySet<string>,
): StartTag {
  const tree = readStartTag(text, (name) => (wanted?.has(name) ?? true) || declaredPrefix(name) !== null);
  if (tree === null) throw new XmlFault("Cannot read a start tag: there is none");
  return resolve(owned(tree, text), inherited);
}

const XML_NAMESPACE = "http://www.w3.org/XML/1998/namespace";
/** Before every element name: no name with it is on `Object.prototype`, which the library would fall over. */
const GUARD = "e.";

/** A node as the library shows it. */
interface Raw {
  readonly "~name": string;
  readonly "~children"?: readonly Raw[];
  readonly "#text"?: string;
  readonly [attribute: string]: unknown;
}

function parseTree(text: string): Tree {
  if (text.length > MAX_ELEMENT) throw new XmlFault("Cannot read an element: it is too long");
  return readPlain(text) ?? readByLibrary(text);
}

/** Any element whatever: the other half of `readPlain`. */
export function readByLibrary(text: string): Tree {
  const options = { flatten: { text: false, empty: false }, revive: { trim: false, entities: false } };
  try {
    const root = (parse(prepare(text), options) as unknown as Raw)["~children"]?.[0];
    if (root !== undefined && root["~name"].startsWith(GUARD)) return treeOf(root);
  } catch (error) {
    throw new XmlFault("Cannot read an element: it is not well-formed", { cause: error });
  }
  throw new XmlFault("Cannot read an element: there is none");
}

function treeOf(raw: Raw): Tree {
  const attributes = Object.keys(raw).filter((key) => key.startsWith("@"))
    .map((key) => [key.slice(1), String(raw[key])] as const);
  const children = (raw["~children"] ?? []).map((child) =>
    child["~name"] === "~text" ? child["#text"] ?? "" : treeOf(child)
  );
  return { name: raw["~name"].slice(GUARD.length), attributes, children };
}

/** The same document in words that the library keeps: no CDATA, no text of white space alone, guarded names. */
function prepare(text: string): string {
  return text
    .replace(/\r\n?/g, "\n") // XML 1.0 2.11
    .replace(/<!\[CDATA\[(.*?)\]\]>/gs, (_, data: string) => data.replace(/[<&>]/g, reference))
    .replace(/(?<=>)[\s\u0085]+(?=<)/g, (blank) => blank.replace(/./gs, reference))
    .replace(/<(\/?)/g, `<$1${GUARD}`);
}

function reference(character: string): string {
  return `&#${character.codePointAt(0)};`;
}

function resolve(tree: Tree, inherited: Declarations): StartTag {
  const declared = new Map<string, string>();
  const plain: (readonly [name: string, value: string])[] = [];
  for (const [name, written] of tree.attributes) {
    const value = decodeAttribute(written);
    const prefix = declaredPrefix(name);
    if (prefix === null) plain.push([name, value]);
    else declared.set(prefix, value);
  }
  const scope = declared.size === 0 ? inherited : new Map([...inherited, ...declared]);
  const attrs = new Map(plain.map(([name, value]) => [attributeKey(name, scope), value]));
  const children = tree.children.map((child): Node =>
    typeof child === "string" ? decode(child) : resolve(child, scope).element
  );
  const [prefix, name] = split(tree.name);
  return { element: new Element(lookup(scope, prefix), name, attrs, children), declared };
}

/** The prefix that an attribute declares a namespace for; null when it is another attribute. */
function declaredPrefix(name: string): string | null {
  if (name === "xmlns") return "";
  return name.startsWith("xmlns:") ? name.slice(6) : null;
}

function attributeKey(written: string, scope: Declarations): string {
  const [prefix, name] = split(written);
  return prefix === "" || prefix === "xml" ? written : `{${lookup(scope, prefix)}}${name}`;
}

function split(qualified: string): [prefix: string, name: string] {
  const colon = qualified.indexOf(":");
  return colon < 0 ? ["", qualified] : [qualified.slice(0, colon), qualified.slice(colon + 1)];
}

function lookup(scope: Declarations, prefix: string): string {
  const ns = prefix === "xml" ? XML_NAMESPACE : scope.get(prefix) ?? "";
  if (ns === "" && prefix !== "") throw new XmlFault("Cannot read an element: a prefix is not declared");
  return ns;
}

/** XML 1.0 3.3.3: white space in an attribute counts as space, unless written as a reference. */
function decodeAttribute(value: string): string {
  return decode(/[\t\r\n]/.test(value) ? value.replace(/\r\n|[\t\r\n]/g, " ") : value);
}

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ["lt", "<"],
  ["gt", ">"],
  ["amp", "&"],
  ["apos", "'"],
  ["quot", '"'],
]);

function decode(text: string): string {
  return text.includes("&") ? text.replace(/&([^;]*);?/g, (_, name: string) => character(name)) : text;
}

function character(name: string): string {
  const number = /^#(?:x([0-9a-fA-F]{1,8})|([0-9]{1,8}))$/.exec(name);
  const code = number === null
    ? -1
    : parseInt(number[1] ?? number[2] ?? "", number[1] === undefined ? 10 : 16);
  const found = number === null
    ? ENTITIES.get(name)
    : code <= 0x10ffff
    ? String.fromCodePoint(code)
    : undefined;
  if (found === undefined) throw new XmlFault("Cannot read an element: it has an entity of its own");
  return found;
}
