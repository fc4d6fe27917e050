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

#[derive(Clone, Copy, Debug, Default)]
enum Step {
    #[default]
    Name,
    Gap {
        spaced: bool,
    },
    Attribute,
    Equals,
    Quote,
    Value(u8),
    Slash,
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
}

impl Tag {
    /// Forgets the tag before; `read` then begins behind the `<`.
    pub fn begin(&mut self) {
        self.attributes.clear();
        self.namespaced = false;
        self.step = Step::Name;
    }

    /// Reads on to the `>`.
    #[inline(always)]
    pub fn read(&mut self, bytes: &[u8], at: &mut usize, limits: &Limits) -> Result<Form, Stop> {
        loop {
            match self.step {
                Step::Name => self.read_name(bytes, at, limits)?,
                Step::Gap { spaced } => {
                    if self.read_gap(bytes, at, spaced)? {
                        return Ok(Form::Open);
                    }
                }
                Step::Attribute => self.read_attribute(bytes, at, limits)?,
                Step::Equals => {
                    take(bytes, at, |byte| byte == b'=')?;
                    self.step = Step::Quote;
                }
                Step::Quote => self.read_quote(bytes, at)?,
                Step::Value(quote) => self.read_value(bytes, at, quote, limits)?,
                Step::Slash => return read_slash(bytes, at),
            }
        }
    }

    #[inline(always)]
    fn read_name(&mut self, bytes: &[u8], at: &mut usize, limits: &Limits) -> Result<(), Stop> {
        self.name = Name::read(bytes, *at, limits.name_bytes)?;
        self.namespaced = self.name.is_qualified();
        *at = self.name.end as usize;
        self.step = Step::Gap { spaced: false };
        Ok(())
    }

    /// True at the `>`.
    #[inline(always)]
    fn read_gap(&mut self, bytes: &[u8], at: &mut usize, spaced: bool) -> Result<bool, Stop> {
        let end = chars::skip(bytes, *at, SPACE);
        let spaced = spaced || end > *at;
        *at = end;
        self.step = match bytes.get(end) {
            None => Step::Gap { spaced },
            Some(b'>') => {
                *at += 1;
                return Ok(true);
            }
            Some(b'/') => Step::Slash,
            Some(_) if spaced => Step::Attribute,
            Some(_) => return Err(Fault::NotWellFormed.into()),
        };
        if end == bytes.len() {
            Err(Stop::More)
        } else {
            Ok(false)
        }
    }

    #[inline(always)]
    fn read_attribute(
        &mut self,
        bytes: &[u8],
        at: &mut usize,
        limits: &Limits,
    ) -> Result<(), Stop> {
        if self.attributes.len() >= limits.attributes as usize {
            return Err(Fault::Attributes.into());
        }
        let name = Name::read(bytes, *at, limits.name_bytes)?;
        let whole = name.whole(bytes);
        if self
            .attributes
            .iter()
            .any(|other| other.name.whole(bytes) == whole)
        {
            return Err(Fault::NotWellFormed.into());
        }
        self.namespaced |= name.is_qualified() || whole == b"xmlns";
        self.attributes.push(Attribute {
            name,
            value: Span::default(),
        });
        *at = name.end as usize;
        self.step = Step::Equals;
        Ok(())
    }

    #[inline(always)]
    fn read_quote(&mut self, bytes: &[u8], at: &mut usize) -> Result<(), Stop> {
        let quote = take(bytes, at, |byte| matches!(byte, b'\'' | b'"'))?;
        self.set_value(*at, *at);
        self.step = Step::Value(quote);
        Ok(())
    }

    #[inline(always)]
    fn read_value(
        &mut self,
        bytes: &[u8],
        at: &mut usize,
        quote: u8,
        limits: &Limits,
    ) -> Result<(), Stop> {
        let start = self
            .attributes
            .last()
            .map_or(0, |attribute| attribute.value.start as usize);
        loop {
            let stop = memchr3(quote, b'&', b'<', &bytes[*at..]);
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
        self.step = Step::Gap { spaced: false };
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
