//! Verona's native library: validating DNS, HTTPS GET, TLS records and certificates, the first pass over bytes. It
//! decides nothing: machines and policies in TypeScript do (docs/architecture.md).

pub mod abi;
pub mod dns;
mod handles;
mod https;
pub mod tls;
pub mod xml;
