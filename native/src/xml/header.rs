//! The stream header: an optional XML declaration and the open tag of the root (protocol.md 4.1).
use super::chars::{self, SPACE};
use super::content::STREAMS;
use super::scope::Scope;
use super::tag::{Form, Tag};
use super::{Content, Fault, Limits, Stop, chars::check, declaration, namespaces};
use memchr::memchr2;

#[derive(Clone, Copy, Debug, Default)]
enum Step {
    #[default]
    Start,
    Declaration,
    Gap,
    Root,
}

/// Reads a header, which may arrive in pieces; the tag is lent by the framer.
#[derive(Debug, Default)]
pub(crate) struct Header {
    step: Step,
    at: usize,
}

impl Header {
    /// Length of the header, once all of it is there. `first`: nothing at all came before it.
    pub fn read(
        &mut self,
        bytes: &[u8],
        first: bool,
        tag: &mut Tag,
        limits: &Limits,
    ) -> Result<usize, Stop> {
        loop {
            match self.step {
                Step::Start => self.step = start(bytes, first)?,
                Step::Declaration => self.read_declaration(bytes)?,
                Step::Gap => self.read_gap(bytes, tag)?,
                Step::Root => return self.read_root(bytes, tag, limits),
            }
        }
    }

    fn read_declaration(&mut self, bytes: &[u8]) -> Result<(), Stop> {
        let end = memchr2(b'>', b'<', &bytes[self.at.max(1)..]);
        let Some(end) = end.map(|length| self.at.max(1) + length + 1) else {
            self.at = bytes.len();
            return Err(Stop::More);
        };
        declaration::check(&bytes[..end])?;
        self.at = end;
        self.step = Step::Gap;
        Ok(())
    }

    fn read_gap(&mut self, bytes: &[u8], tag: &mut Tag) -> Result<(), Stop> {
        self.at = chars::skip(bytes, self.at, SPACE);
        match (bytes.get(self.at), bytes.get(self.at + 1)) {
            (Some(b'<'), Some(b'?' | b'!')) => return Err(not_a_root(&bytes[self.at..])),
            (Some(b'<'), Some(_)) => self.at += 1,
            (Some(b'<') | None, _) => return Err(Stop::More),
            (Some(_), _) => return Err(Fault::NotWellFormed.into()),
        }
        tag.begin();
        self.step = Step::Root;
        Ok(())
    }

    fn read_root(&mut self, bytes: &[u8], tag: &mut Tag, limits: &Limits) -> Result<usize, Stop> {
        match tag.read(bytes, &mut self.at, limits)? {
            Form::Open => Ok(self.at),
            Form::Empty => Err(Fault::NotWellFormed.into()), // a stream that is over has no header
        }
    }
}

/// Byte order marks of UTF-16 and UTF-32, and `<` in either, are told by one byte each. That of UTF-8 is
/// a character like any other, and no character may stand here (RFC 6120 11.6).
fn start(bytes: &[u8], first: bool) -> Result<Step, Stop> {
    match (bytes[0], bytes.get(1)) {
        (0xfe | 0xff | 0, _) | (b'<', Some(0)) => Err(Fault::Encoding.into()),
        (b'<', None) => Err(Stop::More),
        (b'<', Some(b'?')) if first && declaration::is_next(bytes)? => Ok(Step::Declaration),
        (b'<', Some(_)) => Ok(Step::Gap),
        _ => Err(Fault::NotWellFormed.into()),
    }
}

/// What begins with `<?` or `<!` where the root should. XML declarations are for the first bytes only.
fn not_a_root(bytes: &[u8]) -> Stop {
    if bytes[1] == b'?' {
        instruction(bytes)
    } else {
        Fault::Restricted.into()
    }
}

/// The fault of a processing instruction: a late XML declaration is not one (protocol.md 4.7).
pub(crate) fn instruction(bytes: &[u8]) -> Stop {
    match declaration::is_next(bytes) {
        Err(stop) => stop,
        Ok(true) => Fault::NotWellFormed.into(),
        Ok(false) => Fault::Restricted.into(),
    }
}

/// Judges a whole header and makes its declarations the bottom of the scope.
pub(crate) fn accept(
    bytes: &[u8],
    tag: &Tag,
    content: Content,
    limits: &Limits,
) -> Result<Scope, Fault> {
    check(bytes).map_err(|fault| {
        if fault == Fault::Utf8 {
            Fault::Encoding
        } else {
            fault
        }
    })?;
    let mut scope = Scope::new();
    namespaces::enter(&mut scope, tag, bytes, content.uri(), limits)?;
    let root = scope
        .resolve(tag.name.prefix(bytes))
        .map_or(&b""[..], |index| scope.uri(index));
    if tag.name.local(bytes) != b"stream" || root != STREAMS {
        return Err(Fault::InvalidNamespace); // RFC 6120 4.9.3.10
    }
    if !scope.has_no_content() && scope.default_uri() != content.uri() {
        return Err(Fault::InvalidNamespace);
    }
    scope.settle();
    Ok(scope)
}
