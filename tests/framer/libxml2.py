"""Compares the framer with libxml2 on generated and mutated streams.

Usage: /usr/bin/python3 libxml2.py FRAME COUNT SEED, where FRAME is native/examples/frame.rs, built.

Two promises are tested, whole and cut at random places:
  - what libxml2 calls ill-formed or namespace-ill-formed is never passed on;
  - what is legal, minus restricted XML (RFC 6120 11.1), leaves the framer byte for byte.
"""

import random
import re
import struct
import subprocess
import sys

from lxml import etree

import cases

STREAMS = "http://etherx.jabber.org/streams"
CONTENT = "jabber:server"
COMPONENT = "jabber:component:accept"
COMPONENT_HEADER = b"<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams'>"
RECORD = 12
MESSAGE, PRESENCE, IQ, OTHER, HEADER, CLOSE = 1, 2, 3, 4, 5, 6
STANZAS = {MESSAGE: "message", PRESENCE: "presence", IQ: "iq"}

# Namespace names need not be checked to be URIs (Namespaces in XML 1.0, 8); xml:id is about validity.
NOT_ABOUT_FORM = {"WAR_NS_URI", "DTD_XMLID_VALUE"}


def parse(document):
    """The tree of a document, None if libxml2 finds a fault in its form."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=True)
    try:
        root = etree.fromstring(document, parser)
    except etree.XMLSyntaxError:
        return None
    faults = parser.error_log.filter_from_errors()
    if root is None or any(fault.type_name not in NOT_ABOUT_FORM for fault in faults):
        return None
    return root


def is_restricted(root):
    """Whether a legal document uses what RFC 6120 11.1 forbids."""
    tree = root.getroottree()
    strange = [node for node in root.iter() if not isinstance(node.tag, str)]
    strange += [*root.itersiblings(preceding=True), *root.itersiblings()]
    return bool(strange) or bool(tree.docinfo.doctype)


def is_stream(document, root):
    """Whether a legal document is a stream of ours (protocol.md 4.1), in UTF-8 without a BOM."""
    encoding = (root.getroottree().docinfo.encoding or "utf-8").lower()
    is_open = document.rstrip(b" \t\r\n").endswith(b">") and not document.startswith(b"\xef\xbb\xbf")
    default = root.nsmap.get(None)
    text = [root.text or "", *[child.tail or "" for child in root]]
    return (
        root.tag == "{%s}stream" % STREAMS
        and encoding == "utf-8"
        and is_open
        and default in (None, CONTENT, STREAMS)
        and cases.has_closing_tag(document)
        and not cases.is_standalone_no(document)
        and not document.startswith((b"<?xml version='1.'", b'<?xml version="1."'))  # XML 1.0 [26]
        and not any(piece.strip(" \t\r\n") for piece in text)
        and not cases.has_first_level_cdata(document)
    )


class Answer:
    """The answer of FRAME that begins at `at`; `end` is where the next one begins."""

    def __init__(self, out, at):
        words = struct.unpack_from("<%dI" % number(out, at), out, at + 4)
        self.fault, self.used = words[:2]
        self.records = [words[at : at + RECORD] for at in range(2, len(words), RECORD)]
        self.rescoped = {}
        self.end = at + 4 + 4 * len(words)
        for record in self.records:
            if record[2] in STANZAS:
                start, self.end = self.end + 4, self.end + 4 + number(out, self.end)
                self.rescoped[record[0]] = out[start : self.end]

    def __eq__(self, other):
        facts = lambda answer: (answer.fault, answer.used, answer.records, answer.rescoped)
        return facts(self) == facts(other)


def number(out, at):
    return struct.unpack_from("<I", out, at)[0]


def frame(binary, documents, seeds):
    """What the framer says to each document."""
    pairs = zip(documents, seeds)
    stdin = b"".join(struct.pack("<II", seed, len(document)) + document for document, seed in pairs)
    out = subprocess.run([binary], input=stdin, stdout=subprocess.PIPE, check=True).stdout
    answers, at = [], 0
    while at < len(out):
        answers.append(Answer(out, at))
        at = answers[-1].end
    assert len(answers) == len(documents)
    return answers


def root_name(header):
    """The name of the root, from the bytes of a header."""
    tag = header[header.index(b"<", 1 if header.startswith(b"<?") else 0) :]
    return tag[1:].replace(b">", b" ").split()[0]


def value(document, record, at):
    """The raw value of an attribute, as a record shows it."""
    return document[record[at] : record[at + 1]] if record[at + 1] else None


def check_passed_on(document, answer):
    """Every item that was framed is legal in the scope of the header."""
    header = None
    for record in answer.records:
        item = document[record[0] : record[1]]
        if record[2] == HEADER:
            header, end = item, b"</" + root_name(item) + b">"
            assert parse(header + end) is not None, "passed an illegal header"
        elif record[2] != CLOSE:
            root = parse(header + item + end)
            assert root is not None, "passed an illegal item"
            assert len(root) == 1, "item is not one element"
            check_described(document, record, root[0])
            assert not is_restricted(root), "passed restricted XML"
            if record[2] in STANZAS:
                check_rescoped(record, item, root[0], answer.rescoped[record[0]])


def check_described(document, record, element):
    """Kind and attributes are those that libxml2 sees."""
    name = STANZAS.get(record[2])
    known = ["{%s}%s" % (CONTENT, stanza) for stanza in STANZAS.values()]
    if name is None:
        assert element.tag not in known, "a stanza was not known"
    else:
        assert element.tag == "{%s}%s" % (CONTENT, name), "not the stanza it is called"
    for at, attribute in ((4, "from"), (6, "to"), (10, "id")):
        raw = value(document, record, at)
        meant = None if raw is None else etree.fromstring(b"<a b=" + quoted(raw) + b"/>").get("b")
        assert element.get(attribute) == meant, "%s is another" % attribute
    language = "{http://www.w3.org/XML/1998/namespace}lang"
    assert bool(record[3] & 16) == (language in element.attrib), "xml:lang flag is wrong"


def check_rescoped(record, item, element, rescoped):
    """A stanza means the same in a component's stream, and is left alone unless flagged (protocol.md 4.7)."""
    if not record[3] & 1:
        assert rescoped == item, "a stanza without flag was changed"
    root = parse(COMPONENT_HEADER + rescoped + b"</stream:stream>")
    assert root is not None, "rescoped to an illegal stanza: %r" % rescoped
    assert len(root) == 1 and not root.text and not root[0].tail, "rescoped to more than a stanza"
    assert is_same(element, root[0]), "rescoped to another stanza: %r" % rescoped
    name = STANZAS[record[2]].encode()
    assert re.match(rb"<%s[\s/>]" % name, rescoped), "rescoped, but prefixed: %r" % rescoped
    assert not re.match(rb"<[^>]*\sxmlns\s*=", re.sub(rb"'[^']*'|\"[^\"]*\"", b"", rescoped)), "declares its namespace"


def is_same(before, after):
    tag = before.tag.replace("{%s}" % CONTENT, "{%s}" % COMPONENT) if before.tag.startswith("{") else before.tag
    return (
        tag == after.tag
        and dict(before.attrib) == dict(after.attrib)
        and before.text == after.text
        and len(before) == len(after)
        and all(is_same(*pair) and pair[0].tail == pair[1].tail for pair in zip(before, after))
    )


def quoted(raw):
    return b'"' + raw + b'"' if b'"' not in raw else b"'" + raw + b"'"


def check_left_whole(document, answer, root):
    """A legal stream was framed to its end, and nothing but white space lies between its items."""
    assert answer.fault == 0, "refused legal XML with fault %d" % answer.fault
    assert answer.used >= len(document.rstrip(b" \t\r\n"))
    at = 0
    for record in answer.records:
        assert not document[at : record[0]].strip(b" \t\r\n"), "bytes were lost"
        at = record[1]
    kinds = [record[2] for record in answer.records]
    assert kinds[0] == HEADER and kinds[-1] == CLOSE and len(kinds) == len(root) + 2


def check(document, whole, cut, counts):
    assert whole == cut, "cuts change the answer"
    check_passed_on(document, whole)
    root = parse(document)
    if root is None:
        counts["illegal"] += 1
    elif is_restricted(root) or not is_stream(document, root):
        counts["restricted or no stream"] += 1
    else:
        counts["legal"] += 1
        check_left_whole(document, whole, root)
    counts["items"] += len(whole.records)


def main(binary, count, seed):
    chance = random.Random(seed)
    documents = [cases.make(chance) for _ in range(count)]
    whole = frame(binary, documents, [0] * count)
    cut = frame(binary, documents, [chance.randrange(1, 1 << 32) for _ in range(count)])
    counts = {"legal": 0, "illegal": 0, "restricted or no stream": 0, "items": 0}
    failures = 0
    for number, document in enumerate(documents):
        try:
            check(document, whole[number], cut[number], counts)
        except AssertionError as error:
            failures += 1
            if failures <= 20:
                print("case %d: %s\n%r" % (number, error, document))
    print("libxml2 %s:" % ".".join(map(str, etree.LIBXML_VERSION)), count, "streams,", counts)
    print("faults:", {f: sum(a.fault == f for a in whole) for f in sorted({a.fault for a in whole})})
    print("failures:", failures)
    return failures != 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
