//! Headers, restarts, closing tags, what lies between items.
use super::super::{kind, type_code};
use super::*;

const ALL: [&str; 5] = [
    "<message/>",
    "<presence></presence>",
    "<iq/>",
    "<db:result>k</db:result>",
    "</stream:stream>",
];

#[test]
fn str_27_white_space_between_items_is_consumed_and_counted() {
    let input = [
        HEADER, " ", ALL[0], "\r\n\t", ALL[1], "  ", ALL[2], "\n", ALL[3], " ", ALL[4], " ",
    ]
    .concat();
    let outcome = frame(&input);
    assert_eq!(
        outcome.kinds(),
        [
            kind::HEADER,
            kind::MESSAGE,
            kind::PRESENCE,
            kind::IQ,
            kind::OTHER,
            kind::CLOSE
        ]
    );
    assert_eq!(
        (outcome.used, outcome.blank, outcome.fault),
        (input.len(), 9, None)
    );
    let items: Vec<_> = outcome
        .records
        .iter()
        .map(|at| &input[at[0] as usize..at[1] as usize])
        .collect();
    assert_eq!(items, [HEADER, ALL[0], ALL[1], ALL[2], ALL[3], ALL[4]]);
}

#[test]
fn str_28_pipelined_items_are_returned_up_to_the_first_that_is_not_a_stanza() {
    let input = [HEADER, ALL[0], ALL[1], "<starttls/>", "\x16\x03\x01"].concat();
    let mut framer = Framer::new(Content::Server, Limits::PROVEN);
    let mut records = [0; 8 * RECORD];
    let first = framer.run(input.as_bytes(), &mut records);
    assert_eq!(
        (first.records, first.used, first.more),
        (1, HEADER.len(), true)
    );
    let rest = &input.as_bytes()[first.used..];
    let second = framer.run(rest, &mut records);
    assert_eq!((second.records, second.more, second.fault), (3, true, None));
    assert_eq!(&rest[second.used..], b"\x16\x03\x01"); // what follows may be TLS: not looked at
}

#[test]
fn full_records_stop_the_run_and_the_next_call_goes_on() {
    let input = [HEADER, &ALL[0].repeat(7)].concat();
    assert_eq!(
        frame(&input).kinds(),
        [[kind::HEADER].as_slice(), &[kind::MESSAGE; 7]].concat()
    );
    let mut framer = Framer::new(Content::Server, Limits::PROVEN);
    let start = framer.run(input.as_bytes(), &mut [0; RECORD]).used;
    let run = framer.run(&input.as_bytes()[start..], &mut [0; 4 * RECORD]);
    assert_eq!(
        (run.records, run.used, run.more),
        (4, 4 * ALL[0].len(), true)
    );
}

#[test]
fn str_29_a_partial_stanza_is_not_framed() {
    let input = [HEADER, "<message><body>hello</body>"].concat();
    let outcome = frame(&input);
    assert_eq!(
        (outcome.records.len(), outcome.used, outcome.fault),
        (1, HEADER.len(), None)
    );
}

#[test]
fn str_30_prefix_free_and_other_prefixes_are_accepted() {
    for (header, stanza, close) in [
        (
            "<stream xmlns='http://etherx.jabber.org/streams'>",
            "<message xmlns='jabber:server'/>",
            "</stream>",
        ),
        (
            "<s:stream xmlns:s='http://etherx.jabber.org/streams' xmlns='jabber:server'>",
            "<message/>",
            "</s:stream>",
        ),
        (
            "<s:stream xmlns:s='http://etherx.jabber.org/streams' xmlns:c='jabber:server'>",
            "<c:message/>",
            "</s:stream >",
        ),
        (
            "<s:stream xmlns:s='http://etherx.jabber.org/str&#101;ams' xmlns=''>",
            "<message xmlns='jabber:server'/>",
            "</s:stream\n>",
        ),
    ] {
        let outcome = frame([header, stanza, close].concat());
        assert_eq!(
            outcome.kinds(),
            [kind::HEADER, kind::MESSAGE, kind::CLOSE],
            "{header}"
        );
    }
}

#[test]
fn str_6_str_7_another_root_or_content_namespace_is_refused() {
    for header in [
        "<stream:stream xmlns='jabber:server' xmlns:stream='urn:wrong'>",
        "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>",
        "<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams'>",
        "<stream:streams xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams'>",
        "<stream xmlns='jabber:server'>",
        "<message>",
    ] {
        assert_eq!(
            frame(header).fault,
            Some(Fault::InvalidNamespace),
            "{header}"
        );
    }
    assert_eq!(Fault::InvalidNamespace.condition(), "invalid-namespace");
}

#[test]
fn a_component_stream_has_its_own_content_namespace() {
    let input = "<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams'>\
        <iq/><iq xmlns='jabber:server'/>";
    let mut framer = Framer::new(Content::Component, Limits::PROVEN);
    let outcome = frame_in_pieces(&mut framer, input.as_bytes(), 1..=input.len());
    assert_eq!(outcome.kinds(), [kind::HEADER, kind::IQ, kind::OTHER]);
}

#[test]
fn a_header_shows_its_addresses_and_id() {
    let header = "<?xml version='1.0'?> <stream:stream id='x1' from='a.example' xmlns='jabber:server' to='b.example' \
        xmlns:stream='http://etherx.jabber.org/streams' xml:lang='de'>";
    let outcome = frame(header);
    let [record] = outcome.records[..] else {
        panic!("one record")
    };
    let at = |word: usize| &header[record[word] as usize..record[word + 1] as usize];
    assert_eq!(
        [at(0), at(4), at(6), at(10)],
        [header, "a.example", "b.example", "x1"]
    );
    assert_eq!(
        (record[3], record[9]),
        (super::super::flag::LANG, type_code::NONE)
    );
}

#[test]
fn a_restart_expects_a_header_and_forgets_declarations() {
    let mut framer = Framer::new(Content::Server, Limits::PROVEN);
    let first = HEADER.replace("xmlns:db", "xmlns:old='urn:old' xmlns:db") + "<old:x/>";
    assert_eq!(
        frame_in_pieces(&mut framer, first.as_bytes(), [first.len()].into_iter()).fault,
        None
    );
    framer.restart();
    let again = [HEADER, "<old:x/>"].concat();
    let outcome = frame_in_pieces(&mut framer, again.as_bytes(), [again.len()].into_iter());
    assert_eq!(
        (outcome.kinds(), outcome.fault),
        (vec![kind::HEADER], Some(Fault::Namespaces))
    );
    framer.restart(); // also after a fault
    assert_eq!(
        frame_in_pieces(&mut framer, HEADER.as_bytes(), 1..=HEADER.len()).fault,
        None
    );
}

#[test]
fn a_restart_in_the_middle_of_anything_forgets_it() {
    let input = [
        HEADER,
        "<message a='1' b=\"2\"><x xmlns:p='urn:p'>te&amp;xt<![CDATA[c]]></x ></message>",
    ]
    .concat();
    for cut in 0..input.len() {
        let mut framer = Framer::new(Content::Server, Limits::PROVEN);
        frame_in_pieces(&mut framer, &input.as_bytes()[..cut], [cut].into_iter());
        framer.restart();
        let outcome = frame_in_pieces(&mut framer, input.as_bytes(), [input.len()].into_iter());
        assert_eq!(
            outcome.kinds(),
            [kind::HEADER, kind::MESSAGE],
            "restart at {cut}"
        );
    }
}

#[test]
fn the_closing_tag_must_be_that_of_the_root() {
    assert_eq!(
        frame_after_header("</stream:stream \n>").kinds(),
        [kind::HEADER, kind::CLOSE]
    );
    for close in [
        "</stream>",
        "</stream:streams>",
        "</s:stream>",
        "</message>",
        "</ stream:stream>",
    ] {
        assert_eq!(
            frame_after_header(close).fault,
            Some(Fault::NotWellFormed),
            "{close}"
        );
    }
}

#[test]
fn nothing_but_white_space_follows_the_closing_tag() {
    assert_eq!(frame_after_header("</stream:stream> \n").fault, None);
    assert_eq!(
        frame_after_header("</stream:stream><message/>").fault,
        Some(Fault::NotWellFormed)
    );
}

#[test]
fn a_fault_lasts_and_the_stanzas_before_it_stand() {
    let outcome = frame_after_header("<message/><iq/><a></b>");
    assert_eq!(
        (outcome.kinds(), outcome.fault),
        (vec![5, 1, 3], Some(Fault::NotWellFormed))
    );
    let mut framer = Framer::new(Content::Server, Limits::PROVEN);
    assert_eq!(
        framer.run(b"nonsense", &mut [0; RECORD]).fault,
        Some(Fault::NotWellFormed)
    );
    assert_eq!(
        framer.run(HEADER.as_bytes(), &mut [0; RECORD]).fault,
        Some(Fault::NotWellFormed)
    );
}

#[test]
fn xml_declarations_are_accepted_first_and_only_first() {
    let bare = HEADER.split_once("?>").expect("a declaration").1;
    for declaration in [
        "",
        " \r\n",
        "<?xml version='1.0'?>",
        "<?xml version=\"1.1\" ?>\n",
        "<?xml version = '1.0' encoding=\"utf-8\"?>",
        "<?xml\tversion='1.0' encoding='UTF-8' standalone='yes' ?>",
    ] {
        assert_eq!(
            frame([declaration, bare].concat()).kinds(),
            [kind::HEADER],
            "{declaration}"
        );
    }
    for declaration in [
        " <?xml version='1.0'?>",
        "<?xml?>",
        "<?xml ?>",
        "<?xml version='2.0'?>",
        "<?xml version='1.'?>",
        "<?xml version=1.0?>",
        "<?xml encoding='UTF-8'?>",
        "<?xml version='1.0' standalone='yes' encoding='UTF-8'?>",
        "<?xml version='1.0'>",
        "<?xml version='1.0'encoding='UTF-8'?>",
        "<?xml version='1.0' encoding=''?>",
        "<?xml version='1.0' standalone='x'?>",
        "<?xml version='1.0'?><?xml version='1.0'?>",
        "<?xml version='1.0' <",
        "<?xml version='1.0?>",
        "\u{feff}",
        "x",
    ] {
        assert_eq!(
            frame([declaration, bare].concat()).fault,
            Some(Fault::NotWellFormed),
            "{declaration}"
        );
    }
}
