//! Qualified names (Namespaces in XML 1.0, section 4).
use super::chars::{self, NAME, NAME_START};
use super::{Fault, Stop};

/// Where a name stands in the bytes of its item.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Name {
    pub start: u32,
    pub end: u32,
    /// Length of the prefix, 0 for none.
    prefix: u32,
}

impl Name {
    /// Reads the name at `at`; asks for more when it may go on.
    #[inline(always)]
    pub fn read(bytes: &[u8], at: usize, limit: u32) -> Result<Name, Stop> {
        let end = part(bytes, at, at, limit)?;
        if bytes[end] != b':' {
            return Name::checked(bytes, at, end, 0);
        }
        Name::read_qualified(bytes, at, end, limit)
    }

    fn read_qualified(bytes: &[u8], at: usize, colon: usize, limit: u32) -> Result<Name, Stop> {
        let end = part(bytes, at, colon + 1, limit)?;
        if bytes[end] == b':' {
            return Err(Fault::Namespaces.into());
        }
        Name::checked(bytes, at, end, colon - at)
    }

    #[inline(always)]
    fn checked(bytes: &[u8], start: usize, end: usize, prefix: usize) -> Result<Name, Stop> {
        if !bytes[start..end].is_ascii() {
            check_characters(&bytes[start..end])?;
        }
        Ok(Name {
            start: start as u32,
            end: end as u32,
            prefix: prefix as u32,
        })
    }

    pub fn whole(self, bytes: &[u8]) -> &[u8] {
        &bytes[self.start as usize..self.end as usize]
    }

    pub fn prefix(self, bytes: &[u8]) -> &[u8] {
        &self.whole(bytes)[..self.prefix as usize]
    }

    pub fn local(self, bytes: &[u8]) -> &[u8] {
        &self.whole(bytes)[self.skipped()..]
    }

    #[inline(always)]
    pub fn is_same(self, other: Name, bytes: &[u8]) -> bool {
        self.end - self.start == other.end - other.start
            && bytes[self.start as usize] == bytes[other.start as usize]
            && self.whole(bytes) == other.whole(bytes)
    }

    pub fn is_qualified(self) -> bool {
        self.prefix > 0
    }

    /// Bytes before the local name.
    fn skipped(self) -> usize {
        self.prefix as usize + usize::from(self.is_qualified())
    }
}

/// The end of the part that begins at `at`, of a name that begins at `start`. The limit goes first, so
/// that the verdict does not depend on how many bytes have arrived.
#[inline(always)]
fn part(bytes: &[u8], start: usize, at: usize, limit: u32) -> Result<usize, Stop> {
    let end = chars::skip(bytes, at, NAME);
    if end - start > limit as usize {
        return Err(Fault::NameBytes.into());
    }
    match bytes.get(at) {
        Some(&first) if !chars::is(first, NAME_START) => Err(illegal(first).into()),
        _ if end == bytes.len() => Err(Stop::More),
        _ => Ok(end),
    }
}

fn illegal(first: u8) -> Fault {
    if first == b':' {
        Fault::Namespaces
    } else {
        Fault::NotWellFormed
    }
}

#[cold]
fn check_characters(name: &[u8]) -> Result<(), Fault> {
    let name = std::str::from_utf8(name).map_err(|_| Fault::Utf8)?;
    let legal = name
        .split(':')
        .all(|part| part.starts_with(chars::is_name_start) && part.chars().all(chars::is_name));
    if legal {
        Ok(())
    } else {
        Err(Fault::NotWellFormed)
    }
}
