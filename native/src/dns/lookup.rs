//! One lookup on its way: what it has asked and heard, what that cost, and what failed. The validators find it through the
//! task they run in, so that one set of validators (and their caches) serves every lookup.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use hickory_proto::{op::Message, rr::RecordType};

use super::{
    clock::Clock,
    config::Budget,
    lock,
    question::{Failure, FailureKind, Heard, Question},
    ttl,
    upstream::Upstream,
};

tokio::task_local! {
    static CURRENT: Arc<Lookup>;
}

pub struct Lookup {
    pub clock: Arc<Clock>,
    upstream: Arc<Upstream>,
    budget: Budget,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    spent: Budget,
    heard: HashMap<Question, Result<Arc<Heard>, Failure>>,
    failures: Vec<Failure>,
}

impl Lookup {
    pub fn new(upstream: Arc<Upstream>, clock: Arc<Clock>, budget: Budget) -> Arc<Self> {
        Arc::new(Self {
            clock,
            upstream,
            budget,
            state: Mutex::default(),
        })
    }

    pub fn try_current() -> Option<Arc<Self>> {
        CURRENT.try_with(Arc::clone).ok()
    }

    /// Runs `future` as part of this lookup.
    pub async fn scope<F: Future>(self: &Arc<Self>, future: F) -> F::Output {
        CURRENT.scope(self.clone(), future).await
    }

    /// Each question is asked once per lookup, whoever wants it; every first hearing is paid for.
    pub async fn ask(&self, question: &Question) -> Result<Arc<Heard>, Failure> {
        let known = lock(&self.state).heard.get(question).cloned();
        let result = match known {
            Some(known) => known,
            None => self.ask_upstream(question).await,
        };
        let mut state = lock(&self.state);
        if let Err(failure) = &result {
            state.failures.push(failure.clone());
        }
        state.heard.insert(question.clone(), result.clone());
        result
    }

    async fn ask_upstream(&self, question: &Question) -> Result<Arc<Heard>, Failure> {
        let heard = match self.upstream.kept(question) {
            Some(kept) => kept,
            None => {
                self.pay(
                    Budget {
                        questions: 1,
                        signatures: 0,
                        bytes: 0,
                    },
                    question,
                )?;
                self.upstream.ask(question).await?
            }
        };
        let signatures = signatures(&heard.message);
        self.pay(
            Budget {
                questions: 0,
                signatures,
                bytes: heard.bytes,
            },
            question,
        )?;
        Ok(heard)
    }

    fn pay(&self, price: Budget, question: &Question) -> Result<(), Failure> {
        let spent = &mut lock(&self.state).spent;
        spent.questions += price.questions;
        spent.signatures += price.signatures;
        spent.bytes += price.bytes;
        match spent.beyond(&self.budget) {
            Some(what) => Err(Failure::new(
                FailureKind::Budget,
                format!("{question}: the lookup costs more than {what}"),
            )),
            None => Ok(()),
        }
    }

    /// What this lookup heard on a question that it asked.
    pub fn heard(&self, question: &Question) -> Option<Arc<Heard>> {
        lock(&self.state).heard.get(question)?.clone().ok()
    }

    /// The first failure after the first `known` ones.
    pub fn failure_after(&self, known: usize) -> Option<Failure> {
        lock(&self.state).failures.get(known).cloned()
    }

    pub fn failures(&self) -> usize {
        lock(&self.state).failures.len()
    }

    pub fn fail(&self, failure: Failure) {
        lock(&self.state).failures.push(failure);
    }

    pub fn spent(&self) -> Budget {
        lock(&self.state).spent
    }

    /// A verdict that cannot be used must not live on in what it was made of.
    pub fn forget_heard(&self) {
        self.upstream.forget(lock(&self.state).heard.keys());
    }
}

/// What a validator may have to verify of a message; the NS records beside an answer are never looked at.
fn signatures(message: &Message) -> usize {
    let records = message.answers.iter().chain(&message.authorities);
    records
        .filter_map(ttl::rrsig)
        .filter(|rrsig| rrsig.input().type_covered != RecordType::NS)
        .count()
}
