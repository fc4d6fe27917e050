//! TLS without I/O: contexts, sessions, certificates. It proves possession of keys and judges nothing
//! else (native.md 2; protocol.md 6).
#![forbid(unsafe_code)]

mod certificate;
mod channel;
mod context;
mod pkix;
mod records;
mod session;
mod staple;
mod verifier;

pub use certificate::{Digests, Facts, facts};
pub use channel::Failure;
pub use context::Context;
pub use pkix::{Accepted, Anchors, Refusal, Role, verify, verify_to};
pub use session::{Fed, Session, Side};
pub use staple::Status;
