//! The C ABI of TLS and framing; the only unsafe file beside the resolver's.
//!
//! Everything runs on the one thread that JavaScript runs on, so state is thread-local and locks are not needed. Handles are
//! integers with a generation; no pointer outlives its call; every export catches panics and poisons what panicked.
//! Lengths come from `wire/native.ts`, the only caller.
use crate::handles::Slab;
use crate::tls::{Anchors, Context, Failure, Role, Session, Side, facts, verify};
use crate::xml::{Content, Limits};
use rustls::Connection;
use rustls::pki_types::CertificateDer;
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Raised when a signature or a layout below changes.
const ABI: u32 = 3;

const E_TLS: i32 = -1;
const E_INJECTION: i32 = -2;
const E_RENEGOTIATION: i32 = -3;
const E_CERTIFICATE: i32 = -4;
const E_PANIC: i32 = -100;
const E_HANDLE: i32 = -101;
const E_ARGUMENT: i32 = -102;
const E_CAPACITY: i32 = -103;

thread_local! {
    static SESSIONS: RefCell<Slab<Session>> = const { RefCell::new(Slab::new()) };
    static CONTEXTS: RefCell<Slab<Context>> = const { RefCell::new(Slab::new()) };
    static ANCHORS: RefCell<Slab<Anchors>> = const { RefCell::new(Slab::new()) };
    /// Where items that do not stand side by side are gathered.
    static GATHERED: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

fn caught(body: impl FnOnce() -> i32) -> i32 {
    catch_unwind(AssertUnwindSafe(body)).unwrap_or(E_PANIC)
}

/// Runs `body` on a session. A session that panicked is gone: it may be half updated.
fn on(handle: u32, body: impl FnOnce(&mut Session) -> i32) -> i32 {
    caught(|| {
        SESSIONS.with_borrow_mut(|sessions| {
            let Some(Some(session)) = sessions.place(handle) else {
                return E_HANDLE;
            };
            let result = catch_unwind(AssertUnwindSafe(|| body(session)));
            result.unwrap_or_else(|_| {
                sessions.take(handle);
                E_PANIC
            })
        })
    })
}

fn held(handle: Option<i32>) -> i32 {
    handle.unwrap_or(E_CAPACITY)
}

fn code(failure: Failure) -> i32 {
    match failure {
        Failure::Tls(_) => E_TLS,
        Failure::Certificate(_) => E_CERTIFICATE,
        Failure::Injection => E_INJECTION,
        Failure::Renegotiation => E_RENEGOTIATION,
        Failure::Argument => E_ARGUMENT,
    }
}

/// # Safety
/// `pointer` must be valid for reading `offset + length` elements, or `length` be 0.
unsafe fn input<'a, T>(pointer: *const T, offset: u32, length: u32) -> &'a [T] {
    if length == 0 {
        return &[];
    }
    unsafe { std::slice::from_raw_parts(pointer.add(offset as usize), length as usize) }
}

/// # Safety
/// `pointer` must be valid for writing `offset + length` elements and not be aliased, or `length` be 0.
unsafe fn output<'a, T>(pointer: *mut T, offset: u32, length: u32) -> &'a mut [T] {
    if length == 0 {
        return &mut [];
    }
    unsafe { std::slice::from_raw_parts_mut(pointer.add(offset as usize), length as usize) }
}

fn copy_out(bytes: &[u8], out: &mut [u8]) -> i32 {
    match out.get_mut(..bytes.len()) {
        None => E_CAPACITY,
        Some(out) => {
            out.copy_from_slice(bytes);
            bytes.len() as i32
        }
    }
}

fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes)
        .ok()
        .filter(|text| !text.is_empty())
}

/// Entries of `u32le length, bytes`.
fn entries(mut blob: &[u8]) -> Option<Vec<&[u8]>> {
    let mut found = Vec::new();
    while !blob.is_empty() {
        let (length, rest) = blob.split_first_chunk::<4>()?;
        let (entry, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
        found.push(entry);
        blob = rest;
    }
    Some(found)
}

#[unsafe(no_mangle)]
pub extern "C" fn session_abi() -> u32 {
    ABI
}

/// `limits`: the eight fields of `Limits`, in order. A handle, or an error.
///
/// # Safety
/// `limits` must be valid for reading 8 u32.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_new(component: u32, limits: *const u32) -> i32 {
    let limits = to_limits(unsafe { input(limits, 0, 8) });
    let content = content(component);
    caught(|| SESSIONS.with_borrow_mut(|s| held(s.put(Session::new(content, limits)))))
}

fn content(component: u32) -> Content {
    if component == 0 {
        Content::Server
    } else {
        Content::Component
    }
}

#[unsafe(no_mangle)]
pub extern "C" fn session_free(handle: u32) -> i32 {
    caught(|| match SESSIONS.with_borrow_mut(|s| s.take(handle)) {
        Some(_) => 0,
        None => E_HANDLE,
    })
}

/// # Safety
/// As `session_new`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_limits(handle: u32, limits: *const u32) -> i32 {
    let limits = to_limits(unsafe { input(limits, 0, 8) });
    on(handle, |session| {
        session.framer().set_limits(limits);
        0
    })
}

fn to_limits(limits: &[u32]) -> Limits {
    Limits {
        header_bytes: limits[0],
        stanza_bytes: limits[1],
        depth: limits[2],
        attributes: limits[3],
        elements: limits[4],
        value_bytes: limits[5],
        name_bytes: limits[6],
        namespace_bytes: limits[7],
    }
}

/// `state`: [0] input consumed, [1] bits: 1 handshaking, 2 something to pull, 4 peer sent close_notify, 8 call again,
/// [2] records, [3] framer fault or 0. Returns the bytes at the start of `out` that the records point into.
///
/// # Safety
/// Each pointer must be valid for the length given with it; `state` for 4 u32.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_feed(
    handle: u32,
    bytes: *const u8,
    offset: u32,
    length: u32,
    out: *mut u8,
    capacity: u32,
    state: *mut u32,
    records: *mut u32,
    record_words: u32,
) -> i32 {
    let bytes = unsafe { input(bytes, offset, length) };
    let out = unsafe { output(out, 0, capacity) };
    let state = unsafe { output(state, 0, 4) };
    let records = unsafe { output(records, 0, record_words) };
    state.fill(0);
    on(handle, |session| {
        let fed = session.feed(bytes, out, records);
        state[1] = session.is_handshaking() as u32 | (session.wants_write() as u32) << 1;
        match fed {
            Err(error) => code(error),
            Ok(fed) => {
                state[0] = fed.consumed as u32;
                state[1] |= (session.peer_closed() as u32) << 2 | (fed.more as u32) << 3;
                state[2] = fed.records as u32;
                state[3] = fed.fault.map_or(0, |fault| fault as u32);
                fed.framed as i32
            }
        }
    })
}

/// # Safety
/// `name` must be valid for `length` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_start_server(
    handle: u32,
    context: u32,
    name: *const u8,
    length: u32,
) -> i32 {
    let preferred = text(unsafe { input(name, 0, length) });
    start(handle, context, Side::Server { preferred })
}

/// # Safety
/// Each pointer must be valid for the length given with it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_start_client(
    handle: u32,
    context: u32,
    sni: *const u8,
    sni_length: u32,
    identity: *const u8,
    identity_length: u32,
) -> i32 {
    let sni = text(unsafe { input(sni, 0, sni_length) });
    let identity = text(unsafe { input(identity, 0, identity_length) });
    match (sni, identity) {
        (Some(sni), Some(identity)) => start(handle, context, Side::Client { sni, identity }),
        _ => E_ARGUMENT,
    }
}

fn start(handle: u32, context: u32, side: Side<'_>) -> i32 {
    on(handle, |session| {
        CONTEXTS.with_borrow_mut(|contexts| match contexts.place(context) {
            Some(Some(context)) => session.start_tls(context, side).map_or_else(code, |()| 0),
            _ => E_HANDLE,
        })
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn session_restart(handle: u32) -> i32 {
    on(handle, |session| {
        session.framer().restart();
        0
    })
}

/// Encrypts `plain[offset..offset + length]`, or copies it in plaintext; returns the bytes put at `out[at..]`. When that is
/// all the room there was, `session_pull` has the rest.
///
/// # Safety
/// Each pointer must be valid for the length given with it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_write(
    handle: u32,
    plain: *const u8,
    offset: u32,
    length: u32,
    out: *mut u8,
    at: u32,
    capacity: u32,
) -> i32 {
    let plain = unsafe { input(plain, offset, length) };
    let out = unsafe { output(out, at, capacity) };
    on(handle, |session| written(session.write(plain, out)))
}

fn written(result: Result<usize, Failure>) -> i32 {
    result.map_or_else(code, |length| length as i32)
}

/// Gathers the items that `count` records (of `stride` words, the first two are start and end) name, as one write.
///
/// # Safety
/// Each pointer must be valid for the length given with it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_writev(
    handle: u32,
    plain: *const u8,
    length: u32,
    records: *const u32,
    first: u32,
    count: u32,
    stride: u32,
    out: *mut u8,
    at: u32,
    capacity: u32,
) -> i32 {
    let plain = unsafe { input(plain, 0, length) };
    let words = |items: u32| items.saturating_mul(stride);
    let records = unsafe { input(records, words(first), words(count)) };
    let out = unsafe { output(out, at, capacity) };
    on(handle, |session| {
        GATHERED.with_borrow_mut(|gathered| match gather(plain, records, stride, gathered) {
            Some(piece) => written(session.write(piece, out)),
            None => E_ARGUMENT,
        })
    })
}

/// Items that stand side by side are one piece already: the usual batch.
fn gather<'a>(
    plain: &'a [u8],
    records: &[u32],
    stride: u32,
    gathered: &'a mut Vec<u8>,
) -> Option<&'a [u8]> {
    let range = |record: &[u32]| record[0] as usize..record[1] as usize;
    let items = || records.chunks_exact(stride as usize).map(range);
    let (first, last) = (items().next()?, items().next_back()?);
    if items().zip(items().skip(1)).all(|(a, b)| a.end == b.start) {
        return plain.get(first.start..last.end);
    }
    gathered.clear();
    for item in items() {
        gathered.extend_from_slice(plain.get(item)?);
    }
    Some(gathered)
}

/// # Safety
/// `out` must be valid for `at + capacity` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_pull(handle: u32, out: *mut u8, at: u32, capacity: u32) -> i32 {
    let out = unsafe { output(out, at, capacity) };
    on(handle, |session| session.pull(out) as i32)
}

#[unsafe(no_mangle)]
pub extern "C" fn session_close_notify(handle: u32) -> i32 {
    on(handle, |session| {
        session.close_notify();
        0
    })
}

/// # Safety
/// Each pointer must be valid for the length given with it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_learn_pair(
    handle: u32,
    from: *const u8,
    from_length: u32,
    to: *const u8,
    to_length: u32,
    id: u32,
) -> i32 {
    let from = unsafe { input(from, 0, from_length) };
    let to = unsafe { input(to, 0, to_length) };
    on(handle, |session| {
        session.framer().learn_pair(from, to, id);
        0
    })
}

/// One framed stanza as it must stand in a stream of the other content (0 server, 1 component); `lang` is added when not
/// empty. The bytes put into `out`; 0 when it is none of this stream's.
///
/// # Safety
/// Each pointer must be valid for the length given with it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_rescope(
    handle: u32,
    bytes: *const u8,
    start: u32,
    end: u32,
    component: u32,
    lang: *const u8,
    lang_length: u32,
    out: *mut u8,
    capacity: u32,
) -> i32 {
    if end < start {
        return E_ARGUMENT;
    }
    let stanza = unsafe { input(bytes, start, end - start) };
    let lang = text(unsafe { input(lang, 0, lang_length) });
    let out = unsafe { output(out, 0, capacity) };
    let target = content(component);
    on(handle, |session| {
        match session.framer().rescope(stanza, target, lang) {
            Ok(rescoped) => copy_out(&rescoped, out),
            Err(_) => 0,
        }
    })
}

/// 0 chain as entries, 1 ALPN, 2 SNI as received, 3 "version cipher", 4 the TLS library's words, 5 the first DNS name of
/// the certificate that we show.
///
/// # Safety
/// `out` must be valid for `capacity` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_info(handle: u32, what: u32, out: *mut u8, capacity: u32) -> i32 {
    let out = unsafe { output(out, 0, capacity) };
    on(handle, |session| {
        if what == 4 {
            return copy_out(words(session.failure()).as_bytes(), out);
        }
        let Some(connection) = session.connection() else {
            return 0;
        };
        match what {
            0 => copy_out(&chain(connection), out),
            1 => copy_out(connection.alpn_protocol().unwrap_or(&[]), out),
            2 => match connection {
                Connection::Server(server) => {
                    copy_out(server.server_name().unwrap_or("").as_bytes(), out)
                }
                Connection::Client(_) => 0,
            },
            3 => {
                let version = connection.protocol_version();
                let suite = connection.negotiated_cipher_suite().map(|s| s.suite());
                let (Some(version), Some(suite)) = (version, suite) else {
                    return 0;
                };
                copy_out(format!("{version:?} {suite:?}").as_bytes(), out)
            }
            5 => copy_out(session.own().unwrap_or("").as_bytes(), out),
            _ => E_ARGUMENT,
        }
    })
}

fn words(failure: Option<&Failure>) -> &str {
    match failure {
        Some(Failure::Tls(words) | Failure::Certificate(words)) => words,
        _ => "",
    }
}

fn chain(connection: &Connection) -> Vec<u8> {
    let mut blob = Vec::new();
    for certificate in connection.peer_certificates().unwrap_or(&[]) {
        blob.extend((certificate.len() as u32).to_le_bytes());
        blob.extend_from_slice(certificate);
    }
    blob
}

/// `blob`: one entry per identity, a PEM text with chain and key. A handle, or an error with its words in `out`.
///
/// # Safety
/// Each pointer must be valid for the length given with it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn context_new(
    blob: *const u8,
    length: u32,
    out: *mut u8,
    capacity: u32,
) -> i32 {
    let blob = unsafe { input(blob, 0, length) };
    let out = unsafe { output(out, 0, capacity) };
    caught(|| {
        let Some(pems) = entries(blob) else {
            return E_ARGUMENT;
        };
        match Context::new(pems.into_iter()) {
            Ok(context) => CONTEXTS.with_borrow_mut(|c| held(c.put(context))),
            Err(why) => said(&why, out),
        }
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn context_free(handle: u32) -> i32 {
    caught(|| {
        CONTEXTS
            .with_borrow_mut(|c| c.take(handle))
            .map_or(E_HANDLE, |_| 0)
    })
}

/// `blob`: one entry per PEM text. As `context_new`.
///
/// # Safety
/// Each pointer must be valid for the length given with it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn anchors_new(
    system: u32,
    blob: *const u8,
    length: u32,
    out: *mut u8,
    capacity: u32,
) -> i32 {
    let blob = unsafe { input(blob, 0, length) };
    let out = unsafe { output(out, 0, capacity) };
    caught(|| {
        let Some(pems) = entries(blob) else {
            return E_ARGUMENT;
        };
        match Anchors::new(system != 0, pems.into_iter()) {
            Ok(anchors) => ANCHORS.with_borrow_mut(|a| held(a.put(anchors))),
            Err(why) => said(&why, out),
        }
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn anchors_free(handle: u32) -> i32 {
    caught(|| {
        ANCHORS
            .with_borrow_mut(|a| a.take(handle))
            .map_or(E_HANDLE, |_| 0)
    })
}

/// The words of an error, NUL-terminated when there is room, then the error's code.
fn said(why: &str, out: &mut [u8]) -> i32 {
    let length = why.len().min(out.len().saturating_sub(1));
    out[..length].copy_from_slice(&why.as_bytes()[..length]);
    if let Some(end) = out.get_mut(length) {
        *end = 0;
    }
    E_ARGUMENT
}

/// Validates a chain of entries. The earliest end of validity (ms since the epoch, f64) in `end` and 0, or 1 when only its
/// DNS names count; or minus a `tls::Refusal`.
///
/// # Safety
/// Each pointer must be valid for the length given with it; `end` for one f64.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pkix_verify(
    blob: *const u8,
    length: u32,
    anchors: u32,
    now_ms: f64,
    server: u32,
    end: *mut f64,
) -> i32 {
    let blob = unsafe { input(blob, 0, length) };
    let end = unsafe { output(end, 0, 1) };
    caught(|| {
        let Some(chain) = entries(blob) else {
            return E_ARGUMENT;
        };
        let chain: Vec<_> = chain.into_iter().map(CertificateDer::from).collect();
        let role = if server != 0 {
            Role::Server
        } else {
            Role::Client
        };
        ANCHORS.with_borrow_mut(|all| match all.place(anchors) {
            Some(Some(anchors)) => match verify(&chain, anchors, now_ms as u64, role) {
                Ok(accepted) => {
                    end[0] = accepted.until as f64;
                    accepted.constrained as i32
                }
                Err(refusal) => -(refusal as i32),
            },
            _ => E_HANDLE,
        })
    })
}

/// What one certificate says, as JSON in `out`; 0 bytes when it is none.
///
/// # Safety
/// Each pointer must be valid for the length given with it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn certificate_facts(
    der: *const u8,
    length: u32,
    out: *mut u8,
    capacity: u32,
) -> i32 {
    let der = unsafe { input(der, 0, length) };
    let out = unsafe { output(out, 0, capacity) };
    caught(|| match facts(der) {
        Some(facts) => copy_out(&serde_json::to_vec(&facts).unwrap_or_default(), out),
        None => 0,
    })
}

/// For tests of the border itself.
#[unsafe(no_mangle)]
pub extern "C" fn session_panic() -> i32 {
    caught(|| panic!("asked to"))
}
