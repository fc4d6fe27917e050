//! Aliases, one validated RRset a step; the state of an answer is the minimum over its steps (protocol.md 5.5, resolver.md 2.6).

use hickory_proto::{
    dnssec::Proof,
    op::ResponseCode,
    rr::{Name, RData, Record, RecordType},
    serialize::binary::BinDecodable,
};

use super::{
    answer::{Answer, Denial, Fault, RrSet, State, Status},
    clock::Millis,
    denial, names,
    question::{Failure, FailureKind, Question},
    ttl,
    validators::{Validators, Verdict},
};

/// protocol.md 5.5 "loops / length".
const MAX_HOPS: usize = 8;

/// Follows aliases from `answer.canonical` until there is data, a denial or a reason to stop.
pub async fn walk(validators: &Validators, kind: RecordType, answer: &mut Answer) {
    for _ in 0..=MAX_HOPS {
        let question = Question::new(&answer.canonical, kind);
        match step(validators, &question, answer).await {
            Ok(Some(next)) => answer.canonical = next,
            Ok(None) => return,
            Err(failure) => {
                answer.status = Status::Error;
                return answer.fail_with(failure);
            }
        }
    }
    answer.status = Status::Error;
    answer.fail(
        State::Indeterminate,
        Fault::Loop,
        format!("more than {MAX_HOPS} aliases"),
    );
}

/// One question: the next name to ask, or none when the walk is over.
async fn step(
    validators: &Validators,
    question: &Question,
    answer: &mut Answer,
) -> Result<Option<Name>, Failure> {
    let verdict = validators.validate(question).await?;
    if let Some(set) = verdict.rrset(&question.name, question.kind) {
        answer.status = Status::Found;
        take(set, answer);
        return Ok(None);
    }
    if let Some(owner) = dname_above(&question.name, &verdict) {
        // The synthesised CNAME is unsigned; the DNAME is what is signed (RFC 6672 5.3.1), so it is asked for itself.
        let question = Question::new(&owner, RecordType::DNAME);
        let set = validators
            .validate(&question)
            .await?
            .rrset(&owner, RecordType::DNAME);
        return follow(
            set.ok_or_else(|| gone(&question))?,
            &answer.canonical.clone(),
            answer,
        );
    }
    if let Some(set) = verdict.rrset(&question.name, RecordType::CNAME) {
        return follow(set, &question.name, answer);
    }
    answer.status = match verdict.message.metadata.response_code {
        ResponseCode::NXDomain => Status::NoName,
        _ => Status::NoData,
    };
    deny(question, verdict, answer);
    Ok(None)
}

fn gone(question: &Question) -> Failure {
    Failure::new(
        FailureKind::Network,
        format!("{question}: it redirects a name, but is not there"),
    )
}

fn take(set: RrSet, answer: &mut Answer) {
    if set.state < answer.state {
        answer.fail(set.state, Fault::Bogus, why(&set, answer.received_at));
    }
    answer.steps.push(set);
}

/// Only what may be followed is followed: a bogus alias ends the walk.
fn follow(set: RrSet, name: &Name, answer: &mut Answer) -> Result<Option<Name>, Failure> {
    let next = target(&set, name);
    let state = set.state;
    answer.status = Status::Found;
    take(set, answer);
    match next {
        _ if state == State::Bogus => Ok(None),
        Some(next) => Ok(Some(next)),
        None => Err(Failure::new(
            FailureKind::TooLarge,
            format!("{}: the alias leads to no name", names::text(name)),
        )),
    }
}

fn target(set: &RrSet, name: &Name) -> Option<Name> {
    let [record] = set.records.as_slice() else {
        return None;
    };
    match &record.data {
        RData::CNAME(target) => Some(target.0.clone()),
        RData::Unknown { rdata, .. } => {
            let below = usize::from(name.num_labels() - set.name.num_labels());
            let target = Name::from_bytes(&rdata.anything).ok()?;
            // RFC 6672 2.2: the labels below the owner stay, the owner is replaced
            Name::from_labels(name.iter().take(below).chain(target.iter())).ok()
        }
        _ => None,
    }
}

fn dname_above(name: &Name, verdict: &Verdict) -> Option<Name> {
    let redirects = |owner: &Name| owner != name && owner.zone_of(name);
    let mut records = verdict.message.answers.iter();
    records
        .find(|r| r.record_type() == RecordType::DNAME && redirects(&r.name))
        .map(|r| r.name.clone())
}

fn deny(question: &Question, verdict: Verdict, answer: &mut Answer) {
    let authorities = &verdict.message.authorities;
    let proofs = || {
        authorities
            .iter()
            .filter(|r| matches!(r.record_type(), RecordType::NSEC | RecordType::NSEC3))
    };
    let proven = match verdict.refused {
        Some(refused) => refused,
        // Without NSEC hickory only lets through what lies in a provably unsigned zone.
        None => proofs().map(|r| r.proof.into()).min().unwrap_or(
            match authorities.iter().map(|r| r.proof.into()).min() {
                Some(State::Bogus) => State::Bogus,
                _ => State::Insecure,
            },
        ),
    };
    let opt_out = proven == State::Secure && denial::opt_out(&question.name, authorities);
    let state = if opt_out { State::Insecure } else { proven };
    answer.fail(
        state,
        Fault::Bogus,
        format!("{question}: its absence is not proven"),
    );
    answer.denial = Some(Denial {
        state,
        opt_out,
        message: verdict.message,
    });
}

/// Why an RRset is not secure, in the operator's words.
fn why(set: &RrSet, now: Millis) -> String {
    let what = format!("{} {}", names::text(&set.name), set.kind);
    let Some(rrsig) = set.signature() else {
        return format!("{what}: it has no signature by its zone");
    };
    let input = rrsig.input();
    let by = format!(
        "signature of key {} of {}",
        input.key_tag,
        names::text(&input.signer_name)
    );
    let proven = |record: &Record| record.proof == Proof::Secure;
    let ended = -ttl::until_expiration(rrsig, now) / 1000;
    let begins = (ttl::until_inception(rrsig, now) + 999) / 1000;
    match () {
        () if set.records.iter().all(proven) => {
            format!(
                "{what}: it comes from a wildcard, and that the exact name is absent is not proven"
            )
        }
        () if ended > 0 => format!("{what}: {by} ended {ended} s ago"),
        () if begins > 0 => format!("{what}: {by} begins in {begins} s"),
        () => format!("{what}: {by} does not lead to the trust anchor"),
    }
}

#[cfg(test)]
mod tests {
    use hickory_proto::rr::rdata::{CNAME, NULL};

    use super::*;

    fn name(text: &str) -> Name {
        Name::from_ascii(text).unwrap()
    }

    fn set(owner: &str, kind: RecordType, data: &[RData]) -> RrSet {
        let records = data
            .iter()
            .map(|data| Record::from_rdata(name(owner), 300, data.clone()))
            .collect();
        let name = name(owner);
        RrSet {
            name,
            kind,
            state: State::Secure,
            records,
            rrsig: None,
            proof_of_absence: Vec::new(),
        }
    }

    fn dname(wire: &[u8]) -> RData {
        RData::Unknown {
            code: RecordType::DNAME,
            rdata: NULL::with(wire.to_vec()),
        }
    }

    #[test]
    fn a_dname_replaces_its_owner_and_keeps_the_labels_below() {
        let set = set(
            "sub.d.",
            RecordType::DNAME,
            &[dname(b"\x06target\x07example\x00")],
        );
        assert_eq!(
            target(&set, &name("a.b.sub.d.")),
            Some(name("a.b.target.example."))
        );
    }

    #[test]
    fn a_dname_that_makes_the_name_too_long_leads_nowhere() {
        let label = [&[63u8][..], &[b'x'; 63]].concat();
        let set = set(
            "d.",
            RecordType::DNAME,
            &[dname(&[label.repeat(3), vec![0]].concat())],
        );
        assert_eq!(
            target(
                &set,
                &name(&format!("{}.{}.d.", "y".repeat(63), "z".repeat(63)))
            ),
            None
        );
    }

    #[test]
    fn two_cnames_at_one_name_lead_nowhere() {
        let cname = |text| RData::CNAME(CNAME(name(text)));
        assert_eq!(
            target(&set("a.", RecordType::CNAME, &[cname("b.")]), &name("a.")),
            Some(name("b."))
        );
        assert_eq!(
            target(
                &set("a.", RecordType::CNAME, &[cname("b."), cname("c.")]),
                &name("a.")
            ),
            None
        );
    }
}
