//! Stanzas that leave their stream (STR-33; protocol.md 4.7).
use super::*;

fn rescoped(header: &str, stanza: &str, lang: Option<&str>) -> String {
    let mut framer = Framer::new(Content::Server, Limits::PROVEN);
    let input = [header, stanza].concat();
    let outcome = frame_in_pieces(&mut framer, input.as_bytes(), [input.len()].into_iter());
    assert_eq!(
        (outcome.fault, outcome.records.len()),
        (None, 2),
        "{stanza}"
    );
    let bytes = framer
        .rescope(stanza.as_bytes(), Content::Component, lang)
        .expect("a framed stanza");
    String::from_utf8(bytes).expect("UTF-8")
}

#[test]
fn str_33_a_stanza_means_the_same_in_another_stream() {
    let header = HEADER.replace(
        " to=",
        " xmlns:q='urn:q&amp;&#39;&#10;' xmlns:s='jabber:server' to=",
    );
    let target = "xmlns='jabber:component:accept'";
    for (stanza, expected) in [
        (
            "<message  to='x' ><body>a > b</body ></message\n>",
            "<message  to='x' ><body>a > b</body ></message\n>",
        ),
        (
            "<message xmlns='jabber:server' to='x'/>",
            "<message to='x'/>",
        ),
        (
            "<message to='x' xmlns=\"jabber:server\"><body/></message>",
            "<message to='x'><body/></message>",
        ),
        (
            "<s:message><s:body xml:lang='x'>y</s:body ></s:message >",
            "<message><body xml:lang='x'>y</body ></message >",
        ),
        (
            "<message><x xmlns='urn:x'><iq xmlns='jabber:server'><a/></iq><b/></x></message>",
            &format!("<message><x xmlns='urn:x'><iq {target}><a/></iq><b/></x></message>"),
        ),
        (
            "<s:message xmlns='urn:x'><b/><s:c/><d xmlns='urn:d'/></s:message>",
            "<message><b xmlns='urn:x'/><c/><d xmlns='urn:d'/></message>",
        ),
        (
            "<message><q:x q:y='z'>t</q:x></message>",
            "<message xmlns:q='urn:q&amp;&apos;&#10;'><q:x q:y='z'>t</q:x></message>",
        ),
        (
            "<message><db:x/><stream:y/></message>",
            "<message xmlns:db='jabber:server:dialback' xmlns:stream='http://etherx.jabber.org/streams'><db:x/><stream:y/></message>",
        ),
        (
            "<message><x xmlns='urn:x' s:a='1'/></message>",
            "<message xmlns:s='jabber:server'><x xmlns='urn:x' s:a='1'/></message>",
        ),
        (
            "<message><x xmlns=''><![CDATA[<s:y>]]></x></message>",
            "<message><x xmlns=''><![CDATA[<s:y>]]></x></message>",
        ),
        (
            "<message xmlns:q='urn:own'><q:x/></message>",
            "<message xmlns:q='urn:own'><q:x/></message>",
        ),
    ] {
        assert_eq!(rescoped(&header, stanza, None), *expected, "{stanza}");
    }
}

#[test]
fn str_33_str_30_prefix_free_streams_too() {
    let header = "<stream xmlns='http://etherx.jabber.org/streams' xmlns:s='jabber:server'>";
    assert_eq!(
        rescoped(
            header,
            "<message xmlns='jabber:server'><body/></message>",
            None
        ),
        "<message><body/></message>"
    );
    let streams = "<error xmlns='http://etherx.jabber.org/streams'/>";
    assert_eq!(
        rescoped(header, "<s:message><error/></s:message>", None),
        format!("<message>{streams}</message>")
    );
}

#[test]
fn the_language_of_the_stream_is_added_where_none_is() {
    assert_eq!(
        rescoped(HEADER, "<message><body/></message>", Some("de")),
        "<message xml:lang='de'><body/></message>"
    );
    assert_eq!(
        rescoped(HEADER, "<message xml:lang='en'/>", Some("de")),
        "<message xml:lang='en'/>"
    );
    assert_eq!(
        rescoped(HEADER, "<message><b xml:lang='en'/></message>", Some("'<")),
        "<message xml:lang='&apos;&lt;'><b xml:lang='en'/></message>"
    );
}

#[test]
fn what_was_not_framed_is_a_fault() {
    let framer = Framer::new(Content::Server, Limits::PROVEN);
    for bytes in [
        "",
        "x",
        "<",
        "<message",
        "<message>",
        "<message></",
        "<x:y/>",
        "<message><![CDATA[",
        "</message>",
    ] {
        assert!(
            framer
                .rescope(bytes.as_bytes(), Content::Component, None)
                .is_err(),
            "{bytes}"
        );
    }
}

#[test]
fn an_unfinished_stanza_does_not_disturb_rescoping() {
    let mut framer = Framer::new(Content::Server, Limits::PROVEN);
    let input = [
        HEADER,
        "<message xmlns='jabber:server'/><message xmlns:db='urn:own'><x xmlns='urn:x'>",
    ]
    .concat();
    let outcome = frame_in_pieces(&mut framer, input.as_bytes(), [input.len()].into_iter());
    assert_eq!(outcome.kinds(), [5, 1]);
    let stanza = framer
        .rescope(b"<message><db:x/></message>", Content::Component, None)
        .expect("a stanza");
    assert_eq!(
        stanza,
        b"<message xmlns:db='jabber:server:dialback'><db:x/></message>"
    );
}
