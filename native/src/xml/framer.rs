//! The framer of one direction of an XML stream (RFC 6120 4; protocol.md 4.1, 4.2, 4.7, 4.12).
use super::chars::{self, SPACE};
use super::element::{Element, Stream};
use super::header::{self, Header};
use super::pairs::Pairs;
use super::record::{Item, RECORD, flag, kind};
use super::scope::Scope;
use super::tag::Tag;
use super::{Content, Fault, Limits, Stop, rescope, stanza};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Header,
    /// Between first-level elements.
    Body,
    /// In an element that has not ended.
    Element,
    Closed,
    Failed(Fault),
}

/// Frames one direction of a stream, in one pass that can stop at any byte.
///
/// The caller keeps the bytes that were not used and gives them again, followed by new ones.
#[derive(Debug)]
pub struct Framer {
    content: Content,
    limits: Limits,
    phase: Phase,
    /// Nothing came before the header, so that an XML declaration may.
    first: bool,
    header: Header,
    element: Element,
    tag: Tag,
    root: Vec<u8>,
    scope: Scope,
    pairs: Pairs,
}

/// How far one call came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Run {
    /// Records written.
    pub records: usize,
    /// Bytes consumed; the caller keeps the rest.
    pub used: usize,
    /// Stopped early, with bytes left that may hold more: call again.
    pub more: bool,
    /// White space between first-level elements: keepalives (RFC 6120 4.6.1).
    pub blank: usize,
    /// The stream is broken; the records before it stand.
    pub fault: Option<Fault>,
}

impl Framer {
    /// Expects a stream header.
    pub fn new(content: Content, limits: Limits) -> Framer {
        Framer {
            content,
            limits,
            phase: Phase::Header,
            first: true,
            header: Header::default(),
            element: Element::default(),
            tag: Tag::default(),
            root: Vec::new(),
            scope: Scope::new(),
            pairs: Pairs::default(),
        }
    }

    /// Expects a stream header again and forgets the stream before it (RFC 6120 4.3.3). Pairs are
    /// facts of the connection: `forget_pairs` forgets them.
    pub fn restart(&mut self) {
        let pairs = std::mem::take(&mut self.pairs);
        *self = Framer {
            pairs,
            ..Framer::new(self.content, self.limits)
        };
    }

    /// Puts the peer under other limits, as when it has proved a domain.
    pub fn set_limits(&mut self, limits: Limits) {
        self.limits = limits;
    }

    /// Has records show `id` for stanzas between these domains, spelt so. Bounded: old pairs go.
    pub fn learn_pair(&mut self, from_domain: &[u8], to_domain: &[u8], id: u32) {
        self.pairs.learn(from_domain, to_domain, id);
    }

    pub fn forget_pairs(&mut self) {
        self.pairs.forget();
    }

    /// A stanza of this stream, framed since its header, as it must stand in a stream with `target` as default
    /// namespace that declares nothing else a stanza relies on; `lang` is added if it has no `xml:lang`.
    pub fn rescope(
        &self,
        stanza: &[u8],
        target: Content,
        lang: Option<&str>,
    ) -> Result<Vec<u8>, Fault> {
        rescope::rescope(self.scope.inherited(), self.content, stanza, target, lang)
    }

    /// Reads items from `bytes` (those kept, then new ones) and writes a record for each. It returns
    /// right after anything but a stanza: what follows may be TLS, or a new stream.
    pub fn run(&mut self, bytes: &[u8], records: &mut [u32]) -> Run {
        let mut run = Run::default();
        loop {
            if matches!(self.phase, Phase::Header | Phase::Body | Phase::Closed) {
                self.skip_blank(bytes, &mut run);
            }
            if run.used == bytes.len() {
                return run;
            }
            let Some(record) = records.get_mut(run.records * RECORD..(run.records + 1) * RECORD)
            else {
                run.more = true;
                return run;
            };
            let item = match self.next(&bytes[run.used..]) {
                Ok(item) => item,
                Err(Stop::More) => return run,
                Err(Stop::Fault(fault)) => {
                    self.phase = Phase::Failed(fault);
                    run.fault = Some(fault);
                    return run;
                }
            };
            item.0.write(record, run.used, item.1);
            run.records += 1;
            run.used += item.1;
            if item.0.kind >= kind::OTHER {
                run.more = run.used < bytes.len();
                return run;
            }
        }
    }

    #[inline(always)]
    fn skip_blank(&mut self, bytes: &[u8], run: &mut Run) {
        let end = chars::skip(bytes, run.used, SPACE);
        run.blank += end - run.used;
        self.first &= end == run.used;
        run.used = end;
    }

    /// The item that begins with `bytes`, and its length.
    #[inline(always)]
    fn next(&mut self, bytes: &[u8]) -> Result<(Item, usize), Stop> {
        match self.phase {
            Phase::Header => self.next_header(bytes),
            Phase::Body => {
                if bytes[0] != b'<' {
                    return Err(Fault::NotWellFormed.into());
                }
                self.element.begin();
                self.phase = Phase::Element;
                self.next_element(bytes)
            }
            Phase::Element => self.next_element(bytes),
            Phase::Closed => Err(Fault::NotWellFormed.into()),
            Phase::Failed(fault) => Err(fault.into()),
        }
    }

    fn next_header(&mut self, bytes: &[u8]) -> Result<(Item, usize), Stop> {
        let window = window(bytes, self.limits.header_bytes);
        let read = self
            .header
            .read(window, self.first, &mut self.tag, &self.limits);
        let length = read.map_err(|stop| or_too_long(stop, window, bytes, Fault::HeaderBytes))?;
        let bytes = &bytes[..length];
        self.scope = header::accept(bytes, &self.tag, self.content, &self.limits)?;
        self.root = self.tag.name.whole(bytes).to_vec();
        let mut item = stanza::describe(&self.tag, bytes, &self.scope, self.content);
        item.kind = kind::HEADER;
        stanza::finish(&mut item, bytes, 0, &mut self.pairs);
        self.phase = Phase::Body;
        Ok((item, length))
    }

    #[inline(always)]
    fn next_element(&mut self, bytes: &[u8]) -> Result<(Item, usize), Stop> {
        let limit = self.limits.stanza_bytes;
        let mut stream = Stream {
            content: self.content,
            limits: &self.limits,
            scope: &mut self.scope,
            root: &self.root,
            tag: &mut self.tag,
        };
        let mut within = window(bytes, limit);
        let mut read = self.element.read(within, &mut stream);
        if read == Err(Stop::More) && within.len() < bytes.len() && self.element.is_stanza() {
            within = window(bytes, limit.max(self.limits.oversize_bytes));
            read = self.element.read(within, &mut stream);
        }
        read.map_err(|stop| or_too_long(stop, within, bytes, Fault::StanzaBytes))?;
        let mut item = self.element.item;
        let length = self.element.at;
        if item.kind == kind::CLOSE {
            self.phase = Phase::Closed;
            return Ok((item, length));
        }
        chars::check(&bytes[..length])?;
        item.flags |= flag::TOO_LONG * u32::from(length > limit as usize);
        stanza::finish(
            &mut item,
            &bytes[..length],
            self.element.children,
            &mut self.pairs,
        );
        self.phase = Phase::Body;
        Ok((item, length))
    }
}

/// No more of an item than its limit is ever looked at, so that what is found does not depend on how
/// much has arrived.
fn window(bytes: &[u8], limit: u32) -> &[u8] {
    &bytes[..bytes.len().min(limit as usize)]
}

/// An item that goes on behind its window is too long.
fn or_too_long(stop: Stop, window: &[u8], bytes: &[u8], fault: Fault) -> Stop {
    if stop == Stop::More && window.len() < bytes.len() {
        fault.into()
    } else {
        stop
    }
}
