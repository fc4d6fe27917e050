//! Buffers that JavaScript lends for one call, and what crosses in them.
use super::{E_ARGUMENT, E_CAPACITY};

/// # Safety
/// `pointer` must be valid for reading `offset + length` elements, or `length` be 0.
pub(super) unsafe fn input<'a, T>(pointer: *const T, offset: u32, length: u32) -> &'a [T] {
    if length == 0 {
        return &[];
    }
    unsafe { std::slice::from_raw_parts(pointer.add(offset as usize), length as usize) }
}

/// # Safety
/// `pointer` must be valid for writing `offset + length` elements and not be aliased, or `length` be 0.
pub(super) unsafe fn output<'a, T>(pointer: *mut T, offset: u32, length: u32) -> &'a mut [T] {
    if length == 0 {
        return &mut [];
    }
    unsafe { std::slice::from_raw_parts_mut(pointer.add(offset as usize), length as usize) }
}

pub(super) fn copy_out(bytes: &[u8], out: &mut [u8]) -> i32 {
    match out.get_mut(..bytes.len()) {
        None => E_CAPACITY,
        Some(out) => {
            out.copy_from_slice(bytes);
            bytes.len() as i32
        }
    }
}

pub(super) fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes)
        .ok()
        .filter(|text| !text.is_empty())
}

/// Entries of `u32le length, bytes`.
pub(super) fn entries(mut blob: &[u8]) -> Option<Vec<&[u8]>> {
    let mut found = Vec::new();
    while !blob.is_empty() {
        let (length, rest) = blob.split_first_chunk::<4>()?;
        let (entry, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
        found.push(entry);
        blob = rest;
    }
    Some(found)
}

/// The words of an error, NUL-terminated when there is room, then the error's code.
pub(super) fn said(why: &str, out: &mut [u8]) -> i32 {
    let length = why.len().min(out.len().saturating_sub(1));
    out[..length].copy_from_slice(&why.as_bytes()[..length]);
    if let Some(end) = out.get_mut(length) {
        *end = 0;
    }
    E_ARGUMENT
}
