//! The way to the recursive resolver: one question at a time per name and type, a bounded number in flight, and the
//! infrastructure messages (DS, DNSKEY, NS) kept for both validators.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use futures_util::{
    FutureExt,
    future::{BoxFuture, Shared},
};
use hickory_net::{DnsHandle, NetError, runtime::TokioRuntimeProvider, xfer::FirstAnswer};
use hickory_proto::rr::RecordType;
use hickory_resolver::{
    NameServerPool, PoolContext, TlsConfig,
    config::{ConnectionConfig, NameServerConfig, ResolverOpts},
};
use lru_cache::LruCache;
use tokio::sync::{Semaphore, oneshot};

use super::{
    clock::{Clock, Millis},
    config::{Config, Server},
    lock,
    question::{Failure, FailureKind, Heard, Question, heard},
    ttl,
};

type Response = Result<Arc<Heard>, Failure>;
type Flight = Shared<BoxFuture<'static, Response>>;

/// One more attempt after a lost datagram; each has `attempt` (hickory repeats within it by itself).
const ATTEMPTS: usize = 2;

pub struct Upstream {
    pool: NameServerPool<TokioRuntimeProvider>,
    slots: Arc<Semaphore>,
    clock: Arc<Clock>,
    kept: Mutex<LruCache<Question, Kept>>,
    flights: Mutex<HashMap<Question, Flight>>,
    asked: Arc<AtomicU64>,
}

impl Upstream {
    pub fn new(config: &Config, clock: Arc<Clock>) -> Result<Self, NetError> {
        let mut options = ResolverOpts::default();
        options.timeout = Duration::from_millis(config.attempt_ms);
        options.num_concurrent_reqs = 1;
        options.max_active_requests = 4096;
        let context = Arc::new(PoolContext::new(options, TlsConfig::new()?));
        let servers = config.servers.iter().map(name_server);
        Ok(Self {
            pool: NameServerPool::from_config(servers, context, TokioRuntimeProvider::default()),
            slots: Arc::new(Semaphore::new(config.questions_in_flight)),
            clock,
            kept: Mutex::new(LruCache::new(config.cache_entries)),
            flights: Mutex::default(),
            asked: Arc::default(),
        })
    }

    /// The same servers and the same bound, but nothing kept yet.
    pub fn forgetful(&self, capacity: usize) -> Self {
        Self {
            pool: self.pool.clone(),
            slots: self.slots.clone(),
            clock: self.clock.clone(),
            kept: Mutex::new(LruCache::new(capacity)),
            flights: Mutex::default(),
            asked: self.asked.clone(),
        }
    }

    /// Questions put on the wire since the start.
    pub fn asked(&self) -> u64 {
        self.asked.load(Ordering::Relaxed)
    }

    /// The kept message, if it still counts, as old as it is.
    pub fn kept(&self, question: &Question) -> Option<Arc<Heard>> {
        let now = self.clock.now();
        let mut kept = lock(&self.kept);
        let kept = kept
            .get_mut(question)
            .filter(|kept| kept.since <= now && now < kept.until)?;
        let age = u32::try_from((now - kept.since) / 1000).unwrap_or(u32::MAX);
        if age == 0 {
            return Some(kept.heard.clone());
        }
        let mut heard = Heard::clone(&kept.heard);
        ttl::age(&mut heard.message, age);
        Some(Arc::new(heard))
    }

    pub fn forget<'a>(&self, questions: impl Iterator<Item = &'a Question>) {
        let mut kept = lock(&self.kept);
        questions.for_each(|question| drop(kept.remove(question)));
    }

    /// Asks, or joins whoever is asking the same. The question goes on when the asker is cancelled.
    pub async fn ask(self: &Arc<Self>, question: &Question) -> Response {
        let flight = lock(&self.flights)
            .entry(question.clone())
            .or_insert_with(|| self.launch(question.clone()))
            .clone();
        flight.await
    }

    fn launch(self: &Arc<Self>, question: Question) -> Flight {
        let (send, receive) = oneshot::channel();
        let landing = Landing {
            upstream: self.clone(),
            question,
        };
        tokio::spawn(async move {
            let response = landing.upstream.fetch(&landing.question).await;
            drop(landing);
            let _ = send.send(response);
        });
        receive
            .map(|response| {
                response.unwrap_or_else(|_| {
                    Err(Failure::new(FailureKind::Network, "the question was lost"))
                })
            })
            .boxed()
            .shared()
    }

    async fn fetch(&self, question: &Question) -> Response {
        let _slot = self.slots.acquire().await;
        let mut response = self.attempt(question).await;
        for _ in 1..ATTEMPTS {
            if matches!(&response, Err(failure) if failure.kind == FailureKind::Timeout) {
                response = self.attempt(question).await;
            }
        }
        if let Ok(message) = &response {
            self.keep(question, message);
        }
        response
    }

    async fn attempt(&self, question: &Question) -> Response {
        self.asked.fetch_add(1, Ordering::Relaxed);
        heard(
            question,
            self.pool.send(question.request()).first_answer().await,
        )
    }

    fn keep(&self, question: &Question, response: &Arc<Heard>) {
        if matches!(
            question.kind,
            RecordType::DS | RecordType::DNSKEY | RecordType::NS
        ) {
            let since = self.clock.now();
            let until = since + ttl::of_message(&response.message, since);
            let heard = response.clone();
            lock(&self.kept).insert(
                question.clone(),
                Kept {
                    heard,
                    since,
                    until,
                },
            );
        }
    }
}

struct Kept {
    heard: Arc<Heard>,
    since: Millis,
    until: Millis,
}

/// Takes the flight off the board, also when the question's task panicked.
struct Landing {
    upstream: Arc<Upstream>,
    question: Question,
}

impl Drop for Landing {
    fn drop(&mut self) {
        lock(&self.upstream.flights).remove(&self.question);
    }
}

fn name_server(server: &Server) -> NameServerConfig {
    let tcp = ConnectionConfig::tcp();
    let mut connections = if server.tcp_only {
        vec![tcp]
    } else {
        vec![ConnectionConfig::udp(), tcp]
    };
    connections
        .iter_mut()
        .for_each(|connection| connection.port = server.port);
    NameServerConfig::new(server.ip, true, connections)
}

#[cfg(test)]
mod tests {
    use hickory_proto::{
        op::Message,
        rr::{Name, RData, Record, rdata::A},
    };
    use serde_json::json;

    use super::*;

    fn upstream(clock: &Arc<Clock>) -> Upstream {
        let config = json!({ "v": 1, "mode": "stub", "servers": [{ "ip": "127.0.0.1" }], "anchors": "iana" });
        let config = Config::parse(config.to_string().as_bytes()).unwrap();
        Upstream::new(&config, clock.clone()).unwrap()
    }

    fn answer(question: &Question, ttl: u32) -> Arc<Heard> {
        let mut message = Message::query().into_response();
        message.answers.push(Record::from_rdata(
            question.name.clone(),
            ttl,
            RData::A(A::new(127, 0, 0, 1)),
        ));
        Arc::new(Heard { message, bytes: 0 })
    }

    #[test]
    fn a_kept_message_grows_old_and_ends() {
        let clock = Arc::new(Clock::default());
        let upstream = upstream(&clock);
        let question = Question::new(&Name::root(), RecordType::DNSKEY);
        let left = || {
            upstream
                .kept(&question)
                .map(|heard| heard.message.answers[0].ttl)
        };
        upstream.keep(&question, &answer(&question, 300));
        assert_eq!(left(), Some(300));
        clock.move_to_offset(100_000);
        assert!(
            left().is_some_and(|ttl| ttl == 200 || ttl == 199),
            "{:?}",
            left()
        );
        clock.move_to_offset(301_000);
        assert_eq!(left(), None);
        clock.move_to_offset(-10_000);
        assert_eq!(left(), None, "it comes from the future");
    }

    #[test]
    fn only_infrastructure_is_kept_and_can_be_forgotten() {
        let upstream = upstream(&Arc::default());
        let [keys, data] =
            [RecordType::DNSKEY, RecordType::A].map(|kind| Question::new(&Name::root(), kind));
        for question in [&keys, &data] {
            upstream.keep(question, &answer(question, 300));
        }
        assert!(upstream.kept(&keys).is_some() && upstream.kept(&data).is_none());
        upstream.forget([&keys].into_iter());
        assert!(upstream.kept(&keys).is_none());
    }
}
