//! The C border of the resolver (resolver.md 4.1): numbers and buffers that live no longer than the call; nothing unwinds across.

use std::{
    collections::HashMap,
    panic::{AssertUnwindSafe, catch_unwind},
    slice,
    sync::{Arc, LazyLock, Mutex},
    time::Duration,
};

use super::{
    engine::{Engine, Refusal},
    lock,
};
use crate::abi::roots;

/// Major in the upper half, minor in the lower.
const ABI: u32 = (1 << 16) + 1;

const NO_HANDLE: i32 = -1;
const INVALID: i32 = -2;
const BUSY: i32 = -3;
const CLOSED: i32 = -4;
const PANIC: i32 = -5;

/// Handles are never used again, so a stale one is an error code and not another engine.
#[derive(Default)]
struct Engines {
    last: u32,
    open: HashMap<u32, Arc<Engine>>,
}

static ENGINES: LazyLock<Mutex<Engines>> = LazyLock::new(Mutex::default);

#[unsafe(no_mangle)]
pub extern "C" fn dns_abi() -> u32 {
    ABI
}

/// A handle above 0; else an error, with its text in `err` (NUL-terminated when it is shorter than the buffer).
///
/// # Safety
/// `cfg` and `err` must be valid for the lengths given with them.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dns_open(cfg: *const u8, len: u32, err: *mut u8, err_cap: u32) -> i32 {
    let (cfg, err) = unsafe { (bytes(cfg, len), bytes_mut(err, err_cap)) };
    guarded(|| match Engine::open(cfg) {
        Ok(engine) => register(engine),
        Err(text) => {
            copy(text.as_bytes(), err);
            INVALID
        }
    })
}

/// 0, or NO_HANDLE, INVALID, BUSY, CLOSED, PANIC. Copies the request before it returns.
///
/// # Safety
/// `req` must be valid for `len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dns_submit(handle: u32, ticket: u32, req: *const u8, len: u32) -> i32 {
    let request = unsafe { bytes(req, len) };
    with(handle, |engine| match engine.submit(ticket, request) {
        Ok(()) => 0,
        Err(refusal) => code(refusal),
    })
}

/// As `dns_submit`, for one HTTPS GET under trust anchors of the calling thread; NO_HANDLE when there are none.
///
/// # Safety
/// `req` must be valid for `len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn https_get(
    handle: u32,
    ticket: u32,
    anchors: u32,
    req: *const u8,
    len: u32,
) -> i32 {
    let request = unsafe { bytes(req, len) };
    with(handle, |engine| match roots(anchors) {
        None => NO_HANDLE,
        Some(roots) => match engine.get(ticket, request, roots) {
            Ok(()) => 0,
            Err(refusal) => code(refusal),
        },
    })
}

/// The ticket is still answered, with the error "cancelled".
#[unsafe(no_mangle)]
pub extern "C" fn dns_cancel(handle: u32, ticket: u32) -> i32 {
    with(handle, |engine| {
        engine.cancel(ticket);
        0
    })
}

/// The only call that blocks: the bytes to drain, 0 when the time is up, or CLOSED.
#[unsafe(no_mangle)]
pub extern "C" fn dns_wait(handle: u32, ms: u32) -> i32 {
    with(handle, |engine| {
        match engine.wait(Duration::from_millis(ms.into())) {
            Ok(size) => i32::try_from(size).unwrap_or(i32::MAX),
            Err(refusal) => code(refusal),
        }
    })
}

/// Bytes written: whole frames of ticket (u32 LE), length (u32 LE), JSON. 0 when the next one does not fit.
///
/// # Safety
/// `buf` must be valid for `cap` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dns_drain(handle: u32, buf: *mut u8, cap: u32) -> i32 {
    let out = unsafe { bytes_mut(buf, cap.min(i32::MAX as u32)) };
    with(handle, |engine| engine.drain(out) as i32)
}

/// Bytes of JSON written to `out` (cut when it is too small); INVALID with a text for what cannot be done.
///
/// # Safety
/// `cmd` and `out` must be valid for the lengths given with them.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dns_control(
    handle: u32,
    cmd: *const u8,
    len: u32,
    out: *mut u8,
    cap: u32,
) -> i32 {
    let (command, out) = unsafe { (bytes(cmd, len), bytes_mut(out, cap)) };
    with(handle, |engine| match engine.control(command) {
        Ok(value) => copy(value.to_string().as_bytes(), out) as i32,
        Err(text) => {
            copy(text.as_bytes(), out);
            INVALID
        }
    })
}

/// Wakes `dns_wait`, ends every lookup. A second call finds no handle.
#[unsafe(no_mangle)]
pub extern "C" fn dns_close(handle: u32) -> i32 {
    guarded(|| match lock(&ENGINES).open.remove(&handle) {
        Some(engine) => {
            engine.close();
            0
        }
        None => NO_HANDLE,
    })
}

fn register(engine: Engine) -> i32 {
    let mut engines = lock(&ENGINES);
    engines.last += 1;
    let handle = engines.last;
    engines.open.insert(handle, Arc::new(engine));
    handle as i32
}

fn with(handle: u32, act: impl FnOnce(&Engine) -> i32) -> i32 {
    guarded(|| {
        let engine = lock(&ENGINES).open.get(&handle).cloned();
        engine.map_or(NO_HANDLE, |engine| act(&engine))
    })
}

fn guarded(act: impl FnOnce() -> i32) -> i32 {
    catch_unwind(AssertUnwindSafe(act)).unwrap_or(PANIC)
}

fn code(refusal: Refusal) -> i32 {
    match refusal {
        Refusal::Invalid => INVALID,
        Refusal::Busy => BUSY,
        Refusal::Closed => CLOSED,
    }
}

unsafe fn bytes<'a>(start: *const u8, len: u32) -> &'a [u8] {
    if start.is_null() {
        &[]
    } else {
        unsafe { slice::from_raw_parts(start, len as usize) }
    }
}

unsafe fn bytes_mut<'a>(start: *mut u8, len: u32) -> &'a mut [u8] {
    if start.is_null() {
        &mut []
    } else {
        unsafe { slice::from_raw_parts_mut(start, len as usize) }
    }
}

fn copy(text: &[u8], out: &mut [u8]) -> usize {
    let size = text.len().min(out.len());
    out[..size].copy_from_slice(&text[..size]);
    if let Some(end) = out.get_mut(size) {
        *end = 0;
    }
    size
}
