//! Character and entity references (XML 1.0, section 4.1).
use super::chars::{self, NAME, NAME_START};
use super::{Fault, Stop};
use memchr::{memchr, memchr3};

/// Index behind the reference that begins with the `&` at `at`.
pub(crate) fn read(bytes: &[u8], at: usize, limit: u32) -> Result<usize, Stop> {
    let sharp = usize::from(bytes.get(at + 1) == Some(&b'#'));
    let end = chars::skip(bytes, at + 1 + sharp, NAME);
    if end - at > limit as usize {
        return Err(Fault::NameBytes.into());
    }
    match bytes.get(end) {
        None => Err(Stop::More),
        Some(b';') => decode(&bytes[at + 1..end])
            .map(|_| end + 1)
            .map_err(Stop::from),
        Some(_) => Err(Fault::NotWellFormed.into()),
    }
}

/// The character that the name between `&` and `;` stands for.
fn decode(name: &[u8]) -> Result<char, Fault> {
    match name {
        b"amp" => Ok('&'),
        b"lt" => Ok('<'),
        b"gt" => Ok('>'),
        b"quot" => Ok('"'),
        b"apos" => Ok('\''),
        [b'#', b'x', digits @ ..] => character(digits, 16),
        [b'#', digits @ ..] => character(digits, 10),
        [first, ..] if chars::is(*first, NAME_START) => Err(Fault::Restricted), // RFC 6120 11.1
        _ => Err(Fault::NotWellFormed),
    }
}

fn character(digits: &[u8], radix: u32) -> Result<char, Fault> {
    let code = digits.iter().try_fold(0u32, |code, &digit| {
        let digit = char::from(digit).to_digit(radix)?;
        Some(code.saturating_mul(radix).saturating_add(digit))
    });
    code.filter(|&code| !digits.is_empty() && chars::is_char(code))
        .and_then(char::from_u32)
        .ok_or(Fault::NotWellFormed)
}

/// Appends an attribute value as it is meant (XML 1.0, section 3.3.3). The value was read before.
pub(crate) fn normalise(value: &[u8], out: &mut Vec<u8>) {
    let change = memchr3(b'&', b'\t', b'\n', value).or_else(|| memchr(b'\r', value));
    if change.is_none() {
        return out.extend_from_slice(value);
    }
    let mut rest = value;
    while let [first, tail @ ..] = rest {
        rest = match first {
            b'&' => expand(tail, out),
            b'\r' if tail.starts_with(b"\n") => tail, // a line end is one character (XML 1.0, 2.11)
            b'\t' | b'\n' | b'\r' => {
                out.push(b' ');
                tail
            }
            &byte => {
                out.push(byte);
                tail
            }
        };
    }
}

fn expand<'a>(tail: &'a [u8], out: &mut Vec<u8>) -> &'a [u8] {
    let end = memchr(b';', tail).unwrap_or(tail.len());
    if let Ok(character) = decode(&tail[..end]) {
        out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
    }
    tail.get(end + 1..).unwrap_or_default()
}
