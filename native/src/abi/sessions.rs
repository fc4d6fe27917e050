//! Sessions: one connection's records, framing and forwarding.
use super::contexts::with_context;
use super::memory::{copy_out, input, output, text};
use super::{
    E_ARGUMENT, E_CERTIFICATE, E_HANDLE, E_INJECTION, E_PANIC, E_RENEGOTIATION, E_TLS, caught, held,
};
use crate::handles::Slab;
use crate::tls::{Failure, Session, Side};
use crate::xml::{Content, Limits};
use rustls::Connection;
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};

thread_local! {
    static SESSIONS: RefCell<Slab<Session>> = const { RefCell::new(Slab::new()) };
    /// Where items that do not stand side by side are gathered.
    static GATHERED: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
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

fn code(failure: Failure) -> i32 {
    match failure {
        Failure::Tls(_) => E_TLS,
        Failure::Certificate(_) => E_CERTIFICATE,
        Failure::Injection => E_INJECTION,
        Failure::Renegotiation => E_RENEGOTIATION,
        Failure::Argument => E_ARGUMENT,
    }
}

/// `limits`: the nine fields of `Limits`, in order. A handle, or an error.
///
/// # Safety
/// `limits` must be valid for reading 9 u32.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_new(component: u32, limits: *const u32) -> i32 {
    let limits = to_limits(unsafe { input(limits, 0, 9) });
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
    let limits = to_limits(unsafe { input(limits, 0, 9) });
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
        oversize_bytes: limits[8],
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
        with_context(context, |context| {
            session.start_tls(context, side).map_or_else(code, |()| 0)
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

/// 0 chain as entries, 1 ALPN, 2 SNI as received, 3 "version cipher group", 4 the TLS library's words, 5 the first DNS name of
/// the certificate that we show, 6 the OCSP response that came with the chain.
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
            0 => copy_out(&blob(&session.chain()), out),
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
                let group = connection.negotiated_key_exchange_group();
                let group = group.map_or("none".into(), |group| format!("{:?}", group.name()));
                copy_out(format!("{version:?} {suite:?} {group}").as_bytes(), out)
            }
            6 => copy_out(session.staple(), out),
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

fn blob(entries: &[&[u8]]) -> Vec<u8> {
    let mut blob = Vec::new();
    for entry in entries {
        blob.extend((entry.len() as u32).to_le_bytes());
        blob.extend_from_slice(entry);
    }
    blob
}
