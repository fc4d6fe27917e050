//! Reading proofs of absence whose records hickory has verified: the opt-out bit, which it does not report, and wildcards
//! with one label under NSEC, which it calls bogus (native.md 1).

use hickory_proto::{
    dnssec::{
        Proof,
        rdata::{DNSSECRData, NSEC, NSEC3, RRSIG},
    },
    rr::{Name, RData, Record, RecordType},
};

use super::ttl;

/// RFC 5155 9.2: where the next closer name lies in an opt-out span, an unsigned delegation may exist all the same.
pub fn opt_out(name: &Name, authorities: &[Record]) -> bool {
    let verified = || nsec3s(authorities);
    verified().any(|(_, nsec3)| nsec3.opt_out())
        && !verified().any(|(owner, nsec3)| matches(name, owner, nsec3))
}

fn nsec3s(authorities: &[Record]) -> impl Iterator<Item = (&Name, &NSEC3)> {
    authorities
        .iter()
        .filter(|record| record.proof == Proof::Secure)
        .filter_map(|record| match &record.data {
            RData::DNSSEC(DNSSECRData::NSEC3(nsec3)) => Some((&record.name, nsec3)),
            _ => None,
        })
}

/// Is `owner` the hash of `name`? RFC 5155 5: base32hex without padding, as the first label.
fn matches(name: &Name, owner: &Name, nsec3: &NSEC3) -> bool {
    let digest = nsec3
        .hash_algorithm()
        .hash(nsec3.salt(), name, nsec3.iterations());
    let label = digest.ok().map(|digest| base32hex(digest.as_ref()));
    owner
        .iter()
        .next()
        .zip(label)
        .is_some_and(|(first, label)| first.eq_ignore_ascii_case(label.as_bytes()))
}

fn base32hex(bytes: &[u8]) -> String {
    domain::utils::base32::encode_string_hex(bytes)
}

/// RFC 4035 5.3.4: the answer came from `*.<closest encloser>`, so a verified NSEC must show that the next closer name
/// does not exist, not even as an empty non-terminal, and is not redirected by a DNAME or a delegation.
pub fn wildcard_proven(name: &Name, rrsig: &RRSIG, authorities: &[Record]) -> bool {
    let input = rrsig.input();
    if input.num_labels >= name.num_labels()
        || authorities
            .iter()
            .any(|record| record.record_type() == RecordType::NSEC3)
    {
        return false;
    }
    let next_closer = name.trim_to(usize::from(input.num_labels) + 1);
    verified_nsecs(authorities, &input.signer_name)
        .any(|(owner, nsec)| denies_name(&next_closer, owner, nsec))
}

fn verified_nsecs<'a>(
    authorities: &'a [Record],
    zone: &'a Name,
) -> impl Iterator<Item = (&'a Name, &'a NSEC)> {
    let signed_by_zone = |owner: &Name| {
        let sigs = authorities
            .iter()
            .filter(|record| record.name == *owner && record.proof == Proof::Secure);
        sigs.filter_map(ttl::rrsig).any(|sig| {
            sig.input().type_covered == RecordType::NSEC && sig.input().signer_name == *zone
        })
    };
    authorities
        .iter()
        .filter(|record| record.proof == Proof::Secure)
        .filter_map(move |record| match &record.data {
            RData::DNSSEC(DNSSECRData::NSEC(nsec)) if signed_by_zone(&record.name) => {
                Some((&record.name, nsec))
            }
            _ => None,
        })
}

fn denies_name(name: &Name, owner: &Name, nsec: &NSEC) -> bool {
    let next = nsec.next_domain_name();
    let last_of_zone = next <= owner && next.zone_of(name);
    let covers = owner < name && (name < next || last_of_zone);
    let redirected = owner.zone_of(name)
        && (nsec.is_ancestor_delegation() || nsec.type_set().contains(RecordType::DNAME));
    covers && !redirected && !name.zone_of(next)
}

#[cfg(test)]
mod tests {
    use hickory_proto::rr::RecordType::{A, DNAME, NS};

    use super::*;

    fn name(text: &str) -> Name {
        Name::from_ascii(text).unwrap()
    }

    fn denies(asked: &str, owner: &str, next: &str, types: &[RecordType]) -> bool {
        denies_name(
            &name(asked),
            &name(owner),
            &NSEC::new(name(next), types.iter().copied()),
        )
    }

    #[test]
    fn a_name_between_owner_and_next_is_denied() {
        assert!(denies("any.users.w.", "*.users.w.", "host.users.w.", &[A]));
        assert!(
            denies("zzz.users.w.", "host.users.w.", "w.", &[A]),
            "the last NSEC of the zone"
        );
    }

    #[test]
    fn a_name_that_exists_is_not_denied() {
        assert!(
            !denies("host.users.w.", "*.users.w.", "host.users.w.", &[A]),
            "it is the next name"
        );
        assert!(
            !denies("*.users.w.", "*.users.w.", "host.users.w.", &[A]),
            "it is the owner"
        );
        assert!(
            !denies("b.w.", "a.w.", "x.b.w.", &[A]),
            "an empty non-terminal"
        );
    }

    #[test]
    fn a_delegation_or_dname_above_says_nothing() {
        assert!(!denies("x.sub.w.", "sub.w.", "t.w.", &[NS]));
        assert!(!denies("x.sub.w.", "sub.w.", "t.w.", &[DNAME]));
    }

    #[test]
    fn nsec3_hash_of_the_vector_in_protocol_md_c3() {
        let asked = name("_xmpp-server._tcp.target.example.");
        let nsec3 = NSEC3::new(
            hickory_proto::dnssec::Nsec3HashAlgorithm::SHA1,
            false,
            0,
            vec![],
            vec![0; 20],
            [A],
        );
        assert!(matches(
            &asked,
            &name("2RI4QKLSBBOH71L9T977M8L2QTB02H55.target.example."),
            &nsec3
        ));
        assert!(!matches(
            &name("other.target.example."),
            &name("2RI4QKLSBBOH71L9T977M8L2QTB02H55.target.example."),
            &nsec3
        ));
    }
}
