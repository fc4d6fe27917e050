/** Elements to text: the one place where anything we say is escaped. RFC 6120 11; protocol.md STR-34. */
import type { Element } from "./element.ts";

/** Where an element will stand: what the stream header has declared. */
export interface Scope {
  /** The default namespace. */
  readonly content: string;
  /** Namespace to the prefix that is always used for it. */
  readonly prefixes: ReadonlyMap<string, string>;
}

/** Prints an element so that it means the same at its new place. */
export function print(element: Element, scope: Scope): string {
  const prefix = scope.prefixes.get(element.ns);
  const inner = prefix === undefined ? { ...scope, content: element.ns } : scope;
  const declaration = inner.content === scope.content ? "" : ` xmlns='${escapeAttribute(element.ns)}'`;
  const attrs = printAttributes(element, scope);
  const name = prefix === undefined ? element.name : `${prefix}:${element.name}`;
  const children = element.children
    .map((child) => typeof child === "string" ? escapeText(child) : print(child, inner)).join("");
  const start = `<${name}${declaration}${attrs}`;
  return children === "" ? `${start}/>` : `${start}>${children}</${name}>`;
}

/** Character data. */
export function escapeText(text: string): string {
  return legal(text).replace(/[&<>\r]/g, reference);
}

/** The value of an attribute between single quotes. */
export function escapeAttribute(text: string): string {
  return legal(text).replace(/[&<>'"\t\n\r]/g, reference);
}

function printAttributes(element: Element, scope: Scope): string {
  return [...element.attrs].map(([key, value], index) => {
    const [, ns, name] = /^\{(.*)\}(.*)$/s.exec(key) ?? [];
    if (ns === undefined) return ` ${key}='${escapeAttribute(value)}'`;
    const prefix = scope.prefixes.get(ns);
    if (prefix !== undefined) return ` ${prefix}:${name}='${escapeAttribute(value)}'`;
    return ` xmlns:a${index}='${escapeAttribute(ns)}' a${index}:${name}='${escapeAttribute(value)}'`;
  }).join("");
}

const NAMED: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  "'": "&apos;",
  '"': "&quot;",
};

function reference(character: string): string {
  return NAMED[character] ?? `&#${character.codePointAt(0)};`;
}

/** XML 1.0 2.2: what is no XML character cannot be written in any way. */
function legal(text: string): string {
  return text.replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, "\ufffd");
}
