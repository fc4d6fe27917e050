//! The first pass over hostile bytes: frames one direction of an XML stream and checks that it is
//! well-formed, namespace-well-formed and restricted (RFC 6120 11; protocol.md 4.7), under limits
//! (protocol.md 10). Pure: bytes in, records out, no I/O.
#![forbid(unsafe_code)]

mod chars;
mod content;
mod declaration;
mod element;
mod fault;
mod framer;
mod header;
mod jid;
mod limits;
mod name;
mod namespaces;
mod pairs;
mod record;
mod reference;
mod rescope;
mod scope;
mod stanza;
mod tag;
#[cfg(test)]
mod tests;

pub use content::Content;
pub use fault::Fault;
pub use framer::{Framer, Run};
pub use limits::Limits;
pub use record::{RECORD, flag, kind, type_code};

pub(crate) use fault::Stop;
