//! Trust anchors: DNSKEY records of the root, for both validators.

use std::{fs, sync::Arc};

use domain::utils::base64;
use hickory_proto::dnssec::{Algorithm, PublicKey, PublicKeyBuf, TrustAnchors, rdata::DNSKEY};

use super::{config::AnchorSource, witness};

/// At least one root key, each with the SEP flag and an algorithm we can verify.
#[derive(Clone, Debug)]
pub struct Anchors(Vec<PublicKeyBuf>);

impl Anchors {
    pub fn load(source: &AnchorSource) -> Result<Self, String> {
        match source {
            AnchorSource::Iana => Ok(Self::iana()),
            AnchorSource::File(file) => {
                let text = fs::read_to_string(file)
                    .map_err(|error| format!("trust anchor file {file}: {error}"))?;
                Self::parse(&text).map_err(|error| format!("trust anchor file {file}: {error}"))
            }
            AnchorSource::Dnskeys(dnskeys) => Self::parse(&dnskeys.join("\n")),
        }
    }

    fn iana() -> Self {
        let built_in = TrustAnchors::default();
        Self(
            (0..built_in.len())
                .filter_map(|index| built_in.get(index).cloned())
                .collect(),
        )
    }

    fn parse(text: &str) -> Result<Self, String> {
        let mut keys = Vec::new();
        for (index, line) in text.lines().enumerate() {
            let line = line.split(';').next().unwrap_or_default().trim();
            if !line.is_empty() {
                keys.push(key(line).map_err(|error| format!("line {}: {error}", index + 1))?);
            }
        }
        if keys.is_empty() {
            Err("it holds no DNSKEY line".into())
        } else {
            Ok(Self(keys))
        }
    }

    pub fn for_hickory(&self) -> Arc<TrustAnchors> {
        let mut anchors = TrustAnchors::empty();
        for key in &self.0 {
            anchors.insert(key);
        }
        Arc::new(anchors)
    }

    /// As a zone file, which is what `domain` reads.
    pub fn for_witness(&self) -> String {
        let line = |key: &PublicKeyBuf| {
            let algorithm = u8::from(key.algorithm());
            format!(
                ". 0 IN DNSKEY 257 3 {algorithm} {}\n",
                base64::encode_string(key.public_bytes())
            )
        };
        self.0.iter().map(line).collect()
    }

    /// Can the second validator verify one of them?
    pub fn suit_witness(&self) -> bool {
        self.0.iter().any(|key| witness::verifies(&key.algorithm()))
    }

    pub fn key_tags(&self) -> Vec<u16> {
        let tag = |key: &PublicKeyBuf| {
            DNSKEY::with_flags(257, key.clone())
                .calculate_key_tag()
                .ok()
        };
        self.0.iter().filter_map(tag).collect()
    }
}

/// `. [TTL] [IN] DNSKEY 257 3 ALGORITHM BASE64...`
fn key(line: &str) -> Result<PublicKeyBuf, String> {
    let mut fields = line.split_whitespace();
    if fields.next() != Some(".") {
        return Err(
            "a trust anchor must belong to the root, so the line must begin with `.`".into(),
        );
    }
    let kind =
        fields.find(|field| !field.eq_ignore_ascii_case("IN") && field.parse::<u32>().is_err());
    if !kind.is_some_and(|kind| kind.eq_ignore_ascii_case("DNSKEY")) {
        return Err("expected a DNSKEY record (a DS record is not accepted)".into());
    }
    if (fields.next(), fields.next()) != (Some("257"), Some("3")) {
        return Err(
            "flags must be 257 (a zone key with the SEP flag, not revoked) and the protocol 3"
                .into(),
        );
    }
    let algorithm = fields
        .next()
        .and_then(|field| field.parse().ok())
        .map(Algorithm::from_u8);
    let algorithm = algorithm
        .filter(supported)
        .ok_or("the algorithm must be one of 8, 10, 13, 14, 15")?;
    let bytes: Vec<u8> = base64::decode(&fields.collect::<String>())
        .map_err(|error| format!("the key is not base64: {error}"))?;
    if bytes.is_empty() {
        Err("the key is empty".into())
    } else {
        Ok(PublicKeyBuf::new(bytes, algorithm))
    }
}

/// protocol.md 5.9 "algorithms": SHA-1 signatures count as unsupported.
pub fn supported(algorithm: &Algorithm) -> bool {
    matches!(
        algorithm,
        Algorithm::RSASHA256
            | Algorithm::RSASHA512
            | Algorithm::ECDSAP256SHA256
            | Algorithm::ECDSAP384SHA384
            | Algorithm::ED25519
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str =
        "3g5c/vLfOuvlUOW2BGMvhG59aBPcIY/3G8NHaWfi5mNUNrcmeoFO4zHTjMjSZ9UTJ3zthv6/C9YbheF62P6bAg==";

    #[test]
    fn a_line_may_leave_out_ttl_and_class() {
        for head in [
            ". DNSKEY",
            ". IN DNSKEY",
            ". 3600 DNSKEY",
            ". 3600 IN DNSKEY",
            ". in 3600 dnskey",
        ] {
            let text = format!("; a comment\n\n{head} 257 3 13 {KEY} ; KSK\n");
            assert_eq!(
                Anchors::parse(&text).expect(head).key_tags(),
                [11110],
                "{head}"
            );
        }
    }

    #[test]
    fn everything_else_is_refused_with_its_line() {
        let bad = [
            format!("example. DNSKEY 257 3 13 {KEY}"),
            format!(". DNSKEY 256 3 13 {KEY}"),
            format!(". DNSKEY 257 3 5 {KEY}"),
            ". DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D"
                .into(),
            ". DNSKEY 257 3 13 ===".into(),
            ". DNSKEY 257 3 13".into(),
        ];
        for line in bad {
            assert!(
                Anchors::parse(&line)
                    .expect_err(&line)
                    .starts_with("line 1: "),
                "{line}"
            );
        }
        assert!(Anchors::parse("; nothing").is_err());
    }

    #[test]
    fn iana_means_both_root_keys() {
        assert_eq!(Anchors::iana().key_tags(), [20326, 38696]);
    }
}
