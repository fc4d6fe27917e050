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

/// Milliseconds until a signature begins; negative when it has.
pub fn until_inception(rrsig: &RRSIG, now: Millis) -> Millis {
    let inception = rrsig.input().sig_inception.get();
    let seconds = inception.wrapping_sub((now / 1000) as u32) as i32;
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

/// Takes `seconds` off every record.
pub fn age(message: &mut Message, seconds: u32) {
    let Message {
        answers,
        authorities,
        ..
    } = message;
    answers
        .iter_mut()
        .chain(authorities)
        .for_each(|record| record.ttl = record.ttl.saturating_sub(seconds));
}

/// hickory repeats the TTL of its first verdict; no record lives longer than what was received just now.
pub fn cap(message: &mut Message, received: &Message) {
    let Message {
        answers,
        authorities,
        ..
    } = message;
    for record in answers.iter_mut().chain(authorities) {
        let same = |other: &&Record| {
            other.name == record.name && other.record_type() == record.record_type()
        };
        let mut all = received.answers.iter().chain(&received.authorities);
        let shortest = all.by_ref().filter(same).map(|other| other.ttl).min();
        record.ttl = record.ttl.min(shortest.unwrap_or(0));
    }
}

pub fn rrsig(record: &Record) -> Option<&RRSIG> {
    match &record.data {
        RData::DNSSEC(DNSSECRData::RRSIG(rrsig)) => Some(rrsig),
        _ => None,
    }
}

#[cfg(test)]
pub mod tests {
    use hickory_proto::{
        dnssec::{Algorithm, rdata::SigInput},
        rr::{Name, RecordType, SerialNumber, rdata::A},
    };

    use super::*;

    /// An RRSIG that proves nothing but has all its fields.
    pub fn rrsig_over(owner: &str, kind: RecordType, signer: &str, expiration: u32) -> Record {
        rrsig_with(owner, kind, signer, expiration, Algorithm::ECDSAP256SHA256)
    }

    pub fn rrsig_with(
        owner: &str,
        kind: RecordType,
        signer: &str,
        expiration: u32,
        algorithm: Algorithm,
    ) -> Record {
        let owner = Name::from_ascii(owner).unwrap();
        let input = SigInput {
            type_covered: kind,
            algorithm,
            num_labels: owner.num_labels(),
            original_ttl: 300,
            sig_expiration: SerialNumber::new(expiration),
            sig_inception: SerialNumber::new(0),
            key_tag: 1,
            signer_name: Name::from_ascii(signer).unwrap(),
        };
        Record::from_rdata(
            owner,
            300,
            RData::DNSSEC(DNSSECRData::RRSIG(RRSIG::from_sig(input, vec![0; 64]))),
        )
    }

    fn life(ttl: u32, expiration: u32, now: Millis) -> Millis {
        let record = Record::from_rdata(Name::root(), ttl, RData::A(A::new(127, 0, 0, 1)));
        let sig = rrsig_over(".", RecordType::A, ".", expiration);
        of_record(&record, rrsig(&sig), now)
    }

    #[test]
    fn the_smallest_of_ttl_original_ttl_and_signature_end_counts() {
        assert_eq!(life(100, 10_000, 0), 100_000);
        assert_eq!(life(86_400, 10_000, 0), 300_000, "the original TTL");
        assert_eq!(life(100, 50, 20_500), 29_500, "the signature's end");
        assert_eq!(life(100, 50, 60_000), 0, "it has ended");
    }

    #[test]
    fn signature_times_are_serial_numbers() {
        let wrap = (1i64 << 32) * 1000; // the year 2106
        let sig = rrsig_over(".", RecordType::A, ".", 100);
        assert_eq!(
            until_expiration(rrsig(&sig).unwrap(), wrap - 50_000),
            150_000
        );
        assert_eq!(
            until_expiration(rrsig(&sig).unwrap(), wrap + 101_000),
            -1_000
        );
    }
}
