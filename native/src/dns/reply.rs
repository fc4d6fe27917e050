//! Answers as JSON (resolver.md 4.3, times as milliseconds since the epoch).

use hickory_proto::{
    dnssec::rdata::{DNSKEY, DNSSECRData, DS},
    rr::{Name, RData, Record, RecordType},
    serialize::binary::BinDecodable,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    answer::{Answer, Denial, Link, RrSet},
    chain,
    clock::Millis,
    names,
    question::Question,
};

/// What `dns_submit` takes.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Request {
    pub v: u32,
    pub name: String,
    #[serde(rename = "type")]
    pub kind: Kind,
    #[serde(default)]
    pub chain: bool,
    #[serde(default)]
    pub no_cache: bool,
    pub timeout_ms: Option<u64>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Kind {
    Srv,
    A,
    Aaaa,
    Tlsa,
    Cname,
    Ns,
    Soa,
    Txt,
    Ds,
    Dnskey,
}

impl From<Kind> for RecordType {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Srv => Self::SRV,
            Kind::A => Self::A,
            Kind::Aaaa => Self::AAAA,
            Kind::Tlsa => Self::TLSA,
            Kind::Cname => Self::CNAME,
            Kind::Ns => Self::NS,
            Kind::Soa => Self::SOA,
            Kind::Txt => Self::TXT,
            Kind::Ds => Self::DS,
            Kind::Dnskey => Self::DNSKEY,
        }
    }
}

/// How a reply came about, which is not part of the answer that many may share.
pub struct Delivery {
    pub from_cache: bool,
    pub took: Millis,
    pub now: Millis,
    pub chain: bool,
}

pub fn reply(question: &Question, answer: &Answer, delivery: &Delivery) -> Value {
    let mut reply = json!({
        "v": 1,
        "question": { "name": names::text(&question.name), "type": question.kind.to_string() },
        "status": answer.status,
        "state": answer.state,
        "canonicalName": names::text(&answer.canonical),
        "steps": answer.steps.iter().map(|set| rrset(set, answer.received_at)).collect::<Vec<_>>(),
        "from": if delivery.from_cache { "cache" } else { "network" },
        "tookMs": delivery.took,
        "receivedAt": delivery.now,
        "validUntil": answer.valid_until,
        "signedUntil": answer.signed_until,
        "witness": answer.witness,
        "questions": answer.questions,
        "signatures": answer.signatures,
    });
    if let Some(fault) = answer.fault {
        reply["error"] = json!(fault);
        reply["why"] = json!(answer.why);
    }
    if let Some(denied) = &answer.denial {
        reply["denial"] = denial(denied);
    }
    if delivery.chain {
        reply["chain"] = answer
            .chain
            .iter()
            .map(|zone| link(zone, answer.received_at))
            .collect();
    }
    reply
}

fn rrset(set: &RrSet, now: Millis) -> Value {
    let mut out = json!({
        "name": names::text(&set.name),
        "type": set.kind.to_string(),
        "state": set.state,
        "ttlMs": set.ttl(now),
        "data": set.records.iter().filter_map(data).collect::<Vec<_>>(),
    });
    if let Some(input) = set.signature().map(|sig| sig.input()) {
        out["sig"] = json!({
            "signer": names::text(&input.signer_name),
            "keyTag": input.key_tag,
            "algorithm": u8::from(input.algorithm),
            "labels": input.num_labels,
            "inception": set.begins(now),
            "expiration": set.expires(now),
        });
    }
    out
}

fn denial(denial: &Denial) -> Value {
    let proofs = denial.message.authorities.iter().map(Record::record_type);
    let kind = proofs
        .filter(|kind| matches!(kind, RecordType::NSEC | RecordType::NSEC3))
        .map(|kind| kind.to_string())
        .next();
    json!({ "state": denial.state, "kind": kind, "optOut": denial.opt_out })
}

fn link(link: &Link, now: Millis) -> Value {
    let mut algorithms: Vec<u8> = match (&link.ds, &link.dnskey) {
        (Some(ds), _) => chain::digests(ds)
            .map(|ds| u8::from(ds.algorithm()))
            .collect(),
        (None, Some(keys)) => keys
            .signature()
            .map(|sig| u8::from(sig.input().algorithm))
            .into_iter()
            .collect(),
        (None, None) => Vec::new(),
    };
    algorithms.dedup();
    let sets = link.ds.iter().chain(&link.dnskey);
    json!({
        "zone": names::text(&link.zone),
        "state": link.state,
        "keyTags": link.entry_keys,
        "algorithms": algorithms,
        "ds": link.ds.iter().flat_map(|ds| &ds.records).filter_map(data).collect::<Vec<_>>(),
        "dnskeys": link.dnskey.iter().flat_map(|keys| &keys.records).filter_map(data).collect::<Vec<_>>(),
        "begins": sets.filter_map(|set| set.begins(now)).max(),
        "expires": link.expires,
    })
}

fn data(record: &Record) -> Option<Value> {
    Some(match &record.data {
        RData::SRV(srv) => json!({
            "t": "SRV", "priority": srv.priority, "weight": srv.weight, "port": srv.port, "target": names::text(&srv.target),
        }),
        RData::A(address) => json!({ "t": "A", "address": address.to_string() }),
        RData::AAAA(address) => json!({ "t": "AAAA", "address": address.to_string() }),
        RData::TLSA(tlsa) => json!({
            "t": "TLSA", "usage": u8::from(tlsa.cert_usage), "selector": u8::from(tlsa.selector),
            "matching": u8::from(tlsa.matching), "data": hex(&tlsa.cert_data),
        }),
        RData::CNAME(target) => json!({ "t": "CNAME", "target": names::text(&target.0) }),
        RData::NS(target) => json!({ "t": "NS", "target": names::text(&target.0) }),
        RData::Unknown { code, rdata } if *code == RecordType::DNAME => json!({
            "t": "DNAME", "target": names::text(&Name::from_bytes(&rdata.anything).ok()?),
        }),
        RData::TXT(txt) => {
            json!({ "t": "TXT", "strings": txt.txt_data.iter().map(|text| escaped(text)).collect::<Vec<_>>() })
        }
        RData::SOA(soa) => json!({ "t": "SOA", "text": soa.to_string() }),
        RData::DNSSEC(DNSSECRData::DS(ds)) => digest(ds),
        RData::DNSSEC(DNSSECRData::DNSKEY(key)) => dnskey(key),
        _ => return None,
    })
}

fn digest(ds: &DS) -> Value {
    json!({
        "t": "DS", "keyTag": ds.key_tag(), "algorithm": u8::from(ds.algorithm()),
        "digestType": u8::from(ds.digest_type()), "digest": hex(ds.digest()),
    })
}

fn dnskey(key: &DNSKEY) -> Value {
    let algorithm = hickory_proto::dnssec::PublicKey::algorithm(key.public_key());
    json!({
        "t": "DNSKEY", "flags": key.flags(), "algorithm": u8::from(algorithm),
        "keyTag": key.calculate_key_tag().unwrap_or_default(),
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Keeps case; everything that is not printable ASCII becomes `\DDD`.
fn escaped(text: &[u8]) -> String {
    let escape = |byte: &u8| match *byte {
        b'\\' => "\\\\".to_string(),
        byte @ b' '..=b'~' => char::from(byte).to_string(),
        byte => format!("\\{byte:03}"),
    };
    text.iter().map(escape).collect()
}

#[cfg(test)]
mod tests {
    use hickory_proto::rr::rdata::NULL;

    use super::*;

    fn dname(wire: &[u8]) -> Option<Value> {
        let rdata = NULL::with(wire.to_vec());
        let code = RecordType::DNAME;
        data(&Record::from_rdata(
            Name::root(),
            300,
            RData::Unknown { code, rdata },
        ))
    }

    #[test]
    fn a_dname_says_where_it_leads() {
        assert_eq!(
            dname(b"\x06target\x07example\x00"),
            Some(json!({ "t": "DNAME", "target": "target.example." }))
        );
    }

    #[test]
    fn a_dname_that_is_no_name_says_nothing() {
        assert_eq!(dname(b"\x3ftoo short"), None);
    }
}
