//! Content namespaces (RFC 6120 4.8.2).

/// What the stanzas of a stream are qualified by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// `jabber:server`
    Server,
    /// `jabber:component:accept` (XEP-0114)
    Component,
}

impl Content {
    pub const fn uri(self) -> &'static [u8] {
        match self {
            Content::Server => b"jabber:server",
            Content::Component => b"jabber:component:accept",
        }
    }
}

/// Qualifies the stream root, its features and its errors.
pub(crate) const STREAMS: &[u8] = b"http://etherx.jabber.org/streams";
