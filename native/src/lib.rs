//! Verona native library.
