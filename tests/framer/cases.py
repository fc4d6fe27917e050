"""Streams for the comparison of the framer with libxml2: generated, most of them then damaged."""

import re

NAMES = "a b body x message iq presence é 名 _z a-b c.1 A1".split()
PREFIXES = "p q stream db xml s é".split()
URIS = [
    "jabber:server", "jabber:server", "urn:foo", "urn:bar", "urn:f&#111;o", "http://etherx.jabber.org/streams",
    "jabber:server:dialback", "jabber:client", "jabber:serve&#114;", "",
]
TEXTS = [
    "hello", " ", "\n\t", "&lt;&amp;&gt;&quot;&apos;", "é名\U0001f600", "&#233;&#x1F600;&#x9;", "a]]b", "]", "]]",
    "\ufeff", "a > b", "'\"", "&#0065;", "\u0085\u2028",
]
VALUES = [
    "a@b.example/c", "b.example", "", "x", "get", "set", "result", "error", "chat", "&amp;", "a&#10;b", "é",
    "J@B.EXAMPLE", "tab\there", "a > b", "line\r\nend",
]
# What a mutation puts in: tokens that change the meaning of what stands around them.
TOKENS = [
    b"<", b">", b"/", b"'", b'"', b"&", b";", b"=", b" ", b":", b"!", b"?", b"-", b"]]>", b"<![CDATA[", b"<!--x-->",
    b"<?x y?>", b"<?xml version='1.0'?>", b"<!DOCTYPE a>", b"&x;", b"&#0;", b"&#xFFFE;", b"&#xD800;", b"&#1114112;",
    b"&#x10FFFF;", b"&amp;", b"&#65;", b"&#x41", b"&;", b"&#;", b"&#x;", b"\x00", b"\x01", b"\x1f", b"\x7f", b"\xff",
    b"\xc0\x80", b"\xed\xa0\x80", b"\xef\xbf\xbe", b"\xef\xbf\xbf", b"\xf4\x90\x80\x80", b"\xc3", b"\xef\xbb\xbf",
    b"\xc2\xb7", b"\xcc\x80", b"\xc3\x97", b" xmlns='urn:x'", b" xmlns:p='urn:x'", b" xmlns:q='urn:x'",
    b" xmlns:xml='http://www.w3.org/XML/1998/namespace'", b" xmlns:p='http://www.w3.org/XML/1998/namespace'",
    b" xmlns='http://www.w3.org/2000/xmlns/'", b" xmlns:xmlns='urn:x'", b" xmlns:p=''", b" xmlns=''", b" p:a='1'",
    b" q:a='1'", b" a='1'", b"<p:x/>", b"<:x/>", b"<x:/>", b"<a:b:c/>", b"<xmlns:a/>", b"<p:1/>", b" p:1='x'",
    b"<x>", b"</x>", b"<x/>", b"<x/ >", b"</x >", b"</ x>", b"text", b" xml:lang='de'", b" xmlns:P='urn:foo'",
    b" x=1", b" x", b" x=''y=''", b" xmlns:s='jabber:server'", b"<s:message/>", b"<message xmlns='jabber:server'/>",
    b" xmlns='not a uri'", b"\r\n", b"\r", b"\t",
]

DECLARATIONS = [
    "", "<?xml version='1.0'?>", '<?xml version="1.0" encoding="UTF-8"?>\n', "<?xml version='1.0' ?> ", "\n",
    "<?xml version='1.0' encoding='utf-8' standalone='yes'?>",
]
STRANGE_DECLARATIONS = [
    "<?xml version = '1.0'  standalone='no'?>", "<?xml version='1.1'?>", "<?xml version='1.0' encoding='UTF-16'?>",
    "<?xml version='1.0' encoding='ISO-8859-1'?>", "<?xml version='1.0' standalone='yes' encoding='UTF-8'?>",
    "<?xml encoding='UTF-8'?>", "<?xml version='1.0'encoding='UTF-8'?>", "<?xml version='1.0' encoding=''?>", "<?xml?>",
]


def make(chance):
    document = stream(chance).encode()
    for _ in range(chance.choice((0, 0, 0, 1, 1, 2))):
        document = mutate(chance, document)
    return document


def mutate(chance, document):
    at, other = chance.randrange(len(document) + 1), chance.randrange(len(document) + 1)
    way = chance.randrange(7)
    if way == 0:
        return document[:at] + document[at + chance.choice((1, 1, 2, 5)) :]
    if way == 1:
        return document[:at] + bytes([chance.randrange(256)]) + document[at + 1 :]
    if way == 2:
        piece = document[min(at, other) : max(at, other)][:80]
        return document[:at] + piece + document[at:]
    if way == 3:  # between tokens, where most of the grammar is decided
        places = [match.start() for match in re.finditer(rb"[<>/ =]", document)]
        at = chance.choice(places) + chance.randrange(2) if places else 0
    return document[:at] + chance.choice(TOKENS) + document[at:]


def stream(chance):
    declaration = chance.choice(STRANGE_DECLARATIONS if chance.random() < 0.1 else DECLARATIONS)
    root, scope = header_scope(chance)
    declared = "".join(declare(prefix, uri) for prefix, uri in scope.items())
    tag = "<%s%s from='a.example' to='b.example' version='1.0'>" % (root, declared)
    items = "".join(item(chance, set(scope)) + space(chance) for _ in range(chance.randrange(4)))
    return declaration + tag + space(chance) + items + "</%s>" % root + space(chance)


def header_scope(chance):
    """Name of the root and the declarations of the header, in the styles that are in use."""
    prefix = chance.choice(("stream", "stream", "stream", "s", ""))
    scope = {prefix: "http://etherx.jabber.org/streams"}
    if prefix and chance.random() < 0.8:
        scope[""] = "jabber:server"
    if chance.random() < 0.5:
        scope["db"] = "jabber:server:dialback"
    if chance.random() < 0.3:
        scope["q"] = chance.choice(URIS[:5])
    return (prefix + ":" if prefix else "") + "stream", scope


def item(chance, scope):
    name = chance.choice(("message", "presence", "iq", "message", "other"))
    if "" not in scope or chance.random() < 0.2:
        return element(chance, name, scope, 1, declare("", chance.choice(URIS)))
    return element(chance, name, scope, 1, "")


def element(chance, name, outside, depth, declared):
    scope = set(outside)
    if not declared and chance.random() < 0.25:
        declared = declare("", chance.choice(URIS))
    if chance.random() < 0.25:
        prefix = chance.choice(PREFIXES[:4] + ["s"])
        declared += declare(prefix, chance.choice([uri for uri in URIS if uri]))
        scope.add(prefix)
    usable = sorted((scope - {""}) | {"xml"})
    if chance.random() < 0.15:
        name = chance.choice([prefix for prefix in usable if prefix != "xml"] or ["p"]) + ":" + name
    text = "<" + name + declared + attributes(chance, usable, depth) + chance.choice(("", "", " ", "\n "))
    if chance.random() < 0.3:
        return text + "/>"
    return text + ">" + children(chance, scope, depth) + "</%s%s>" % (name, chance.choice(("", "", " ")))


def children(chance, scope, depth):
    pieces = []
    for _ in range(chance.randrange(4)):
        if depth < 5 and chance.random() < 0.5:
            pieces.append(element(chance, chance.choice(NAMES), scope, depth + 1, ""))
        elif chance.random() < 0.15:
            pieces.append("<![CDATA[%s]]>" % chance.choice(("x", "<a>&b;", "]]", "]", "", "é")))
        else:
            pieces.append(chance.choice(TEXTS))
    return "".join(pieces)


def attributes(chance, usable, depth):
    known = ["from", "to", "id", "type"] if depth == 1 else NAMES
    names = chance.sample(known, chance.randrange(4))
    if chance.random() < 0.2:
        names.append("xml:lang")
    if chance.random() < 0.15:
        prefix = chance.choice([prefix for prefix in usable if prefix != "xml"] or ["p"])
        names += [prefix + ":a", chance.choice(usable) + ":b"][: chance.choice((1, 2))]
    return "".join(" " + name + chance.choice(("=", "=", " = ")) + quote(chance, chance.choice(VALUES)) for name in names)


def quote(chance, value):
    return chance.choice(("'%s'", '"%s"')) % value


def declare(prefix, uri):
    return " xmlns%s='%s'" % (":" + prefix if prefix else "", uri)


def space(chance):
    return chance.choice(("", "", "", " ", "\n", " \t\r\n"))


def has_closing_tag(document):
    """Whether the root of a legal document has a closing tag: `<a/>` has none."""
    return re.search(rb"</[^<>]*>[ \t\r\n]*\Z", document) is not None


def is_standalone_no(document):
    """What libxml2 does not tell from no word about it."""
    return re.match(rb"<\?xml[^>]*standalone\s*=\s*['\"]no", document) is not None


def has_first_level_cdata(document):
    """CDATA sections between first-level elements, which a tree does not show."""
    depth = 0
    for token in re.finditer(rb"<!\[CDATA\[.*?\]\]>|<\?.*?\?>|<[^>'\"]*(?:'[^']*'[^>'\"]*|\"[^\"]*\"[^>'\"]*)*>", document, re.S):
        text = token.group()
        if text.startswith(b"<![CDATA["):
            if depth == 1:
                return True
        elif text.startswith(b"</"):
            depth -= 1
        elif not text.startswith((b"<?", b"<!")) and not text.endswith(b"/>"):
            depth += 1
    return False
