//! Limits on one stream (protocol.md 10).

/// What one peer may make us hold or count; exactly the limit passes, one more is a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Stream header, from the first byte of its XML declaration to its `>`.
    pub header_bytes: u32,
    /// Any first-level element, from its `<` to its `>` (protocol.md 4.12).
    pub stanza_bytes: u32,
    /// Nesting; a first-level element is at depth 1.
    pub depth: u32,
    /// Attributes of one element, namespace declarations among them.
    pub attributes: u32,
    /// Elements in one first-level element, itself among them.
    pub elements: u32,
    /// One attribute value, as written.
    pub value_bytes: u32,
    /// One element or attribute name with its prefix, or one reference.
    pub name_bytes: u32,
    /// One namespace name, as written.
    pub namespace_bytes: u32,
    /// A stanza over `stanza_bytes` that is no longer than this is read to its end and marked, so that it can be
    /// answered (protocol.md 4.12); other elements never are.
    pub oversize_bytes: u32,
}

impl Limits {
    /// Defaults for a peer that has proved a domain.
    pub const PROVEN: Limits = Limits {
        header_bytes: 8192,
        stanza_bytes: 524_288,
        depth: 64,
        attributes: 64,
        elements: 10_000,
        value_bytes: 16_384,
        name_bytes: 256,
        namespace_bytes: 1024,
        oversize_bytes: 2 * 524_288 - 1,
    };

    /// Defaults for everyone else (protocol.md A-30).
    pub const UNPROVEN: Limits = Limits {
        stanza_bytes: 10_000,
        depth: 8,
        attributes: 16,
        elements: 32,
        oversize_bytes: 0,
        ..Limits::PROVEN
    };

    /// For what was framed before, under other limits.
    pub(crate) const NONE: Limits = Limits {
        header_bytes: u32::MAX,
        stanza_bytes: u32::MAX,
        depth: u32::MAX,
        attributes: u32::MAX,
        elements: u32::MAX,
        value_bytes: u32::MAX,
        name_bytes: u32::MAX,
        namespace_bytes: u32::MAX,
        oversize_bytes: 0,
    };
}
