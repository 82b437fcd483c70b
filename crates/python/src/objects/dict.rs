//! Hash tables in insertion order: dicts, sets, and views of dicts.
//!
//! An entry lies in a list, in the order of insertion; a table of places finds it by hash. Looking a key up may run the
//! program (`__eq__`), so it goes in steps (see `protocol::hash`): the table tells candidates, the keys are compared while
//! nothing is borrowed, and the entry tells whether it is still the same.

use core::cell::{Cell, RefCell};

use gleaner::{Ref, Released, Trace, Visitor};
use hashbrown::HashTable;

use crate::objects::Str;
use crate::value::{Kind, Value};

/// One key and its value.
#[derive(Clone)]
pub struct Entry {
    /// The key.
    pub key: Value,
    /// The value; of a set's, `None`.
    pub value: Value,
}

/// The table.
#[derive(Default)]
pub struct DictData {
    entries: Vec<Option<Entry>>,
    /// The hashes of the entries; none as long as all keys are strings, which know theirs.
    hashes: Vec<i64>,
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
        self.places
            .find(spread(hash), |place| {
                let place = *place as usize;
                self.hash_at(place) == hash && self.at(place).is_some_and(|entry| equal(&entry.key))
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
            .filter(|place| self.at(*place).is_some() && self.hash_at(*place) == hash)
            .collect()
    }

    /// The hash of the key at a place; anything if there is none.
    #[must_use]
    pub fn hash_at(&self, place: usize) -> i64 {
        hash_of(&self.entries, &self.hashes, place)
    }

    /// The hashes and the entries, oldest first.
    pub fn hashed(&self) -> impl Iterator<Item = (i64, &Entry)> {
        let entry = |(place, entry): (usize, _)| Some((self.hash_at(place), Option::as_ref(entry)?));
        self.entries.iter().enumerate().filter_map(entry)
    }

    /// Adds a key that is not there.
    pub fn push(&mut self, hash: i64, key: Value, value: Value) {
        if self.entries.len() > 16 && self.entries.len() > 2 * self.places.len() {
            self.compact();
        }
        if !self.hashes.is_empty() {
            self.hashes.push(hash);
        } else if known_hash(&key) != Some(hash) {
            let hashes = (0..self.entries.len()).map(|place| self.hash_at(place));
            self.hashes = hashes.chain([hash]).collect();
        }
        let place = u32::try_from(self.entries.len()).expect("fewer than 2^32 entries");
        self.entries.push(Some(Entry { key, value }));
        let (entries, hashes) = (&self.entries, &self.hashes);
        self.places
            .insert_unique(spread(hash), place, |place| spread(hash_of(entries, hashes, *place as usize)));
    }

    /// Takes out the entry at a place.
    pub fn remove(&mut self, place: usize) -> Option<Entry> {
        let hash = self.hash_at(place);
        let entry = self.entries.get_mut(place)?.take()?;
        if let Ok(found) = self.places.find_entry(spread(hash), |other| *other as usize == place) {
            found.remove();
        }
        if self.places.is_empty() {
            self.entries.clear();
            self.hashes.truncate(0);
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
        let mut taken = self.entries.iter().map(Option::is_some);
        self.hashes.retain(|_| taken.next() == Some(true));
        self.entries.retain(Option::is_some);
        self.places.clear();
        let (entries, hashes) = (&self.entries, &self.hashes);
        let hash_of = |place: usize| spread(hash_of(entries, hashes, place));
        for place in 0..entries.len() {
            let number = u32::try_from(place).expect("fewer than before");
            self.places.insert_unique(hash_of(place), number, |place| hash_of(*place as usize));
        }
    }
}

/// The hash of the key at a place; anything if there is none.
fn hash_of(entries: &[Option<Entry>], hashes: &[i64], place: usize) -> i64 {
    let known = || known_hash(&entries.get(place)?.as_ref()?.key);
    hashes.get(place).copied().or_else(known).unwrap_or(0)
}

/// The hash of a string that has been asked for it.
fn known_hash(key: &Value) -> Option<i64> {
    let hash = key.downcast_ref::<Str>()?.hash().get();
    (hash != -1).then_some(hash)
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
