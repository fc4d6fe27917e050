//! What records say: kinds, ranges, flags, types, pairs.
use super::super::{flag, kind, type_code};
use super::*;

/// Flags that a stanza without addresses has anyway.
const NO_ADDRESSES: u32 = flag::NO_FROM | flag::NO_TO;
const FROM_TO: &str = " from='a@a.example/r' to='b.example'";

fn flags_of(body: &str) -> u32 {
    let outcome = frame_after_header(body);
    assert_eq!(outcome.fault, None, "{body}");
    outcome.flags()
}

#[test]
fn a_record_shows_where_things_stand() {
    let body = "<message type='chat' to=\"b.example\" id='i1' from='a@a.example/r'><body>x</body></message>";
    let input = [HEADER, " ", body, "<presence/>"].concat();
    let outcome = frame(&input);
    let record = outcome.records[1];
    let at = |word: usize| &input[record[word] as usize..record[word + 1] as usize];
    assert_eq!(
        [at(0), at(4), at(6), at(10)],
        [body, "a@a.example/r", "b.example", "i1"]
    );
    assert_eq!(
        (record[2], record[3], record[8], record[9]),
        (kind::MESSAGE, 0, 0, type_code::CHAT)
    );
    assert_eq!(outcome.records[2][4..], [0; 8]); // nowhere
}

#[test]
fn stanzas_are_known_by_namespace_never_by_prefix() {
    for (body, expected) in [
        ("<message/>", kind::MESSAGE),
        ("<presence/>", kind::PRESENCE),
        ("<iq/>", kind::IQ),
        ("<messages/>", kind::OTHER),
        ("<p:iq xmlns:p='jabber:server'/>", kind::IQ),
        ("<iq xmlns='jabber:serve&#114;'/>", kind::IQ),
        ("<iq xmlns='jabber:client'/>", kind::OTHER),
        ("<iq xmlns=''/>", kind::OTHER),
        ("<db:iq/>", kind::OTHER),
        ("<stream:message/>", kind::OTHER),
        ("<db:iq xmlns:db='jabber:server'/>", kind::IQ),
        ("<IQ/>", kind::OTHER),
    ] {
        assert_eq!(
            frame_after_header(body).kinds(),
            [kind::HEADER, expected],
            "{body}"
        );
    }
}

#[test]
fn a_stanza_that_leans_on_its_stream_needs_rescoping() {
    for (body, expected) in [
        (
            "<message><x xmlns='urn:x' xmlns:p='urn:p' p:a='b'><p:y/></x></message>",
            0,
        ),
        (
            "<message xml:lang='de'><body xml:lang='en'/></message>",
            flag::LANG,
        ),
        ("<message><body xml:lang='en'/></message>", 0),
        ("<message xmlns:db='urn:own'><db:x/></message>", 0),
        ("<message xmlns='jabber:server'/>", flag::RESCOPE),
        (
            "<message><x xmlns='urn:x'><y xmlns='jabber:server'/></x></message>",
            flag::RESCOPE,
        ),
        (
            "<message><x xmlns:p='jabber:server'/></message>",
            flag::RESCOPE,
        ),
        (
            "<message><x xmlns='jabber:serv&#101;r'/></message>",
            flag::RESCOPE,
        ),
        ("<message><db:x/></message>", flag::RESCOPE),
        ("<message><x stream:y='z'/></message>", flag::RESCOPE),
        ("<message db:y='z'/>", flag::RESCOPE),
        ("<p:message xmlns:p='jabber:server'/>", flag::RESCOPE),
    ] {
        assert_eq!(flags_of(body), expected | NO_ADDRESSES, "{body}");
    }
}

#[test]
fn str_21_missing_and_empty_addresses_are_flagged() {
    for (body, expected) in [
        ("<message/>", flag::NO_FROM | flag::NO_TO),
        ("<message from='' to=''/>", flag::NO_FROM | flag::NO_TO),
        ("<message from='a.example'/>", flag::NO_TO),
        ("<message to='a.example'/>", flag::NO_FROM),
        ("<message from='a.example' to=''/>", flag::NO_TO),
        ("<message from='' to='a.example'/>", flag::NO_FROM),
        (
            "<message><x from='a.example' to='b.example'/></message>",
            flag::NO_FROM | flag::NO_TO,
        ),
    ] {
        assert_eq!(flags_of(body), expected, "{body}");
    }
}

#[test]
fn addresses_that_need_normalisation_are_flagged() {
    let long = |bytes| "x".repeat(bytes);
    for jid in [
        "a.example",
        "a@b.example",
        "a@b.example/c",
        "b.example/c@d/e",
        "A!b=c@b-c.1x.example/x y\"z",
        "localhost",
        "3com.example",
        &format!("{}@b.example/{}", long(1023), long(1023)),
        &format!("{}.{}.{}.{}", long(63), long(63), long(63), long(61)),
    ] {
        assert_eq!(
            flags_of(&format!("<message from='{jid}' to='b.example'/>")),
            0,
            "{jid}"
        );
        assert_eq!(
            flags_of(&format!("<message from='b.example' to='{jid}'/>")),
            0,
            "{jid}"
        );
    }
    for jid in [
        "A.example",
        "a.example.",
        ".example",
        "a..example",
        "-a.example",
        "a-.example",
        "xn--a.example",
        "a.XN--b",
        "ab--c.example",
        "\u{e9}.example",
        "a_b.example",
        "a b.example",
        " a.example",
        "a.example ",
        "192.0.2.1",
        "[::1]",
        "a.example:5269",
        "@a.example",
        "a@",
        "@",
        "/",
        "a@/b",
        "/b",
        "a.example/",
        "a@b@c.example",
        "a:b@c.example",
        "a b@c.example",
        "a&quot;@c.example",
        "a\"@c.example",
        "\u{e9}@a.example",
        "a@b.example/\u{e9}",
        "a@b.example/&amp;",
        "a&#46;example",
        "a@b.example/\t",
        "a.example\n",
        &format!("{}@b.example", long(1024)),
        &format!("b.example/{}", long(1024)),
        &format!("{}.example", long(64)),
        &format!("{}.{}.{}.{}", long(63), long(63), long(63), long(62)),
    ] {
        assert_eq!(
            flags_of(&format!("<message from='{jid}' to='b.example'/>")),
            flag::NOT_PLAIN,
            "{jid}"
        );
        assert_eq!(
            flags_of(&format!("<message from='b.example' to='{jid}'/>")),
            flag::NOT_PLAIN,
            "{jid}"
        );
    }
}

#[test]
fn types_have_codes_however_they_are_spelt() {
    let types = "normal get set result error chat groupchat headline subscribe subscribed unsubscribe unsubscribed probe unavailable";
    for (code, name) in types.split(' ').enumerate() {
        let spelt = format!("&#{};{}", u32::from(name.as_bytes()[0]), &name[1..]);
        for name in [name, &spelt] {
            let outcome = frame_after_header(format!("<message type='{name}'/>"));
            assert_eq!(outcome.records[1][9], code as u32, "{name}");
        }
    }
    for (body, code) in [
        ("<message/>", type_code::NONE),
        ("<message type=''/>", type_code::OTHER),
        ("<message type='GET'/>", type_code::OTHER),
        ("<message type='error '/>", type_code::OTHER),
        ("<message type='&amp;amp;'/>", type_code::OTHER),
        ("<message type='&#38;#38;'/>", type_code::OTHER),
    ] {
        assert_eq!(frame_after_header(body).records[1][9], code, "{body}");
    }
}

#[test]
fn errors_and_results_are_never_bounced() {
    for (start, never) in [
        ("message type='error'", true),
        ("presence type='error'", true),
        ("iq id='1' type='error'", true),
        ("iq id='1' type='result'", true),
        ("message type='&#x65;rror'", true),
        ("message type='result'", false),
        ("presence type='probe'", false),
        ("message", false),
    ] {
        let flags = flags_of(&format!("<{start}{FROM_TO}/>"));
        assert_eq!(flags, flag::NEVER_BOUNCE * u32::from(never), "{start}");
    }
}

#[test]
fn an_iq_must_be_one() {
    for (start, children, bad) in [
        ("iq id='1' type='get'", "<a/>", false),
        ("iq id='1' type='set'", " <a><b/><c/></a>\n", false),
        ("iq id='1' type='result'", "", false),
        ("iq id='1' type='error'", "<a/><b/>", false),
        ("iq type='get'", "<a/>", true),
        ("iq id='1'", "<a/>", true),
        ("iq id='1' type='chat'", "<a/>", true),
        ("iq id='1' type='get'", "", true),
        ("iq id='1' type='get'", "text", true),
        ("iq id='1' type='set'", "<a/><b/>", true),
        ("iq id='1' type='get'", "<a></a><b/>", true),
        ("message", "<a/><b/>", false),
    ] {
        let name = start.split(' ').next().expect("a name");
        let flags = flags_of(&format!("<{start}{FROM_TO}>{children}</{name}>"));
        assert_eq!(
            flags & flag::BAD_IQ,
            flag::BAD_IQ * u32::from(bad),
            "{start} with {children}"
        );
    }
}

fn pair_of(framer: &mut Framer, from: &str, to: &str) -> u32 {
    let stanza = format!("<message from='{from}' to='{to}'/>");
    let mut records = [0; RECORD];
    assert_eq!(framer.run(stanza.as_bytes(), &mut records).records, 1);
    records[8]
}

fn opened() -> Framer {
    let mut framer = Framer::new(Content::Server, Limits::PROVEN);
    assert_eq!(framer.run(HEADER.as_bytes(), &mut [0; RECORD]).records, 1);
    framer
}

#[test]
fn learnt_pairs_are_shown_and_forgotten() {
    let mut framer = opened();
    assert_eq!(pair_of(&mut framer, "a.example", "b.example"), 0);
    framer.learn_pair(b"a.example", b"b.example", 7);
    framer.learn_pair(b"b.example", b"a.example", 8);
    assert_eq!(pair_of(&mut framer, "a.example", "b.example"), 7);
    assert_eq!(pair_of(&mut framer, "x@a.example/y@z/b", "b.example/c"), 7);
    assert_eq!(pair_of(&mut framer, "b.example", "a.example"), 8);
    for (from, to) in [
        ("a.example", "a.example"),
        ("A.example", "b.example"),
        ("a.example.", "b.example"),
        ("xa.example", "b.example"),
    ] {
        assert_eq!(pair_of(&mut framer, from, to), 0, "{from} {to}");
    }
    framer.learn_pair(b"a.example", b"b.example", 9);
    assert_eq!(pair_of(&mut framer, "a.example", "b.example"), 9);
    framer.forget_pairs();
    assert_eq!(pair_of(&mut framer, "a.example", "b.example"), 0);
}

/// Read as written, the domain is the learnt one; meant is `evil.example`.
#[test]
fn a_reference_cannot_pass_for_a_learnt_pair() {
    let mut framer = opened();
    framer.learn_pair(b"a.example", b"b.example", 7);
    assert_eq!(
        pair_of(&mut framer, "evil.example&#47;x@a.example", "b.example"),
        0
    );
    assert_eq!(pair_of(&mut framer, "x@a.example", "b.example"), 7);
}

#[test]
fn pairs_are_bounded_and_the_used_ones_stay() {
    let mut framer = opened();
    framer.learn_pair(b"a.example", b"b.example", 7);
    for id in 0..20_000u32 {
        framer.learn_pair(format!("d{id}.example").as_bytes(), b"b.example", 1000 + id);
        if id % 1000 == 0 {
            assert_eq!(
                pair_of(&mut framer, "a.example", "b.example"),
                7,
                "after {id}"
            );
        }
    }
    assert_eq!(pair_of(&mut framer, "d19999.example", "b.example"), 20_999);
    assert_eq!(pair_of(&mut framer, "d0.example", "b.example"), 0);
    let known = (0..20_000)
        .filter(|id| pair_of(&mut framer, &format!("d{id}.example"), "b.example") > 0)
        .count();
    assert!((2048..=4096).contains(&known), "{known} pairs are kept");
}
