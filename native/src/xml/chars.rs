//! Characters of XML 1.0 (fifth edition), as classes of bytes and as ranges of code points.
use super::Fault;
use memchr::memchr_iter;

pub(crate) const NAME_START: u8 = 1;
pub(crate) const NAME: u8 = 2;
pub(crate) const SPACE: u8 = 4;
/// Localpart, resourcepart and domain label of a plain JID (see `jid`).
pub(crate) const LOCALPART: u8 = 8;
pub(crate) const RESOURCE: u8 = 16;
pub(crate) const LABEL: u8 = 32;

static CLASSES: [u8; 256] = classes();

const fn classes() -> [u8; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = classes_of(byte as u8);
        byte += 1;
    }
    table
}

/// The colon is in no name class: it parts prefix and local name (`name`).
const fn classes_of(byte: u8) -> u8 {
    let name = match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'_' | 0x80.. => NAME_START | NAME,
        b'0'..=b'9' | b'-' | b'.' => NAME,
        b'\t' | b'\n' | b'\r' | b' ' => SPACE,
        _ => 0,
    };
    let localpart = match byte {
        b'"' | b'&' | b'\'' | b'/' | b':' | b'<' | b'>' | b'@' => 0,
        0x21..=0x7e => LOCALPART,
        _ => 0,
    };
    let resource = match byte {
        b'&' | b'<' => 0,
        0x20..=0x7e => RESOURCE,
        _ => 0,
    };
    let label = match byte {
        b'a'..=b'z' | b'0'..=b'9' | b'-' => LABEL,
        _ => 0,
    };
    name | localpart | resource | label
}

#[inline(always)]
pub(crate) fn is(byte: u8, class: u8) -> bool {
    CLASSES[byte as usize] & class != 0
}

/// Index of the first byte at or after `at` that is not of `class`.
#[inline(always)]
pub(crate) fn skip(bytes: &[u8], at: usize, class: u8) -> usize {
    let rest = &bytes[at..];
    at + rest
        .iter()
        .position(|&byte| !is(byte, class))
        .unwrap_or(rest.len())
}

/// Checks that bytes are UTF-8 and hold only characters that XML allows.
///
/// Nearly all is printable ASCII; no loop here has an early way out, so that they run on vectors.
pub(crate) fn check(bytes: &[u8]) -> Result<(), Fault> {
    let strange = bytes.iter().fold(false, |seen, &byte| {
        seen | (byte.wrapping_sub(0x20) >= 0x60)
    });
    if strange {
        check_strange(bytes)
    } else {
        Ok(())
    }
}

fn check_strange(bytes: &[u8]) -> Result<(), Fault> {
    let control = bytes.iter().fold(false, |seen, &byte| {
        seen | ((byte < 0x20) & (byte != b'\t') & (byte != b'\n') & (byte != b'\r'))
    });
    if control {
        return Err(Fault::NotWellFormed);
    }
    if bytes.is_ascii() {
        Ok(())
    } else {
        check_unicode(bytes)
    }
}

/// Rust's UTF-8 has no surrogates; U+FFFE and U+FFFF remain to be refused.
fn check_unicode(bytes: &[u8]) -> Result<(), Fault> {
    std::str::from_utf8(bytes).map_err(|_| Fault::Utf8)?;
    let legal = memchr_iter(0xef, bytes)
        .all(|at| bytes[at + 1] != 0xbf || !matches!(bytes[at + 2], 0xbe | 0xbf));
    if legal {
        Ok(())
    } else {
        Err(Fault::NotWellFormed)
    }
}

/// XML 1.0 [2] Char.
pub(crate) const fn is_char(code: u32) -> bool {
    matches!(code, 9 | 10 | 13 | 0x20..=0xd7ff | 0xe000..=0xfffd | 0x1_0000..=0x10_ffff)
}

/// XML 1.0 [4] NameStartChar, without the colon (Namespaces in XML 1.0, NCName).
pub(crate) const fn is_name_start(character: char) -> bool {
    matches!(character,
        'A'..='Z' | 'a'..='z' | '_' | '\u{c0}'..='\u{d6}' | '\u{d8}'..='\u{f6}' | '\u{f8}'..='\u{2ff}'
        | '\u{370}'..='\u{37d}' | '\u{37f}'..='\u{1fff}' | '\u{200c}'..='\u{200d}' | '\u{2070}'..='\u{218f}'
        | '\u{2c00}'..='\u{2fef}' | '\u{3001}'..='\u{d7ff}' | '\u{f900}'..='\u{fdcf}'
        | '\u{fdf0}'..='\u{fffd}' | '\u{10000}'..='\u{effff}')
}

/// XML 1.0 [4a] NameChar, without the colon.
pub(crate) const fn is_name(character: char) -> bool {
    is_name_start(character)
        || matches!(character,
            '0'..='9' | '-' | '.' | '\u{b7}' | '\u{300}'..='\u{36f}' | '\u{203f}'..='\u{2040}')
}
