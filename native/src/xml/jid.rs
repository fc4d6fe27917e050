//! Plain JIDs: those whose domain is canonical as it stands, so that it can be compared byte by byte
//! (protocol.md 4.13). Everything else gets the full normalisation, in TypeScript.
use super::chars::{self, LABEL, LOCALPART, RESOURCE};
use memchr::memchr;

/// RFC 7622 3.1: octets of a part.
const PART: std::ops::RangeInclusive<usize> = 1..=1023;

/// The domainpart of a plain JID.
///
/// `known`: a domain already found plain, which saves looking at it again; empty for none.
#[inline(always)]
pub(crate) fn plain_domain<'a>(jid: &'a [u8], known: &[u8]) -> Option<&'a [u8]> {
    let bare = match memchr(b'/', jid) {
        Some(slash) if is_part(&jid[slash + 1..], RESOURCE) => &jid[..slash],
        Some(_) => return None,
        None => jid,
    };
    let domain = match memchr(b'@', bare) {
        Some(at) if is_part(&bare[..at], LOCALPART) => &bare[at + 1..],
        Some(_) => return None,
        None => bare,
    };
    let is_known = domain == known && !known.is_empty();
    (is_known || is_plain_domain(domain)).then_some(domain)
}

#[inline(always)]
fn is_part(part: &[u8], class: u8) -> bool {
    PART.contains(&part.len()) && chars::skip(part, 0, class) == part.len()
}

/// Lower-case LDH labels, without A-labels (they stand for U-labels) and IPv4 addresses.
fn is_plain_domain(domain: &[u8]) -> bool {
    let numeric = domain
        .rsplit(|&byte| byte == b'.')
        .next()
        .is_some_and(|last| last.iter().all(u8::is_ascii_digit));
    (1..=253).contains(&domain.len())
        && !numeric
        && domain.split(|&byte| byte == b'.').all(is_plain_label)
}

/// RFC 5890 2.3.1: hyphens in third and fourth place are reserved, A-labels among them.
fn is_plain_label(label: &[u8]) -> bool {
    (1..=63).contains(&label.len())
        && chars::skip(label, 0, LABEL) == label.len()
        && !label.starts_with(b"-")
        && !label.ends_with(b"-")
        && label.get(2..4) != Some(b"--")
}
