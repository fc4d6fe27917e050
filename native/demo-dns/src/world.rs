//! All zones, and which of them answers for a name.

use std::collections::HashMap;

use hickory_proto::rr::{LowerName, RecordType};

use crate::{
    Outcome,
    description::Description,
    zone::{Keys, Zone},
};

pub struct World(HashMap<LowerName, Zone>);

impl World {
    /// Parses, delegates from the leaves up, signs.
    pub fn build(description: &Description, keys: &mut Keys) -> Outcome<Self> {
        let mut world = Self(HashMap::new());
        let mut broken = HashMap::new();
        for described in &description.zones {
            let zone = Zone::parse(described, description.ttl)?;
            broken.insert(zone.origin.clone(), described.broken);
            world.0.insert(zone.origin.clone(), zone);
        }
        let origins: Vec<LowerName> = world.0.keys().cloned().collect();
        for origin in origins.iter().filter(|origin| !origin.is_root()) {
            let child = world.0.remove(origin).ok_or("a zone is described twice")?;
            let parent = world
                .parent(origin)
                .ok_or_else(|| format!("zone {origin} has no parent: describe `.`"))?;
            parent.delegate(&child, broken[origin], keys)?;
            world.0.insert(origin.clone(), child);
        }
        for zone in world.0.values_mut().filter(|zone| zone.signed) {
            zone.sign(&*keys.of(&zone.origin)?, broken[&zone.origin])?;
        }
        Ok(world)
    }

    fn parent(&mut self, origin: &LowerName) -> Option<&mut Zone> {
        let parent = self.enclosing(&origin.base_name())?.origin.clone();
        self.0.get_mut(&parent)
    }

    /// The deepest zone that a name lies in.
    fn enclosing(&self, name: &LowerName) -> Option<&Zone> {
        let mut name = name.clone();
        loop {
            if let Some(zone) = self.0.get(&name) {
                return Some(zone);
            }
            if name.is_root() {
                return None;
            }
            name = name.base_name();
        }
    }

    /// The zone that answers: the deepest one, but for DS the parent's side of the cut (RFC 4035 3.1.4.1).
    pub fn zone_for(&self, name: &LowerName, kind: RecordType) -> Option<&Zone> {
        let zone = self.enclosing(name)?;
        let above = kind == RecordType::DS && zone.origin == *name && !name.is_root();
        if above {
            self.enclosing(&name.base_name())
        } else {
            Some(zone)
        }
    }
}
