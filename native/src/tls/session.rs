//! One TCP connection's bytes: plaintext at first, TLS when ordered, framed always (native.md 2).
use super::channel::{Channel, Failure};
use super::context::{Choice, Context};
use crate::xml::{Content, Fault, Framer, Limits};
use rustls::Connection;

/// Which end of the handshake is ours.
pub enum Side<'a> {
    Server { preferred: Option<&'a str> },
    Client { sni: &'a str, identity: &'a str },
}

/// What one feed did.
#[derive(Clone, Copy, Debug, Default)]
pub struct Fed {
    pub consumed: usize,
    /// Bytes at the beginning of `out` that the records point into.
    pub framed: usize,
    pub records: usize,
    /// Something may be left: feed again, without input if there is none.
    pub more: bool,
    pub fault: Option<Fault>,
}

pub struct Session {
    framer: Framer,
    /// Plaintext that is not framed yet.
    waiting: Vec<u8>,
    channel: Option<Box<Channel>>,
    failure: Option<Failure>,
}

/// Ciphertext that is decrypted at once, so that what waits stays small.
const BITE: usize = 32 * 1024;
/// An idle session keeps no more room than this for what is to come.
const SPARE: usize = 4096;

impl Session {
    pub fn new(content: Content, limits: Limits) -> Session {
        Session {
            framer: Framer::new(content, limits),
            waiting: Vec::new(),
            channel: None,
            failure: None,
        }
    }

    pub fn framer(&mut self) -> &mut Framer {
        &mut self.framer
    }

    /// Why feeding failed.
    pub fn failure(&self) -> Option<&Failure> {
        self.failure.as_ref()
    }

    pub fn connection(&self) -> Option<&Connection> {
        self.channel.as_deref().map(Channel::connection)
    }

    /// What the peer showed, as `Channel::chain` has it; empty before TLS.
    pub fn chain(&self) -> Vec<&[u8]> {
        self.channel
            .as_deref()
            .map_or_else(Vec::new, Channel::chain)
    }

    /// The OCSP response that came with the chain.
    pub fn staple(&self) -> &[u8] {
        self.channel.as_deref().map_or(&[], Channel::staple)
    }

    /// The first DNS name of the certificate that we show; None before TLS.
    pub fn own(&self) -> Option<&str> {
        self.channel.as_deref().and_then(Channel::own)
    }

    pub fn is_handshaking(&self) -> bool {
        self.connection().is_some_and(|c| c.is_handshaking())
    }

    pub fn wants_write(&self) -> bool {
        self.connection().is_some_and(|c| c.wants_write())
    }

    /// The peer sent close_notify: nothing more will come, but it may still read.
    pub fn peer_closed(&self) -> bool {
        self.channel.as_deref().is_some_and(Channel::peer_closed)
    }

    /// The next byte from the peer belongs to the handshake; the stream begins anew after it (RFC 6120 5.4.3.3).
    pub fn start_tls(&mut self, context: &Context, side: Side<'_>) -> Result<(), Failure> {
        if self.channel.is_some() {
            return Err(Failure::Argument);
        }
        if !self.waiting.is_empty() {
            return Err(Failure::Injection); // protocol.md A-39
        }
        let channel = match side {
            Side::Server { preferred } => Channel::server(Choice::new(context, preferred))?,
            Side::Client { sni, identity } => {
                Channel::client(Choice::new(context, Some(identity)), sni)?
            }
        };
        self.framer.restart();
        self.channel = Some(Box::new(channel));
        Ok(())
    }

    /// Takes bytes from the socket, and frames what is plaintext into `out` and `records`. A failure is told when the
    /// plaintext before it has been framed.
    pub fn feed(
        &mut self,
        input: &[u8],
        out: &mut [u8],
        records: &mut [u32],
    ) -> Result<Fed, Failure> {
        let consumed = self.take(input);
        let mut fed = self.frame(out, records);
        fed.consumed = consumed;
        match &self.failure {
            Some(failure) if fed.records == 0 && fed.fault.is_none() => Err(failure.clone()),
            Some(_) => Ok(Fed { more: true, ..fed }),
            None => Ok(fed),
        }
    }

    fn take(&mut self, input: &[u8]) -> usize {
        let Some(channel) = &mut self.channel else {
            self.waiting.extend_from_slice(input);
            return input.len();
        };
        if self.failure.is_some() || channel.peer_closed() {
            return input.len(); // RFC 8446 6.1: what follows is ignored
        }
        let bite = &input[..input.len().min(BITE)];
        if let Err(failure) = channel.decrypt(bite, &mut self.waiting) {
            self.failure = Some(failure);
        }
        bite.len()
    }

    fn frame(&mut self, out: &mut [u8], records: &mut [u32]) -> Fed {
        let within = self.waiting.len().min(out.len());
        let run = self.framer.run(&self.waiting[..within], records);
        if run.records > 0 {
            out[..run.used].copy_from_slice(&self.waiting[..run.used]);
        }
        let more = run.more || (within < self.waiting.len() && run.used > 0);
        self.waiting.drain(..run.used);
        if self.waiting.capacity() > SPARE && self.waiting.len() < SPARE / 2 {
            self.waiting.shrink_to(SPARE / 2);
        }
        Fed {
            consumed: 0,
            framed: run.used,
            records: run.records,
            more,
            fault: run.fault,
        }
    }

    /// Encrypts, or in plaintext copies, `plain` into `out`. What does not fit comes with the next pull.
    pub fn write(&mut self, plain: &[u8], out: &mut [u8]) -> Result<usize, Failure> {
        if let Some(channel) = &mut self.channel {
            return channel.encrypt(plain, out);
        }
        let out = out.get_mut(..plain.len()).ok_or(Failure::Argument)?;
        out.copy_from_slice(plain);
        Ok(plain.len())
    }

    /// What the TLS library wants to send by itself: handshake, alerts, close_notify.
    pub fn pull(&mut self, out: &mut [u8]) -> usize {
        self.channel.as_mut().map_or(0, |channel| channel.pull(out))
    }

    pub fn close_notify(&mut self) {
        if let Some(channel) = &mut self.channel {
            channel.close_notify();
        }
    }
}
