//! What the framer says about one item: twelve u32 that cross the FFI border. The same numbers stand in
//! `wire/` on the other side.
//!
//! | word | meaning |
//! |---|---|
//! | 0, 1 | the item's range in the bytes given |
//! | 2, 3 | [`kind`], [`flag`]s |
//! | 4, 5 and 6, 7 | ranges of the values of `from` and `to`, as written |
//! | 8 | id of the pair, 0 unknown |
//! | 9 | [`type_code`] |
//! | 10, 11 | range of the value of `id` |
//!
//! A range 0, 0 means that there is no such attribute.
use super::tag::Span;

/// Words of one record.
pub const RECORD: usize = 12;

/// What an item is. Stanzas are known by namespace, never by prefix.
pub mod kind {
    pub const MESSAGE: u32 = 1;
    pub const PRESENCE: u32 = 2;
    pub const IQ: u32 = 3;
    /// Any other first-level element.
    pub const OTHER: u32 = 4;
    /// The root's open tag with the XML declaration before it.
    pub const HEADER: u32 = 5;
    /// The root's closing tag.
    pub const CLOSE: u32 = 6;
}

/// What to know before an item is passed on.
pub mod flag {
    /// `rescope` it before it leaves this stream.
    pub const RESCOPE: u32 = 1;
    /// `from` is missing or empty.
    pub const NO_FROM: u32 = 2;
    /// `to` is missing or empty.
    pub const NO_TO: u32 = 4;
    /// `from` or `to` is not plain (`jid`): it needs full normalisation.
    pub const NOT_PLAIN: u32 = 8;
    /// It has an `xml:lang` of its own.
    pub const LANG: u32 = 16;
    /// Its type forbids to answer it with an error (protocol.md 4.11).
    pub const NEVER_BOUNCE: u32 = 32;
    /// An `iq` that breaks RFC 6120 8.2.3.
    pub const BAD_IQ: u32 = 64;
    /// Over the limit, but whole: it goes no further than to be answered (protocol.md 4.12).
    pub const TOO_LONG: u32 = 128;
}

/// The attribute `type`.
pub mod type_code {
    /// No `type`, or `normal`.
    pub const NONE: u32 = 0;
    pub const GET: u32 = 1;
    pub const SET: u32 = 2;
    pub const RESULT: u32 = 3;
    pub const ERROR: u32 = 4;
    pub const CHAT: u32 = 5;
    pub const GROUPCHAT: u32 = 6;
    pub const HEADLINE: u32 = 7;
    pub const SUBSCRIBE: u32 = 8;
    pub const SUBSCRIBED: u32 = 9;
    pub const UNSUBSCRIBE: u32 = 10;
    pub const UNSUBSCRIBED: u32 = 11;
    pub const PROBE: u32 = 12;
    pub const UNAVAILABLE: u32 = 13;
    pub const OTHER: u32 = 14;
}

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Item {
    pub kind: u32,
    pub flags: u32,
    pub from: Span,
    pub to: Span,
    pub id: Span,
    pub pair: u32,
    pub type_code: u32,
}

impl Item {
    /// Writes the record of an item of `length` bytes that stands at `start`.
    #[inline(always)]
    pub fn write(&self, record: &mut [u32], start: usize, length: usize) {
        let start = start as u32;
        let shifted = |span: Span| match span {
            span if span.is_nowhere() => (0, 0),
            span => (start + span.start, start + span.end),
        };
        let (from, to, id) = (shifted(self.from), shifted(self.to), shifted(self.id));
        record.copy_from_slice(&[
            start,
            start + length as u32,
            self.kind,
            self.flags,
            from.0,
            from.1,
            to.0,
            to.1,
            self.pair,
            self.type_code,
            id.0,
            id.1,
        ]);
    }
}
