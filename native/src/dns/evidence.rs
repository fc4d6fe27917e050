//! The chain of trust of an answer, zone by zone, from validated DS and DNSKEY RRsets; and what it does to the answer: the
//! weakest link counts, and so does the signature that ends first (protocol.md 5.9, 3.9).

use std::sync::Arc;

use hickory_proto::{
    dnssec::rdata::{DNSKEY, DNSSECRData, DS},
    rr::{Name, RData, Record, RecordType},
};

use super::{
    anchors,
    answer::{Answer, Fault, Link, RrSet, State, Status},
    clock::Millis,
    names,
    question::{Failure, FailureKind, Question},
    ttl,
    validators::Validators,
};

/// protocol.md 5.9 "limits": zones per lookup.
const MAX_ZONES: usize = 16;

/// Collects the chains behind a walked answer and folds them into its state and its life time.
pub async fn collect(validators: &Validators, answer: &mut Answer) {
    match answer.state {
        State::Secure => {
            for zone in signers(answer) {
                match chain(validators, &zone, answer.received_at).await {
                    Ok(links) => add(links, answer),
                    Err(failure) => answer.fail_with(failure),
                }
            }
            judge_links(answer);
        }
        State::Insecure => add(unsigned_below(validators, answer).await, answer),
        State::Bogus | State::Indeterminate => {}
    }
    set_life_time(answer);
}

fn signers(answer: &Answer) -> Vec<Name> {
    let of_steps = answer
        .steps
        .iter()
        .filter_map(|set| set.signature())
        .map(|sig| &sig.input().signer_name);
    let mut zones: Vec<Name> = of_steps
        .chain(answer.denial.iter().filter_map(|denial| denial.signer()))
        .cloned()
        .collect();
    zones.sort();
    zones.dedup();
    zones
}

fn add(links: Vec<Arc<Link>>, answer: &mut Answer) {
    for link in links {
        if !answer.chain.iter().any(|known| known.zone == link.zone) {
            answer.chain.push(link);
        }
    }
}

/// From the root to `zone`.
async fn chain(
    validators: &Validators,
    zone: &Name,
    now: Millis,
) -> Result<Vec<Arc<Link>>, Failure> {
    if let Some(known) = validators.known_chain(zone, now) {
        return Ok(known);
    }
    let mut links: Vec<Arc<Link>> = Vec::new();
    let mut next = Some(zone.clone());
    while let Some(zone) = next {
        if links.len() == MAX_ZONES {
            return Err(Failure::new(
                FailureKind::Budget,
                format!("more than {MAX_ZONES} zones above {}", names::text(&zone)),
            ));
        }
        let link = link(validators, &zone, now).await?;
        next = link
            .ds
            .as_ref()
            .and_then(RrSet::signature)
            .map(|sig| sig.input().signer_name.clone());
        links.insert(0, Arc::new(link));
    }
    let life = links.iter().map(|link| link.ttl).min().unwrap_or(0);
    validators.keep_chain(zone.clone(), &links, now + life.min(ttl::MAX_POSITIVE));
    Ok(links)
}

async fn link(validators: &Validators, zone: &Name, now: Millis) -> Result<Link, Failure> {
    let dnskey = secure_set(validators, zone, RecordType::DNSKEY).await?;
    let ds = if zone.is_root() {
        None
    } else {
        Some(secure_set(validators, zone, RecordType::DS).await?)
    };
    let entry_keys = match &ds {
        None => validators.anchors.key_tags(),
        Some(ds) => keys(&dnskey)
            .filter(|key| covered(zone, key, ds))
            .filter_map(|key| key.calculate_key_tag().ok())
            .collect(),
    };
    // RFC 8624: a zone that only SHA-1 vouches for counts as unsigned
    let sha1_only = ds
        .as_ref()
        .is_some_and(|ds| !digests(ds).any(|ds| anchors::supported(&ds.algorithm())));
    let state = if sha1_only {
        State::Insecure
    } else {
        State::Secure
    };
    let sets = || ds.iter().chain([&dnskey]);
    let ttl = sets().map(|set| set.ttl(now)).min().unwrap_or(0);
    let expires = sets().filter_map(|set| expiration(set, now)).min();
    Ok(Link {
        zone: zone.clone(),
        state,
        ds,
        dnskey: Some(dnskey),
        entry_keys,
        ttl,
        expires,
    })
}

async fn secure_set(
    validators: &Validators,
    zone: &Name,
    kind: RecordType,
) -> Result<RrSet, Failure> {
    let question = Question::new(zone, kind);
    let set = validators
        .validate(&question)
        .await?
        .rrset(&question.name, kind);
    set.filter(|set| set.state == State::Secure).ok_or_else(|| {
        Failure::new(
            FailureKind::Network,
            format!("{question}: not secure any more"),
        )
    })
}

fn keys(set: &RrSet) -> impl Iterator<Item = &DNSKEY> {
    set.records.iter().filter_map(|record| match &record.data {
        RData::DNSSEC(DNSSECRData::DNSKEY(key)) => Some(key),
        _ => None,
    })
}

pub fn digests(set: &RrSet) -> impl Iterator<Item = &DS> {
    set.records.iter().filter_map(|record| match &record.data {
        RData::DNSSEC(DNSSECRData::DS(ds)) => Some(ds),
        _ => None,
    })
}

fn covered(zone: &Name, key: &DNSKEY, ds: &RrSet) -> bool {
    digests(ds).any(|ds| ds.covers(zone, key).unwrap_or(false))
}

fn expiration(set: &RrSet, now: Millis) -> Option<Millis> {
    set.signature()
        .map(|sig| now + ttl::until_expiration(sig, now))
}

fn judge_links(answer: &mut Answer) {
    if let Some(weak) = answer.chain.iter().find(|link| link.state != State::Secure) {
        let why = format!(
            "{}: only SHA-1 signatures vouch for it",
            names::text(&weak.zone)
        );
        return answer.fail(weak.state, Fault::Bogus, why);
    }
    let sets = answer.steps.iter().chain(
        answer
            .chain
            .iter()
            .flat_map(|link| link.ds.iter().chain(&link.dnskey)),
    );
    let outdated = |set: &&RrSet| {
        set.signature()
            .is_some_and(|sig| !anchors::supported(&sig.input().algorithm))
    };
    if let Some(set) = sets.into_iter().find(outdated) {
        let why = format!(
            "{} {}: signed with SHA-1 although its zone promises better",
            names::text(&set.name),
            set.kind
        );
        answer.fail(State::Bogus, Fault::Bogus, why);
    }
}

/// For an insecure answer: the chain down to the delegation that is proven to be unsigned.
async fn unsigned_below(validators: &Validators, answer: &Answer) -> Vec<Arc<Link>> {
    let insecure = answer.steps.iter().find(|set| set.state == State::Insecure);
    let owner = insecure.map_or(&answer.canonical, |set| &set.name);
    for labels in 1..=usize::from(owner.num_labels()) {
        let zone = owner.trim_to(labels);
        let question = Question::new(&zone, RecordType::DS);
        let Ok(verdict) = validators.validate(&question).await else {
            return Vec::new();
        };
        let ds = verdict.rrset(&question.name, RecordType::DS);
        let parent = verdict
            .message
            .authorities
            .iter()
            .chain(&verdict.message.answers)
            .find_map(ttl::rrsig);
        let parent = parent.map(|sig| sig.input().signer_name.clone());
        if ds.as_ref().is_some_and(is_usable)
            || ds.is_none() && !is_delegation(&verdict.message.authorities)
        {
            continue;
        }
        let mut links = match parent {
            Some(parent) => chain(validators, &parent, answer.received_at)
                .await
                .unwrap_or_default(),
            None => Vec::new(),
        };
        let ttl = ttl::of_message(&verdict.message, answer.received_at);
        links.push(Arc::new(Link {
            zone,
            state: State::Insecure,
            ds,
            dnskey: None,
            entry_keys: Vec::new(),
            ttl,
            expires: None,
        }));
        return links;
    }
    Vec::new()
}

fn is_usable(ds: &RrSet) -> bool {
    digests(ds).any(|ds| anchors::supported(&ds.algorithm()) && ds.digest_type().is_supported())
}

/// An NSEC or NSEC3 with the NS bit, or an opt-out span: there is, or may be, a delegation without DS.
fn is_delegation(authorities: &[Record]) -> bool {
    authorities.iter().any(|record| match &record.data {
        RData::DNSSEC(DNSSECRData::NSEC(nsec)) => nsec.is_ancestor_delegation(),
        RData::DNSSEC(DNSSECRData::NSEC3(nsec3)) => {
            nsec3.is_ancestor_delegation() || nsec3.opt_out()
        }
        _ => false,
    })
}

/// `valid_until` is the minimum over the whole chain; a chain with an ended signature proves nothing.
fn set_life_time(answer: &mut Answer) {
    let now = answer.received_at;
    let secure = answer.state == State::Secure;
    let steps = answer.steps.iter().map(|set| set.ttl(now));
    let denials = answer.denial.iter().map(|denial| denial.ttl(now));
    let links = answer.chain.iter().filter(|_| secure).map(|link| link.ttl);
    let life = steps.chain(denials).chain(links).min().unwrap_or(0);
    if secure {
        answer.signed_until = signed_until(answer);
        if answer.signed_until.is_some_and(|end| end <= now) {
            answer.fail(
                State::Bogus,
                Fault::Bogus,
                "a signature of the chain has ended",
            );
        }
    }
    let cap = match answer.status {
        _ if answer.state < State::Insecure => return answer.valid_until = now + ttl::FAILURE,
        Status::Found => ttl::MAX_POSITIVE,
        _ => ttl::MAX_NEGATIVE,
    };
    answer.valid_until = now + life.min(cap);
}

fn signed_until(answer: &Answer) -> Option<Millis> {
    let now = answer.received_at;
    let steps = answer.steps.iter().filter_map(|set| expiration(set, now));
    let links = answer.chain.iter().filter_map(|link| link.expires);
    let denials = answer
        .denial
        .iter()
        .flat_map(|denial| &denial.message.authorities)
        .filter_map(ttl::rrsig);
    steps
        .chain(links)
        .chain(denials.map(|sig| now + ttl::until_expiration(sig, now)))
        .min()
}

#[cfg(test)]
mod tests {
    use hickory_proto::{dnssec::Algorithm, rr::rdata::A};

    use super::*;
    use crate::dns::ttl::tests::rrsig_with;

    const NOW: Millis = 1_000_000;

    fn set(state: State, algorithm: Algorithm, expiration: u32) -> RrSet {
        let name = Name::from_ascii("a.t.").unwrap();
        let records = vec![Record::from_rdata(
            name.clone(),
            600,
            RData::A(A::new(127, 0, 0, 1)),
        )];
        let rrsig = Some(rrsig_with(
            "a.t.",
            RecordType::A,
            "t.",
            expiration,
            algorithm,
        ));
        RrSet {
            name,
            kind: RecordType::A,
            state,
            records,
            rrsig,
            proof_of_absence: Vec::new(),
        }
    }

    fn link(ttl: Millis, expires: Millis) -> Arc<Link> {
        let zone = Name::from_ascii("t.").unwrap();
        let expires = Some(expires);
        Arc::new(Link {
            zone,
            state: State::Secure,
            ds: None,
            dnskey: None,
            entry_keys: vec![],
            ttl,
            expires,
        })
    }

    fn answer(set: RrSet, link: Arc<Link>) -> Answer {
        let mut answer = Answer::empty(&set.name, NOW);
        answer.status = Status::Found;
        (answer.steps, answer.chain) = (vec![set], vec![link]);
        answer
    }

    #[test]
    fn the_whole_chain_bounds_the_life_of_an_answer() {
        let good = || set(State::Secure, Algorithm::ECDSAP256SHA256, 10_000);
        let mut short = answer(good(), link(60_000, NOW + 50_000_000));
        set_life_time(&mut short);
        assert_eq!(
            (short.valid_until, short.signed_until),
            (NOW + 60_000, Some(10_000_000))
        );
        let mut signed = answer(good(), link(600_000, NOW + 5_000));
        set_life_time(&mut signed);
        assert_eq!(signed.signed_until, Some(NOW + 5_000));
    }

    #[test]
    fn dns_21_an_ended_signature_anywhere_in_the_chain_is_bogus() {
        let mut answer = answer(
            set(State::Secure, Algorithm::ECDSAP256SHA256, 10_000),
            link(60_000, NOW),
        );
        set_life_time(&mut answer);
        assert_eq!(
            (answer.state, answer.valid_until),
            (State::Bogus, NOW + ttl::FAILURE)
        );
    }

    #[test]
    fn sha1_under_a_better_promise_is_bogus() {
        let mut answer = answer(
            set(State::Secure, Algorithm::from_u8(5), 10_000),
            link(60_000, NOW + 9_000),
        );
        judge_links(&mut answer);
        assert_eq!(answer.state, State::Bogus);
    }

    #[test]
    fn an_unsigned_link_makes_the_answer_insecure() {
        let mut weak = Link::clone(&link(60_000, NOW + 9_000));
        weak.state = State::Insecure;
        let mut answer = answer(
            set(State::Secure, Algorithm::ECDSAP256SHA256, 10_000),
            Arc::new(weak),
        );
        judge_links(&mut answer);
        assert_eq!((answer.state, answer.fault), (State::Insecure, None));
    }
}
