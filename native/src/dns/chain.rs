//! The chain of trust, zone by zone, from validated DS and DNSKEY RRsets.

use std::sync::Arc;

use hickory_proto::{
    dnssec::rdata::{DNSKEY, DNSSECRData, DS},
    rr::{Name, RData, Record, RecordType},
};

use super::{
    anchors,
    answer::{Link, RrSet, State},
    clock::Millis,
    names,
    question::{Failure, FailureKind, Question},
    ttl,
    validators::{Validators, Verdict},
};

/// protocol.md 5.9 "limits": zones per lookup.
const MAX_ZONES: usize = 16;

/// From the root to `zone`, all of it secure but for what only SHA-1 vouches for.
pub async fn down_to(
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
            let text = format!("more than {MAX_ZONES} zones above {}", names::text(&zone));
            return Err(Failure::new(FailureKind::Budget, text));
        }
        let link = link(validators, &zone, now).await?;
        let parent = link.ds.as_ref().and_then(RrSet::signature);
        next = parent.map(|sig| sig.input().signer_name.clone());
        links.insert(0, Arc::new(link));
    }
    validators.keep_chain(zone.clone(), &links);
    Ok(links)
}

async fn link(validators: &Validators, zone: &Name, now: Millis) -> Result<Link, Failure> {
    let dnskey = secure_set(validators, zone, RecordType::DNSKEY).await?;
    let ds = match zone.is_root() {
        true => None,
        false => Some(secure_set(validators, zone, RecordType::DS).await?),
    };
    let entry_keys = match &ds {
        None => validators.anchors.key_tags(),
        Some(ds) => entry_keys(zone, &dnskey, ds),
    };
    let sets = || ds.iter().chain([&dnskey]);
    let ttl = sets().map(|set| set.ttl(now)).min().unwrap_or(0);
    let expires = sets().filter_map(|set| set.expires(now)).min();
    // RFC 8624: a zone that only SHA-1 vouches for counts as unsigned
    let sha1_only = ds
        .as_ref()
        .is_some_and(|ds| !digests(ds).any(|ds| anchors::supported(&ds.algorithm())));
    let state = if sha1_only {
        State::Insecure
    } else {
        State::Secure
    };
    let (zone, until) = (zone.clone(), now + ttl.min(ttl::MAX_POSITIVE));
    Ok(Link {
        zone,
        state,
        ds,
        dnskey: Some(dnskey),
        entry_keys,
        until,
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
    let gone = || {
        Failure::new(
            FailureKind::Network,
            format!("{question}: not secure any more"),
        )
    };
    set.filter(|set| set.state == State::Secure)
        .ok_or_else(gone)
}

/// The keys that the parent's DS vouches for.
fn entry_keys(zone: &Name, dnskey: &RrSet, ds: &RrSet) -> Vec<u16> {
    let vouched = |key: &&DNSKEY| digests(ds).any(|ds| ds.covers(zone, key).unwrap_or(false));
    keys(dnskey)
        .filter(vouched)
        .filter_map(|key| key.calculate_key_tag().ok())
        .collect()
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

/// The chain down to the delegation above `owner` that is proven to be unsigned; empty when none is found.
pub async fn down_to_unsigned(
    validators: &Validators,
    owner: &Name,
    now: Millis,
) -> Vec<Arc<Link>> {
    for labels in 1..=usize::from(owner.num_labels()) {
        let question = Question::new(&owner.trim_to(labels), RecordType::DS);
        let Ok(verdict) = validators.validate(&question).await else {
            break;
        };
        let ds = verdict.rrset(&question.name, RecordType::DS);
        if ends_here(&verdict, ds.as_ref()) {
            let mut links = match signer(&verdict) {
                Some(parent) => down_to(validators, &parent, now).await.unwrap_or_default(),
                None => Vec::new(),
            };
            let until = now + ttl::of_message(&verdict.message, now);
            links.push(Arc::new(Link::unsigned(question.name, ds, until)));
            return links;
        }
    }
    Vec::new()
}

fn signer(verdict: &Verdict) -> Option<Name> {
    let records = verdict
        .message
        .answers
        .iter()
        .chain(&verdict.message.authorities);
    records
        .filter_map(ttl::rrsig)
        .map(|sig| sig.input().signer_name.clone())
        .next()
}

fn ends_here(verdict: &Verdict, ds: Option<&RrSet>) -> bool {
    match ds {
        Some(ds) => !digests(ds)
            .any(|ds| anchors::supported(&ds.algorithm()) && ds.digest_type().is_supported()),
        None => is_delegation(&verdict.message.authorities),
    }
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
