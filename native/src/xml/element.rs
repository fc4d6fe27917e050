//! One item after the header: a first-level element with all it holds, or the closing tag of the
//! stream. It can stop at any byte and go on later.
use super::chars::{self, SPACE};
use super::record::{Item, flag, kind};
use super::scope::Scope;
use super::tag::{Form, Tag};
use super::{Content, Fault, Limits, Stop, header, namespaces, reference, stanza};
use memchr::{memchr3, memmem};

const CDATA: &[u8] = b"<![CDATA[";
const CDATA_END: &[u8] = b"]]>";

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Step {
    /// Up to the next markup.
    #[default]
    Text,
    /// At a `<`.
    Markup,
    StartTag,
    Cdata,
    /// Behind `</`.
    EndTag,
    EndGap,
}

/// An open element: where its name stands, and how many declarations hold around it.
#[derive(Clone, Copy, Debug)]
struct Open {
    start: u32,
    end: u32,
    outside: u32,
}

/// What all items of one stream share.
pub(crate) struct Stream<'a> {
    pub content: Content,
    pub limits: &'a Limits,
    pub scope: &'a mut Scope,
    /// Name of the root.
    pub root: &'a [u8],
    pub tag: &'a mut Tag,
}

#[derive(Debug, Default)]
pub(crate) struct Element {
    step: Step,
    pub at: usize,
    open: Vec<Open>,
    elements: u32,
    pub children: u32,
    pub item: Item,
}

impl Element {
    /// Forgets the item before; `read` then begins at the `<`.
    #[inline(always)]
    pub fn begin(&mut self) {
        self.step = Step::Markup;
        self.at = 0;
        self.open.clear();
        self.elements = 0;
        self.children = 0;
    }

    /// Its start tag was read, and says that it is a message, a presence or an IQ.
    pub fn is_stanza(&self) -> bool {
        !self.open.is_empty() && self.item.kind <= kind::IQ
    }

    /// Reads on to the end of the item.
    #[inline(always)]
    pub fn read(&mut self, bytes: &[u8], stream: &mut Stream) -> Result<(), Stop> {
        if self.at > bytes.len() {
            return Err(Stop::More); // further than this window already
        }
        loop {
            if self.step == Step::Text {
                self.read_text(bytes, stream.limits)?;
            }
            if self.step == Step::Markup {
                self.read_markup(bytes, stream.tag)?;
            }
            match self.step {
                Step::StartTag => self.read_start_tag(bytes, stream)?,
                Step::Cdata => self.read_cdata(bytes)?,
                _ => self.read_end_tag(bytes, stream)?,
            }
            if self.open.is_empty() {
                return Ok(());
            }
        }
    }

    #[inline(always)]
    fn read_text(&mut self, bytes: &[u8], limits: &Limits) -> Result<(), Stop> {
        loop {
            let stop = memchr3(b'<', b'&', b'>', &bytes[self.at..]);
            self.at = stop.map_or(bytes.len(), |length| self.at + length);
            match bytes.get(self.at) {
                None => return Err(Stop::More),
                Some(b'&') => self.at = reference::read(bytes, self.at, limits.name_bytes)?,
                Some(b'>') if bytes[..self.at].ends_with(b"]]") => {
                    return Err(Fault::NotWellFormed.into());
                }
                Some(b'>') => self.at += 1,
                Some(_) => break,
            }
        }
        self.step = Step::Markup;
        Ok(())
    }

    #[inline(always)]
    fn read_markup(&mut self, bytes: &[u8], tag: &mut Tag) -> Result<(), Stop> {
        match *bytes.get(self.at + 1).ok_or(Stop::More)? {
            b'/' => {
                self.at += 2;
                self.step = Step::EndTag;
            }
            b'!' => self.read_cdata_start(bytes)?,
            b'?' => return Err(header::instruction(&bytes[self.at..])),
            _ => {
                self.at += 1;
                self.step = Step::StartTag;
                tag.begin();
            }
        }
        Ok(())
    }

    /// At `<!`: a comment and a DTD are restricted XML, a CDATA section is text (protocol.md 4.7).
    fn read_cdata_start(&mut self, bytes: &[u8]) -> Result<(), Stop> {
        let known = &bytes[self.at..bytes.len().min(self.at + CDATA.len())];
        match known.get(2) {
            None => return Err(Stop::More),
            Some(b'[') if known == CDATA && !self.open.is_empty() => {}
            Some(b'[') if known.len() < CDATA.len() && CDATA.starts_with(known) => {
                return Err(Stop::More);
            }
            Some(b'[') => return Err(Fault::NotWellFormed.into()),
            Some(_) => return Err(Fault::Restricted.into()),
        }
        self.at += CDATA.len();
        self.step = Step::Cdata;
        Ok(())
    }

    /// Behind `<![CDATA[`; the last two bytes may belong to the end that has not arrived.
    fn read_cdata(&mut self, bytes: &[u8]) -> Result<(), Stop> {
        let Some(length) = memmem::find(&bytes[self.at..], CDATA_END) else {
            self.at = self.at.max(bytes.len().saturating_sub(CDATA_END.len() - 1));
            return Err(Stop::More);
        };
        self.at += length + CDATA_END.len();
        self.step = Step::Text;
        Ok(())
    }

    #[inline(always)]
    fn read_start_tag(&mut self, bytes: &[u8], stream: &mut Stream) -> Result<(), Stop> {
        let form = stream.tag.read(bytes, &mut self.at, stream.limits)?;
        self.count(stream.limits)?;
        let outside = stream.scope.len();
        let rescope = stream.tag.namespaced && self.enter(bytes, stream)?;
        if self.open.is_empty() {
            self.item = stanza::describe(stream.tag, bytes, stream.scope, stream.content);
        }
        self.item.flags |= flag::RESCOPE * u32::from(rescope);
        self.step = Step::Text;
        let name = stream.tag.name;
        match form {
            Form::Open => self.open.push(Open {
                start: name.start,
                end: name.end,
                outside: outside as u32,
            }),
            Form::Empty => stream.scope.cut(outside),
        }
        Ok(())
    }

    #[inline(always)]
    fn count(&mut self, limits: &Limits) -> Result<(), Fault> {
        if self.open.len() >= limits.depth as usize {
            return Err(Fault::Depth);
        }
        if self.elements >= limits.elements {
            return Err(Fault::Elements);
        }
        self.elements += 1;
        self.children += u32::from(self.open.len() == 1);
        Ok(())
    }

    /// True if the item cannot leave this stream as it is (protocol.md 4.7).
    fn enter(&self, bytes: &[u8], stream: &mut Stream) -> Result<bool, Fault> {
        let content = stream.content.uri();
        let used = namespaces::enter(stream.scope, stream.tag, bytes, content, stream.limits)?;
        let prefixed_item = self.open.is_empty() && stream.tag.name.is_qualified();
        Ok(used.content || used.inherited || prefixed_item)
    }

    #[inline(always)]
    fn read_end_tag(&mut self, bytes: &[u8], stream: &mut Stream) -> Result<(), Stop> {
        if self.step == Step::EndTag {
            self.read_end_name(bytes, stream.root)?;
        }
        self.at = chars::skip(bytes, self.at, SPACE);
        if *bytes.get(self.at).ok_or(Stop::More)? != b'>' {
            return Err(Fault::NotWellFormed.into());
        }
        self.at += 1;
        self.step = Step::Text;
        match self.open.pop() {
            Some(open) => stream.scope.cut(open.outside as usize),
            None => {
                self.item = Item {
                    kind: kind::CLOSE,
                    ..Item::default()
                }
            }
        }
        Ok(())
    }

    /// The name of the innermost open element, or of the root.
    #[inline(always)]
    fn read_end_name(&mut self, bytes: &[u8], root: &[u8]) -> Result<(), Stop> {
        let name = match self.open.last() {
            Some(open) => &bytes[open.start as usize..open.end as usize],
            None => root,
        };
        let rest = &bytes[self.at..];
        if !rest.starts_with(name) {
            let begun = name.starts_with(rest);
            return Err(if begun {
                Stop::More
            } else {
                Fault::NotWellFormed.into()
            });
        }
        self.at += name.len();
        self.step = Step::EndGap;
        Ok(())
    }
}
