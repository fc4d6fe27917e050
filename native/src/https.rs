//! One HTTPS GET from addresses that the caller has vetted (protocol.md 3.6): it resolves no name, follows no redirect,
//! knows no proxy and no cookie, and reads no more than it was told to.
#![forbid(unsafe_code)]

use std::{net::IpAddr, pin::pin, sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::future::select_ok;
use http_body_util::{BodyExt, Empty, Limited};
use hyper::{Request, Response, StatusCode, body::Incoming, client::conn::http1, header};
use hyper_util::rt::TokioIo;
use rustls::{
    ClientConfig, RootCertStore,
    client::Resumption,
    crypto::ring,
    pki_types::{ServerName, UnixTime},
    time_provider::TimeProvider,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::{
    net::TcpStream,
    time::{sleep, timeout},
};
use tokio_rustls::{TlsConnector, client::TlsStream};

/// RFC 8305 8: between one address and the next.
const ATTEMPT_DELAY: Duration = Duration::from_millis(250);
/// All of a response's head.
const MAX_HEAD: usize = 16 * 1024;
const MAX_FIELDS: usize = 64;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Get {
    pub v: u32,
    /// In A-labels; the certificate must bear it.
    host: String,
    port: u16,
    /// With the query, if there is one.
    path: String,
    addresses: Vec<IpAddr>,
    /// From the first connection to the last byte.
    timeout_ms: u64,
    max_bytes: usize,
    /// What certificates are dated by, in ms since the epoch.
    now_ms: u64,
}

/// Why there is no response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Fault {
    Request,
    Connect,
    Tls,
    Timeout,
    TooLarge,
    Protocol,
}

#[derive(Debug)]
struct Failure(Fault, String);

impl Get {
    /// `{status, location, body}`, or `{error, why}`; the body of 200 alone is read.
    pub async fn run(&self, roots: RootCertStore) -> Value {
        let limit = Duration::from_millis(self.timeout_ms);
        let late = || Failure(Fault::Timeout, "no response in time".into());
        let got = timeout(limit, self.fetch(roots)).await;
        match got.unwrap_or_else(|_| Err(late())) {
            Ok(page) => page,
            Err(Failure(error, why)) => json!({ "v": 1, "error": error, "why": why }),
        }
    }

    async fn fetch(&self, roots: RootCertStore) -> Result<Value, Failure> {
        let request = self.request()?;
        let stream = TokioIo::new(self.secure(roots, self.connect().await?).await?);
        let mut builder = http1::Builder::new();
        builder.max_buf_size(MAX_HEAD).max_headers(MAX_FIELDS);
        let (mut sender, connection) = builder.handshake(stream).await.map_err(protocol)?;
        let mut connection = pin!(connection);
        let mut exchange = pin!(async {
            let response = sender.send_request(request).await.map_err(protocol)?;
            page(response, self.max_bytes).await
        });
        tokio::select! {
            biased;
            page = &mut exchange => page,
            // It may end with the response still in our buffers.
            _ = &mut connection => exchange.await,
        }
    }

    fn request(&self) -> Result<Request<Empty<Bytes>>, Failure> {
        let authority = match self.port {
            443 => self.host.clone(),
            port => format!("{}:{port}", self.host),
        };
        Request::get(&self.path)
            .header(header::HOST, authority)
            .header(header::ACCEPT, "application/json")
            .header(header::USER_AGENT, "Verona")
            .header(header::CONNECTION, "close")
            .body(Empty::new())
            .map_err(|error| Failure(Fault::Request, error.to_string()))
    }

    /// Each address a little after the one before it; the first connection counts.
    async fn connect(&self) -> Result<TcpStream, Failure> {
        let attempts = self.addresses.iter().zip(0..).map(|(address, before)| {
            Box::pin(async move {
                sleep(ATTEMPT_DELAY * before).await;
                TcpStream::connect((*address, self.port)).await
            })
        });
        if self.addresses.is_empty() {
            return Err(Failure(Fault::Connect, "no address".into()));
        }
        let connected = select_ok(attempts).await;
        connected
            .map(|(stream, _)| stream)
            .map_err(|error| Failure(Fault::Connect, error.to_string()))
    }

    async fn secure(
        &self,
        roots: RootCertStore,
        stream: TcpStream,
    ) -> Result<TlsStream<TcpStream>, Failure> {
        let name = ServerName::try_from(self.host.clone())
            .map_err(|error| Failure(Fault::Request, error.to_string()))?;
        let config = client_config(roots, self.now_ms).map_err(tls)?;
        let connector = TlsConnector::from(Arc::new(config));
        connector.connect(name, stream).await.map_err(tls)
    }
}

/// Web PKI as everybody knows it, to the given roots alone.
fn client_config(roots: RootCertStore, now_ms: u64) -> Result<ClientConfig, rustls::Error> {
    let provider = Arc::new(ring::default_provider());
    let mut config = ClientConfig::builder_with_details(provider, Arc::new(Clock::at(now_ms)))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    config.resumption = Resumption::disabled();
    Ok(config)
}

async fn page(response: Response<Incoming>, max_bytes: usize) -> Result<Value, Failure> {
    let status = response.status();
    let location = response.headers().get(header::LOCATION);
    let location = location
        .and_then(|value| value.to_str().ok())
        .map(String::from);
    let body = match status {
        StatusCode::OK => Some(text(response, max_bytes).await?),
        _ => None,
    };
    Ok(json!({ "v": 1, "status": status.as_u16(), "location": location, "body": body }))
}

async fn text(response: Response<Incoming>, max_bytes: usize) -> Result<String, Failure> {
    let body = Limited::new(response.into_body(), max_bytes)
        .collect()
        .await;
    let bytes = body
        .map_err(
            |error| match error.is::<http_body_util::LengthLimitError>() {
                true => Failure(
                    Fault::TooLarge,
                    format!("the body is over {max_bytes} bytes"),
                ),
                false => protocol(error),
            },
        )?
        .to_bytes();
    String::from_utf8(bytes.into()).map_err(|_| protocol("the body is not UTF-8"))
}

/// The clock that all of Verona is judged by, which tests move.
#[derive(Debug)]
struct Clock(UnixTime);

impl Clock {
    fn at(now_ms: u64) -> Self {
        Self(UnixTime::since_unix_epoch(Duration::from_millis(now_ms)))
    }
}

impl TimeProvider for Clock {
    fn current_time(&self) -> Option<UnixTime> {
        Some(self.0)
    }
}

fn tls(error: impl ToString) -> Failure {
    Failure(Fault::Tls, error.to_string())
}

fn protocol(error: impl ToString) -> Failure {
    Failure(Fault::Protocol, error.to_string())
}
