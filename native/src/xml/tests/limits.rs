//! Each limit at the limit and one above it (protocol.md 10).
use super::*;

/// The first body passes, the second is one above the limit.
fn bounds(limits: Limits, fault: Fault, passing: &str, failing: &str) {
    assert_eq!(fault.condition(), "policy-violation");
    let passed = frame_under(limits, [HEADER, passing].concat());
    assert_eq!(
        (passed.fault, passed.records.len()),
        (None, 2),
        "at the limit: {fault:?}"
    );
    let failed = frame_under(limits, [HEADER, failing].concat());
    assert_eq!(
        (failed.fault, failed.records.len()),
        (Some(fault), 1),
        "above the limit: {fault:?}"
    );
}

fn stanza_of(bytes: usize) -> String {
    format!(
        "<message>{}</message>",
        "x".repeat(bytes - "<message></message>".len())
    )
}

#[test]
fn lim_3_a_stanza_of_the_limit_passes_and_one_byte_more_fails() {
    let limits = Limits {
        oversize_bytes: 0,
        ..Limits::PROVEN
    };
    let limit = limits.stanza_bytes as usize;
    bounds(
        limits,
        Fault::StanzaBytes,
        &stanza_of(limit),
        &stanza_of(limit + 1),
    );
}

/// protocol.md 4.12: under twice the limit.
#[test]
fn lim_3_a_stanza_that_can_be_answered_is_read_to_its_end_and_marked() {
    let limit = 10_000;
    let limits = Limits {
        stanza_bytes: limit as u32,
        oversize_bytes: 2 * limit as u32 - 1,
        ..Limits::PROVEN
    };
    for (length, marked) in [
        (limit, 0),
        (limit + 1, flag::TOO_LONG),
        (2 * limit - 1, flag::TOO_LONG),
    ] {
        let outcome = frame_under(
            limits,
            [HEADER, &stanza_of(length), "<iq id='next'/>"].concat(),
        );
        assert_eq!(
            (outcome.fault, outcome.kinds()),
            (None, vec![5, 1, 3]),
            "{length}"
        );
        assert_eq!(outcome.records[1][3] & flag::TOO_LONG, marked, "{length}");
        assert_eq!(outcome.flags() & flag::TOO_LONG, 0, "what follows");
    }
    bounds(
        limits,
        Fault::StanzaBytes,
        &stanza_of(2 * limit - 1),
        &stanza_of(2 * limit),
    );
    for other in [
        stanza_of(limit + 7).replace("message", "db:foo"),
        format!("<message a='{}'/>", "x".repeat(limit)),
        format!("<message{}/>", " ".repeat(limit)),
    ] {
        let outcome = frame_under(limits, [HEADER, &other].concat());
        assert_eq!(outcome.fault, Some(Fault::StanzaBytes), "{}", &other[..20]);
    }
    let ill = stanza_of(limit + 1).replace("xx</message>", "x<</message>");
    assert_eq!(
        frame_under(limits, [HEADER, &ill].concat()).fault,
        Some(Fault::NotWellFormed)
    );
}

#[test]
fn lim_8_an_unproven_peer_gets_the_small_limit_for_any_element() {
    let limit = Limits::UNPROVEN.stanza_bytes as usize;
    let result = |bytes| stanza_of(bytes + 2).replace("message", "db:result");
    let (passing, failing) = (result(limit - 6), result(limit - 5));
    assert_eq!((passing.len(), failing.len()), (limit, limit + 1));
    bounds(Limits::UNPROVEN, Fault::StanzaBytes, &passing, &failing);
}

#[test]
fn lim_3_the_limit_counts_while_bytes_arrive() {
    for open in [
        "<message><body>",
        "<message a='1'    ",
        "<message><![CDATA[",
        "<message></message   ",
    ] {
        let limit = Limits {
            stanza_bytes: 10_000,
            value_bytes: 1 << 20,
            oversize_bytes: 0,
            ..Limits::PROVEN
        };
        let filler = if open.ends_with(' ') { " " } else { "x" };
        let endless = [HEADER, open, &filler.repeat(9_999 - open.len() + 2)].concat();
        let outcome = frame_under(limit, &endless);
        assert_eq!(outcome.fault, Some(Fault::StanzaBytes), "{open}");
        assert_eq!(
            frame_under(limit, &endless[..endless.len() - 1]).fault,
            None,
            "{open}"
        );
    }
}

#[test]
fn lim_3_limits_change_when_a_peer_proves_itself() {
    let mut framer = Framer::new(Content::Server, Limits::UNPROVEN);
    let input = [HEADER, &stanza_of(20_000)].concat();
    let start = framer
        .run(&input.as_bytes()[..HEADER.len() + 5000], &mut [0; RECORD])
        .used;
    framer.set_limits(Limits::PROVEN);
    assert_eq!(
        framer
            .run(&input.as_bytes()[start..], &mut [0; RECORD])
            .records,
        1
    );
}

#[test]
fn the_header_has_a_limit_of_its_own() {
    let limit = Limits::PROVEN.header_bytes as usize;
    let header_of = |bytes: usize| {
        HEADER.replace(
            " to=",
            &[&" ".repeat(bytes - HEADER.len()), " to="].concat(),
        )
    };
    assert_eq!(frame(header_of(limit)).fault, None);
    assert_eq!(frame(header_of(limit + 1)).fault, Some(Fault::HeaderBytes));
    assert_eq!(
        frame(["<?xml ", &" ".repeat(limit)].concat()).fault,
        Some(Fault::HeaderBytes)
    );
    assert_eq!(Fault::HeaderBytes.condition(), "policy-violation");
}

#[test]
fn lim_7_depth_has_a_limit() {
    let nested = |depth: usize| "<a>".repeat(depth) + &"</a>".repeat(depth);
    bounds(Limits::PROVEN, Fault::Depth, &nested(64), &nested(65));
    bounds(Limits::UNPROVEN, Fault::Depth, &nested(8), &nested(9));
    bounds(
        Limits::PROVEN,
        Fault::Depth,
        &nested(64),
        &nested(64).replace("></a></a>", "><a/></a></a>"),
    );
}

#[test]
fn lim_7_attributes_have_a_limit() {
    let with = |count: usize| {
        format!(
            "<a{}/>",
            (0..count)
                .map(|at| format!(" b{at}='c'"))
                .collect::<String>()
        )
    };
    bounds(Limits::PROVEN, Fault::Attributes, &with(64), &with(65));
    bounds(Limits::UNPROVEN, Fault::Attributes, &with(16), &with(17));
    let header = |count: usize| HEADER.replace(" to=", &with(count)[2..].replace("/>", " to="));
    assert_eq!(frame(header(59)).fault, None); // five of its own
    assert_eq!(frame(header(60)).fault, Some(Fault::Attributes));
}

#[test]
fn lim_7_names_have_a_limit() {
    let name = |bytes: usize| "n".repeat(bytes);
    bounds(
        Limits::PROVEN,
        Fault::NameBytes,
        &format!("<{}/>", name(256)),
        &format!("<{}/>", name(257)),
    );
    bounds(
        Limits::PROVEN,
        Fault::NameBytes,
        &format!("<a {}=''/>", name(256)),
        &format!("<a {}=''/>", name(257)),
    );
    bounds(
        Limits::PROVEN,
        Fault::NameBytes,
        &format!("<db:{}/>", name(253)),
        &format!("<db:{}/>", name(254)),
    );
    let reference = |bytes: usize| format!("<a>&#{}65;</a>", "0".repeat(bytes - 4));
    bounds(
        Limits::PROVEN,
        Fault::NameBytes,
        &reference(256),
        &reference(257),
    );
}

#[test]
fn lim_7_elements_have_a_limit() {
    let with = |count: usize| format!("<a>{}</a>", "<b/>".repeat(count - 1));
    bounds(
        Limits::PROVEN,
        Fault::Elements,
        &with(10_000),
        &with(10_001),
    );
    bounds(Limits::UNPROVEN, Fault::Elements, &with(32), &with(33));
}

#[test]
fn lim_7_attribute_values_have_a_limit() {
    let with = |bytes: usize| format!("<a b='{}'/>", "x".repeat(bytes));
    bounds(
        Limits::PROVEN,
        Fault::ValueBytes,
        &with(16_384),
        &with(16_385),
    );
    let referring = |bytes: usize| {
        format!(
            "<a b='{}{}'/>",
            "x".repeat(bytes - 16_380),
            "&amp;".repeat(3276)
        )
    };
    bounds(
        Limits::PROVEN,
        Fault::ValueBytes,
        &referring(16_384),
        &referring(16_385),
    );
}

#[test]
fn lim_7_namespace_names_have_a_limit() {
    let with = |bytes: usize| format!("<a xmlns='{}'/>", "x".repeat(bytes));
    bounds(
        Limits::PROVEN,
        Fault::NamespaceBytes,
        &with(1024),
        &with(1025),
    );
    bounds(
        Limits::PROVEN,
        Fault::NamespaceBytes,
        &with(1024).replace("xmlns", "xmlns:p"),
        &with(1025).replace("xmlns", "xmlns:p"),
    );
}

#[test]
fn declarations_in_scope_have_a_limit() {
    let one = |element: usize, count: usize| {
        let declarations: String = (0..count)
            .map(|at| format!(" xmlns:p{element}x{at}='urn:x'"))
            .collect();
        format!("<a{declarations}>")
    };
    let open: String = (0..4).map(|element| one(element, 63)).collect();
    // 252, the three of the header and the one that holds for ever
    let close = "</a>".repeat(4);
    let passing = format!("{open}<b xmlns='urn:x'/>{close}");
    bounds(
        Limits::PROVEN,
        Fault::Declarations,
        &passing,
        &passing.replace("<b", "<b xmlns:y='urn:y'"),
    );
    let sibling = "<b xmlns='urn:x'/>";
    assert_eq!(
        frame_after_header(passing.replace(sibling, &sibling.repeat(50))).fault,
        None
    );
}

/// One byte at a time: were anything read again from its start, this would take minutes.
#[test]
fn str_28_the_longest_things_cost_no_more_byte_by_byte() {
    let limits = Limits {
        stanza_bytes: 1 << 20,
        ..Limits::PROVEN
    };
    let value = format!(" ='{}'", "&amp;xxxxx".repeat(1600));
    let tag: String = (0..60)
        .map(|at| value.replace(" =", &format!(" a{at} = ")))
        .collect();
    let spaces = " ".repeat(200_000);
    for body in [
        format!("<a{tag}/>"),
        format!("<a{spaces}/>"),
        format!("<a b{spaces}={spaces}''/>"),
        format!("<a></a{spaces}>"),
        format!("<a><![CDATA[{}]]></a>", "]".repeat(400_000)),
        format!("<a>{}</a>", "x>]".repeat(100_000)),
    ] {
        assert_eq!(
            frame_under(limits, [HEADER, &body].concat()).kinds(),
            [5, 4]
        );
    }
}
