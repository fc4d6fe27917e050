//! What is to be served: the zones as a person writes them.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use serde::Deserialize;

use crate::Outcome;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Description {
    /// A loopback address; port 0 lets the system choose.
    pub listen: SocketAddr,
    /// Where the DNSKEY line of the root is written.
    pub anchor: PathBuf,
    /// Of every record whose zone has no TTL of its own, in seconds.
    pub ttl: u32,
    pub zones: Vec<ZoneDescription>,
}

/// One zone. SOA, NS and the parent's side of the delegation are made.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ZoneDescription {
    pub name: String,
    /// False: no keys and, at the parent, no DS, which the parent proves.
    #[serde(default = "yes")]
    pub signed: bool,
    pub broken: Option<Broken>,
    pub ttl: Option<u32>,
    /// Lines of a zone file, names relative to the zone: `_xmpp-server._tcp SRV 0 0 5269 xmpp1.example.`
    #[serde(default)]
    pub records: Vec<String>,
}

/// How a signed zone is wrong.
#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Broken {
    /// The signatures over its data are not by its key.
    Signatures,
    /// The DS at its parent is of another key.
    Delegation,
    /// Its signatures ended a month ago.
    Expired,
}

fn yes() -> bool {
    true
}

impl Description {
    pub fn read(path: &Path) -> Outcome<Self> {
        let text = std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
        let description: Self = serde_json::from_slice(&text)
            .map_err(|error| format!("{}: {error}", path.display()))?;
        if !description.listen.ip().is_loopback() {
            return Err(format!(
                "{}: listen: {} is not a loopback address",
                path.display(),
                description.listen
            )
            .into());
        }
        Ok(description)
    }
}
