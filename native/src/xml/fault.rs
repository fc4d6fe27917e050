//! What a peer can do wrong in XML, and the stream error that answers it.

/// A broken rule; always ends the stream (RFC 6120 4.9.1.1). The numbers cross the FFI border.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Fault {
    /// Not well-formed XML, or text between first-level elements.
    NotWellFormed = 1,
    /// Undeclared prefix, attribute doubled after expansion, illegal declaration or qualified name.
    Namespaces = 2,
    /// Comment, processing instruction, DTD, entity of one's own, `standalone='no'`.
    Restricted = 3,
    /// Another encoding declared or used.
    Encoding = 4,
    /// Bytes that are not UTF-8.
    Utf8 = 5,
    /// The root is not the stream of our streams, or its content namespace is another one.
    InvalidNamespace = 6,
    HeaderBytes = 7,
    StanzaBytes = 8,
    Depth = 9,
    Attributes = 10,
    Elements = 11,
    ValueBytes = 12,
    NameBytes = 13,
    NamespaceBytes = 14,
    /// More namespace declarations in scope than anyone needs (`scope::MOST`).
    Declarations = 15,
}

impl Fault {
    /// The defined condition of the stream error (RFC 6120 4.9.3; protocol.md 4.7, 4.12, 10).
    pub const fn condition(self) -> &'static str {
        match self {
            Fault::NotWellFormed | Fault::Namespaces => "not-well-formed",
            Fault::Restricted => "restricted-xml",
            Fault::Encoding | Fault::Utf8 => "unsupported-encoding",
            Fault::InvalidNamespace => "invalid-namespace",
            _ => "policy-violation",
        }
    }

    /// One line for the log.
    pub const fn text(self) -> &'static str {
        match self {
            Fault::NotWellFormed => "XML is not well-formed",
            Fault::Namespaces => "XML is not namespace-well-formed",
            Fault::Restricted => "comment, processing instruction, DTD or custom entity",
            Fault::Encoding => "encoding is not UTF-8",
            Fault::Utf8 => "bytes are not UTF-8",
            Fault::InvalidNamespace => "stream or content namespace is not the expected one",
            Fault::HeaderBytes => "stream header is too long",
            Fault::StanzaBytes => "stanza is too long",
            Fault::Depth => "elements are nested too deeply",
            Fault::Attributes => "element has too many attributes",
            Fault::Elements => "stanza has too many elements",
            Fault::ValueBytes => "attribute value is too long",
            Fault::NameBytes => "name is too long",
            Fault::NamespaceBytes => "namespace name is too long",
            Fault::Declarations => "too many namespace declarations in scope",
        }
    }
}

/// Why reading stopped before the end of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// The bytes end here; the reader remembers where it was.
    More,
    Fault(Fault),
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Stop {
        Stop::Fault(fault)
    }
}
