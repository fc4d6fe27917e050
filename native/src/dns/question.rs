//! What is asked, what came back, and how a question fails.

use std::{fmt, sync::Arc};

use hickory_net::{DnsError, NetError, NoRecords};
use hickory_proto::{
    op::{DnsRequest, DnsRequestOptions, DnsResponse, Message, Query, ResponseCode},
    rr::{Name, RecordType},
};

use super::names;

/// One question of class IN; names compare without case.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Question {
    pub name: Name,
    pub kind: RecordType,
}

impl Question {
    pub fn new(name: &Name, kind: RecordType) -> Self {
        let mut name = name.to_lowercase();
        name.set_fqdn(true);
        Self { name, kind }
    }

    pub fn query(&self) -> Query {
        Query::query(self.name.clone(), self.kind)
    }

    /// CD=1: a validating upstream would else hide bogus data as SERVFAIL (resolver.md 2.7). EDNS size 1232: protocol.md 5.8.
    pub fn request(&self) -> DnsRequest {
        let mut request = DnsRequest::from_query(self.query(), request_options());
        request.metadata.checking_disabled = true;
        request.metadata.authentic_data = false;
        request
    }
}

impl fmt::Display for Question {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} {}", names::text(&self.name), self.kind)
    }
}

pub fn request_options() -> DnsRequestOptions {
    let mut options = DnsRequestOptions::default();
    options.edns_set_dnssec_ok = true;
    options.edns_payload_len = 1232;
    options.max_request_depth = 40; // hickory's 26 ends ordinary deep names (hickory-dns #3974)
    options
}

/// A response, positive or negative, as the upstream gave it; not validated.
#[derive(Clone, Debug)]
pub struct Heard {
    pub message: Message,
    pub bytes: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    Timeout,
    Servfail,
    Refused,
    Network,
    Budget,
    TooLarge,
}

/// Why a question has no usable response. Never a verdict about the data (resolver.md 2.3).
#[derive(Clone, Debug)]
pub struct Failure {
    pub kind: FailureKind,
    pub text: String,
}

impl Failure {
    pub fn new(kind: FailureKind, text: impl Into<String>) -> Self {
        Self {
            kind,
            text: text.into(),
        }
    }
}

impl From<Failure> for NetError {
    fn from(failure: Failure) -> Self {
        NetError::Msg(failure.text)
    }
}

/// Brings hickory's two shapes of an answer (response, or "no records" as an error) back to one message.
pub fn heard(
    question: &Question,
    result: Result<DnsResponse, NetError>,
) -> Result<Arc<Heard>, Failure> {
    let (message, bytes) = match result {
        Ok(response) => {
            let (message, buffer) = response.into_parts();
            (message, buffer.len())
        }
        Err(NetError::Dns(DnsError::NoRecordsFound(none))) => {
            let message = negative(none);
            let bytes = message.to_vec().map_or(0, |buffer| buffer.len());
            (message, bytes)
        }
        Err(error) => return Err(failure(question, error)),
    };
    if message.metadata.truncation {
        return Err(Failure::new(
            FailureKind::Network,
            format!("{question}: truncated over TCP too"),
        ));
    }
    match message.queries.first() {
        Some(asked) if Question::new(&asked.name, asked.query_type) == *question => {
            Ok(Arc::new(Heard { message, bytes }))
        }
        _ => Err(Failure::new(
            FailureKind::Network,
            format!("{question}: the response answers another question"),
        )),
    }
}

fn negative(none: NoRecords) -> Message {
    let mut message = Message::query().into_response();
    message.queries.push(*none.query);
    message.metadata.response_code = none.response_code;
    message.authorities.extend(
        none.authorities
            .iter()
            .flat_map(|records| records.iter().cloned()),
    );
    message
}

fn failure(question: &Question, error: NetError) -> Failure {
    let kind = match &error {
        NetError::Timeout => FailureKind::Timeout,
        NetError::Io(io) if io.kind() == std::io::ErrorKind::TimedOut => FailureKind::Timeout,
        NetError::Dns(DnsError::ResponseCode(ResponseCode::Refused)) => FailureKind::Refused,
        NetError::Dns(DnsError::ResponseCode(_)) => FailureKind::Servfail,
        _ => FailureKind::Network,
    };
    Failure::new(kind, format!("{question}: {error}"))
}
