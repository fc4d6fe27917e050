import assert from "node:assert/strict";
import { element } from "../../xml/element.ts";
import { escapeAttribute, escapeText, print, type Scope } from "../../xml/writer.ts";

const SCOPE: Scope = { content: "jabber:server", prefixes: new Map([["urn:d", "db"], ["urn:s", "stream"]]) };

Deno.test("print declares a namespace only where it changes", () => {
  const ping = element(
    "jabber:server",
    "iq",
    { id: "1" },
    element("urn:p", "ping", {}, element("urn:p", "x")),
  );
  assert.equal(print(ping, SCOPE), "<iq id='1'><ping xmlns='urn:p'><x/></ping></iq>");
  assert.equal(print(element("", "a"), SCOPE), "<a xmlns=''/>");
});

Deno.test("print uses the one prefix of a namespace, and its children stay in the content namespace", () => {
  const verdict = element("urn:d", "result", {}, element("jabber:server", "error"), element("urn:s", "x"));
  assert.equal(print(verdict, SCOPE), "<db:result><error/><stream:x/></db:result>");
  assert.equal(print(element("urn:x", "a", { "{urn:d}b": "1" }), SCOPE), "<a xmlns='urn:x' db:b='1'/>");
});

Deno.test("print gives foreign attributes a prefix of their own", () => {
  const foreign = element("jabber:server", "a", { "{urn:x}b": "1", "{urn:y}b": "2", "xml:lang": "de" });
  assert.equal(
    print(foreign, SCOPE),
    "<a xmlns:a0='urn:x' a0:b='1' xmlns:a1='urn:y' a1:b='2' xml:lang='de'/>",
  );
});

Deno.test("print leaves out what is null", () => {
  assert.equal(print(element("jabber:server", "a", { x: null, y: "" }, null, "t"), SCOPE), "<a y=''>t</a>");
});

Deno.test("escaping leaves no way out of text or attribute", () => {
  assert.equal(escapeText(`<a b='c'>&amp;]]>\r\n\t"`), `&lt;a b='c'&gt;&amp;amp;]]&gt;&#13;\n\t"`);
  assert.equal(escapeAttribute(`'"<>&\r\n\t`), "&apos;&quot;&lt;&gt;&amp;&#13;&#10;&#9;");
});

Deno.test("escaping replaces what is no XML character", () => {
  assert.equal(escapeText("a\0b\x0bc\ud800d\uffffe"), "a\ufffdb\ufffdc\ufffdd\ufffde");
  assert.equal(escapeAttribute("😀\u0085\ufeff"), "😀\u0085\ufeff");
});
