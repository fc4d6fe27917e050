//! Answers kept until they are not to be used any more (protocol.md 5.10): one bound, the least recently used goes first.

use std::sync::{Arc, Mutex};

use lru_cache::LruCache;

use super::{
    answer::{Answer, State},
    clock::Millis,
    lock,
    question::Question,
};

pub struct Cache(Mutex<LruCache<Question, Arc<Answer>>>);

impl Cache {
    pub fn new(entries: usize) -> Self {
        Self(Mutex::new(LruCache::new(entries)))
    }

    /// `valid_until` already is the earliest of TTL and signature end, so nothing is secure past its RRSIG.
    pub fn get(&self, question: &Question, now: Millis) -> Option<Arc<Answer>> {
        let mut answers = lock(&self.0);
        let answer = answers.get_mut(question)?;
        (answer.received_at <= now && now < answer.valid_until).then(|| answer.clone())
    }

    /// A question that could not be answered does not push out an answer that still counts.
    pub fn keep(&self, question: Question, answer: &Arc<Answer>) {
        if answer.state == State::Indeterminate && self.get(&question, answer.received_at).is_some()
        {
            return;
        }
        lock(&self.0).insert(question, answer.clone());
    }

    pub fn clear(&self) {
        lock(&self.0).clear();
    }

    pub fn len(&self) -> usize {
        lock(&self.0).len()
    }
}
