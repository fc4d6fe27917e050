//! Names as text: absolute, lower case, presentation format with `\DDD` (resolver.md 4.3).

use hickory_proto::rr::Name;

pub fn text(name: &Name) -> String {
    if name.is_root() {
        return ".".into();
    }
    let mut out = String::with_capacity(name.len() + 1);
    for label in name.iter() {
        escape(label, &mut out);
        out.push('.');
    }
    out
}

/// Escapes what RFC 1035 5.1 makes special, and every byte that is not printable ASCII.
pub fn escape(bytes: &[u8], out: &mut String) {
    for byte in bytes {
        match byte.to_ascii_lowercase() {
            byte @ (b'.' | b'\\' | b'"' | b';' | b'(' | b')' | b'@' | b'$') => {
                out.push('\\');
                out.push(byte.into());
            }
            byte @ b'!'..=b'~' => out.push(byte.into()),
            byte => out.push_str(&format!("\\{byte:03}")),
        }
    }
}

/// Only absolute names are asked: a relative one would depend on a search list.
pub fn parse(text: &str) -> Option<Name> {
    if !text.ends_with('.') || !text.is_ascii() || text.len() > 1020 {
        return None;
    }
    Name::from_ascii(text).ok().filter(Name::is_fqdn)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_absolute_lower_case_and_escaped() {
        assert_eq!(
            text(&parse("_XMPP-Server._tcp.Target.Example.").unwrap()),
            "_xmpp-server._tcp.target.example."
        );
        assert_eq!(text(&parse(".").unwrap()), ".");
        let odd = Name::from_labels([&b"a.b\x07"[..], b"example"]).unwrap();
        assert_eq!(text(&odd), "a\\.b\\007.example.");
    }

    #[test]
    fn relative_and_foreign_names_are_refused() {
        for bad in [
            "target.example",
            "",
            "bücher.example.",
            &format!("{}.", "a".repeat(64)),
        ] {
            assert!(parse(bad).is_none(), "{bad}");
        }
    }
}
