//! The pairs of domains that TypeScript has judged on this stream, by the spelling in the stanzas: a
//! bounded memory that saves asking again, never a source of truth.
use std::collections::HashMap;

/// Pairs in one generation; two are kept.
const GENERATION: usize = 2048;

/// Two generations: when the young one is full, it becomes the old one and the old one is forgotten; a
/// pair found in the old one is young again.
#[derive(Debug, Default)]
pub(crate) struct Pairs {
    young: HashMap<Box<[u8]>, u32>,
    old: HashMap<Box<[u8]>, u32>,
    key: Vec<u8>,
    last: Last,
}

/// The pair that was looked up last: most stanzas of a batch share it.
#[derive(Debug, Default)]
struct Last {
    from: Vec<u8>,
    to: Vec<u8>,
    id: u32,
}

impl Pairs {
    pub fn learn(&mut self, from: &[u8], to: &[u8], id: u32) {
        self.spell(from, to);
        self.old.remove(&self.key[..]);
        self.insert(self.key.as_slice().into(), id);
        self.last = Last::default();
    }

    pub fn forget(&mut self) {
        *self = Pairs::default();
    }

    /// The domain of the last `from`, known to be plain (see `jid`).
    pub fn last_from(&self) -> &[u8] {
        &self.last.from
    }

    pub fn last_to(&self) -> &[u8] {
        &self.last.to
    }

    /// The id of a pair of plain domains, 0 when it is not known.
    #[inline(always)]
    pub fn find(&mut self, from: &[u8], to: &[u8]) -> u32 {
        if self.last.from != from || self.last.to != to {
            self.look_up(from, to);
        }
        self.last.id
    }

    fn look_up(&mut self, from: &[u8], to: &[u8]) {
        self.spell(from, to);
        let id = self
            .young
            .get(&self.key[..])
            .copied()
            .or_else(|| self.revive());
        self.last.from.clear();
        self.last.from.extend_from_slice(from);
        self.last.to.clear();
        self.last.to.extend_from_slice(to);
        self.last.id = id.unwrap_or(0);
    }

    fn revive(&mut self) -> Option<u32> {
        let (key, id) = self.old.remove_entry(&self.key[..])?;
        self.insert(key, id);
        Some(id)
    }

    fn insert(&mut self, key: Box<[u8]>, id: u32) {
        if self.young.len() >= GENERATION {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, id);
    }

    /// No domain holds a slash, so the key is unambiguous.
    fn spell(&mut self, from: &[u8], to: &[u8]) {
        self.key.clear();
        self.key.extend_from_slice(from);
        self.key.push(b'/');
        self.key.extend_from_slice(to);
    }
}
