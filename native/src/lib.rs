//! Verona native library.

pub mod dns;
pub mod xml;
