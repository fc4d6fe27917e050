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

#[cfg(test)]
mod tests {
    use hickory_proto::{
        dnssec::rdata::{DNSSECRData, NSEC},
        rr::{
            RData,
            rdata::{A, CNAME, SOA},
        },
    };

    use super::*;
    use crate::dns::ttl::tests::rrsig_over;

    fn name(text: &str) -> Name {
        Name::from_ascii(text).unwrap()
    }

    fn record(owner: &str, data: RData) -> Record {
        Record::from_rdata(name(owner), 300, data)
    }

    fn a(owner: &str, last: u8) -> Record {
        record(owner, RData::A(A::new(127, 0, 0, last)))
    }

    fn cname(owner: &str, target: &str) -> Record {
        record(owner, RData::CNAME(CNAME(name(target))))
    }

    fn nsec(owner: &str) -> Record {
        record(
            owner,
            RData::DNSSEC(DNSSECRData::NSEC(NSEC::new(name("z.t."), [RecordType::A]))),
        )
    }

    fn soa(owner: &str) -> Record {
        record(
            owner,
            RData::SOA(SOA::new(name("ns."), name("h."), 1, 1, 1, 1, 60)),
        )
    }

    fn sig(owner: &str, kind: RecordType, signer: &str) -> Record {
        rrsig_over(owner, kind, signer, u32::MAX / 2)
    }

    fn shaped(
        asked: &str,
        answers: Vec<Record>,
        authorities: Vec<Record>,
    ) -> Result<Message, Failure> {
        let mut message = Message::query().into_response();
        (message.answers, message.authorities) = (answers, authorities);
        message.metadata.response_code = ResponseCode::NXDomain;
        shape(&Question::new(&name(asked), RecordType::A), message)
    }

    fn kinds(records: &[Record]) -> Vec<(String, RecordType)> {
        records
            .iter()
            .map(|record| (record.name.to_ascii(), covered(record)))
            .collect()
    }

    #[test]
    fn one_hop_of_an_alias_at_a_time() {
        let answers = vec![
            cname("a.t.", "b.t."),
            sig("a.t.", RecordType::CNAME, "t."),
            a("b.t.", 1),
        ];
        let message = shaped(
            "a.t.",
            answers,
            vec![soa("t."), nsec("c.t."), sig("c.t.", RecordType::NSEC, "u.")],
        )
        .unwrap();
        assert_eq!(
            kinds(&message.answers),
            [
                ("a.t.".into(), RecordType::CNAME),
                ("a.t.".into(), RecordType::CNAME)
            ]
        );
        assert!(
            message.authorities.is_empty(),
            "they are about the alias's target"
        );
        assert_eq!(message.metadata.response_code, ResponseCode::NoError);
    }

    #[test]
    fn only_what_answers_the_question_passes() {
        let mut chaos = a("a.t.", 9);
        chaos.dns_class = DNSClass::CH;
        let message = shaped(
            "a.t.",
            vec![a("a.t.", 1), a("a.t.", 1), a("other.t.", 2), chaos],
            vec![],
        )
        .unwrap();
        assert_eq!(message.answers.len(), 1);
    }

    #[test]
    fn a_signer_beside_or_below_the_owner_is_dropped() {
        let answers =
            ["t.", "a.t.", ".", "b.t.", "x.a.t."].map(|signer| sig("a.t.", RecordType::A, signer));
        let message = shaped(
            "a.t.",
            [vec![a("a.t.", 1)], answers.to_vec()].concat(),
            vec![],
        )
        .unwrap();
        assert_eq!(message.answers.len(), 1 + 3);
        let of_ds = |signer| signer_fits(&sig("a.t.", RecordType::DS, signer));
        assert!(
            of_ds("t.") && !of_ds("a.t."),
            "a DS is signed by the parent"
        );
        assert!(
            !signer_fits(&sig("a.t.", RecordType::DNSKEY, "t.")),
            "keys are signed by their own zone"
        );
    }

    #[test]
    fn denials_need_a_signature_by_the_zone_of_the_name() {
        let authorities = vec![
            soa("t."),
            soa("u."),
            nsec("b.t."),
            nsec("c.t."),
            sig("c.t.", RecordType::NSEC, "t."),
        ];
        let message = shaped("a.t.", vec![], authorities).unwrap();
        let soa = ("t.".to_string(), RecordType::SOA);
        let nsec = ("c.t.".to_string(), RecordType::NSEC);
        assert_eq!(
            kinds(&message.authorities),
            [soa, nsec.clone(), nsec],
            "not the SOA of another zone"
        );
        assert_eq!(message.metadata.response_code, ResponseCode::NXDomain);
    }

    #[test]
    fn too_many_records_or_signatures_are_refused() {
        let many = (0..=MAX_ANSWERS as u8)
            .map(|last| a("a.t.", last))
            .collect();
        assert_eq!(
            shaped("a.t.", many, vec![]).unwrap_err().kind,
            FailureKind::TooLarge
        );
        let sigs = (1..=5).map(|end| rrsig_over("a.t.", RecordType::A, "t.", end));
        let signed = [vec![a("a.t.", 1)], sigs.collect()].concat();
        assert_eq!(
            shaped("a.t.", signed, vec![]).unwrap_err().kind,
            FailureKind::Budget
        );
    }
}
