//! A stanza that leaves its stream for one of another content namespace (protocol.md 4.7). What the stream
//! header declared ends with the stream, so the stanza must say it itself; foreign payloads stay as they are.
use super::scope::Scope;
use super::tag::{Form, Tag};
use super::{Content, Fault, Limits, Stop, namespaces};
use memchr::{memchr, memmem};

/// An open element, as read and as written.
struct Open {
    outside: usize,
    /// Written without the prefix it was read with.
    bare: bool,
    /// Default namespace that was written around it.
    default: Vec<u8>,
}

struct Rescoper<'a> {
    bytes: &'a [u8],
    at: usize,
    content: Content,
    target: Content,
    /// As read.
    scope: Scope,
    /// Default namespace as written.
    default: Vec<u8>,
    open: Vec<Open>,
    /// Bindings of the header that names in the stanza use.
    inherited: Vec<usize>,
    tag: Tag,
    out: Vec<u8>,
    /// Where attributes can be added to the stanza's start tag.
    gap: usize,
    has_lang: bool,
}

/// Writes one framed stanza as it must stand in a stream with `target` as default namespace that declares
/// nothing else a stanza may rely on.
///
/// `scope` and `content` are those of the stream it came on; `lang` is added if the stanza has no `xml:lang`.
pub(crate) fn rescope(
    scope: Scope,
    content: Content,
    stanza: &[u8],
    target: Content,
    lang: Option<&str>,
) -> Result<Vec<u8>, Fault> {
    let mut rescoper = Rescoper {
        bytes: stanza,
        at: 0,
        content,
        target,
        scope,
        default: target.uri().to_vec(),
        open: Vec::new(),
        inherited: Vec::new(),
        tag: Tag::default(),
        out: Vec::with_capacity(stanza.len() + 64),
        gap: 0,
        has_lang: false,
    };
    rescoper.run().map_err(|stop| match stop {
        Stop::Fault(fault) => fault,
        Stop::More => Fault::NotWellFormed,
    })?;
    Ok(rescoper.finish(lang))
}

impl Rescoper<'_> {
    fn run(&mut self) -> Result<(), Stop> {
        while self.out.is_empty() || !self.open.is_empty() {
            self.copy_text()?;
            match self.bytes.get(self.at + 1) {
                Some(b'/') => self.end_tag()?,
                Some(b'!') => self.copy_cdata()?,
                Some(_) => self.start_tag()?,
                None => return Err(Stop::More),
            }
        }
        Ok(())
    }

    fn copy_text(&mut self) -> Result<(), Stop> {
        let length = memchr(b'<', &self.bytes[self.at..]).ok_or(Stop::More)?;
        self.copy_to(self.at + length);
        Ok(())
    }

    fn copy_cdata(&mut self) -> Result<(), Stop> {
        let length = memmem::find(&self.bytes[self.at..], b"]]>").ok_or(Stop::More)?;
        self.copy_to(self.at + length + 3);
        Ok(())
    }

    fn copy_to(&mut self, end: usize) {
        self.out.extend_from_slice(&self.bytes[self.at..end]);
        self.at = end;
    }

    fn end_tag(&mut self) -> Result<(), Stop> {
        let end = self.at + memchr(b'>', &self.bytes[self.at..]).ok_or(Stop::More)?;
        let open = self.open.pop().ok_or(Stop::Fault(Fault::NotWellFormed))?;
        if open.bare
            && let Some(colon) = memchr(b':', &self.bytes[self.at..end])
        {
            self.out.extend_from_slice(b"</");
            self.at += colon + 1;
        }
        self.copy_to(end + 1);
        self.leave(open);
        Ok(())
    }

    fn leave(&mut self, open: Open) {
        self.scope.cut(open.outside);
        self.default = open.default;
    }

    fn start_tag(&mut self) -> Result<(), Stop> {
        let (start, outside) = (self.at, self.scope.len());
        self.tag.begin();
        self.at += 1;
        let form = self.tag.read(self.bytes, &mut self.at, &Limits::NONE)?;
        namespaces::enter(
            &mut self.scope,
            &self.tag,
            self.bytes,
            self.content.uri(),
            &Limits::NONE,
        )?;
        let index = self.scope.resolve(self.tag.name.prefix(self.bytes));
        let uri = index
            .map_or(&b""[..], |index| self.scope.uri(index))
            .to_vec();
        let bare = uri == self.content.uri();
        let open = Open {
            outside,
            bare,
            default: self.default.clone(),
        };
        self.note_inherited(bare);
        if bare {
            self.write_bare()
        } else {
            self.write_foreign(start, &uri)
        }
        match form {
            Form::Open => self.open.push(open),
            Form::Empty => self.leave(open),
        }
        Ok(())
    }

    /// Names that stay as they are may rely on the header.
    fn note_inherited(&mut self, bare: bool) {
        let attributes = self.tag.attributes.iter().map(|attribute| attribute.name);
        let kept = attributes
            .chain((!bare).then_some(self.tag.name))
            .filter(|name| name.is_qualified());
        for name in kept {
            let index = self.scope.resolve(name.prefix(self.bytes));
            let index = index.filter(|&index| self.scope.is_inherited(index));
            self.inherited
                .extend(index.filter(|index| !self.inherited.contains(index)));
        }
    }

    /// An element of the content namespace: no prefix, and a declaration only where the default is another.
    fn write_bare(&mut self) {
        self.out.push(b'<');
        self.out.extend_from_slice(self.tag.name.local(self.bytes));
        self.mark_gap();
        let target = self.target.uri();
        if self.default != target {
            write_attribute(&mut self.out, b"xmlns", target);
            self.default = target.to_vec();
        }
        let (bytes, mut rest) = (self.bytes, self.tag.name.end as usize);
        if let Some(own) = self
            .tag
            .attributes
            .iter()
            .find(|other| other.name.whole(bytes) == b"xmlns")
        {
            self.out
                .extend_from_slice(bytes[rest..own.name.start as usize].trim_ascii_end());
            rest = own.value.end as usize + 1;
        }
        self.out.extend_from_slice(&bytes[rest..self.at]);
    }

    /// Any other element: as it is, with the default namespace declared where it was inherited.
    fn write_foreign(&mut self, start: usize, uri: &[u8]) {
        let declares = self
            .tag
            .attributes
            .iter()
            .any(|other| other.name.whole(self.bytes) == b"xmlns");
        let end = std::mem::replace(&mut self.at, start);
        self.copy_to(self.tag.name.end as usize);
        self.mark_gap();
        if declares {
            self.default = self.scope.default_uri().to_vec();
        } else if !self.tag.name.is_qualified() && self.default != uri {
            write_attribute(&mut self.out, b"xmlns", uri);
            self.default = uri.to_vec();
        }
        self.copy_to(end);
    }

    /// Behind the name of the stanza itself.
    fn mark_gap(&mut self) {
        if self.open.is_empty() {
            self.gap = self.out.len();
            self.has_lang = self
                .tag
                .attributes
                .iter()
                .any(|other| other.name.whole(self.bytes) == b"xml:lang");
        }
    }

    /// Adds to the stanza what only its descendants have shown to be needed.
    fn finish(mut self, lang: Option<&str>) -> Vec<u8> {
        let mut added = Vec::new();
        for &index in &self.inherited {
            let name = [b"xmlns:", self.scope.prefix(index)].concat();
            write_attribute(&mut added, &name, self.scope.uri(index));
        }
        if let Some(lang) = lang.filter(|_| !self.has_lang) {
            write_attribute(&mut added, b"xml:lang", lang.as_bytes());
        }
        self.out.splice(self.gap..self.gap, added);
        self.out
    }
}

fn write_attribute(out: &mut Vec<u8>, name: &[u8], value: &[u8]) {
    out.push(b' ');
    out.extend_from_slice(name);
    out.extend_from_slice(b"='");
    for &byte in value {
        match byte {
            b'&' => out.extend_from_slice(b"&amp;"),
            b'<' => out.extend_from_slice(b"&lt;"),
            b'\'' => out.extend_from_slice(b"&apos;"),
            b'\t' => out.extend_from_slice(b"&#9;"), // else it would be read as a space
            b'\n' => out.extend_from_slice(b"&#10;"),
            b'\r' => out.extend_from_slice(b"&#13;"),
            _ => out.push(byte),
        }
    }
    out.push(b'\'');
}
