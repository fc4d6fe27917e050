//! The configuration that `dns_open` takes (resolver.md 4.3). Unknown fields are mistakes.

use std::net::IpAddr;

use serde::Deserialize;

use super::clock::Millis;

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Config {
    pub v: u32,
    pub mode: Mode,
    pub servers: Vec<Server>,
    pub anchors: AnchorSource,
    /// A whole lookup.
    #[serde(default = "default::timeout")]
    pub timeout_ms: u64,
    /// One question to one server.
    #[serde(default = "default::attempt")]
    pub attempt_ms: u64,
    /// Lookups that are asked or not yet drained; more are BUSY.
    #[serde(default = "default::max_inflight")]
    pub max_inflight: usize,
    /// Questions on the wire at one time.
    #[serde(default = "default::questions_in_flight")]
    pub questions_in_flight: usize,
    #[serde(default = "default::budget")]
    pub budget: Budget,
    /// Answers kept.
    #[serde(default = "default::cache_entries")]
    pub cache_entries: usize,
    /// The second validator must agree (native.md 1).
    #[serde(default = "default::witness")]
    pub witness: bool,
    /// Tests move the clock with this; no production configuration names it.
    #[serde(default)]
    pub clock_offset_ms: Millis,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Asks recursive resolvers, validates here.
    Stub,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Server {
    pub ip: IpAddr,
    #[serde(default = "default::port")]
    pub port: u16,
    #[serde(default)]
    pub tcp_only: bool,
}

/// `"iana"`, `{"file": PATH}` or `{"dnskeys": [LINE, ...]}`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AnchorSource {
    Iana,
    File(String),
    Dnskeys(Vec<String>),
}

/// What one lookup may cost (protocol.md 5.9 "limits").
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Budget {
    pub questions: usize,
    pub signatures: usize,
    pub bytes: usize,
}

impl Budget {
    /// The first bound that this is over, in words.
    pub fn beyond(&self, bound: &Budget) -> Option<String> {
        match () {
            () if self.questions > bound.questions => {
                Some(format!("{} questions", bound.questions))
            }
            () if self.signatures > bound.signatures => {
                Some(format!("{} signatures", bound.signatures))
            }
            () if self.bytes > bound.bytes => Some(format!("{} bytes", bound.bytes)),
            () => None,
        }
    }
}

impl Config {
    pub fn parse(json: &[u8]) -> Result<Self, String> {
        let config: Self =
            serde_json::from_slice(json).map_err(|error| format!("configuration: {error}"))?;
        let Mode::Stub = config.mode;
        match () {
            () if config.v != 1 => Err(format!("configuration: version {} is not 1", config.v)),
            () if config.servers.is_empty() => Err("configuration: `servers` is empty".into()),
            () if config.max_inflight == 0 || config.questions_in_flight == 0 => {
                Err("configuration: a bound of 0 lets nothing through".into())
            }
            () => Ok(config),
        }
    }
}

mod default {
    use super::Budget;

    pub fn timeout() -> u64 {
        8000
    }
    pub fn attempt() -> u64 {
        2000
    }
    pub fn max_inflight() -> usize {
        4096
    }
    pub fn questions_in_flight() -> usize {
        256
    }
    pub fn budget() -> Budget {
        Budget {
            questions: 60,
            signatures: 100,
            bytes: 1 << 20,
        }
    }
    pub fn cache_entries() -> usize {
        20_000
    }
    pub fn witness() -> bool {
        true
    }
    pub fn port() -> u16 {
        53
    }
}
