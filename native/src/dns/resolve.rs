//! One question to one answer: cache, single flight, walk, evidence, witness, in that order and before the deadline.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use futures_util::{
    FutureExt,
    future::{BoxFuture, Shared},
};
use tokio::{
    sync::oneshot,
    time::{Instant, timeout_at},
};

use super::{
    anchors::Anchors,
    answer::{Answer, Fault, State, Status, WitnessWord},
    cache::Cache,
    clock::{Clock, Millis},
    config::Config,
    evidence, lock,
    lookup::Lookup,
    question::Question,
    ttl,
    upstream::Upstream,
    validators::Validators,
    walk, witness,
};

type Flight = Shared<BoxFuture<'static, Arc<Answer>>>;

pub struct Resolver {
    pub clock: Arc<Clock>,
    pub answers: Cache,
    config: Config,
    validators: Mutex<Arc<Validators>>,
    flights: Mutex<HashMap<Question, Flight>>,
}

impl Resolver {
    pub fn new(config: Config) -> Result<Arc<Self>, String> {
        let clock = Arc::new(Clock::with_offset(config.clock_offset_ms));
        let anchors = Anchors::load(&config.anchors)?;
        if config.witness && !anchors.suit_witness() {
            return Err(
                "the second validator cannot verify any trust anchor; set `witness` to false"
                    .into(),
            );
        }
        let upstream = Upstream::new(&config, clock.clone()).map_err(|error| error.to_string())?;
        let validators = Validators::new(upstream, anchors, config.witness, config.cache_entries)?;
        Ok(Arc::new(Self {
            clock,
            answers: Cache::new(config.cache_entries),
            config,
            validators: Mutex::new(Arc::new(validators)),
            flights: Mutex::default(),
        }))
    }

    pub fn default_timeout(&self) -> u64 {
        self.config.timeout_ms
    }

    pub fn upstream_questions(&self) -> u64 {
        lock(&self.validators).upstream.asked()
    }

    /// Drops everything that was concluded or heard.
    pub fn flush(&self) -> Result<(), String> {
        self.answers.clear();
        self.renew_validators()
    }

    fn renew_validators(&self) -> Result<(), String> {
        let mut validators = lock(&self.validators);
        let (upstream, anchors) = (
            validators.upstream.forgetful(self.config.cache_entries),
            validators.anchors.clone(),
        );
        *validators = Arc::new(Validators::new(
            upstream,
            anchors,
            self.config.witness,
            self.config.cache_entries,
        )?);
        Ok(())
    }

    /// For tests. Answers and messages are kept by the clock that moves; the validators' own caches are not, and start anew.
    pub fn move_clock(&self, offset: Millis) -> Result<(), String> {
        self.clock.move_to_offset(offset);
        self.renew_validators()
    }

    pub fn cached(&self, question: &Question) -> Option<Arc<Answer>> {
        self.answers.get(question, self.clock.now())
    }

    /// Joins the lookup of the same question, or starts it; it goes on when this caller gives up.
    pub async fn answer(self: &Arc<Self>, question: &Question) -> Arc<Answer> {
        let flight = lock(&self.flights)
            .entry(question.clone())
            .or_insert_with(|| self.launch(question.clone()))
            .clone();
        flight.await
    }

    fn launch(self: &Arc<Self>, question: Question) -> Flight {
        let (send, receive) = oneshot::channel();
        let landing = Landing {
            resolver: self.clone(),
            question: question.clone(),
        };
        let clock = self.clock.clone();
        tokio::spawn(async move {
            let timeout = landing.resolver.config.timeout_ms;
            let answer = landing
                .resolver
                .look(&landing.question, false, timeout)
                .await;
            landing
                .resolver
                .answers
                .keep(landing.question.clone(), &answer);
            drop(landing);
            let _ = send.send(answer);
        });
        let lost = move || {
            Arc::new(Answer::failed(
                &question.name,
                clock.now(),
                Fault::Internal,
                "the lookup panicked",
            ))
        };
        receive
            .map(move |answer| answer.unwrap_or_else(|_| lost()))
            .boxed()
            .shared()
    }

    /// Past every cache of ours; what it finds is newer than what they hold.
    pub async fn fresh_answer(&self, question: &Question, timeout: u64) -> Arc<Answer> {
        let answer = self.look(question, true, timeout).await;
        self.answers.keep(question.clone(), &answer);
        answer
    }

    async fn look(&self, question: &Question, fresh: bool, timeout: u64) -> Arc<Answer> {
        let deadline = Instant::now() + Duration::from_millis(timeout);
        let shared = lock(&self.validators).clone();
        let mut answer = if fresh {
            None
        } else {
            Some(self.attempt(&shared, question, deadline).await)
        };
        if answer
            .as_ref()
            .is_none_or(|answer| answer.state == State::Bogus)
        {
            // A verdict of "bogus" may come from a key, a denial or an outage that a cache remembers: it is pronounced
            // only on what the network says now.
            shared.forget_chains();
            answer = Some(match shared.forgetful() {
                Ok(fresh) => self.attempt(&fresh, question, deadline).await,
                Err(why) => Answer::failed(&question.name, self.clock.now(), Fault::Internal, why),
            });
        }
        let answer = answer.unwrap_or_else(|| {
            Answer::failed(
                &question.name,
                self.clock.now(),
                Fault::Internal,
                "no attempt",
            )
        });
        Arc::new(answer)
    }

    async fn attempt(
        &self,
        validators: &Validators,
        question: &Question,
        deadline: Instant,
    ) -> Answer {
        let lookup = Lookup::new(
            validators.upstream.clone(),
            self.clock.clone(),
            self.config.budget,
        );
        let mut answer = lookup
            .scope(self.pursue(validators, question, &lookup, deadline))
            .await;
        if answer.state < State::Insecure {
            lookup.forget_heard();
            answer.valid_until = answer.received_at + ttl::FAILURE;
            answer.signed_until = None;
        }
        let spent = lookup.spent();
        (answer.questions, answer.signatures) = (spent.questions, spent.signatures);
        answer
    }

    async fn pursue(
        &self,
        validators: &Validators,
        question: &Question,
        lookup: &Lookup,
        deadline: Instant,
    ) -> Answer {
        let mut answer = Answer::empty(&question.name, self.clock.now());
        let judged = timeout_at(deadline, judge(validators, question, &mut answer, lookup)).await;
        if judged.is_err() {
            return Answer::failed(
                &question.name,
                self.clock.now(),
                Fault::Timeout,
                late(question, lookup),
            );
        }
        confirm(validators, &mut answer, lookup, deadline).await;
        answer
    }
}

async fn judge(validators: &Validators, question: &Question, answer: &mut Answer, lookup: &Lookup) {
    walk::walk(validators, question.kind, answer).await;
    evidence::collect(validators, answer).await;
    // resolver.md 2.3: hickory calls bogus what it could not fetch; that is not knowing, and never anything better.
    if let (State::Bogus, Some(failure)) = (answer.state, lookup.failure_after(0)) {
        answer.state = State::Indeterminate;
        (answer.fault, answer.why) = (Some(failure.kind.into()), Some(failure.text));
    }
}

async fn confirm(validators: &Validators, answer: &mut Answer, lookup: &Lookup, deadline: Instant) {
    if answer.state != State::Secure || answer.status != Status::Found {
        return;
    }
    let Some(second) = &validators.witness else {
        answer.witness = WitnessWord::Off;
        return;
    };
    let confirmed = timeout_at(deadline, second.confirm(answer, lookup)).await;
    if confirmed.is_err() {
        witness::unavailable(answer, "the second validator's time is up".into());
    }
}

fn late(question: &Question, lookup: &Lookup) -> String {
    let failed = lookup
        .failure_after(0)
        .map(|failure| format!(" ({})", failure.text))
        .unwrap_or_default();
    format!("{question}: no answer before the deadline{failed}")
}

/// Takes the flight off the board, also when the lookup panicked.
struct Landing {
    resolver: Arc<Resolver>,
    question: Question,
}

impl Drop for Landing {
    fn drop(&mut self) {
        lock(&self.resolver.flights).remove(&self.question);
    }
}
