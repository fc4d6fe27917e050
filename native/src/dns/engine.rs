//! Tickets in, replies out, both bounded: the half of the resolver that the C border talks to (resolver.md 4).

use std::{
    collections::{HashMap, VecDeque},
    panic::AssertUnwindSafe,
    sync::{
        Arc, Condvar, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use futures_util::FutureExt;
use rustls::RootCertStore;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::{runtime::Runtime, task::AbortHandle};

use super::{
    answer::{Answer, Fault},
    clock::Millis,
    config::Config,
    lock, names,
    question::Question,
    reply::{Delivery, Request, reply},
    resolve::Resolver,
};
use crate::https::Get;

pub type Ticket = u32;

/// Larger replies become the error "too-large".
const MAX_REPLY: usize = 256 * 1024;
/// Ticket and length, both u32 little endian.
const HEADER: usize = 8;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    Invalid,
    Busy,
    Closed,
}

pub struct Engine {
    resolver: Arc<Resolver>,
    runtime: Mutex<Option<Runtime>>,
    desk: Arc<Desk>,
    max_inflight: usize,
}

/// The tickets that are out and the replies that wait to be drained.
#[derive(Default)]
struct Desk {
    state: Mutex<DeskState>,
    filled: Condvar,
    panics: AtomicU64,
    answered: AtomicU64,
}

#[derive(Default)]
struct DeskState {
    running: HashMap<Ticket, AbortHandle>,
    replies: VecDeque<(Ticket, Vec<u8>)>,
    closed: bool,
}

#[derive(Deserialize)]
#[serde(tag = "cmd", rename_all = "lowercase", deny_unknown_fields)]
enum Command {
    Stats,
    Flush,
    #[serde(rename_all = "camelCase")]
    Clock {
        offset_ms: Millis,
    },
}

impl Engine {
    pub fn open(config: &[u8]) -> Result<Self, String> {
        let config = Config::parse(config)?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .max_blocking_threads(1)
            .thread_name("verona-dns")
            .enable_all()
            .build()
            .map_err(|error| format!("runtime: {error}"))?;
        let max_inflight = config.max_inflight;
        let resolver = Resolver::new(config)?;
        Ok(Self {
            resolver,
            runtime: Mutex::new(Some(runtime)),
            desk: Arc::default(),
            max_inflight,
        })
    }

    /// Takes a question, or refuses at once: nothing here grows without bound.
    pub fn submit(&self, ticket: Ticket, request: &[u8]) -> Result<(), Refusal> {
        let request: Request = serde_json::from_slice(request).map_err(|_| Refusal::Invalid)?;
        if request.v != 1 {
            return Err(Refusal::Invalid);
        }
        let resolver = self.resolver.clone();
        self.start(ticket, async move { look(&resolver, &request).await })
    }

    /// Takes an HTTPS GET, or refuses at once.
    pub fn get(&self, ticket: Ticket, request: &[u8], roots: RootCertStore) -> Result<(), Refusal> {
        let request: Get = serde_json::from_slice(request).map_err(|_| Refusal::Invalid)?;
        if request.v != 1 {
            return Err(Refusal::Invalid);
        }
        self.start(ticket, async move { request.run(roots).await })
    }

    /// Whatever becomes of it, the ticket is answered once.
    fn start(
        &self,
        ticket: Ticket,
        work: impl Future<Output = Value> + Send + 'static,
    ) -> Result<(), Refusal> {
        let runtime = lock(&self.runtime);
        let runtime = runtime.as_ref().ok_or(Refusal::Closed)?;
        let mut state = lock(&self.desk.state);
        if state.running.len() + state.replies.len() >= self.max_inflight {
            return Err(Refusal::Busy);
        }
        if state.running.contains_key(&ticket)
            || state.replies.iter().any(|(other, _)| *other == ticket)
        {
            return Err(Refusal::Invalid);
        }
        let desk = self.desk.clone();
        // The task cannot file its reply before it is registered: filing takes the lock that we hold.
        let task = runtime.spawn(async move {
            let done = AssertUnwindSafe(work).catch_unwind().await;
            let reply = done.unwrap_or_else(|_| {
                desk.panics.fetch_add(1, Ordering::Relaxed);
                failed("", Fault::Internal, "it panicked")
            });
            desk.file(ticket, reply);
        });
        state.running.insert(ticket, task.abort_handle());
        Ok(())
    }

    /// The ticket is answered all the same, with the error "cancelled".
    pub fn cancel(&self, ticket: Ticket) {
        let running = lock(&self.desk.state).running.get(&ticket).cloned();
        if let Some(task) = running {
            task.abort();
            self.desk
                .file(ticket, failed("", Fault::Cancelled, "cancelled"));
        }
    }

    /// Blocks until there is something to drain: its size in bytes, 0 when the time is up.
    pub fn wait(&self, timeout: Duration) -> Result<usize, Refusal> {
        let deadline = Instant::now() + timeout;
        let mut state = lock(&self.desk.state);
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if state.closed {
                return Err(Refusal::Closed);
            }
            if !state.replies.is_empty() || left.is_zero() {
                return Ok(state
                    .replies
                    .iter()
                    .map(|(_, reply)| HEADER + reply.len())
                    .sum());
            }
            let waited = self.desk.filled.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Copies as many whole frames as fit.
    pub fn drain(&self, out: &mut [u8]) -> usize {
        let mut state = lock(&self.desk.state);
        let mut used = 0;
        while let Some((ticket, reply)) = state.replies.front() {
            let end = used + HEADER + reply.len();
            let Some(frame) = out.get_mut(used..end) else {
                break;
            };
            frame[..4].copy_from_slice(&ticket.to_le_bytes());
            frame[4..HEADER].copy_from_slice(&(reply.len() as u32).to_le_bytes());
            frame[HEADER..].copy_from_slice(reply);
            used = end;
            state.replies.pop_front();
        }
        used
    }

    pub fn control(&self, command: &[u8]) -> Result<Value, String> {
        match serde_json::from_slice(command).map_err(|error| format!("command: {error}"))? {
            Command::Stats => Ok(self.stats()),
            Command::Flush => self.resolver.flush().map(|()| json!({})),
            Command::Clock { offset_ms } => self.resolver.move_clock(offset_ms).map(|()| json!({})),
        }
    }

    fn stats(&self) -> Value {
        let state = lock(&self.desk.state);
        json!({
            "running": state.running.len(),
            "waiting": state.replies.len(),
            "answered": self.desk.answered.load(Ordering::Relaxed),
            "panics": self.desk.panics.load(Ordering::Relaxed),
            "questions": self.resolver.upstream_questions(),
            "cached": self.resolver.answers.len(),
        })
    }

    /// Ends all lookups without a reply and wakes `wait`. May be called twice.
    pub fn close(&self) {
        {
            let mut state = lock(&self.desk.state);
            state.closed = true;
            state.running.drain().for_each(|(_, task)| task.abort());
            state.replies.clear();
        }
        self.desk.filled.notify_all();
        if let Some(runtime) = lock(&self.runtime).take() {
            runtime.shutdown_background();
        }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.close();
    }
}

impl Desk {
    /// Whoever takes the ticket off the running ones answers it, so it is answered once.
    fn file(&self, ticket: Ticket, reply: Value) {
        let mut bytes = reply.to_string().into_bytes();
        if bytes.len() > MAX_REPLY {
            bytes = failed("", Fault::TooLarge, "the reply is too large")
                .to_string()
                .into_bytes();
        }
        let mut state = lock(&self.state);
        if state.running.remove(&ticket).is_some() && !state.closed {
            state.replies.push_back((ticket, bytes));
            self.answered.fetch_add(1, Ordering::Relaxed);
            self.filled.notify_one();
        }
    }
}

async fn look(resolver: &Arc<Resolver>, request: &Request) -> Value {
    let Some(name) = names::parse(&request.name) else {
        return failed(
            &request.name,
            Fault::InvalidName,
            "not an absolute name in A-labels",
        );
    };
    let question = Question::new(&name, request.kind.into());
    let started = resolver.clock.now();
    let cached = if request.no_cache {
        None
    } else {
        resolver.cached(&question)
    };
    let from_cache = cached.is_some();
    let answer = match cached {
        Some(answer) => answer,
        None => ask(resolver, &question, request).await,
    };
    let now = resolver.clock.now();
    reply(
        &question,
        &answer,
        &Delivery {
            from_cache,
            took: now - started,
            now,
            chain: request.chain,
        },
    )
}

async fn ask(resolver: &Arc<Resolver>, question: &Question, request: &Request) -> Arc<Answer> {
    let limit = resolver.default_timeout();
    let timeout = request.timeout_ms.unwrap_or(limit).min(limit);
    if request.no_cache {
        return resolver.fresh_answer(question, timeout).await;
    }
    let answer =
        tokio::time::timeout(Duration::from_millis(timeout), resolver.answer(question)).await;
    answer.unwrap_or_else(|_| {
        let late = Answer::failed(
            &question.name,
            resolver.clock.now(),
            Fault::Timeout,
            "no answer before the deadline",
        );
        Arc::new(late)
    })
}

fn failed(name: &str, fault: Fault, why: &str) -> Value {
    json!({ "v": 1, "question": { "name": name }, "status": "ERROR", "state": "indeterminate", "error": fault, "why": why })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Nobody answers on the discard port of a loopback address of ours.
    fn engine(max_inflight: usize) -> Engine {
        let config = json!({
            "v": 1, "mode": "stub", "servers": [{ "ip": "127.255.0.9", "port": 9 }], "anchors": "iana",
            "maxInflight": max_inflight,
        });
        Engine::open(config.to_string().as_bytes()).unwrap()
    }

    fn request(name: &str) -> Vec<u8> {
        json!({ "v": 1, "name": name, "type": "A" })
            .to_string()
            .into_bytes()
    }

    /// Tickets and errors of everything that is answered.
    fn answers(engine: &Engine, count: usize) -> Vec<(Ticket, String)> {
        let mut found = Vec::new();
        while found.len() < count {
            let size = engine.wait(Duration::from_secs(20)).unwrap();
            let mut buffer = vec![0; size];
            let filled = engine.drain(&mut buffer);
            let mut rest = &buffer[..filled];
            while let Some((head, tail)) = rest.split_at_checked(HEADER) {
                let number = |at: usize| u32::from_le_bytes(head[at..at + 4].try_into().unwrap());
                let (json, tail) = tail.split_at(number(4) as usize);
                let reply: Value = serde_json::from_slice(json).unwrap();
                found.push((
                    number(0),
                    reply["error"].as_str().unwrap_or_default().to_owned(),
                ));
                rest = tail;
            }
        }
        found.sort();
        found
    }

    #[test]
    fn a_question_beyond_the_bound_is_busy_until_replies_are_drained() {
        let engine = engine(1);
        engine.submit(1, &request("relative")).unwrap();
        while engine.wait(Duration::from_secs(20)).unwrap() == 0 {}
        assert_eq!(
            engine.submit(2, &request("relative")),
            Err(Refusal::Busy),
            "the reply was not fetched"
        );
        assert_eq!(answers(&engine, 1), [(1, "invalid-name".into())]);
        engine.submit(2, &request("relative")).unwrap();
        assert_eq!(answers(&engine, 1), [(2, "invalid-name".into())]);
    }

    #[test]
    fn a_cancelled_ticket_is_answered_once() {
        let engine = engine(4);
        engine.submit(7, &request("a.example.")).unwrap();
        assert_eq!(
            engine.submit(7, &request("a.example.")),
            Err(Refusal::Invalid),
            "a ticket is one question"
        );
        engine.cancel(7);
        engine.cancel(7);
        engine.cancel(8);
        assert_eq!(answers(&engine, 1).len(), 1);
        assert_eq!(engine.wait(Duration::ZERO), Ok(0));
    }

    #[test]
    fn a_buffer_that_is_too_small_takes_nothing() {
        let engine = engine(4);
        engine.submit(1, &request("relative")).unwrap();
        let size = engine.wait(Duration::from_secs(20)).unwrap();
        assert_eq!(engine.drain(&mut vec![0; size - 1]), 0);
        assert_eq!(engine.drain(&mut vec![0; size]), size);
    }

    #[test]
    fn closing_ends_everything_and_may_be_repeated() {
        let engine = engine(4);
        engine.submit(1, &request("a.example.")).unwrap();
        engine.close();
        engine.close();
        assert_eq!(engine.wait(Duration::from_secs(20)), Err(Refusal::Closed));
        assert_eq!(
            engine.submit(2, &request("a.example.")),
            Err(Refusal::Closed)
        );
    }

    #[test]
    fn broken_requests_and_settings_are_refused() {
        let engine = engine(4);
        let unknown = br#"{"v":1,"name":"a.","type":"A","dnssec":false}"#;
        for bad in [
            &b"{"[..],
            b"",
            br#"{"v":2,"name":"a.","type":"A"}"#,
            br#"{"v":1,"name":"a.","type":"MX"}"#,
            unknown,
        ] {
            assert_eq!(engine.submit(1, bad), Err(Refusal::Invalid));
        }
        for bad in [
            "",
            "{}",
            r#"{"v":1,"mode":"stub","servers":[],"anchors":"iana"}"#,
        ] {
            assert!(Engine::open(bad.as_bytes()).is_err());
        }
        assert!(engine.control(br#"{"cmd":"shell"}"#).is_err());
    }
}
