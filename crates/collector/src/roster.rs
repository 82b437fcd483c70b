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

/// The objects of a generation, in order.
#[derive(Default)]
pub(crate) struct Roster {
    objects: Vec<Address>,
    stamps: Vec<u32>,
    incomplete: bool,
}

impl Roster {
    /// Adds an object with its stamp, the greatest so far.
    #[inline]
    pub(crate) fn push(&mut self, object: Address, stamp: u32) {
        if self.objects.len() == self.objects.capacity() || self.stamps.len() == self.stamps.capacity() {
            return self.push_slowly(object, stamp);
        }
        self.objects.push(object);
        self.stamps.push(stamp);
    }

    #[cold]
    #[inline(never)]
    fn push_slowly(&mut self, object: Address, stamp: u32) {
        if self.incomplete {
            return;
        }
        self.sweep();
        let len = self.objects.len();
        if len >= self.objects.capacity() / 2 {
            let more = len.max(FEWEST);
            let room = len + more <= MOST
                && self.objects.try_reserve_exact(more).is_ok()
                && self.stamps.try_reserve_exact(more).is_ok();
            if !room {
                return self.give_up();
            }
        }
        self.push(object, stamp);
    }

    /// Takes back an object that has just left, if it was the last to come.
    #[inline]
    pub(crate) fn pop(&mut self, object: Address) {
        if self.objects.last() == Some(&object) {
            self.objects.pop();
            self.stamps.pop();
        }
    }

    /// Forgets the entries that no longer hold.
    pub(crate) fn sweep(&mut self) {
        let mut kept = 0;
        for index in 0..self.objects.len() {
            let (object, stamp) = (self.objects[index], self.stamps[index]);
            if holds(object, stamp) {
                self.objects[kept] = object;
                self.stamps[kept] = stamp;
                kept += 1;
            }
        }
        self.objects.truncate(kept);
        self.stamps.truncate(kept);
    }

    /// Forgets every entry of objects in a chunk that is about to go.
    pub(crate) fn forget(&mut self, object: Address) {
        for index in (0..self.objects.len()).rev() {
            if self.objects[index] == object {
                self.objects.remove(index);
                self.stamps.remove(index);
            }
        }
    }

    /// Appends what holds to a list of objects and one of stamps; false, and nothing is appended, if the roster is
    /// incomplete or there is no room.
    pub(crate) fn append_to(&self, objects: &mut Vec<Address>, stamps: &mut Vec<u32>) -> bool {
        let len = self.objects.len();
        if self.incomplete || objects.try_reserve(len).is_err() || stamps.try_reserve(len).is_err() {
            return false;
        }
        for (&object, &stamp) in self.objects.iter().zip(&self.stamps) {
            if holds(object, stamp) {
                objects.push(object);
                stamps.push(stamp);
            }
        }
        true
    }

    /// Is incomplete from now on.
    pub(crate) fn give_up(&mut self) {
        self.objects = Vec::new();
        self.stamps = Vec::new();
        self.incomplete = true;
    }

    /// Begins anew: empty and complete.
    pub(crate) fn clear(&mut self) {
        self.objects.clear();
        self.stamps.clear();
        self.incomplete = false;
    }

    /// Checks the roster against the stamps of the generation, in order.
    ///
    /// # Panics
    /// If it is complete and lists others.
    pub(crate) fn check(&self, expected: &[u32]) {
        if !self.incomplete {
            let held: Vec<u32> = self
                .objects
                .iter()
                .zip(&self.stamps)
                .filter(|(object, stamp)| holds(**object, **stamp))
                .map(|(_, stamp)| *stamp)
                .collect();
            assert_eq!(held, expected, "(2) a roster does not list its generation");
        }
    }
}

/// Tells whether an entry still holds. Its object may be gone, but its block is there (C2).
#[inline]
fn holds(object: Address, stamp: u32) -> bool {
    let header = header(&object);
    header.stamp() == stamp && !header.flags().has(Flags::UNREACHABLE)
}
