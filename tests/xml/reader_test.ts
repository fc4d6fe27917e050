import assert from "node:assert/strict";
import fc from "fast-check";
import { SaxesParser } from "saxes";
import { Element, element, type Node } from "../../xml/element.ts";
import { readPlain } from "../../xml/plain.ts";
import {
  type Declarations,
  MAX_ELEMENT,
  parseElement,
  parseStartTag,
  readByLibrary,
  XmlFault,
} from "../../xml/reader.ts";
import { print, type Scope } from "../../xml/writer.ts";

const HEADER: Declarations = new Map([["", "jabber:server"], ["db", "jabber:server:dialback"], [
  "p",
  "urn:p",
]]);
const SCOPE: Scope = { content: "jabber:server", prefixes: new Map([["jabber:server:dialback", "db"]]) };

/** What a strict parser makes of the same text. */
function oracle(text: string, inherited: Declarations): Element {
  const parser = new SaxesParser({ xmlns: true, additionalNamespaces: Object.fromEntries(inherited) });
  const open: Element[] = [];
  let root: Element | null = null;
  const add = (node: Node) => (open.at(-1)?.children as Node[] | undefined)?.push(node);
  const addText = (text: string) => {
    const siblings = open.at(-1)?.children as Node[] | undefined;
    if (siblings === undefined) return;
    if (typeof siblings.at(-1) === "string") siblings.push((siblings.pop() as string) + text);
    else if (text !== "") siblings.push(text);
  };
  parser.on("error", (error) => {
    throw error;
  });
  parser.on("opentag", (tag) => {
    const attrs = Object.values(tag.attributes)
      .filter(({ prefix, name }) => prefix !== "xmlns" && name !== "xmlns")
      .map(({ prefix, name, local, uri, value }) =>
        [prefix === "" || prefix === "xml" ? name : `{${uri}}${local}`, value] as const
      );
    const node = new Element(tag.uri, tag.local, new Map(attrs), []);
    add(node);
    root ??= node;
    open.push(node);
  });
  parser.on("closetag", () => void open.pop());
  parser.on("text", addText);
  parser.on("cdata", addText);
  parser.write(text).close();
  assert.ok(root !== null);
  return root;
}

const FAITHFUL: Record<string, string> = {
  "an empty element": "<a/>",
  "an empty element with an end tag": "<a></a >",
  "mixed content in order": "<body>x <b>y</b> z<b/>w</body>",
  "text that is white space alone": "<a> <b>\n\t</b> </a>",
  "white space of other kinds": "<a>\u0085<b>\u2003</b>\u00a0<b>\ufeff</b></a>",
  "white space around a raw greater-than": "<a>x>  <b/> > </a>",
  "xml:space": "<a xml:space='preserve'> <b> x </b> </a>",
  "both kinds of quotes": `<a x="it's" y='"' z='>' w="/"/>`,
  "white space in attributes": "<a x='a\tb\nc  d' y='&#9;&#10;&#13;'/>",
  "white space between attributes": "<a\n\tx = '1'\r\n  y\n=\n'2'\t/>",
  "line ends": "<a>one\r\ntwo\rthree&#13;&#10;four</a>",
  "the five entities": "<a x='&lt;&gt;&amp;&apos;&quot;'>&lt;&gt;&amp;&apos;&quot;</a>",
  "references": "<a x='&#xE9;&#233;'>&#x1F600;&#128512;&#xe9;</a>",
  "an escaped entity": "<a x='&amp;lt;'>&#38;lt;&amp;amp;</a>",
  "CDATA": "<a>x<![CDATA[<b>&amp;]]]]><![CDATA[> ]]>y</a>",
  "CDATA with white space around": "<a> <![CDATA[ ]]> </a>",
  "CDATA that looks like blanks between tags": "<a><![CDATA[>  <]]></a>",
  "names of Object.prototype":
    "<__proto__><constructor/><toString/><hasOwnProperty/><__proto__/>t</__proto__>",
  "attributes of Object.prototype": "<a __proto__='p' constructor='c' toString='t'/>",
  "names that the library uses": "<_ xml='1'><e.x/><e e.='1'/><text/><name/><children/></_>",
  "repeated and interleaved names": "<a><b>1</b><c/><b>2</b>t<c>3</c></a>",
  "names of other scripts": "<münchen 日='本'><é/></münchen>",
  "a default namespace": "<a xmlns='urn:a'><b/><c xmlns=''><d/></c></a>",
  "prefixes": "<q:a xmlns:q='urn:q' q:x='1' x='2'><q:b xmlns:q='urn:r' q:x='3'/><q:c/></q:a>",
  "prefixes of the header": "<db:result from='a' p:x='1'><p:y/></db:result>",
  "a prefix rebound": "<db:a xmlns:db='urn:other'><db:b/></db:a>",
  "entities in a namespace name": "<a xmlns='urn:a&amp;b' xmlns:p='urn:&lt;' p:x=''/>",
  "xml:lang": "<a xml:lang='de'><b xml:lang='en'/></a>",
  "astral characters": "<a x='😀'>😀<b/>𝄞</a>",
  "U+FEFF": "<a>\ufeffx\ufeff<b/>\ufeff</a>",
  "deep nesting": "<a>".repeat(64) + "</a>".repeat(64),
};
for (const [name, text] of Object.entries(FAITHFUL)) {
  Deno.test(`parseElement keeps ${name}`, () => {
    const read = parseElement(text, HEADER);
    assert.deepEqual(read, oracle(text, HEADER));
    assert.deepEqual(parseElement(print(read, SCOPE), HEADER), read, "printed and read again");
  });
}

/** Text of a random element; names and values as they may legally be written. */
function document(): fc.Arbitrary<string> {
  const name = fc.constantFrom("a", "b", "body", "db:x", "p:y", "__proto__", "constructor", "é", "q:z");
  const blank = fc.constantFrom("", " ", "\n", "\t", "\r\n", " \n ");
  const piece = fc.oneof(
    blank,
    fc.string({ unit: "binary", maxLength: 5 }).map((text) =>
      text.replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]|[<&>'"]/gu, "")
    ),
    fc.constantFrom(
      "&lt;",
      "&amp;",
      "&#38;",
      "&#x20;",
      "&#13;",
      "&quot;",
      "&#x1F600;",
      "\u0085",
      "\u2003",
      "=",
      "/",
    ),
  );
  const value = fc.tuple(
    fc.constantFrom("'", '"'),
    fc.array(fc.oneof(piece, fc.constantFrom(">", "/>", "]]")), { maxLength: 4 }),
  )
    .map(([quote, pieces]) => `${quote}${pieces.join("")}${quote}`);
  // The oracle trims namespace names, so these are plain.
  const attribute = fc.oneof(
    fc.tuple(fc.constantFrom("x", "from", "xml:lang", "p:x", "__proto__"), value),
    fc.tuple(fc.constantFrom("xmlns:p", "xmlns"), fc.constantFrom("'urn:x'", '"urn:&amp;"')),
  );
  const attributes = fc.uniqueArray(attribute, { maxLength: 3, selector: ([name]) => name })
    .map((list) => list.map(([name, text]) => ` ${name}=${text}`).join(""));
  const cdata = fc.constantFrom("<![CDATA[]]>", "<![CDATA[ ]]>", "<![CDATA[<x>&lt; ]]>", "<![CDATA[> <]]>");
  return fc.letrec<{ element: string; content: string }>((tie) => ({
    content: fc.array(fc.oneof({ depthSize: "small", withCrossShrink: true }, piece, cdata, tie("element")), {
      maxLength: 5,
    }).map((parts) => parts.join("")),
    element: fc.tuple(
      name,
      attributes,
      blank,
      fc.oneof({ depthSize: "small" }, fc.constant(""), tie("content")),
    )
      .map(([name, attributes, blank, content]) =>
        content === ""
          ? `<${name} xmlns:q='urn:q'${attributes}${blank}/>`
          : `<${name} xmlns:q='urn:q'${attributes}${blank}>${content}</${name}${blank}>`
      ),
  })).element;
}

Deno.test("parseElement agrees with a strict parser, and print keeps what was read", () => {
  fc.assert(
    fc.property(document(), (text) => {
      const read = parseElement(text, HEADER);
      assert.deepEqual(read, oracle(text, HEADER));
      const printed = print(read, SCOPE);
      assert.deepEqual(parseElement(printed, HEADER), read);
      assert.deepEqual(oracle(printed, HEADER), read);
    }),
    { numRuns: 1500 },
  );
});

Deno.test("what is plain is read as the library reads it, and nothing else is", () => {
  let plain = 0;
  fc.assert(
    fc.property(document(), (text) => {
      const read = readPlain(text);
      assert.equal(read === null, /[&\r]|<!/.test(text), text);
      if (read === null) return;
      plain++;
      assert.deepEqual(parseElement(text, HEADER), oracle(text, HEADER));
      if (!/>[\s\u0085]+</.test(text)) assert.deepEqual(read, readByLibrary(text));
    }),
    { numRuns: 1500 },
  );
  assert.ok(plain > 200, `only ${plain} of 1500 were plain`);
});

const NOT_PLAIN: readonly string[] = [
  "",
  "abc",
  " <a/>",
  "<a/> ",
  "<a/><b/>",
  "<a>",
  "</a>",
  "<a></b>",
  "<a><b></a></b>",
  "<a></a/>",
  "<a></a x='1'>",
  "<a",
  "<a x/>",
  "<a x=1/>",
  "<a x='1'y='2'/>",
  "<a x='<'/>",
  "<a/ >",
  "</a/>",
  "<!-- --><a/>",
  "<?xml version='1.0'?><a/>",
  "<a>&amp;</a>",
  "<a><![CDATA[x]]></a>",
  "<a>\r\n</a>",
];

Deno.test("what is not one plain element is left to the library", () => {
  for (const text of NOT_PLAIN) assert.equal(readPlain(text), null, text);
});

Deno.test("parseElement leaves no trace on the objects that everyone shares", () => {
  const before = Object.getOwnPropertyNames(Object).concat(
    Object.getOwnPropertyNames(Object.prototype.toString),
  );
  parseElement("<constructor><toString/><__proto__/><valueOf/></constructor>", HEADER);
  const after = Object.getOwnPropertyNames(Object).concat(
    Object.getOwnPropertyNames(Object.prototype.toString),
  );
  assert.deepEqual(after, before);
});

const REFUSED: Record<string, string> = {
  "nothing": "",
  "text alone": "abc",
  "an undeclared prefix": "<z:a/>",
  "an undeclared prefix of an attribute": "<a z:b=''/>",
  "an entity of its own": "<a>&x;</a>",
  "a bare ampersand": "<a>a & b</a>",
  "a reference beyond Unicode": "<a>&#x110000;</a>",
  "mismatched tags": "<a><b></a></b>",
  "more than the limit": `<a>${"x".repeat(MAX_ELEMENT)}</a>`,
  "nesting that would exhaust the stack": "<a>".repeat(9000) + "</a>".repeat(9000),
};
for (const [name, text] of Object.entries(REFUSED)) {
  Deno.test(`parseElement refuses ${name}`, () => assert.throws(() => parseElement(text, HEADER), XmlFault));
}

Deno.test("parseStartTag reads the tag and nothing behind it", () => {
  const text = `<p:message xmlns:p="jabber:server" xmlns="urn:x" from='a>b' to="c"><body>&broken;`;
  const { element: tag, declared } = parseStartTag(text, HEADER);
  assert.deepEqual(tag, element("jabber:server", "message", { from: "a>b", to: "c" }));
  assert.deepEqual([...declared], [["p", "jabber:server"], ["", "urn:x"]]);
  assert.deepEqual(parseStartTag("<a/>", HEADER).element, element("jabber:server", "a"));
});

Deno.test("a start tag is read as the whole element's is, whatever it holds", () => {
  fc.assert(
    fc.property(document(), (text) => {
      const { ns, name, attrs } = parseElement(text, HEADER);
      const { element: tag } = parseStartTag(text, HEADER);
      assert.deepEqual([tag.ns, tag.name, tag.attrs, tag.children], [ns, name, attrs, []]);
    }),
    { numRuns: 1500 },
  );
});

Deno.test("parseStartTag refuses what does not begin with one", () => {
  for (
    const text of [
      "",
      " <a>",
      "</a>",
      "<!-- -->",
      "<?xml?>",
      "<a",
      "<a x='>",
      "a>",
      "<a x>",
      "<a x=1>",
      "<a ='1'>",
    ]
  ) {
    assert.throws(() => parseStartTag(text, HEADER), XmlFault, text);
  }
});
