//! Hash tables in insertion order: dicts, sets, and views of dicts.
//!
//! An entry lies in a list, in the order of insertion; a table of places finds it by hash. Looking a key up may run the
//! program (`__eq__`), so it goes in steps (see `protocol::hash`): the table tells candidates, the keys are compared while
//! nothing is borrowed, and the entry tells whether it is still the same.

use core::cell::{Cell, RefCell};

use gleaner::{Ref, Released, Trace, Visitor};
use hashbrown::HashTable;

use crate::value::{Kind, Value};

/// One key and its value.
#[derive(Clone)]
pub struct Entry {
    /// The hash.
    pub hash: i64,
    /// The key.
    pub key: Value,
    /// The value; of a set's, `None`.
    pub value: Value,
}

/// The table.
#[derive(Default)]
pub struct DictData {
    entries: Vec<Option<Entry>>,
    places: HashTable<u32>,
    /// Whether there has been anything in it that is tracked.
    pub tracked: bool,
}

impl DictData {
    /// The number of keys.
    #[must_use]
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// The number of places, empty ones included: what an iteration counts to.
    #[must_use]
    pub fn end(&self) -> usize {
        self.entries.len()
    }

    /// The entry at a place.
    #[must_use]
    pub fn at(&self, place: usize) -> Option<&Entry> {
        self.entries.get(place).and_then(Option::as_ref)
    }

    /// The entry at a place, to change its value.
    pub fn at_mut(&mut self, place: usize) -> Option<&mut Entry> {
        self.entries.get_mut(place).and_then(Option::as_mut)
    }

    /// The entries, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Entry> {
        self.entries.iter().flatten()
    }

    /// Finds the place of a key by a comparison that runs nobody's code.
    pub fn find(&self, hash: i64, mut equal: impl FnMut(&Value) -> bool) -> Option<usize> {
        let entries = &self.entries;
        self.places
            .find(spread(hash), |place| {
                entries[*place as usize].as_ref().is_some_and(|entry| entry.hash == hash && equal(&entry.key))
            })
            .map(|place| *place as usize)
    }

    /// Whether all keys with a hash are of a sort.
    pub fn candidates_are_plain(&self, hash: i64, plain: impl Fn(&Value) -> bool) -> bool {
        self.places
            .iter_hash(spread(hash))
            .all(|place| self.at(*place as usize).is_none_or(|entry| plain(&entry.key)))
    }

    /// The places whose keys have a hash.
    #[must_use]
    pub fn candidates(&self, hash: i64) -> Vec<usize> {
        self.places
            .iter_hash(spread(hash))
            .map(|place| *place as usize)
            .filter(|place| self.at(*place).is_some_and(|entry| entry.hash == hash))
            .collect()
    }

    /// Adds a key that is not there.
    pub fn push(&mut self, entry: Entry) {
        if self.entries.len() > 16 && self.entries.len() > 2 * self.places.len() {
            self.compact();
        }
        let place = u32::try_from(self.entries.len()).expect("fewer than 2^32 entries");
        let entries = &self.entries;
        self.places.insert_unique(spread(entry.hash), place, |place| {
            entries[*place as usize].as_ref().map_or(0, |entry| spread(entry.hash))
        });
        self.entries.push(Some(entry));
    }

    /// Takes out the entry at a place.
    pub fn remove(&mut self, place: usize) -> Option<Entry> {
        let entry = self.entries.get_mut(place)?.take()?;
        if let Ok(found) = self.places.find_entry(spread(entry.hash), |other| *other as usize == place) {
            found.remove();
        }
        if self.places.is_empty() {
            self.entries.clear();
        }
        Some(entry)
    }

    /// The last place that holds an entry.
    #[must_use]
    pub fn last(&self) -> Option<usize> {
        self.entries.iter().rposition(Option::is_some)
    }

    /// The first place that holds an entry.
    #[must_use]
    pub fn first(&self) -> Option<usize> {
        self.entries.iter().position(Option::is_some)
    }

    fn compact(&mut self) {
        self.entries.retain(Option::is_some);
        self.places.clear();
        let entries = &self.entries;
        for (place, entry) in entries.iter().enumerate() {
            let hash = entry.as_ref().map_or(0, |entry| spread(entry.hash));
            let place = u32::try_from(place).expect("fewer than before");
            self.places.insert_unique(hash, place, |place| {
                entries[*place as usize].as_ref().map_or(0, |entry| spread(entry.hash))
            });
        }
    }
}

/// Python's hashes of ints are the ints; the table looks at the upper bits too.
fn spread(hash: i64) -> u64 {
    hash.cast_unsigned().wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(26)
}

impl Trace for DictData {
    fn trace(&self, visitor: &mut impl Visitor) {
        for entry in self.iter() {
            entry.value.trace(visitor);
            entry.key.trace(visitor);
        }
    }

    fn give_up(self, released: &mut Released<'_>) {
        for entry in self.entries.into_iter().flatten() {
            entry.key.give_up(released);
            entry.value.give_up(released);
        }
    }
}

/// A dict.
#[derive(Trace, Default)]
#[trace(tag = Kind::Dict as u8)]
pub struct Dict {
    /// Its table.
    pub data: RefCell<DictData>,
}

/// A set or a frozenset: keys without values.
#[derive(Trace)]
#[trace(tag = Kind::Set as u8)]
pub struct Set {
    /// Its table.
    pub data: RefCell<DictData>,
    /// Whether it is a frozenset.
    pub frozen: bool,
    /// Its hash, once it is known; -1 before.
    pub hash: Cell<i64>,
}

/// Which view of a dict.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ViewKind {
    /// `keys()`
    Keys,
    /// `values()`
    Values,
    /// `items()`
    Items,
}

/// A view of a dict.
#[derive(Trace)]
#[trace(tag = Kind::View as u8)]
pub struct View {
    /// The dict.
    pub dict: Value,
    /// Which.
    #[trace(skip)]
    pub kind: ViewKind,
}

/// A class's `__dict__`, read only.
#[derive(Trace)]
#[trace(tag = Kind::MappingProxy as u8)]
pub struct MappingProxy {
    /// What is read.
    pub dict: Ref<Dict>,
}
