//! One question, answered as a recursive resolver does with CD=1: aliases followed, denial proven.

use hickory_proto::{
    op::ResponseCode,
    rr::{LowerName, RData, Record, RecordSet, RecordType},
};

use crate::{world::World, zone::Zone};

/// RFC 1034 3.6.2 sets no number; resolvers stop between 8 and 16.
const MOST_ALIASES: usize = 8;

pub struct Answer {
    pub code: ResponseCode,
    pub answers: Vec<Record>,
    pub authorities: Vec<Record>,
}

impl Answer {
    pub fn empty(code: ResponseCode) -> Self {
        Self {
            code,
            answers: Vec::new(),
            authorities: Vec::new(),
        }
    }

    pub fn to(world: &World, name: &LowerName, kind: RecordType, with_proof: bool) -> Self {
        let mut reply = Self::empty(ResponseCode::NoError);
        let mut name = name.clone();
        for _ in 0..=MOST_ALIASES {
            let Some(zone) = world.zone_for(&name, kind) else {
                return Self::empty(ResponseCode::Refused);
            };
            match reply.step(zone, &name, kind, with_proof) {
                Some(next) => name = next,
                None => return reply,
            }
        }
        Self::empty(ResponseCode::ServFail)
    }

    /// Adds what one zone says of a name; the name to go on with if that is an alias.
    fn step(
        &mut self,
        zone: &Zone,
        name: &LowerName,
        kind: RecordType,
        with_proof: bool,
    ) -> Option<LowerName> {
        let Some(node) = zone.node(name) else {
            self.code = ResponseCode::NXDomain;
            self.deny(zone, name, with_proof);
            return None;
        };
        let set = |kind| node.and_then(|node| node.get(&kind));
        if let Some(found) = set(kind) {
            self.answers.extend(found.records(with_proof).cloned());
            return None;
        }
        if let Some(alias) = set(RecordType::CNAME) {
            self.answers.extend(alias.records(with_proof).cloned());
            return target(alias);
        }
        self.deny(zone, name, with_proof);
        None
    }

    /// SOA and, for those who ask for proof, the NSEC that match or cover (RFC 4035 3.1.3).
    fn deny(&mut self, zone: &Zone, name: &LowerName, with_proof: bool) {
        self.authorities.extend(
            zone.soa()
                .into_iter()
                .flat_map(|soa| soa.records(with_proof))
                .cloned(),
        );
        if !with_proof || !zone.signed {
            return;
        }
        let mut proofs: Vec<&RecordSet> = zone.nsec(name).into_iter().collect();
        if self.code == ResponseCode::NXDomain {
            // no wildcard could have made the name either
            let wildcard = closest_encloser(zone, name)
                .prepend_label("*")
                .ok()
                .map(LowerName::from);
            proofs.extend(wildcard.and_then(|wildcard| zone.nsec(&wildcard)));
        }
        proofs.dedup_by_key(|set| set.name().clone());
        self.authorities.extend(
            proofs
                .into_iter()
                .flat_map(|set| set.records(true))
                .cloned(),
        );
    }
}

fn target(alias: &RecordSet) -> Option<LowerName> {
    match &alias.records_without_rrsigs().next()?.data {
        RData::CNAME(target) => Some(LowerName::from(&target.0)),
        _ => None,
    }
}

/// The longest ancestor that exists (RFC 4592 3.3.1); the zone's own name does.
fn closest_encloser(zone: &Zone, name: &LowerName) -> LowerName {
    let mut ancestor = name.base_name();
    while zone.node(&ancestor).is_none() && ancestor != zone.origin {
        ancestor = ancestor.base_name();
    }
    ancestor
}
