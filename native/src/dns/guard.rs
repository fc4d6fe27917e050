//! What hickory's validator gets to see (native.md 1, resolver.md 2.9): one hop of an alias at a time, no additionals, denial
//! records only when their signer fits. Everything it asks goes through the lookup, so that it is counted and remembered.

use std::{collections::HashSet, pin::Pin};

use futures_util::{Stream, stream};
use hickory_net::{DnsHandle, NetError};
use hickory_proto::{
    op::{DnsRequest, DnsResponse, Message, ResponseCode},
    rr::{DNSClass, Name, Record, RecordType},
};

use super::{
    anchors,
    clock::LookupRuntime,
    lookup::Lookup,
    question::{Failure, FailureKind, Question},
    ttl::rrsig,
};

/// More is refused: no set of SRV, TLSA or address records that we use is as large.
const MAX_ANSWERS: usize = 64;
const MAX_AUTHORITIES: usize = 16;
const MAX_RRSIGS: usize = 4;

#[derive(Clone)]
pub struct Guard;

impl DnsHandle for Guard {
    type Response = Pin<Box<dyn Stream<Item = Result<DnsResponse, NetError>> + Send>>;
    type Runtime = LookupRuntime;

    fn send(&self, request: DnsRequest) -> Self::Response {
        let question = request
            .queries
            .first()
            .map(|query| Question::new(&query.name, query.query_type));
        Box::pin(stream::once(async move {
            let question = question.ok_or("no question in the request")?;
            let lookup = Lookup::try_current().ok_or("the validator runs outside of a lookup")?;
            let heard = lookup.ask(&question).await?;
            let message = shape(&question, heard.message.clone())
                .inspect_err(|failure| lookup.fail(failure.clone()))?;
            Ok(DnsResponse::from_message(message)?)
        }))
    }
}

/// The part of a response that answers the question itself.
pub fn shape(question: &Question, mut message: Message) -> Result<Message, Failure> {
    let found = answered_by(question, &message.answers);
    message.answers = distinct(message.answers, |record| found.keeps(question, record));
    let signers: HashSet<Name> = message
        .answers
        .iter()
        .filter_map(rrsig)
        .map(|sig| sig.input().signer_name.clone())
        .collect();
    let denies = |signer: &Name| match found {
        Found::Nothing => signer.zone_of(&question.name),
        _ => signers.contains(signer),
    };
    message.authorities = distinct(message.authorities, |record| {
        is_denial(question, record, &found, &denies)
    });
    drop_unsigned_denials(&mut message.authorities);
    message.additionals.clear();
    if !matches!(found, Found::Nothing) && message.metadata.response_code == ResponseCode::NXDomain
    {
        message.metadata.response_code = ResponseCode::NoError; // it is the code of the alias's target (RFC 6604 3)
    }
    limit(question, &mut message)?;
    Ok(message)
}

enum Found {
    /// The type asked for, or an alias at the name itself.
    Here(RecordType),
    /// A DNAME above the name.
    Dname(Name),
    Nothing,
}

fn answered_by(question: &Question, answers: &[Record]) -> Found {
    let at = |kind| {
        answers
            .iter()
            .any(|record| record.name == question.name && record.record_type() == kind)
    };
    let is_dname = |record: &&Record| {
        record.record_type() == RecordType::DNAME
            && record.name != question.name
            && record.name.zone_of(&question.name)
    };
    if at(question.kind) {
        return Found::Here(question.kind);
    }
    if let Some(dname) = answers.iter().find(is_dname) {
        return Found::Dname(dname.name.clone());
    }
    if at(RecordType::CNAME) {
        Found::Here(RecordType::CNAME)
    } else {
        Found::Nothing
    }
}

impl Found {
    fn keeps(&self, question: &Question, record: &Record) -> bool {
        let kind = covered(record);
        record.dns_class == DNSClass::IN
            && signer_fits(record)
            && match self {
                Self::Here(wanted) => record.name == question.name && kind == *wanted,
                Self::Dname(owner) => record.name == *owner && kind == RecordType::DNAME,
                Self::Nothing => false,
            }
    }
}

/// The type of a record, or the type that an RRSIG covers.
pub fn covered(record: &Record) -> RecordType {
    rrsig(record).map_or(record.record_type(), |sig| sig.input().type_covered)
}

/// RFC 4035 5.3.1: the signer is the zone of the owner: never beside or below it, and for a DS the parent.
fn signer_fits(record: &Record) -> bool {
    let Some(sig) = rrsig(record) else {
        return true;
    };
    let signer = &sig.input().signer_name;
    match sig.input().type_covered {
        RecordType::DS => signer.zone_of(&record.name) && *signer != record.name,
        RecordType::DNSKEY | RecordType::SOA => *signer == record.name,
        _ => signer.zone_of(&record.name),
    }
}

fn is_denial(
    question: &Question,
    record: &Record,
    found: &Found,
    denies: &impl Fn(&Name) -> bool,
) -> bool {
    let wanted = match covered(record) {
        RecordType::NSEC | RecordType::NSEC3 => true,
        // hickory takes authority records that are all insecure as reason enough: another zone's SOA must not be among them
        RecordType::SOA => matches!(found, Found::Nothing) && record.name.zone_of(&question.name),
        _ => false,
    };
    let signer = rrsig(record).map(|sig| &sig.input().signer_name);
    wanted && record.dns_class == DNSClass::IN && signer_fits(record) && signer.is_none_or(denies)
}

/// An NSEC whose signatures were all dropped says nothing here; hickory would call the whole answer bogus for it.
fn drop_unsigned_denials(authorities: &mut Vec<Record>) {
    let signed: HashSet<(Name, RecordType)> = authorities
        .iter()
        .filter_map(|record| {
            rrsig(record).map(|sig| (record.name.clone(), sig.input().type_covered))
        })
        .collect();
    authorities.retain(|record| {
        rrsig(record).is_some()
            || record.record_type() == RecordType::SOA
            || signed.contains(&(record.name.clone(), record.record_type()))
    });
}

/// RFC 4034 6.3: duplicates count once.
fn distinct(records: Vec<Record>, keep: impl Fn(&Record) -> bool) -> Vec<Record> {
    let mut seen = HashSet::new();
    records
        .into_iter()
        .filter(|record| {
            keep(record)
                && seen.insert((
                    record.name.clone(),
                    record.record_type(),
                    record.data.clone(),
                ))
        })
        .collect()
}

/// RFC 8624: where a current algorithm signs as well, SHA-1 signatures are not looked at.
fn limit(question: &Question, message: &mut Message) -> Result<(), Failure> {
    for section in [&mut message.answers, &mut message.authorities] {
        let modern: HashSet<(Name, RecordType)> = section
            .iter()
            .filter(|record| is_modern(record))
            .map(key)
            .collect();
        section.retain(|record| {
            rrsig(record).is_none() || is_modern(record) || !modern.contains(&key(record))
        });
    }
    let count = |records: &[Record]| {
        records
            .iter()
            .filter(|record| rrsig(record).is_none())
            .count()
    };
    let rrsigs = message
        .answers
        .iter()
        .filter(|record| rrsig(record).is_some())
        .count();
    match () {
        () if count(&message.answers) > MAX_ANSWERS
            || count(&message.authorities) > MAX_AUTHORITIES =>
        {
            Err(Failure::new(
                FailureKind::TooLarge,
                format!("{question}: more records than are allowed"),
            ))
        }
        () if rrsigs > MAX_RRSIGS => Err(Failure::new(
            FailureKind::Budget,
            format!("{question}: {rrsigs} signatures"),
        )),
        () => Ok(()),
    }
}

fn is_modern(record: &Record) -> bool {
    rrsig(record).is_some_and(|sig| anchors::supported(&sig.input().algorithm))
}

fn key(record: &Record) -> (Name, RecordType) {
    (record.name.clone(), covered(record))
}
