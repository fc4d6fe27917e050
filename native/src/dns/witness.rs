//! The second validator, NLnet Labs' `domain`: an answer is secure only if it agrees (native.md 1, "A second witness"). It judges
//! the very RRsets that are handed on, asks through the same lookup, and has caches of its own.

use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

use bytes::Bytes;
use domain::{
    base,
    dnssec::validator::{
        anchor::TrustAnchors,
        context::{Config, ValidationContext, ValidationState},
    },
    net::client::request::{ComposeRequest, Error, GetResponse, RequestMessage, SendRequest},
};
use hickory_proto::{
    dnssec::Algorithm,
    op::{Message, Query},
};

use super::{
    anchors::Anchors,
    answer::{Answer, Fault, Link, RrSet, State, WitnessWord},
    chain,
    lookup::Lookup,
    names,
    question::{Failure, FailureKind, Question},
};

pub struct Witness(ValidationContext<Asker>);

/// What it says of one RRset that hickory calls secure.
enum Word {
    Secure,
    Insecure,
    Bogus(String),
    Unavailable(Failure),
}

impl Witness {
    pub fn new(anchors: &Anchors, capacity: usize) -> Result<Self, String> {
        let anchors = TrustAnchors::from_u8(anchors.for_witness().as_bytes())
            .map_err(|error| format!("the second validator refuses the trust anchors: {error}"))?;
        let mut config = Config::new();
        config.set_max_node_cache(capacity as u64);
        config.set_max_isig_cache(capacity as u64);
        config.set_max_bogus_validity(Duration::from_secs(1));
        Ok(Self(ValidationContext::with_config(anchors, Asker, config)))
    }

    /// Weakens a secure positive answer unless every one of its RRsets is confirmed.
    pub async fn confirm(&self, answer: &mut Answer, lookup: &Lookup) {
        answer.witness = WitnessWord::Agreed;
        for set in answer.steps.clone() {
            let what = format!("{} {}", names::text(&set.name), set.kind);
            match self.judge(&set, lookup).await {
                Word::Secure => {}
                Word::Insecure
                    if answer
                        .chain
                        .iter()
                        .any(|link| link.zone.zone_of(&set.name) && is_beyond(link)) =>
                {
                    answer.witness = WitnessWord::UnsupportedAlgorithm;
                }
                Word::Insecure => {
                    return disagree(
                        answer,
                        format!("{what}: the second validator calls it insecure"),
                    );
                }
                Word::Bogus(why) => {
                    return disagree(
                        answer,
                        format!("{what}: the second validator calls it bogus: {why}"),
                    );
                }
                Word::Unavailable(failure) => return unavailable(answer, failure.text),
            }
        }
    }

    async fn judge(&self, set: &RrSet, lookup: &Lookup) -> Word {
        let known = lookup.failures();
        let mut message = match message(set) {
            Ok(message) => message,
            Err(why) => return Word::Bogus(why),
        };
        let verdict = self.0.validate_msg::<_, Vec<u8>>(&mut message).await;
        let state = match verdict {
            Ok((ValidationState::Secure, _)) => return Word::Secure,
            Ok((ValidationState::Insecure, _)) => Word::Insecure,
            Ok((state, reason)) => Word::Bogus(format!(
                "{state:?} {}",
                reason.map(|r| r.to_string()).unwrap_or_default()
            )),
            Err(error) => Word::Bogus(error.to_string()),
        };
        // An outage never counts as a word against the answer: it calls what it cannot fetch bogus.
        lookup.failure_after(known).map_or(state, Word::Unavailable)
    }
}

pub fn disagree(answer: &mut Answer, why: String) {
    answer.witness = WitnessWord::Disagreed;
    answer.fail(State::Bogus, Fault::Witness, why);
}

pub fn unavailable(answer: &mut Answer, why: String) {
    answer.witness = WitnessWord::Unavailable;
    answer.fail(State::Indeterminate, Fault::WitnessUnavailable, why);
}

/// A zone whose keys hickory can verify and `domain` (with ring) cannot: there hickory decides alone.
fn is_beyond(link: &Link) -> bool {
    link.ds
        .as_ref()
        .is_some_and(|ds| !chain::digests(ds).any(|ds| verifies(&ds.algorithm())))
}

/// The algorithms of `domain` 0.12.3 over ring.
pub fn verifies(algorithm: &Algorithm) -> bool {
    matches!(
        algorithm,
        Algorithm::RSASHA256 | Algorithm::RSASHA512 | Algorithm::ECDSAP256SHA256
    )
}

/// The RRset as the answer to exactly the question for it.
fn message(set: &RrSet) -> Result<base::Message<Bytes>, String> {
    let mut message = Message::query().into_response();
    message
        .queries
        .push(Query::query(set.name.clone(), set.kind));
    message
        .answers
        .extend(set.records.iter().chain(&set.rrsig).cloned());
    message
        .authorities
        .extend(set.proof_of_absence.iter().cloned());
    encode(&message)
}

fn encode(message: &Message) -> Result<base::Message<Bytes>, String> {
    let bytes = message.to_vec().map_err(|error| error.to_string())?;
    base::Message::from_octets(Bytes::from(bytes)).map_err(|error| error.to_string())
}

/// Its way to the network: the lookup in whose task it runs, so that questions are shared, counted and their failures noted.
struct Asker;

impl SendRequest<RequestMessage<Vec<u8>>> for Asker {
    fn send_request(&self, request: RequestMessage<Vec<u8>>) -> Box<dyn GetResponse + Send + Sync> {
        Box::new(Asking(question(&request), Lookup::try_current()))
    }
}

fn question(request: &RequestMessage<Vec<u8>>) -> Option<Question> {
    let message = Message::from_vec(&request.to_vec().ok()?).ok()?;
    message
        .queries
        .first()
        .map(|query| Question::new(&query.name, query.query_type))
}

struct Asking(Option<Question>, Option<Arc<Lookup>>);

impl std::fmt::Debug for Asking {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Asking({:?})", self.0)
    }
}

type Response<'a> =
    Pin<Box<dyn Future<Output = Result<base::Message<Bytes>, Error>> + Send + Sync + 'a>>;

impl GetResponse for Asking {
    fn get_response(&mut self) -> Response<'_> {
        let (question, lookup) = (self.0.take(), self.1.take());
        // `domain` wants a future that is Sync, which a task's handle is and hickory's stream is not.
        let task = tokio::spawn(async move {
            let (question, lookup) = (question?, lookup?);
            let heard = lookup.ask(&question).await.ok()?;
            let encoded = encode(&heard.message);
            encoded
                .map_err(|why| lookup.fail(Failure::new(FailureKind::Network, why)))
                .ok()
        });
        Box::pin(async move { task.await.ok().flatten().ok_or(Error::ConnectionClosed) })
    }
}
