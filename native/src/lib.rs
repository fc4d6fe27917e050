//! Verona native library.

pub mod xml;
