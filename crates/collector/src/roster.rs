//! A roster: the objects of a generation in order of their stamps, as far as they are few.
//!
//! Whoever leaves is not crossed out: an entry holds as long as its object still has the stamp that it came with, and a
//! stamp is given once. So leaving costs nothing, and entries that no longer hold are swept out when the roster is full. A
//! roster that would be long gives up (it is *incomplete*): then the generation is found by going through the heap.

use gleaner_object::{Address, Flags};

use crate::header;

/// The most entries.
const MOST: usize = 1 << 16;
/// The fewest for which room is made.
const FEWEST: usize = 256;

/// An object, with the stamp that it had when it was noted down.
pub(crate) type Entry = (Address, u32);

/// The objects of a generation, in order.
#[derive(Default)]
pub(crate) struct Roster {
    entries: Vec<Entry>,
    incomplete: bool,
}

impl Roster {
    /// Adds an object with its stamp, the greatest so far.
    #[inline]
    pub(crate) fn push(&mut self, object: Address, stamp: u32) {
        if self.entries.len() == self.entries.capacity() {
            return self.push_slowly(object, stamp);
        }
        self.entries.push((object, stamp));
    }

    #[cold]
    #[inline(never)]
    fn push_slowly(&mut self, object: Address, stamp: u32) {
        if self.incomplete {
            return;
        }
        self.sweep();
        let len = self.entries.len();
        if len >= self.entries.capacity() / 2 {
            let more = len.max(FEWEST);
            if len + more > MOST || self.entries.try_reserve_exact(more).is_err() {
                return self.give_up();
            }
        }
        self.push(object, stamp);
    }

    /// Takes back an object that has just left, if it was the last to come.
    #[inline]
    pub(crate) fn pop(&mut self, object: Address) {
        self.entries.pop_if(|(last, _)| *last == object);
    }

    /// Forgets the entries that no longer hold.
    pub(crate) fn sweep(&mut self) {
        self.entries.retain(holds);
    }

    /// Forgets every entry of an object whose chunk is about to go.
    pub(crate) fn forget(&mut self, object: Address) {
        self.entries.retain(|(other, _)| *other != object);
    }

    /// Appends what holds to a list of objects and one of stamps; false, and nothing is appended, if the roster is
    /// incomplete or there is no room.
    pub(crate) fn append_to(&self, objects: &mut Vec<Address>, stamps: &mut Vec<u32>) -> bool {
        let len = self.entries.len();
        if self.incomplete || objects.try_reserve(len).is_err() || stamps.try_reserve(len).is_err() {
            return false;
        }
        for &(object, stamp) in self.entries.iter().filter(|entry| holds(entry)) {
            objects.push(object);
            stamps.push(stamp);
        }
        true
    }

    /// Returns the number of entries, those that no longer hold included.
    #[inline]
    pub(crate) fn entries(&self) -> usize {
        self.entries.len()
    }

    /// Is incomplete from now on.
    pub(crate) fn give_up(&mut self) {
        self.entries = Vec::new();
        self.incomplete = true;
    }

    /// Begins anew: empty and complete.
    pub(crate) fn clear(&mut self) {
        self.entries.clear();
        self.incomplete = false;
    }

    /// Checks the roster against the stamps of the generation, in order.
    ///
    /// # Panics
    /// If it is complete and lists others.
    pub(crate) fn check(&self, expected: &[u32]) {
        if !self.incomplete {
            let held: Vec<u32> =
                self.entries.iter().filter(|entry| holds(entry)).map(|(_, stamp)| *stamp).collect();
            assert_eq!(held, expected, "(2) a roster does not list its generation");
        }
    }
}

/// Tells whether an entry still holds. Its object may be gone, but its block is there (C2).
#[inline]
pub(crate) fn holds(entry: &Entry) -> bool {
    let header = header(&entry.0);
    header.stamp() == entry.1 && !header.flags().has(Flags::UNREACHABLE)
}
