//! One start tag, read attribute by attribute. It can stop at any byte and go on later; what was read
//! is not read again, except for the name it stopped in (at most `Limits::name_bytes`).
use super::chars::{self, SPACE};
use super::name::Name;
use super::{Fault, Limits, Stop, reference};
use memchr::memchr3;

/// Where something stands in the bytes of its item; `0, 0` means nowhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Span {
    pub start: u32,
    pub end: u32,
}

impl Span {
    pub fn of(self, bytes: &[u8]) -> &[u8] {
        &bytes[self.start as usize..self.end as usize]
    }

    pub fn is_nowhere(self) -> bool {
        self.end == 0
    }
}

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Attribute {
    pub name: Name,
    /// Between the quotes, as written.
    pub value: Span,
}

/// In the order of the bytes; what lies from a gap to a value comes once for each attribute.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Step {
    #[default]
    Name,
    Gap,
    /// A gap in which white space was seen.
    SpacedGap,
    Slash,
    Attribute,
    Equals,
    Quote,
    Value,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// `<name>`
    Open,
    /// `<name/>`
    Empty,
}

#[derive(Debug, Default)]
pub(crate) struct Tag {
    pub name: Name,
    pub attributes: Vec<Attribute>,
    /// Some name has a prefix, or a namespace is declared: namespaces must be looked at.
    pub namespaced: bool,
    step: Step,
    quote: u8,
}

impl Tag {
    /// Forgets the tag before; `read` then begins behind the `<`.
    pub fn begin(&mut self) {
        self.attributes.clear();
        self.namespaced = false;
        self.step = Step::Name;
    }

    /// Reads on to the `>`. The steps are tried in their order, not looked up in a table: branches that
    /// the processor foresees are a good part of the speed.
    #[inline(always)]
    pub fn read(&mut self, bytes: &[u8], at: &mut usize, limits: &Limits) -> Result<Form, Stop> {
        if self.step == Step::Name {
            self.read_name(bytes, at, limits)?;
        }
        loop {
            if matches!(self.step, Step::Gap | Step::SpacedGap) && self.read_gap(bytes, at)? {
                return Ok(Form::Open);
            }
            if self.step == Step::Slash {
                return read_slash(bytes, at);
            }
            self.read_attribute(bytes, at, limits)?;
        }
    }

    #[inline(always)]
    fn read_name(&mut self, bytes: &[u8], at: &mut usize, limits: &Limits) -> Result<(), Stop> {
        self.name = Name::read(bytes, *at, limits.name_bytes)?;
        self.namespaced = self.name.is_qualified();
        *at = self.name.end as usize;
        self.step = Step::Gap;
        Ok(())
    }

    /// True at the `>`.
    #[inline(always)]
    fn read_gap(&mut self, bytes: &[u8], at: &mut usize) -> Result<bool, Stop> {
        let end = chars::skip(bytes, *at, SPACE);
        if end > *at {
            self.step = Step::SpacedGap;
        }
        *at = end;
        match *bytes.get(end).ok_or(Stop::More)? {
            b'>' => {
                *at += 1;
                return Ok(true);
            }
            b'/' => self.step = Step::Slash,
            _ if self.step == Step::SpacedGap => self.step = Step::Attribute,
            _ => return Err(Fault::NotWellFormed.into()),
        }
        Ok(false)
    }

    #[inline(always)]
    fn read_attribute(
        &mut self,
        bytes: &[u8],
        at: &mut usize,
        limits: &Limits,
    ) -> Result<(), Stop> {
        if self.step == Step::Attribute {
            self.read_attribute_name(bytes, at, limits)?;
        }
        if self.step == Step::Equals {
            take(bytes, at, |byte| byte == b'=')?;
            self.step = Step::Quote;
        }
        if self.step == Step::Quote {
            self.quote = take(bytes, at, |byte| matches!(byte, b'\'' | b'"'))?;
            self.set_value(*at, *at);
            self.step = Step::Value;
        }
        self.read_value(bytes, at, limits)
    }

    #[inline(always)]
    fn read_attribute_name(
        &mut self,
        bytes: &[u8],
        at: &mut usize,
        limits: &Limits,
    ) -> Result<(), Stop> {
        if self.attributes.len() >= limits.attributes as usize {
            return Err(Fault::Attributes.into());
        }
        let name = Name::read(bytes, *at, limits.name_bytes)?;
        if self
            .attributes
            .iter()
            .any(|other| other.name.is_same(name, bytes))
        {
            return Err(Fault::NotWellFormed.into());
        }
        self.namespaced |= name.is_qualified() || name.whole(bytes) == b"xmlns";
        self.attributes.push(Attribute {
            name,
            value: Span::default(),
        });
        *at = name.end as usize;
        self.step = Step::Equals;
        Ok(())
    }

    #[inline(always)]
    fn read_value(&mut self, bytes: &[u8], at: &mut usize, limits: &Limits) -> Result<(), Stop> {
        let start = self
            .attributes
            .last()
            .map_or(0, |attribute| attribute.value.start as usize);
        loop {
            let stop = memchr3(self.quote, b'&', b'<', &bytes[*at..]);
            *at = stop.map_or(bytes.len(), |length| *at + length);
            if *at - start > limits.value_bytes as usize {
                return Err(Fault::ValueBytes.into());
            }
            match bytes.get(*at) {
                None => return Err(Stop::More),
                Some(b'&') => *at = reference::read(bytes, *at, limits.name_bytes)?,
                Some(b'<') => return Err(Fault::NotWellFormed.into()),
                Some(_) => break,
            }
        }
        self.set_value(start, *at);
        *at += 1;
        self.step = Step::Gap;
        Ok(())
    }

    #[inline(always)]
    fn set_value(&mut self, start: usize, end: usize) {
        if let Some(attribute) = self.attributes.last_mut() {
            attribute.value = Span {
                start: start as u32,
                end: end as u32,
            };
        }
    }
}

/// The next byte that is not white space, if it is an expected one.
#[inline(always)]
fn take(bytes: &[u8], at: &mut usize, expected: impl Fn(u8) -> bool) -> Result<u8, Stop> {
    *at = chars::skip(bytes, *at, SPACE);
    let byte = *bytes.get(*at).ok_or(Stop::More)?;
    if !expected(byte) {
        return Err(Fault::NotWellFormed.into());
    }
    *at += 1;
    Ok(byte)
}

#[inline(always)]
fn read_slash(bytes: &[u8], at: &mut usize) -> Result<Form, Stop> {
    match bytes.get(*at + 1) {
        None => Err(Stop::More),
        Some(b'>') => {
            *at += 2;
            Ok(Form::Empty)
        }
        Some(_) => Err(Fault::NotWellFormed.into()),
    }
}
