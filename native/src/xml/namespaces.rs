//! What one start tag declares and uses (Namespaces in XML 1.0).
use super::scope::Scope;
use super::tag::Tag;
use super::{Fault, Limits};

/// What a stanza must not take along into another stream as it is.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Used {
    /// A declaration names the content namespace.
    pub content: bool,
    /// A prefix of the stream header.
    pub inherited: bool,
}

/// Enters an element: its declarations first, then every prefix it uses.
pub(crate) fn enter(
    scope: &mut Scope,
    tag: &Tag,
    bytes: &[u8],
    content: &[u8],
    limits: &Limits,
) -> Result<Used, Fault> {
    let outside = scope.len();
    declare(scope, tag, bytes, limits)?;
    let mut used = Used {
        content: false,
        inherited: false,
    };
    used.content = (outside..scope.len()).any(|index| scope.uri(index) == content);
    if tag.name.is_qualified() {
        used.inherited = scope.is_inherited(resolve(scope, tag.name.prefix(bytes))?);
    }
    used.inherited |= resolve_attributes(scope, tag, bytes)?;
    Ok(used)
}

fn declare(scope: &mut Scope, tag: &Tag, bytes: &[u8], limits: &Limits) -> Result<(), Fault> {
    for attribute in &tag.attributes {
        let value = attribute.value.of(bytes);
        if attribute.name.whole(bytes) == b"xmlns" {
            scope.declare(b"", value, limits)?;
        } else if attribute.name.prefix(bytes) == b"xmlns" {
            scope.declare(attribute.name.local(bytes), value, limits)?;
        }
    }
    Ok(())
}

/// True if some attribute's prefix was declared on the stream header.
fn resolve_attributes(scope: &Scope, tag: &Tag, bytes: &[u8]) -> Result<bool, Fault> {
    let mut seen: Vec<(&[u8], &[u8])> = Vec::new();
    let mut inherited = false;
    for name in tag.attributes.iter().map(|attribute| attribute.name) {
        let prefix = name.prefix(bytes);
        if matches!(prefix, b"" | b"xml" | b"xmlns") {
            continue; // bound for ever, so equal names were seen to be doubled as they stand
        }
        let index = resolve(scope, prefix)?;
        let expanded = (name.local(bytes), scope.uri(index));
        if seen.contains(&expanded) {
            return Err(Fault::Namespaces);
        }
        seen.push(expanded);
        inherited |= scope.is_inherited(index);
    }
    Ok(inherited)
}

fn resolve(scope: &Scope, prefix: &[u8]) -> Result<usize, Fault> {
    scope.resolve(prefix).ok_or(Fault::Namespaces)
}
