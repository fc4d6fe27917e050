//! hickory's validator over the guard, with the second one beside it and the caches that belong to both.

use std::sync::{Arc, Mutex};

use hickory_net::{DnsError, DnsHandle, NetError, dnssec::DnssecDnsHandle, xfer::FirstAnswer};
use hickory_proto::{
    dnssec::Proof,
    op::Message,
    rr::{Name, RecordType},
};
use lru_cache::LruCache;

use super::{
    anchors::Anchors,
    answer::{Link, RrSet, State},
    clock::Millis,
    denial,
    guard::{Guard, covered},
    lock,
    lookup::Lookup,
    question::{Failure, FailureKind, Question, request_options},
    ttl,
    upstream::Upstream,
    witness::Witness,
};

/// RFC 9276 3.2: above 100 iterations insecure, above 150 bogus.
const NSEC3_ITERATIONS: (Option<u16>, Option<u16>) = (Some(100), Some(150));

/// Enough for what one lookup may ask.
const LOOKUP_CACHE: usize = 256;

pub struct Validators {
    pub upstream: Arc<Upstream>,
    pub witness: Option<Witness>,
    pub anchors: Anchors,
    handle: DnssecDnsHandle<Guard>,
    /// The links from the root to a zone.
    chains: Mutex<LruCache<Name, Vec<Arc<Link>>>>,
}

/// A response after validation: every record carries its proof.
pub struct Verdict {
    pub message: Message,
    /// Set when hickory refuses the proof of absence (or of a wildcard).
    pub refused: Option<State>,
}

impl Validators {
    /// Validators with caches of their own; `capacity` bounds each.
    pub fn new(
        upstream: Upstream,
        anchors: Anchors,
        witness: bool,
        capacity: usize,
    ) -> Result<Self, String> {
        let handle = DnssecDnsHandle::with_trust_anchor(Guard, anchors.for_hickory())
            .nsec3_iteration_limits(NSEC3_ITERATIONS.0, NSEC3_ITERATIONS.1)
            .validation_cache_size(capacity);
        let witness = if witness {
            Some(Witness::new(&anchors, capacity)?)
        } else {
            None
        };
        let chains = Mutex::new(LruCache::new(capacity));
        Ok(Self {
            upstream: Arc::new(upstream),
            witness,
            anchors,
            handle,
            chains,
        })
    }

    /// The same, with nothing remembered (protocol.md 3.9: a re-check asks past every cache of ours).
    pub fn forgetful(&self) -> Result<Self, String> {
        Self::new(
            self.upstream.forgetful(LOOKUP_CACHE),
            self.anchors.clone(),
            self.witness.is_some(),
            LOOKUP_CACHE,
        )
    }

    pub async fn validate(&self, question: &Question) -> Result<Verdict, Failure> {
        let lookup = Lookup::try_current().ok_or_else(outside)?;
        let known = lookup.failures();
        let answer = self
            .handle
            .lookup(question.query(), request_options())
            .first_answer()
            .await;
        let (response, refused) = match answer {
            Ok(response) => (response, None),
            Err(NetError::Dns(DnsError::Nsec {
                response, proof, ..
            })) => (*response, Some(proof.into())),
            Err(error) => return Err(why_not(&lookup, known, question, &error)),
        };
        let mut message = response.into_message();
        if let Some(heard) = lookup.heard(question) {
            ttl::cap(&mut message, &heard.message);
        }
        Ok(Verdict { message, refused })
    }

    pub fn known_chain(&self, zone: &Name, now: Millis) -> Option<Vec<Arc<Link>>> {
        let mut chains = lock(&self.chains);
        let links = chains.get_mut(zone)?;
        links
            .iter()
            .all(|link| link.until > now)
            .then(|| links.clone())
    }

    pub fn keep_chain(&self, zone: Name, links: &[Arc<Link>]) {
        lock(&self.chains).insert(zone, links.to_vec());
    }

    /// After a bogus answer nothing that was concluded counts any more.
    pub fn forget_chains(&self) {
        lock(&self.chains).clear();
    }
}

/// hickory's errors are texts; the lookup knows which question failed, and how.
fn why_not(lookup: &Lookup, known: usize, question: &Question, error: &NetError) -> Failure {
    let failure = lookup
        .failure_after(known)
        .or_else(|| lookup.failure_after(0));
    failure.unwrap_or_else(|| Failure::new(FailureKind::Network, format!("{question}: {error}")))
}

fn outside() -> Failure {
    Failure::new(
        FailureKind::Network,
        "the validator runs outside of a lookup",
    )
}

impl Verdict {
    /// The RRset of one name and type, if the response has it.
    pub fn rrset(&self, name: &Name, kind: RecordType) -> Option<RrSet> {
        let of_set =
            |record: &&hickory_proto::rr::Record| record.name == *name && covered(record) == kind;
        let (rrsigs, records): (Vec<_>, Vec<_>) = self
            .message
            .answers
            .iter()
            .filter(of_set)
            .cloned()
            .partition(|record| ttl::rrsig(record).is_some());
        let proven = records
            .iter()
            .map(|record| State::from(record.proof))
            .min()?;
        let rrsig = rrsigs
            .iter()
            .find(|record| record.proof == Proof::Secure)
            .or(rrsigs.first())
            .cloned();
        let mut set = RrSet {
            name: name.clone(),
            kind,
            state: proven,
            records,
            rrsig,
            proof_of_absence: Vec::new(),
        };
        set.state = proven.min(self.wildcard_state(&mut set));
        Some(set)
    }

    /// RFC 4035 5.3.4: a wildcard's answer also needs the proof that the exact name is not there.
    fn wildcard_state(&self, set: &mut RrSet) -> State {
        let authorities = &self.message.authorities;
        let Some(rrsig) = set
            .signature()
            .filter(|sig| sig.input().num_labels < set.name.num_labels())
        else {
            return self.refused.unwrap_or(State::Secure);
        };
        let denied = |kind| {
            authorities
                .iter()
                .any(|r| r.proof == Proof::Secure && r.record_type() == kind)
        };
        let state = match self.refused {
            // hickory wants the wildcard itself to be absent, which one with a single label never is (native.md 1)
            Some(State::Bogus) if denial::wildcard_proven(&set.name, rrsig, authorities) => {
                State::Secure
            }
            Some(refused) => refused,
            None if set.state != State::Secure => set.state,
            None if denial::opt_out(&set.name, authorities) => State::Insecure,
            None if denied(RecordType::NSEC) || denied(RecordType::NSEC3) => State::Secure,
            None => State::Bogus,
        };
        set.proof_of_absence = authorities.clone();
        state
    }
}
