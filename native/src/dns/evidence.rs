//! What the chain of trust does to an answer: the weakest link counts, and so does the signature that ends first (protocol.md
//! 5.9, 3.9).

use std::sync::Arc;

use hickory_proto::rr::Name;

use super::{
    anchors,
    answer::{Answer, Fault, Link, RrSet, State, Status},
    chain,
    clock::Millis,
    names, ttl,
    validators::Validators,
};

/// Collects the chains behind a walked answer and folds them into its state and its life time.
pub async fn collect(validators: &Validators, answer: &mut Answer) {
    match answer.state {
        State::Secure => {
            for zone in signers(answer) {
                match chain::down_to(validators, &zone, answer.received_at).await {
                    Ok(links) => add(links, answer),
                    Err(failure) => answer.fail_with(failure),
                }
            }
            judge_links(answer);
        }
        State::Insecure => {
            let unsigned = answer.steps.iter().find(|set| set.state == State::Insecure);
            let owner = unsigned.map_or(&answer.canonical, |set| &set.name).clone();
            add(
                chain::down_to_unsigned(validators, &owner, answer.received_at).await,
                answer,
            );
        }
        State::Bogus | State::Indeterminate => {}
    }
    set_life_time(answer);
}

fn signers(answer: &Answer) -> Vec<Name> {
    let of_steps = answer
        .steps
        .iter()
        .filter_map(RrSet::signature)
        .map(|sig| &sig.input().signer_name);
    let of_denial = answer.denial.iter().filter_map(|denial| denial.signer());
    let mut zones: Vec<Name> = of_steps.chain(of_denial).cloned().collect();
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

fn judge_links(answer: &mut Answer) {
    if let Some(weak) = answer.chain.iter().find(|link| link.state != State::Secure) {
        let why = format!(
            "{}: only SHA-1 signatures vouch for it",
            names::text(&weak.zone)
        );
        return answer.fail(weak.state, Fault::Bogus, why);
    }
    let of_links = answer
        .chain
        .iter()
        .flat_map(|link| link.ds.iter().chain(&link.dnskey));
    let outdated = |set: &&RrSet| {
        set.signature()
            .is_some_and(|sig| !anchors::supported(&sig.input().algorithm))
    };
    if let Some(set) = answer.steps.iter().chain(of_links).find(outdated) {
        let what = format!("{} {}", names::text(&set.name), set.kind);
        let why = format!("{what}: signed with SHA-1 although its zone promises better");
        answer.fail(State::Bogus, Fault::Bogus, why);
    }
}

/// `valid_until` is the minimum over the whole chain; a chain with an ended signature proves nothing.
fn set_life_time(answer: &mut Answer) {
    let now = answer.received_at;
    let steps = answer.steps.iter().map(|set| set.ttl(now));
    let denials = answer.denial.iter().map(|denial| denial.ttl(now));
    let links = answer.chain.iter().map(|link| link.until - now);
    let life = steps.chain(denials).chain(links).min().unwrap_or(0).max(0);
    if answer.state == State::Secure {
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
    let steps = answer.steps.iter().filter_map(|set| set.expires(now));
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
    use hickory_proto::{
        dnssec::Algorithm,
        rr::{RData, Record, RecordType, rdata::A},
    };

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

    fn link(life: Millis, expires: Millis) -> Arc<Link> {
        let mut link = Link::unsigned(Name::from_ascii("t.").unwrap(), None, NOW + life);
        (link.state, link.expires) = (State::Secure, Some(expires));
        Arc::new(link)
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
