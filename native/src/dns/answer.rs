//! What a lookup found out, before it becomes a message: states, RRsets, links of the chain of trust.

use std::sync::Arc;

use hickory_proto::{
    dnssec::{Proof, rdata::RRSIG},
    op::Message,
    rr::{Name, Record, RecordType},
};
use serde::Serialize;

use super::{
    clock::Millis,
    question::{Failure, FailureKind},
    ttl,
};

/// RFC 4033 5, weakest first: the state of a whole is the minimum of its parts (protocol.md 5.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    Bogus,
    Indeterminate,
    Insecure,
    Secure,
}

impl From<Proof> for State {
    /// hickory's "indeterminate" means "not looked at", which proves nothing (resolver.md 2.3).
    fn from(proof: Proof) -> Self {
        match proof {
            Proof::Secure => Self::Secure,
            Proof::Insecure => Self::Insecure,
            Proof::Bogus | Proof::Indeterminate => Self::Bogus,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Status {
    #[serde(rename = "NOERROR")]
    Found,
    #[serde(rename = "NODATA")]
    NoData,
    #[serde(rename = "NXDOMAIN")]
    NoName,
    #[serde(rename = "ERROR")]
    Error,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    Timeout,
    Servfail,
    Refused,
    Network,
    Cancelled,
    TooLarge,
    Loop,
    Budget,
    Bogus,
    Witness,
    WitnessUnavailable,
    InvalidName,
    Internal,
}

impl From<FailureKind> for Fault {
    fn from(kind: FailureKind) -> Self {
        match kind {
            FailureKind::Timeout => Self::Timeout,
            FailureKind::Servfail => Self::Servfail,
            FailureKind::Refused => Self::Refused,
            FailureKind::Network => Self::Network,
            FailureKind::Budget => Self::Budget,
            FailureKind::TooLarge => Self::TooLarge,
        }
    }
}

/// What the second validator said (native.md 1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum WitnessWord {
    Agreed,
    Off,
    UnsupportedAlgorithm,
    NotAsked,
    Disagreed,
    Unavailable,
}

/// One RRset with the signature that proved it and, for a wildcard, the records that prove the exact name away.
#[derive(Clone, Debug)]
pub struct RrSet {
    pub name: Name,
    pub kind: RecordType,
    pub state: State,
    pub records: Vec<Record>,
    pub rrsig: Option<Record>,
    pub proof_of_absence: Vec<Record>,
}

impl RrSet {
    pub fn signature(&self) -> Option<&RRSIG> {
        self.rrsig.as_ref().and_then(ttl::rrsig)
    }

    /// When the signature ends.
    pub fn expires(&self, now: Millis) -> Option<Millis> {
        self.signature()
            .map(|sig| now + ttl::until_expiration(sig, now))
    }

    /// When the signature begins.
    pub fn begins(&self, now: Millis) -> Option<Millis> {
        self.signature()
            .map(|sig| now + ttl::until_inception(sig, now))
    }

    pub fn ttl(&self, now: Millis) -> Millis {
        self.records
            .iter()
            .map(|record| ttl::of_record(record, self.signature(), now))
            .min()
            .unwrap_or(0)
    }
}

/// The proof that something is not there.
#[derive(Clone, Debug)]
pub struct Denial {
    pub state: State,
    pub opt_out: bool,
    pub message: Message,
}

impl Denial {
    /// The zone whose NSEC or NSEC3 records were verified.
    pub fn signer(&self) -> Option<&Name> {
        let sigs = self
            .message
            .authorities
            .iter()
            .filter(|record| record.proof == Proof::Secure)
            .filter_map(ttl::rrsig);
        sigs.map(|sig| &sig.input().signer_name).next()
    }

    pub fn ttl(&self, now: Millis) -> Millis {
        ttl::of_message(&self.message, now)
    }
}

/// One zone of the chain of trust: the DS from its parent, its keys, and when the earlier of their signatures ends.
#[derive(Clone, Debug)]
pub struct Link {
    pub zone: Name,
    pub state: State,
    pub ds: Option<RrSet>,
    pub dnskey: Option<RrSet>,
    /// The keys that the DS or the configured anchors vouch for.
    pub entry_keys: Vec<u16>,
    /// Until when the shorter of both may be kept.
    pub until: Millis,
    pub expires: Option<Millis>,
}

impl Link {
    /// A delegation that the parent proves to be without a DS that anybody could use.
    pub fn unsigned(zone: Name, ds: Option<RrSet>, until: Millis) -> Self {
        let (state, dnskey, entry_keys, expires) = (State::Insecure, None, Vec::new(), None);
        Self {
            zone,
            state,
            ds,
            dnskey,
            entry_keys,
            until,
            expires,
        }
    }
}

#[derive(Clone, Debug)]
pub struct Answer {
    pub status: Status,
    pub state: State,
    pub fault: Option<Fault>,
    pub why: Option<String>,
    pub canonical: Name,
    /// Alias by alias, last the data.
    pub steps: Vec<RrSet>,
    pub denial: Option<Denial>,
    /// Root first.
    pub chain: Vec<Arc<Link>>,
    pub witness: WitnessWord,
    pub received_at: Millis,
    /// When it is not to be used any more: the minimum over the whole chain (protocol.md 5.9 "TTL").
    pub valid_until: Millis,
    /// The earliest end of a signature, for secure answers.
    pub signed_until: Option<Millis>,
    pub questions: usize,
    pub signatures: usize,
}

impl Answer {
    pub fn empty(name: &Name, now: Millis) -> Self {
        Self {
            status: Status::Error,
            state: State::Secure,
            fault: None,
            why: None,
            canonical: name.clone(),
            steps: Vec::new(),
            denial: None,
            chain: Vec::new(),
            witness: WitnessWord::NotAsked,
            received_at: now,
            valid_until: now,
            signed_until: None,
            questions: 0,
            signatures: 0,
        }
    }

    pub fn failed(name: &Name, now: Millis, fault: Fault, why: impl Into<String>) -> Self {
        let mut answer = Self::empty(name, now);
        answer.fail(State::Indeterminate, fault, why);
        answer
    }

    /// Weakens the answer. The first reason stands unless the new state is worse; an unsigned zone is nobody's fault.
    pub fn fail(&mut self, state: State, fault: Fault, why: impl Into<String>) {
        if state < self.state {
            self.state = state;
            self.fault = (state < State::Insecure).then_some(fault);
            self.why = Some(why.into());
        }
    }

    pub fn fail_with(&mut self, failure: Failure) {
        self.fail(State::Indeterminate, failure.kind.into(), failure.text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_weakest_state_counts_and_keeps_its_reason() {
        let mut answer = Answer::empty(&Name::root(), 0);
        answer.fail(State::Insecure, Fault::Bogus, "unsigned");
        assert_eq!(
            (answer.state, answer.fault, answer.why.as_deref()),
            (State::Insecure, None, Some("unsigned"))
        );
        answer.fail(State::Bogus, Fault::Bogus, "forged");
        answer.fail(State::Indeterminate, Fault::Timeout, "late");
        answer.fail(State::Secure, Fault::Internal, "never better");
        assert_eq!(
            (answer.state, answer.fault, answer.why.as_deref()),
            (State::Bogus, Some(Fault::Bogus), Some("forged"))
        );
    }

    #[test]
    fn what_hickory_did_not_look_at_proves_nothing() {
        assert_eq!(State::from(Proof::Indeterminate), State::Bogus);
    }
}
