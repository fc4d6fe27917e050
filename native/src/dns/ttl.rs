//! How long something may be kept (protocol.md 5.9 "TTL", 5.10).

use hickory_proto::{
    dnssec::rdata::{DNSSECRData, RRSIG},
    op::Message,
    rr::{RData, Record},
};

use super::clock::Millis;

pub const MAX_POSITIVE: Millis = 24 * 3600 * 1000;
pub const MAX_NEGATIVE: Millis = 15 * 60 * 1000;
pub const FAILURE: Millis = 30 * 1000;

/// Milliseconds until a signature ends; negative when it has. RFC 4034 3.1.5: serial arithmetic on 32 bits.
pub fn until_expiration(rrsig: &RRSIG, now: Millis) -> Millis {
    let seconds = rrsig
        .input()
        .sig_expiration
        .get()
        .wrapping_sub((now / 1000) as u32) as i32;
    Millis::from(seconds) * 1000 - now % 1000
}

/// min(received TTL, original TTL, expiration - now) of one record under the signature that proved it.
pub fn of_record(record: &Record, rrsig: Option<&RRSIG>, now: Millis) -> Millis {
    let received = Millis::from(record.ttl) * 1000;
    let Some(rrsig) = rrsig else { return received };
    received
        .min(Millis::from(rrsig.input().original_ttl) * 1000)
        .min(until_expiration(rrsig, now))
        .max(0)
}

/// RFC 2308 5: the smaller of the SOA's own TTL and its MINIMUM.
pub fn of_denial(authorities: &[Record]) -> Option<Millis> {
    authorities.iter().find_map(|record| match &record.data {
        RData::SOA(soa) => Some(Millis::from(record.ttl.min(soa.minimum)) * 1000),
        _ => None,
    })
}

/// A whole message that was not validated yet: its shortest record, its earliest signature end.
pub fn of_message(message: &Message, now: Millis) -> Millis {
    let records = || message.answers.iter().chain(&message.authorities);
    let shortest = records()
        .map(|record| Millis::from(record.ttl) * 1000)
        .min()
        .unwrap_or(0);
    let ends = records()
        .filter_map(rrsig)
        .map(|rrsig| until_expiration(rrsig, now))
        .min()
        .unwrap_or(MAX_POSITIVE);
    let cap = match message.answers.is_empty() {
        true => of_denial(&message.authorities)
            .unwrap_or(0)
            .min(MAX_NEGATIVE),
        false => MAX_POSITIVE,
    };
    shortest.min(ends).min(cap).max(0)
}

pub fn rrsig(record: &Record) -> Option<&RRSIG> {
    match &record.data {
        RData::DNSSEC(DNSSECRData::RRSIG(rrsig)) => Some(rrsig),
        _ => None,
    }
}
