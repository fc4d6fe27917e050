//! Namespace declarations in scope (Namespaces in XML 1.0): those of the stream header at the bottom,
//! those of the open elements of the unfinished stanza on top.
use super::content::STREAMS;
use super::{Fault, Limits, reference};

pub(crate) const XML: &[u8] = b"http://www.w3.org/XML/1998/namespace";
const XMLNS: &[u8] = b"http://www.w3.org/2000/xmlns/";

/// Declarations in scope at once: every use of a prefix may look at each of them.
pub(crate) const MOST: usize = 256;

/// `names` holds prefix and namespace name one behind the other.
#[derive(Clone, Copy, Debug)]
struct Binding {
    start: u32,
    middle: u32,
    end: u32,
}

#[derive(Clone, Debug)]
pub(crate) struct Scope {
    names: Vec<u8>,
    bindings: Vec<Binding>,
    /// Bindings below belong to the stream header; the first is that of `xml`.
    base: usize,
}

impl Scope {
    pub fn new() -> Scope {
        let mut scope = Scope {
            names: Vec::new(),
            bindings: Vec::new(),
            base: 1,
        };
        scope.push(b"xml", XML);
        scope
    }

    /// Makes what was declared so far the scope that every stanza inherits.
    pub fn settle(&mut self) {
        self.base = self.bindings.len();
        self.names.shrink_to_fit();
        self.bindings.shrink_to_fit();
    }

    /// Binds a prefix (empty: the default namespace) to an attribute value.
    pub fn declare(&mut self, prefix: &[u8], value: &[u8], limits: &Limits) -> Result<(), Fault> {
        if value.len() > limits.namespace_bytes as usize {
            return Err(Fault::NamespaceBytes);
        }
        if self.bindings.len() > MOST {
            return Err(Fault::Declarations);
        }
        self.push(prefix, value);
        let last = self.bindings.len() - 1;
        if !is_legal(prefix, self.uri(last)) {
            return Err(Fault::Namespaces);
        }
        if prefix == b"xml" {
            self.cut(last); // bound for ever, not by this declaration
        }
        Ok(())
    }

    fn push(&mut self, prefix: &[u8], value: &[u8]) {
        let start = self.names.len() as u32;
        self.names.extend_from_slice(prefix);
        let middle = self.names.len() as u32;
        reference::normalise(value, &mut self.names);
        self.bindings.push(Binding {
            start,
            middle,
            end: self.names.len() as u32,
        });
    }

    /// The innermost binding of a prefix.
    pub fn resolve(&self, prefix: &[u8]) -> Option<usize> {
        let same = |binding: &Binding| {
            (binding.middle - binding.start) as usize == prefix.len()
                && (prefix.is_empty() || self.prefix_of(binding) == prefix)
        };
        self.bindings.iter().rposition(same)
    }

    /// The default namespace, empty for none.
    pub fn default_uri(&self) -> &[u8] {
        self.resolve(b"").map_or(b"", |index| self.uri(index))
    }

    pub fn uri(&self, index: usize) -> &[u8] {
        let binding = &self.bindings[index];
        &self.names[binding.middle as usize..binding.end as usize]
    }

    pub fn prefix(&self, index: usize) -> &[u8] {
        self.prefix_of(&self.bindings[index])
    }

    fn prefix_of(&self, binding: &Binding) -> &[u8] {
        &self.names[binding.start as usize..binding.middle as usize]
    }

    /// Whether a binding was declared on the stream header, so that it ends with this stream.
    pub fn is_inherited(&self, index: usize) -> bool {
        (1..self.base).contains(&index)
    }

    pub fn len(&self) -> usize {
        self.bindings.len()
    }

    /// The scope of the header alone.
    pub fn inherited(&self) -> Scope {
        let mut scope = self.clone();
        scope.cut(self.base);
        scope
    }

    /// Leaves an element: its declarations end.
    #[inline(always)]
    pub fn cut(&mut self, len: usize) {
        if self.bindings.len() > len {
            self.names.truncate(self.bindings[len].start as usize);
            self.bindings.truncate(len);
        }
    }

    /// Whether the header leaves room for unprefixed stanzas of another namespace: none or, in the
    /// prefix-free style, that of streams (RFC 6120 4.8.2; protocol.md STR-30).
    pub fn has_no_content(&self) -> bool {
        matches!(self.default_uri(), b"" | STREAMS)
    }
}

/// Namespaces in XML 1.0, section 3: reserved prefixes and names; section 2.2: no prefix is undeclared.
fn is_legal(prefix: &[u8], uri: &[u8]) -> bool {
    match prefix {
        b"xml" => uri == XML,
        b"xmlns" => false,
        b"" => uri != XML && uri != XMLNS,
        _ => !uri.is_empty() && uri != XML && uri != XMLNS,
    }
}
