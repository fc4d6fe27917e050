//! The C ABI of TLS and framing; unsafe lives here and in the resolver's border.
//!
//! Everything runs on the one thread that JavaScript runs on, so state is thread-local and locks are not needed. Handles are
//! integers with a generation; no pointer outlives its call; every export catches panics and poisons what panicked.
//! Lengths come from `wire/native.ts`, the only caller.
mod contexts;
mod memory;
mod sessions;

pub(crate) use contexts::roots;

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Raised when a signature or a layout below changes.
const ABI: u32 = 6;

const E_TLS: i32 = -1;
const E_INJECTION: i32 = -2;
const E_RENEGOTIATION: i32 = -3;
const E_CERTIFICATE: i32 = -4;
const E_PANIC: i32 = -100;
const E_HANDLE: i32 = -101;
const E_ARGUMENT: i32 = -102;
const E_CAPACITY: i32 = -103;

fn caught(body: impl FnOnce() -> i32) -> i32 {
    catch_unwind(AssertUnwindSafe(body)).unwrap_or(E_PANIC)
}

fn held(handle: Option<i32>) -> i32 {
    handle.unwrap_or(E_CAPACITY)
}

#[unsafe(no_mangle)]
pub extern "C" fn session_abi() -> u32 {
    ABI
}

/// For tests of the border itself.
#[unsafe(no_mangle)]
pub extern "C" fn session_panic() -> i32 {
    caught(|| panic!("asked to"))
}
