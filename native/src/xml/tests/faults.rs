//! What is refused, and with which stream error (protocol.md 4.7).
use super::*;

/// Every input, behind a header, is refused with this fault, and nothing of it is framed.
fn refused(fault: Fault, condition: &str, bodies: &[&str]) {
    assert_eq!(fault.condition(), condition);
    for body in bodies {
        let outcome = frame_after_header(body);
        assert_eq!(
            (outcome.fault, outcome.records.len()),
            (Some(fault), 1),
            "{body}"
        );
    }
}

#[test]
fn str_16_comments_instructions_dtds_and_entities_are_restricted() {
    refused(
        Fault::Restricted,
        "restricted-xml",
        &[
            "<!-- x -->",
            "<message><!-- x --></message>",
            "<?x y?>",
            "<message><?x y?></message>",
            "<?xml-stylesheet x='y'?>",
            "<!DOCTYPE a>",
            "<message><!DOCTYPE a></message>",
            "<message>&x;</message>",
            "<message a='&nbsp;'/>",
            "<!ENTITY x 'y'>",
        ],
    );
}

#[test]
fn str_16_str_19_what_is_restricted_is_so_before_the_header() {
    let bare = HEADER.split_once("?>").expect("a declaration").1;
    for start in [
        "<!DOCTYPE a [<!ENTITY x 'xxxxxxxx'><!ENTITY y '&x;&x;&x;&x;'>]>",
        "<!-- x -->",
        "<?x y?>",
        "<?xml version='1.0'?><!-- x -->",
        "<?xml version='1.0' standalone='no'?>",
    ] {
        assert_eq!(
            frame([start, bare].concat()).fault,
            Some(Fault::Restricted),
            "{start}"
        );
    }
}

#[test]
fn str_17_what_is_not_well_formed_is_refused() {
    refused(
        Fault::NotWellFormed,
        "not-well-formed",
        &[
            "x",
            "&amp;",
            "<![CDATA[x]]>",
            "<>",
            "< a/>",
            "<1/>",
            "<-a/>",
            "<.a/>",
            "<a></b>",
            "<a></a b>",
            "<a></a/>",
            "<ab></a>",
            "<a></ab>",
            "<a/ >",
            "<a//>",
            "<a b/>",
            "<a b>",
            "<a b=c/>",
            "<a:/>",
            "<a:1/>",
            "<a b='c'd='e'/>",
            "<a b='c\"/>\"<",
            "<a b='<'/>",
            "<a b='&'/>",
            "<a b='c' b='d'/>",
            "<a =''/>",
            "<a 1='x'/>",
            "<a>]]></a>",
            "<a>]]]></a>",
            "<a>& </a>",
            "<a>&;</a>",
            "<a>&#;</a>",
            "<a>&#x;</a>",
            "<a>&#xg;</a>",
            "<a>&#a;</a>",
            "<a>&#X41;</a>",
            "<a>&#-1;</a>",
            "<a>&#0;</a>",
            "<a>&#11;</a>",
            "<a>&#xD800;</a>",
            "<a>&#xFFFE;</a>",
            "<a>&#x110000;</a>",
            "<a>&#99999999999999999999;</a>",
            "<a>&1;</a>",
            "<a>&a<",
            "<a><![CDAT[x]]></a>",
            "<a><![cdata[x]]></a>",
            "<a>\u{1}</a>",
            "<a>\u{b}</a>",
            "<a b='\u{1f}'/>",
            "<a><![CDATA[\u{8}]]></a>",
            "<a>\u{fffe}</a>",
            "<a b='\u{ffff}'/>",
            "<\u{d7}/>",
            "<a\u{d7}/>",
            "<a \u{b7}b='c'/>",
            "<\u{300}/>",
            "<?xml version='1.0'?>",
            "<a><?xml version='1.0'?></a>",
            "<a:\u{d7}/>",
            "<a b='c'/x",
            "\u{feff}<a/>",
        ],
    );
}

#[test]
fn str_17_what_is_not_namespace_well_formed_is_refused() {
    refused(
        Fault::Namespaces,
        "not-well-formed",
        &[
            "<x:y/>",
            "<a x:b='c'/>",
            "<x><a xmlns:p='urn:p'/><p:b/></x>",
            "<a><b xmlns:p='urn:p'/><p:c/></a>",
            "<a><b xmlns:p='urn:p'></b><p:c/></a>",
            "<a xmlns:p='urn:p' xmlns:q='urn:p' p:b='1' q:b='2'/>",
            "<a xmlns:p='urn:p' xmlns:q='ur&#110;:p' p:b='1' q:b='2'/>",
            "<a xmlns:p=''/>",
            "<a xmlns:xml='urn:x'/>",
            "<a xmlns:xmlns='urn:x'/>",
            "<a xmlns:xmlns='http://www.w3.org/2000/xmlns/'/>",
            "<a xmlns:p='http://www.w3.org/XML/1998/namespace'/>",
            "<a xmlns='http://www.w3.org/XML/1998/namespace'/>",
            "<a xmlns='http://www.w3.org/2000/xmlns/'/>",
            "<a xmlns:p='http://www.w3.org/2000/xmlns/'/>",
            "<xmlns:a/>",
            "<:a/>",
            "<a:b:c/>",
            "<a :b='c'/>",
            "<a xml::b='c'/>",
        ],
    );
}

#[test]
fn str_18_bytes_that_are_not_utf_8_are_refused() {
    for bad in [
        &b"\xff"[..],
        b"\xc0\x80",
        b"\xed\xa0\x80",
        b"\xf4\x90\x80\x80",
        b"\xc3",
        b"\x80",
    ] {
        for (before, after) in [
            ("<a>", "</a>"),
            ("<a b='", "'/>"),
            ("<a><![CDATA[", "]]></a>"),
            ("<a", "/>"),
            ("<a><b", " c='d'/></a>"),
        ] {
            let outcome = frame_after_header([before.as_bytes(), bad, after.as_bytes()].concat());
            assert_eq!(
                (outcome.fault, outcome.records.len()),
                (Some(Fault::Utf8), 1),
                "{bad:x?} after {before}"
            );
        }
    }
    assert_eq!(Fault::Utf8.condition(), "unsupported-encoding");
}

#[test]
fn str_18_another_encoding_is_refused() {
    let utf_16: Vec<u8> = HEADER.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let little: Vec<u8> = HEADER.encode_utf16().flat_map(u16::to_le_bytes).collect();
    for header in [
        utf_16.clone(),
        little.clone(),
        [&[0xfe, 0xff], &utf_16[..]].concat(),
        [&[0xff, 0xfe], &little[..]].concat(),
        HEADER
            .replace("'1.0'?>", "'1.0' encoding='UTF-16'?>")
            .into(),
        HEADER
            .replace("'1.0'?>", "'1.0' encoding='ISO-8859-1'?>")
            .into(),
        HEADER
            .replace("b.example", "\u{e9}")
            .into_bytes()
            .into_iter()
            .filter(|&byte| byte != 0xc3)
            .collect(),
    ] {
        assert_eq!(
            frame(&header).fault,
            Some(Fault::Encoding),
            "{}",
            String::from_utf8_lossy(&header)
        );
    }
    assert_eq!(Fault::Encoding.condition(), "unsupported-encoding");
}

#[test]
fn strange_but_legal_xml_passes() {
    for body in [
        "<a>a]]b ] > ]] ></a>",
        "<a b='>' c=\"'\" d='\"'/>",
        "<a\n\tb\r=\n'c'\t/>",
        "<a></a\n>",
        "<a>&lt;&gt;&amp;&apos;&quot;&#65;&#x1F600;&#000000065;</a>",
        "<a><![CDATA[<b>&x;]]]]><![CDATA[>]]></a>",
        "<a><![CDATA[]]></a>",
        "<\u{e9}t\u{e9} \u{540d}='x'/>",
        "<a\u{b7}\u{300}/>",
        "<_a-b.c1/>",
        "<a>\u{feff}\u{85}\u{2028}\u{10ffff}\u{fffd}</a>",
        "<a xmlns:p='urn:p' p:b='1' b='2'/>",
        "<p:a xmlns:p='urn:p'><p:b/></p:a>",
        "<a xmlns:p='urn:p' xmlns:q='urn:q' p:b='1' q:b='2'/>",
        "<a xmlns='urn:x'><b xmlns=''/></a>",
        "<a xmlns:xml='http://www.w3.org/XML/1998/namespace'/>",
        "<db:a/>",
        "<stream:features/>",
        "<a xmlns:db='urn:other' db:b='c'/>",
        "<xmlish/>",
        "<a xmlns:XML='urn:x'/>",
        "<a b='\t\n'/>",
    ] {
        let outcome = frame_after_header(body);
        assert_eq!(
            (outcome.fault, outcome.kinds()),
            (None, vec![5, 4]),
            "{body}"
        );
    }
}
