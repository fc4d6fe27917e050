//! One zone: its records, its NSEC chain, its signatures. RFC 4034, RFC 4035 2.

use std::{
    collections::{BTreeMap, HashMap},
    net::Ipv4Addr,
    sync::Arc,
    time::Duration,
};

use hickory_proto::{
    dnssec::{
        Algorithm, DigestType, DnssecSigner, SigningKey,
        crypto::EcdsaSigningKey,
        rdata::{DNSKEY, DNSSECRData, DS, NSEC, RRSIG},
    },
    rr::{
        DNSClass, LowerName, Name, RData, Record, RecordSet, RecordType,
        rdata::{NS, SOA},
    },
    serialize::txt::Parser,
};
use time::OffsetDateTime;

use crate::{
    Outcome,
    description::{Broken, ZoneDescription},
};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const SIGNATURES_HOLD: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// The keys of the zones, made when first asked for and kept while the process lives.
#[derive(Default)]
pub struct Keys(HashMap<LowerName, Arc<DnssecSigner>>);

impl Keys {
    /// The one key of a zone, ECDSA P-256, which signs everything (RFC 6781 3.1: a combined signing key).
    pub fn of(&mut self, zone: &LowerName) -> Outcome<Arc<DnssecSigner>> {
        if let Some(signer) = self.0.get(zone) {
            return Ok(signer.clone());
        }
        let algorithm = Algorithm::ECDSAP256SHA256;
        let key =
            EcdsaSigningKey::from_pkcs8(&EcdsaSigningKey::generate_pkcs8(algorithm)?, algorithm)?;
        let dnskey = DNSKEY::from_key(&key.to_public_key()?);
        let signer = Arc::new(DnssecSigner::new(
            dnskey,
            Box::new(key),
            zone.into(),
            SIGNATURES_HOLD,
        ));
        self.0.insert(zone.clone(), signer.clone());
        Ok(signer)
    }

    /// The root's DNSKEY in presentation format: the trust anchor.
    pub fn anchor(&mut self) -> Outcome<String> {
        let root = LowerName::from(Name::root());
        Ok(format!(". IN DNSKEY {}\n", self.of(&root)?.dnskey()))
    }
}

/// The sets of records at one name.
type Node = BTreeMap<RecordType, RecordSet>;

/// Names are kept in canonical order (RFC 4034 6.1), which is the order of the NSEC chain.
pub struct Zone {
    pub origin: LowerName,
    pub signed: bool,
    ttl: u32,
    nodes: BTreeMap<LowerName, Node>,
}

impl Zone {
    /// The zone as its owner wrote it, with the SOA and NS that every zone has.
    pub fn parse(described: &ZoneDescription, default_ttl: u32) -> Outcome<Self> {
        let mut origin = Name::from_ascii(&described.name)?;
        origin.set_fqdn(true);
        let mut zone = Self {
            origin: LowerName::from(&origin),
            signed: described.signed,
            ttl: described.ttl.unwrap_or(default_ttl),
            nodes: BTreeMap::new(),
        };
        zone.add_apex(&origin)?;
        let text = format!("$TTL {}\n{}\n", zone.ttl, described.records.join("\n"));
        let (_, sets) = Parser::new(text, None, Some(origin))
            .parse()
            .map_err(|error| format!("zone {}: {error}", described.name))?;
        for set in sets.into_values() {
            zone.accept(set)?;
        }
        Ok(zone)
    }

    fn add_apex(&mut self, origin: &Name) -> Outcome<()> {
        let server = Name::from_ascii("ns")?.append_domain(origin)?;
        let keeper = Name::from_ascii("hostmaster")?.append_domain(origin)?;
        let serial = u32::try_from(OffsetDateTime::now_utc().unix_timestamp())?;
        let soa = SOA::new(server.clone(), keeper, serial, 3600, 600, 86400, self.ttl);
        self.put(origin, RData::SOA(soa));
        self.put(origin, RData::NS(NS(server.clone())));
        self.put(&server, RData::A(Ipv4Addr::LOCALHOST.into()));
        Ok(())
    }

    fn accept(&mut self, set: RecordSet) -> Outcome<()> {
        let name = LowerName::from(set.name());
        if !self.origin.zone_of(&name) || name.is_wildcard() {
            return Err(format!("zone {}: {name} cannot stand there", self.origin).into());
        }
        self.nodes
            .entry(name)
            .or_default()
            .insert(set.record_type(), set);
        Ok(())
    }

    fn put(&mut self, name: &Name, data: RData) {
        let (kind, ttl) = (data.record_type(), self.ttl);
        let node = self.nodes.entry(LowerName::from(name)).or_default();
        node.entry(kind)
            .or_insert_with(|| RecordSet::with_ttl(name.clone(), kind, ttl))
            .add_rdata(data);
    }

    /// The parent's side of a cut: NS, and DS if the child is signed (RFC 4035 2.4).
    pub fn delegate(
        &mut self,
        child: &Zone,
        broken: Option<Broken>,
        keys: &mut Keys,
    ) -> Outcome<()> {
        let name = Name::from(&child.origin);
        self.put(
            &name,
            RData::NS(NS(Name::from_ascii("ns")?.append_domain(&name)?)),
        );
        if child.signed {
            let signer = keys.of(&child.origin)?;
            let mut digest = signer
                .dnskey()
                .to_digest(&name, DigestType::SHA256)?
                .as_ref()
                .to_vec();
            if broken == Some(Broken::Delegation) {
                digest[0] ^= 1;
            }
            let tag = signer.calculate_key_tag()?;
            let ds = DS::new(tag, signer.key().algorithm(), DigestType::SHA256, digest);
            self.put(&name, RData::DNSSEC(DNSSECRData::DS(ds)));
        }
        Ok(())
    }

    /// Adds the key, the NSEC chain and the signatures. Nothing may be added afterwards.
    pub fn sign(&mut self, signer: &DnssecSigner, broken: Option<Broken>) -> Outcome<()> {
        let apex = Name::from(&self.origin);
        self.put(
            &apex,
            RData::DNSSEC(DNSSECRData::DNSKEY(signer.to_dnskey())),
        );
        self.chain();
        let age = if broken == Some(Broken::Expired) {
            60 * DAY
        } else {
            DAY / 24
        };
        let inception = OffsetDateTime::now_utc() - age;
        for (name, node) in &mut self.nodes {
            for (kind, set) in node {
                // the NS of a cut belong to the child (RFC 4035 2.2)
                if *kind == RecordType::NS && *name != self.origin {
                    continue;
                }
                let mut rrsig = RRSIG::from_rrset(set, DNSClass::IN, inception, signer)?;
                if broken == Some(Broken::Signatures) && *kind != RecordType::DNSKEY {
                    rrsig = forge(&rrsig);
                }
                let data = RData::DNSSEC(DNSSECRData::RRSIG(rrsig));
                set.insert_rrsig(Record::from_rdata(set.name().clone(), set.ttl(), data));
            }
        }
        Ok(())
    }

    /// One NSEC for each name, to the next one, the last to the first (RFC 4034 4).
    fn chain(&mut self) {
        let names: Vec<Name> = self.nodes.keys().map(Name::from).collect();
        for (at, name) in names.iter().enumerate() {
            let types: Vec<_> = self.nodes[&LowerName::from(name)].keys().copied().collect();
            let nsec = NSEC::new_cover_self(names[(at + 1) % names.len()].clone(), types);
            self.put(name, RData::DNSSEC(DNSSECRData::NSEC(nsec)));
        }
    }

    /// The sets at a name; an empty node for a name that only has names below it (RFC 4592 2.2.2).
    pub fn node(&self, name: &LowerName) -> Option<Option<&Node>> {
        match self.nodes.range(name..).next() {
            Some((found, node)) if found == name => Some(Some(node)),
            Some((found, _)) if name.zone_of(found) => Some(None),
            _ => None,
        }
    }

    /// The NSEC at a name, or the one before it, which covers it.
    pub fn nsec(&self, name: &LowerName) -> Option<&RecordSet> {
        self.nodes
            .range(..=name)
            .next_back()?
            .1
            .get(&RecordType::NSEC)
    }

    pub fn soa(&self) -> Option<&RecordSet> {
        self.nodes.get(&self.origin)?.get(&RecordType::SOA)
    }
}

fn forge(rrsig: &RRSIG) -> RRSIG {
    let mut signature = rrsig.sig().to_vec();
    signature[0] ^= 1;
    RRSIG::from_sig(rrsig.input().clone(), signature)
}
