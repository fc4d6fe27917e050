//! Verona's native library: validating DNS, TLS records and certificates, the first pass over bytes. It decides
//! nothing: machines and policies in TypeScript do (docs/architecture.md).

pub mod abi;
pub mod dns;
mod handles;
pub mod tls;
pub mod xml;
