//! The validating resolver: a stub that asks recursive resolvers with CD=1 and validates here, twice.
//!
//! `engine` takes questions and hands out replies; `resolve` answers one; `walk` follows aliases one hop at a time; `guard`
//! is what hickory's validator sees of a response; `chain` is the chain of trust and `evidence` what it does to an answer;
//! `witness` is the second validator; `lookup` counts what one lookup costs; `upstream` asks the network; `abi` is the C
//! border.
//!
//! # Limitations
//! No iteration (stub only), no RFC 5011, no islands of security (anchors are the root's), Ed448 counts as unsupported, and
//! signature times get no allowance for clock skew.

pub mod abi;
mod anchors;
mod answer;
mod cache;
mod chain;
mod clock;
mod config;
mod denial;
mod engine;
mod evidence;
mod guard;
mod lookup;
mod names;
mod question;
mod reply;
mod resolve;
mod ttl;
mod upstream;
mod validators;
mod walk;
mod witness;

use std::sync::{Mutex, MutexGuard, PoisonError};

/// What our locks guard stays whole when a holder panics, so a poisoned one is only a lock.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
