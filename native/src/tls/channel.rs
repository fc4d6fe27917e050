//! One TLS connection without I/O, by rustls, with what rustls forgives and we do not.
use super::context::Choice;
use super::records::{HANDSHAKE, Records};
use super::verifier::is_readable;
use rustls::pki_types::ServerName;
use rustls::{ClientConnection, Connection, Error, ProtocolVersion, ServerConnection};
use std::io::{Read, Write};
use std::sync::Arc;

/// Why a session cannot go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// rustls refused what the peer sent, in its words.
    Tls(String),
    /// The peer's certificate is no X.509 v3 in strict DER, too large, or did not sign this handshake.
    Certificate(String),
    /// Bytes wait behind the element that starts TLS (protocol.md A-39).
    Injection,
    Renegotiation,
    /// We did something out of turn.
    Argument,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        match error {
            Error::InvalidCertificate(_) => Failure::Certificate(error.to_string()),
            other => Failure::Tls(other.to_string()),
        }
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Failure {
        Failure::Tls(error.to_string())
    }
}

pub struct Channel {
    connection: Connection,
    choice: Arc<Choice>,
    records: Records,
    peer_closed: bool,
}

/// Most plaintext in one record (RFC 8446 5.1).
const RECORD: usize = 16 * 1024;

impl Channel {
    pub fn server(choice: Choice) -> Result<Channel, Failure> {
        let choice = Arc::new(choice);
        let connection = ServerConnection::new(Choice::server_config(&choice))?;
        Ok(Channel::new(connection.into(), choice))
    }

    pub fn client(choice: Choice, sni: &str) -> Result<Channel, Failure> {
        let name = ServerName::try_from(sni.to_owned()).map_err(|_| Failure::Argument)?;
        let choice = Arc::new(choice);
        let connection = ClientConnection::new(Choice::client_config(&choice), name)?;
        Ok(Channel::new(connection.into(), choice))
    }

    fn new(mut connection: Connection, choice: Arc<Choice>) -> Channel {
        connection.set_buffer_limit(None); // whoever writes keeps the bound: wire/outlet.ts
        Channel {
            connection,
            choice,
            records: Records::default(),
            peer_closed: false,
        }
    }

    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// What the peer showed, leaf first, its key proven. A leaf that nobody can read stands alone and empty.
    pub fn chain(&self) -> Vec<&[u8]> {
        match self.connection.peer_certificates().unwrap_or(&[]) {
            [leaf, ..] if !is_readable(leaf) => vec![&[]],
            chain => chain.iter().map(AsRef::as_ref).collect(),
        }
    }

    /// The OCSP response that came with the chain; empty when none did.
    pub fn staple(&self) -> &[u8] {
        self.choice.staple()
    }

    pub fn peer_closed(&self) -> bool {
        self.peer_closed
    }

    /// The first DNS name of the certificate that we show.
    pub fn own(&self) -> Option<&str> {
        match &self.connection {
            Connection::Server(server) => self.choice.shown(server.server_name()),
            Connection::Client(_) => self.choice.shown(None),
        }
    }

    /// Decrypts `input`, record by record, behind what waits.
    pub fn decrypt(&mut self, mut input: &[u8], waiting: &mut Vec<u8>) -> Result<(), Failure> {
        while !input.is_empty() && !self.peer_closed {
            let (mut piece, rest) = self.records.split(input);
            input = rest;
            // RFC 6120 5.3.5 (TLS-9): rustls would only say no and go on.
            if self.records.kind() == HANDSHAKE && self.is_settled_tls12() {
                return Err(Failure::Renegotiation);
            }
            while !piece.is_empty() {
                self.connection.read_tls(&mut piece)?;
                let state = self.connection.process_new_packets()?;
                let start = waiting.len();
                waiting.resize(start + state.plaintext_bytes_to_read(), 0);
                self.connection.reader().read_exact(&mut waiting[start..])?;
                if state.peer_has_closed() {
                    self.peer_closed = true;
                    break;
                }
            }
        }
        Ok(())
    }

    fn is_settled_tls12(&self) -> bool {
        !self.connection.is_handshaking()
            && self.connection.protocol_version() == Some(ProtocolVersion::TLSv1_2)
    }

    /// Encrypts all of `plain`; what does not fit into `out` comes with the next pull.
    pub fn encrypt(&mut self, plain: &[u8], out: &mut [u8]) -> Result<usize, Failure> {
        let mut at = 0;
        for piece in plain.chunks(RECORD) {
            self.connection.writer().write_all(piece)?;
            at += self.pull(&mut out[at..]);
        }
        Ok(at)
    }

    pub fn pull(&mut self, mut out: &mut [u8]) -> usize {
        let room = out.len();
        while self.connection.wants_write() && !out.is_empty() {
            if self.connection.write_tls(&mut out).is_err() {
                break; // writing to memory: never
            }
        }
        room - out.len()
    }

    pub fn close_notify(&mut self) {
        self.connection.send_close_notify();
    }
}
