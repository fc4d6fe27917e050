//! The XML declaration (XML 1.0 [23]), allowed only as the first bytes of a stream.
use super::chars::{self, SPACE};
use super::{Fault, Stop};

pub(crate) const START: &[u8] = b"<?xml";

/// Whether bytes that begin with `<?` begin with a declaration, which no target but `xml` does. Any other
/// processing instruction is restricted XML.
pub(crate) fn is_next(bytes: &[u8]) -> Result<bool, Stop> {
    let known = bytes.len().min(START.len());
    if bytes[..known] != START[..known] {
        return Ok(false);
    }
    let after = *bytes.get(START.len()).ok_or(Stop::More)?;
    Ok(after == b'?' || chars::is(after, SPACE))
}

/// Checks a whole declaration, from `<?xml` to `?>`.
pub(crate) fn check(declaration: &[u8]) -> Result<(), Fault> {
    let body = declaration
        .strip_prefix(START)
        .and_then(|rest| rest.strip_suffix(b"?>"));
    let mut rest = body.ok_or(Fault::NotWellFormed)?;
    let version = pseudo_attribute(&mut rest, b"version")?;
    if !version.is_some_and(is_version) {
        return Err(Fault::NotWellFormed);
    }
    let encoding = pseudo_attribute(&mut rest, b"encoding")?;
    let standalone = pseudo_attribute(&mut rest, b"standalone")?;
    if !rest.iter().all(|&byte| chars::is(byte, SPACE)) {
        return Err(Fault::NotWellFormed);
    }
    encoding.map_or(Ok(()), check_encoding)?;
    standalone.map_or(Ok(()), check_standalone)
}

/// Takes ` name='value'` off the front of `rest`, if it is there.
fn pseudo_attribute<'a>(rest: &mut &'a [u8], name: &[u8]) -> Result<Option<&'a [u8]>, Fault> {
    let Some(after) = trim(rest).strip_prefix(name) else {
        return Ok(None);
    };
    if trim(rest).len() == rest.len() {
        return Err(Fault::NotWellFormed); // no white space in between
    }
    let after = trim(after).strip_prefix(b"=").ok_or(Fault::NotWellFormed)?;
    let [quote @ (b'\'' | b'"'), after @ ..] = trim(after) else {
        return Err(Fault::NotWellFormed);
    };
    let end = memchr::memchr(*quote, after).ok_or(Fault::NotWellFormed)?;
    *rest = &after[end + 1..];
    Ok(Some(&after[..end]))
}

fn trim(bytes: &[u8]) -> &[u8] {
    &bytes[chars::skip(bytes, 0, SPACE)..]
}

/// XML 1.0 [26] VersionNum.
fn is_version(value: &[u8]) -> bool {
    let minor = value.strip_prefix(b"1.").unwrap_or_default();
    !minor.is_empty() && minor.iter().all(u8::is_ascii_digit)
}

/// RFC 6120 11.6: UTF-8 and nothing else; XML 1.0 [81] says what could be the name of an encoding.
fn check_encoding(value: &[u8]) -> Result<(), Fault> {
    let is_name = value.first().is_some_and(u8::is_ascii_alphabetic)
        && value
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(byte));
    match value {
        _ if value.eq_ignore_ascii_case(b"UTF-8") => Ok(()),
        _ if is_name => Err(Fault::Encoding),
        _ => Err(Fault::NotWellFormed),
    }
}

fn check_standalone(value: &[u8]) -> Result<(), Fault> {
    match value {
        b"yes" => Ok(()),
        b"no" => Err(Fault::Restricted), // protocol.md 4.7
        _ => Err(Fault::NotWellFormed),
    }
}
