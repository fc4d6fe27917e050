//! What sessions are made with and judged by: identities, trust anchors, certificates.
use super::memory::{copy_out, entries, input, output, said};
use super::{E_ARGUMENT, E_HANDLE, caught, held};
use crate::handles::Slab;
use crate::tls::{Anchors, Context, Digests, Role, facts, verify, verify_to};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use serde::Serialize;
use std::cell::RefCell;
use std::thread::LocalKey;

thread_local! {
    static CONTEXTS: RefCell<Slab<Context>> = const { RefCell::new(Slab::new()) };
    static ANCHORS: RefCell<Slab<Anchors>> = const { RefCell::new(Slab::new()) };
}

/// A handle to what the PEM texts of `blob` make, or an error with its words in `out`.
fn made<T>(
    table: &'static LocalKey<RefCell<Slab<T>>>,
    blob: &[u8],
    out: &mut [u8],
    make: impl FnOnce(Vec<&[u8]>) -> Result<T, String>,
) -> i32 {
    caught(|| {
        let Some(pems) = entries(blob) else {
            return E_ARGUMENT;
        };
        match make(pems) {
            Ok(value) => table.with_borrow_mut(|all| held(all.put(value))),
            Err(why) => said(&why, out),
        }
    })
}

fn freed<T>(table: &'static LocalKey<RefCell<Slab<T>>>, handle: u32) -> i32 {
    caught(|| {
        table
            .with_borrow_mut(|all| all.take(handle))
            .map_or(E_HANDLE, |_| 0)
    })
}

/// Runs `body` on a context.
pub(super) fn with_context(handle: u32, body: impl FnOnce(&Context) -> i32) -> i32 {
    CONTEXTS.with_borrow_mut(|contexts| match contexts.place(handle) {
        Some(Some(context)) => body(context),
        _ => E_HANDLE,
    })
}

/// What the anchors of a handle vouch for; None when there is no such handle on this thread.
pub(crate) fn roots(anchors: u32) -> Option<RootCertStore> {
    ANCHORS.with_borrow_mut(|all| Some(all.place(anchors)?.as_ref()?.roots()))
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
    made(&CONTEXTS, blob, out, |pems| Context::new(pems.into_iter()))
}

#[unsafe(no_mangle)]
pub extern "C" fn context_free(handle: u32) -> i32 {
    freed(&CONTEXTS, handle)
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
    made(&ANCHORS, blob, out, |pems| {
        Anchors::new(system != 0, pems.into_iter())
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn anchors_free(handle: u32) -> i32 {
    freed(&ANCHORS, handle)
}

/// Validates a chain of entries, with the OCSP response that was stapled to it. 0, or 1 when only its DNS names count, and in
/// `ends` (ms since the epoch, f64) the earliest end of validity, then the end of the response that says good, or minus a
/// `tls::staple::Why` where it says nothing; or minus a `tls::Refusal`.
///
/// # Safety
/// Each pointer must be valid for the length given with it; `ends` for two f64.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pkix_verify(
    blob: *const u8,
    length: u32,
    anchors: u32,
    now_ms: f64,
    server: u32,
    staple: *const u8,
    staple_length: u32,
    ends: *mut f64,
) -> i32 {
    let blob = unsafe { input(blob, 0, length) };
    let staple = unsafe { input(staple, 0, staple_length) };
    let ends = unsafe { output(ends, 0, 2) };
    caught(|| {
        let Some(chain) = entries(blob) else {
            return E_ARGUMENT;
        };
        let chain: Vec<_> = chain.into_iter().map(CertificateDer::from).collect();
        ANCHORS.with_borrow_mut(|all| match all.place(anchors) {
            Some(Some(anchors)) => {
                match verify(&chain, anchors, now_ms as u64, role(server), staple) {
                    Ok(accepted) => {
                        ends[0] = accepted.until as f64;
                        ends[1] = accepted.status.code() as f64;
                        accepted.constrained as i32
                    }
                    Err(refusal) => -(refusal as i32),
                }
            }
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

/// A certificate as the anchor of a chain of entries: its digests as JSON in `out`, with the end of validity along the way
/// in ms since the epoch, or null when the chain does not lead there. 0 bytes when it is none.
///
/// # Safety
/// Each pointer must be valid for the length given with it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn chain_anchor(
    blob: *const u8,
    length: u32,
    authority: *const u8,
    authority_length: u32,
    now_ms: f64,
    server: u32,
    out: *mut u8,
    capacity: u32,
) -> i32 {
    let blob = unsafe { input(blob, 0, length) };
    let authority = unsafe { input(authority, 0, authority_length) };
    let out = unsafe { output(out, 0, capacity) };
    caught(|| {
        let Some(chain) = entries(blob) else {
            return E_ARGUMENT;
        };
        let Some(digests) = Digests::of(authority) else {
            return 0;
        };
        let chain: Vec<_> = chain.into_iter().map(CertificateDer::from).collect();
        let reached = verify_to(&chain, &authority.into(), now_ms as u64, role(server)).ok();
        let facts = Anchor {
            digests,
            until: reached.map(|accepted| accepted.until),
            dns_names_only: reached.is_some_and(|accepted| accepted.constrained),
        };
        copy_out(&serde_json::to_vec(&facts).unwrap_or_default(), out)
    })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Anchor {
    #[serde(flatten)]
    digests: Digests,
    until: Option<i64>,
    dns_names_only: bool,
}

fn role(server: u32) -> Role {
    if server != 0 {
        Role::Server
    } else {
        Role::Client
    }
}
