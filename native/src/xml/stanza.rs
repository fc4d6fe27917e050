//! What the start tag of a first-level element says: kind, addresses, type (protocol.md 4.11).
use super::record::{Item, flag, kind, type_code as code};
use super::scope::Scope;
use super::tag::{Span, Tag};
use super::{Content, jid, pairs::Pairs, reference};

/// Reads the tag; the scope holds its declarations already.
#[inline(always)]
pub(crate) fn describe(tag: &Tag, bytes: &[u8], scope: &Scope, content: Content) -> Item {
    let mut item = Item {
        kind: kind_of(tag, bytes, scope, content),
        ..Item::default()
    };
    for attribute in &tag.attributes {
        match attribute.name.whole(bytes) {
            b"from" => item.from = attribute.value,
            b"to" => item.to = attribute.value,
            b"id" => item.id = attribute.value,
            b"type" => item.type_code = type_of(attribute.value.of(bytes)),
            b"xml:lang" => item.flags |= flag::LANG,
            _ => {}
        }
    }
    item
}

#[inline(always)]
fn kind_of(tag: &Tag, bytes: &[u8], scope: &Scope, content: Content) -> u32 {
    let kind = match tag.name.local(bytes) {
        b"message" => kind::MESSAGE,
        b"presence" => kind::PRESENCE,
        b"iq" => kind::IQ,
        _ => return kind::OTHER,
    };
    let uri = scope
        .resolve(tag.name.prefix(bytes))
        .map_or(&b""[..], |index| scope.uri(index));
    if uri == content.uri() {
        kind
    } else {
        kind::OTHER
    }
}

fn type_of(value: &[u8]) -> u32 {
    match value {
        b"normal" => code::NONE,
        b"get" => code::GET,
        b"set" => code::SET,
        b"result" => code::RESULT,
        b"error" => code::ERROR,
        b"chat" => code::CHAT,
        b"groupchat" => code::GROUPCHAT,
        b"headline" => code::HEADLINE,
        b"subscribe" => code::SUBSCRIBE,
        b"subscribed" => code::SUBSCRIBED,
        b"unsubscribe" => code::UNSUBSCRIBE,
        b"unsubscribed" => code::UNSUBSCRIBED,
        b"probe" => code::PROBE,
        b"unavailable" => code::UNAVAILABLE,
        _ if value.contains(&b'&') => type_spelt_with_references(value),
        _ => code::OTHER,
    }
}

/// `&#101;rror` is an error too; else a peer could have errors bounced.
#[cold]
fn type_spelt_with_references(value: &[u8]) -> u32 {
    let mut plain = Vec::new();
    reference::normalise(value, &mut plain);
    if plain.contains(&b'&') {
        code::OTHER
    } else {
        type_of(&plain)
    }
}

/// Adds what is known only at the end of the element.
#[inline(always)]
pub(crate) fn finish(item: &mut Item, bytes: &[u8], children: u32, pairs: &mut Pairs) {
    let (from, to) = (item.from.of(bytes), item.to.of(bytes));
    let (sender, target) = (
        jid::plain_domain(from, pairs.last_from()),
        jid::plain_domain(to, pairs.last_to()),
    );
    if let (Some(sender), Some(target)) = (sender, target) {
        item.pair = pairs.find(sender, target);
    }
    let unplain = |domain: Option<&[u8]>, jid: &[u8]| domain.is_none() && !jid.is_empty();
    let facts = [
        (flag::NO_FROM, from.is_empty()),
        (flag::NO_TO, to.is_empty()),
        (
            flag::NOT_PLAIN,
            unplain(sender, from) || unplain(target, to),
        ),
        (flag::NEVER_BOUNCE, is_never_bounced(item)),
        (
            flag::BAD_IQ,
            item.kind == kind::IQ && is_bad_iq(item, children),
        ),
    ];
    for (flag, holds) in facts {
        item.flags |= flag * u32::from(holds);
    }
}

/// RFC 6120 8.3.1 and 8.2.3: no error answers an error or a result.
fn is_never_bounced(item: &Item) -> bool {
    item.type_code == code::ERROR || (item.kind == kind::IQ && item.type_code == code::RESULT)
}

fn is_bad_iq(item: &Item, children: u32) -> bool {
    let legal_type = match item.type_code {
        code::GET | code::SET => children == 1,
        code::RESULT | code::ERROR => true,
        _ => false,
    };
    item.id == Span::default() || !legal_type
}
