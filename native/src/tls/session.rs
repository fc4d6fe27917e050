//! One TCP connection's bytes: plaintext at first, TLS when ordered, framed always (native.md 2).
use super::context::Context;
use super::records::Records;
use crate::xml::{Content, Fault, Framer, Limits};
use rustls::pki_types::ServerName;
use rustls::{ClientConnection, Connection, ProtocolVersion, ServerConnection};
use std::io::{Read, Write};

/// Which end of the handshake is ours.
pub enum Side<'a> {
    Server { preferred: Option<&'a str> },
    Client { sni: &'a str, identity: &'a str },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionError {
    /// rustls refused what the peer sent; `Session::error` has its words.
    Tls,
    /// Bytes wait behind the element that starts TLS (protocol.md A-39).
    Injection,
    Renegotiation,
    Argument,
}

/// What one feed did.
#[derive(Clone, Copy, Debug, Default)]
pub struct Fed {
    pub consumed: usize,
    /// Bytes at the beginning of `out` that the records point into.
    pub framed: usize,
    pub records: usize,
    /// Items may be left: feed again, without input if there is none.
    pub more: bool,
    pub fault: Option<Fault>,
    /// The peer sent close_notify: nothing more will come.
    pub peer_closed: bool,
}

pub struct Session {
    framer: Framer,
    /// Plaintext that is not framed yet.
    waiting: Vec<u8>,
    tls: Option<Box<Tls>>,
    error: Option<String>,
}

struct Tls {
    connection: Connection,
    records: Records,
    peer_closed: bool,
}

/// Ciphertext that rustls is given at once: about two records.
const BITE: usize = 32 * 1024;
/// An idle session keeps no more than this for what is to come.
const SPARE: usize = 4096;

impl Session {
    pub fn new(content: Content, limits: Limits) -> Session {
        Session {
            framer: Framer::new(content, limits),
            waiting: Vec::new(),
            tls: None,
            error: None,
        }
    }

    pub fn framer(&mut self) -> &mut Framer {
        &mut self.framer
    }

    /// The TLS library's words for what went wrong.
    pub fn error(&self) -> &str {
        self.error.as_deref().unwrap_or("")
    }

    pub fn connection(&self) -> Option<&Connection> {
        self.tls.as_deref().map(|tls| &tls.connection)
    }

    pub fn is_handshaking(&self) -> bool {
        self.connection().is_some_and(|c| c.is_handshaking())
    }

    pub fn wants_write(&self) -> bool {
        self.connection().is_some_and(|c| c.wants_write())
    }

    /// The next byte from the peer belongs to the handshake; the stream begins anew after it (RFC 6120 5.4.3.3).
    pub fn start_tls(&mut self, context: &Context, side: Side<'_>) -> Result<(), SessionError> {
        if self.tls.is_some() {
            return Err(SessionError::Argument);
        }
        if !self.waiting.is_empty() {
            return Err(SessionError::Injection);
        }
        let connection: Connection = match side {
            Side::Server { preferred } => ServerConnection::new(context.server(preferred))
                .map_err(|_| SessionError::Tls)?
                .into(),
            Side::Client { sni, identity } => {
                let name =
                    ServerName::try_from(sni.to_owned()).map_err(|_| SessionError::Argument)?;
                ClientConnection::new(context.client(identity), name)
                    .map_err(|_| SessionError::Tls)?
                    .into()
            }
        };
        self.framer.restart();
        self.tls = Some(Box::new(Tls {
            connection,
            records: Records::default(),
            peer_closed: false,
        }));
        Ok(())
    }

    /// Takes bytes from the socket, and frames what is plaintext into `out` and `records`.
    pub fn feed(
        &mut self,
        input: &[u8],
        out: &mut [u8],
        records: &mut [u32],
    ) -> Result<Fed, SessionError> {
        let mut fed = Fed::default();
        fed.consumed = match &mut self.tls {
            None => {
                self.waiting.extend_from_slice(input);
                input.len()
            }
            Some(tls) => {
                let bite = &input[..input.len().min(BITE)];
                let decrypted = tls.decrypt(bite, &mut self.waiting);
                decrypted.map_err(|(error, words)| {
                    self.error = Some(words);
                    error
                })?
            }
        };
        fed.peer_closed = self.tls.as_ref().is_some_and(|tls| tls.peer_closed);
        self.frame(out, records, &mut fed);
        Ok(fed)
    }

    fn frame(&mut self, out: &mut [u8], records: &mut [u32], fed: &mut Fed) {
        let within = self.waiting.len().min(out.len());
        let run = self.framer.run(&self.waiting[..within], records);
        fed.records = run.records;
        fed.fault = run.fault;
        fed.more = run.more || (within < self.waiting.len() && run.used > 0);
        fed.framed = run.used;
        if run.records > 0 {
            out[..run.used].copy_from_slice(&self.waiting[..run.used]);
        }
        self.waiting.drain(..run.used);
        if self.waiting.is_empty() && self.waiting.capacity() > SPARE {
            self.waiting = Vec::new();
        }
    }

    /// Encrypts, or in plaintext copies, `plain` for the socket.
    pub fn write(&mut self, plain: &[u8], out: &mut Vec<u8>) -> Result<(), SessionError> {
        let Some(tls) = &mut self.tls else {
            out.extend_from_slice(plain);
            return Ok(());
        };
        let written = tls.connection.writer().write_all(plain);
        written.map_err(|_| SessionError::Tls)?;
        tls.pull(out)
    }

    /// What the TLS library wants to send by itself: handshake, alerts, close_notify.
    pub fn pull(&mut self, out: &mut Vec<u8>) -> Result<(), SessionError> {
        self.tls.as_mut().map_or(Ok(()), |tls| tls.pull(out))
    }

    pub fn close_notify(&mut self) {
        if let Some(tls) = &mut self.tls {
            tls.connection.send_close_notify();
        }
    }
}

impl Tls {
    /// Decrypts all of `input` behind what waits; how much of it was taken.
    fn decrypt(
        &mut self,
        input: &[u8],
        waiting: &mut Vec<u8>,
    ) -> Result<usize, (SessionError, String)> {
        let old = !self.connection.is_handshaking()
            && self.connection.protocol_version() == Some(ProtocolVersion::TLSv1_2);
        if self.records.has_handshake(input) && old {
            return Err((SessionError::Renegotiation, "renegotiation".into()));
        }
        let mut rest = input;
        while !rest.is_empty() {
            let took = self.connection.read_tls(&mut rest);
            if took.map_err(|e| (SessionError::Tls, e.to_string()))? == 0 {
                break;
            }
            let state = self.connection.process_new_packets();
            let state = state.map_err(|e| (SessionError::Tls, e.to_string()))?;
            self.peer_closed |= state.peer_has_closed();
            let start = waiting.len();
            waiting.resize(start + state.plaintext_bytes_to_read(), 0);
            let read = self.connection.reader().read_exact(&mut waiting[start..]);
            read.map_err(|e| (SessionError::Tls, e.to_string()))?;
        }
        Ok(input.len() - rest.len())
    }

    fn pull(&mut self, out: &mut Vec<u8>) -> Result<(), SessionError> {
        while self.connection.wants_write() {
            self.connection
                .write_tls(out)
                .map_err(|_| SessionError::Tls)?;
        }
        Ok(())
    }
}
