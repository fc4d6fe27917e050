//! Sends, receives, and keeps the time of every message between.

use std::{
    io::{Read, Write},
    net::TcpStream,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed, Ordering::SeqCst},
    },
    thread::{self, Thread},
    time::{Duration, Instant},
};

use memchr::memmem;
use serde_json::{Value, json};

use crate::{Load, Outcome, process::Process};

/// Bytes of one message.
const SIZE: usize = 300;
/// Messages under way at most: below what peers queue before they drop in silence.
const WINDOW: u64 = 2000;
/// Messages in one write at most, as a busy gateway would.
const CHUNK: u64 = 100;
/// A message's number stands right behind `<body>`.
const DIGITS: usize = 10;
const PATIENCE: Duration = Duration::from_secs(20);
const END: &[u8] = b"</message>";
const BODY: &[u8] = b"<body>";

/// What the threads share.
struct Flight {
    began: Instant,
    sent: AtomicU64,
    received: AtomicU64,
    bounced: AtomicU64,
    lost: AtomicBool,
    /// When message N left, in ns, at N modulo its length.
    departures: Vec<AtomicU64>,
    /// Of the phase under way, in ns.
    latencies: Mutex<Vec<u64>>,
    waiting: AtomicBool,
    sender: Thread,
}

impl Flight {
    fn now(&self) -> u64 {
        self.began.elapsed().as_nanos() as u64
    }

    fn under_way(&self) -> u64 {
        self.sent.load(Relaxed) - self.received.load(SeqCst)
    }
}

pub struct Run {
    source: TcpStream,
    flight: Arc<Flight>,
    template: Vec<u8>,
    number_at: usize,
    buffer: Vec<u8>,
}

impl Run {
    pub fn start(source: TcpStream, sink: TcpStream, from: &str, to: &str) -> Outcome<Run> {
        let head =
            format!("<message from='romeo@{from}' to='juliet@{to}' type='chat' id='m'><body>");
        let number_at = head.len();
        let mut template = head.into_bytes();
        template.resize(SIZE - "</body></message>".len(), b'x');
        template.extend_from_slice(b"</body></message>");
        let flight = Arc::new(Flight {
            began: Instant::now(),
            sent: AtomicU64::new(0),
            received: AtomicU64::new(0),
            bounced: AtomicU64::new(0),
            lost: AtomicBool::new(false),
            departures: (0..WINDOW.next_power_of_two() * 2)
                .map(|_| AtomicU64::new(0))
                .collect(),
            latencies: Mutex::default(),
            waiting: AtomicBool::new(false),
            sender: thread::current(),
        });
        let returns = source.try_clone()?;
        let (receiving, watching) = (flight.clone(), flight.clone());
        thread::spawn(move || receive(sink, &receiving));
        thread::spawn(move || watch_returns(returns, &watching));
        Ok(Run {
            source,
            flight,
            template,
            number_at,
            buffer: Vec::new(),
        })
    }

    /// Sends one message; how many milliseconds it took.
    pub fn first(&mut self) -> Outcome<f64> {
        self.send(1)?;
        self.wait_for_all()?;
        let mut latencies = self
            .flight
            .latencies
            .lock()
            .map_err(|_| "a thread panicked")?;
        let latency = latencies.pop().ok_or("nothing arrived")?;
        Ok(latency as f64 / 1e6)
    }

    /// Drives one load and tells what it cost each server.
    pub fn drive(&mut self, load: &Load, servers: &[Process; 2]) -> Outcome<Value> {
        self.flight
            .latencies
            .lock()
            .map_err(|_| "a thread panicked")?
            .clear();
        let cpu = [servers[0].cpu()?, servers[1].cpu()?];
        let (began, before) = (Instant::now(), self.flight.sent.load(Relaxed));
        match load.rate {
            None => self.as_fast_as_it_goes(load.duration)?,
            Some(rate) => self.paced(rate, load.duration)?,
        }
        self.wait_for_all()?;
        let (elapsed, count) = (
            began.elapsed().as_secs_f64(),
            self.flight.sent.load(Relaxed) - before,
        );
        let spent = |i: usize| -> Outcome<f64> {
            Ok((servers[i].cpu()? - cpu[i]).as_secs_f64() * 1e6 / count as f64)
        };
        let mut latencies = std::mem::take(
            &mut *self
                .flight
                .latencies
                .lock()
                .map_err(|_| "a thread panicked")?,
        );
        latencies.sort_unstable();
        let quantile = |q: f64| latencies[((latencies.len() - 1) as f64 * q) as usize] as f64 / 1e6;
        Ok(json!({
            "load": load.name,
            "stanzas": count,
            "cpu_us_sender": spent(0)?,
            "cpu_us_receiver": spent(1)?,
            "stanzas_per_second": count as f64 / elapsed,
            "p50_ms": quantile(0.5),
            "p99_ms": quantile(0.99),
            "rss_mib_sender": servers[0].rss_mib()?,
            "rss_mib_receiver": servers[1].rss_mib()?,
        }))
    }

    fn as_fast_as_it_goes(&mut self, duration: Duration) -> Outcome<()> {
        let until = Instant::now() + duration;
        while Instant::now() < until {
            let room = WINDOW - self.flight.under_way();
            if room >= CHUNK {
                self.send(CHUNK)?;
            } else {
                self.wait_while(|flight| WINDOW - flight.under_way() < CHUNK)?;
            }
        }
        Ok(())
    }

    /// One message a write, each at its time; late ones at once.
    fn paced(&mut self, rate: f64, duration: Duration) -> Outcome<()> {
        let began = Instant::now();
        for i in 0..(rate * duration.as_secs_f64()) as u64 {
            let due = began + Duration::from_secs_f64(i as f64 / rate);
            thread::sleep(due.saturating_duration_since(Instant::now()));
            self.wait_while(|flight| flight.under_way() >= WINDOW)?;
            self.send(1)?;
        }
        Ok(())
    }

    fn send(&mut self, count: u64) -> Outcome<()> {
        let first = self.flight.sent.load(Relaxed);
        self.buffer.clear();
        for number in first..first + count {
            let start = self.buffer.len() + self.number_at;
            self.buffer.extend_from_slice(&self.template);
            write!(&mut self.buffer[start..start + DIGITS], "{number:0DIGITS$}")?;
        }
        let now = self.flight.now();
        let places = self.flight.departures.len() as u64;
        for number in first..first + count {
            self.flight.departures[(number % places) as usize].store(now, Relaxed);
        }
        self.flight.sent.store(first + count, SeqCst);
        self.source.write_all(&self.buffer)?;
        Ok(())
    }

    fn wait_for_all(&self) -> Outcome<()> {
        self.wait_while(|flight| flight.under_way() > 0)
    }

    /// Sleeps until the receiver says that something came, as often as it takes.
    fn wait_while(&self, condition: impl Fn(&Flight) -> bool) -> Outcome<()> {
        let flight = &self.flight;
        let (mut before, mut since) = (flight.received.load(SeqCst), Instant::now());
        while condition(flight) {
            let (received, bounced) = (flight.received.load(SeqCst), flight.bounced.load(SeqCst));
            if received != before {
                (before, since) = (received, Instant::now());
            }
            if bounced > 0 || flight.lost.load(SeqCst) || since.elapsed() > PATIENCE {
                let sent = flight.sent.load(Relaxed);
                return Err(format!(
                    "{sent} sent, {received} received in order, {bounced} returned"
                )
                .into());
            }
            flight.waiting.store(true, SeqCst);
            if condition(flight) {
                thread::park_timeout(Duration::from_millis(100));
            }
            flight.waiting.store(false, SeqCst);
        }
        Ok(())
    }
}

/// Reads messages until the connection ends or one is missing.
fn receive(mut sink: TcpStream, flight: &Flight) {
    let (mut buffer, mut have) = (vec![0; 1 << 18], 0);
    while !flight.lost.load(SeqCst) {
        have += match sink.read(&mut buffer[have..]) {
            Ok(0) | Err(_) => return flight.lost.store(true, SeqCst),
            Ok(length) => length,
        };
        let used = take_messages(&buffer[..have], flight);
        buffer.copy_within(used..have, 0);
        have -= used;
        if flight.waiting.load(SeqCst) {
            flight.sender.unpark();
        }
    }
}

fn take_messages(bytes: &[u8], flight: &Flight) -> usize {
    let (now, places) = (flight.now(), flight.departures.len() as u64);
    let Ok(mut latencies) = flight.latencies.lock() else {
        return bytes.len();
    };
    let (mut at, mut expected) = (0, flight.received.load(Relaxed));
    while let Some(end) = memmem::find(&bytes[at..], END) {
        if number_of(&bytes[at..at + end]) != Some(expected) {
            flight.lost.store(true, SeqCst);
            break;
        }
        latencies.push(
            now.saturating_sub(flight.departures[(expected % places) as usize].load(Relaxed)),
        );
        expected += 1;
        at += end + END.len();
    }
    flight.received.store(expected, SeqCst);
    at
}

fn number_of(message: &[u8]) -> Option<u64> {
    let at = memmem::find(message, BODY)? + BODY.len();
    std::str::from_utf8(message.get(at..at + DIGITS)?)
        .ok()?
        .parse()
        .ok()
}

/// Nothing should come back to the sender but errors.
fn watch_returns(mut source: TcpStream, flight: &Flight) {
    let mut buffer = [0; 1 << 16];
    loop {
        match source.read(&mut buffer) {
            Ok(0) | Err(_) => return,
            Ok(length) => {
                if flight.bounced.load(Relaxed) == 0 {
                    eprintln!(
                        "bench-load: returned: {}",
                        String::from_utf8_lossy(&buffer[..length.min(600)])
                    );
                }
                flight.bounced.fetch_add(
                    memmem::find_iter(&buffer[..length], "error").count().max(1) as u64,
                    SeqCst,
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_known_by_the_number_in_its_body_whatever_a_server_did_to_its_tag() {
        let message = b"<message id=\"m\" to='b' xml:lang='en'><body>0000000042xxx</body>";
        assert_eq!(number_of(message), Some(42));
        assert_eq!(number_of(b"<message><body>42</body>"), None);
    }
}
