//! Handles that cross the FFI border: an index and a generation in one positive i32.
#![forbid(unsafe_code)]

const INDEX_BITS: u32 = 20;
const GENERATIONS: u32 = 1 << 11;

/// Places with generations: a stale handle is an error code, never another session.
pub struct Slab<T> {
    places: Vec<(u32, Option<Box<T>>)>,
    free: Vec<u32>,
}

impl<T> Slab<T> {
    pub const fn new() -> Slab<T> {
        Slab {
            places: Vec::new(),
            free: Vec::new(),
        }
    }

    /// None when all places are taken.
    pub fn put(&mut self, value: T) -> Option<i32> {
        let index = match self.free.pop() {
            Some(index) => index,
            None if self.places.len() < 1 << INDEX_BITS => {
                self.places.push((0, None));
                self.places.len() as u32 - 1
            }
            None => return None,
        };
        let place = &mut self.places[index as usize];
        place.0 = (place.0 + 1) % GENERATIONS;
        place.1 = Some(Box::new(value));
        Some((place.0 << INDEX_BITS | index) as i32)
    }

    pub fn place(&mut self, handle: u32) -> Option<&mut Option<Box<T>>> {
        let place = self
            .places
            .get_mut((handle & ((1 << INDEX_BITS) - 1)) as usize)?;
        (place.0 == handle >> INDEX_BITS && place.1.is_some()).then_some(&mut place.1)
    }

    pub fn take(&mut self, handle: u32) -> Option<Box<T>> {
        let value = self.place(handle)?.take();
        self.free.push(handle & ((1 << INDEX_BITS) - 1));
        value
    }
}
