//! The table of watched objects.

use core::cell::{Cell, RefCell};
use core::hash::{BuildHasherDefault, Hasher};

use gleaner_object::{Address, Flags, TypeRecord};
use hashbrown::HashMap;

use crate::WeakReference;

/// Hashes an address by one multiplication: addresses are distinct, aligned, and nobody else's to choose.
#[derive(Default)]
struct AddressHasher(u64);

impl Hasher for AddressHasher {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_usize(usize::from(byte));
        }
    }
    fn write_usize(&mut self, value: usize) {
        self.0 = (self.0 ^ value as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(26);
    }
}

/// How many plain weak references are found without a search.
const RECENT: usize = 64;

/// Every watched object, with the first of its watchers.
pub struct Table {
    heads: RefCell<HashMap<Address, Address, BuildHasherDefault<AddressHasher>>>,
    /// Referents that were asked for lately, with their plain weak references.
    recent: [Cell<Option<(Address, Address)>>; RECENT],
}

impl Default for Table {
    fn default() -> Table {
        Table { heads: RefCell::default(), recent: [const { Cell::new(None) }; RECENT] }
    }
}

/// There was no memory for the table's entry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NoRoom;

impl Table {
    /// Returns the plain weak reference of an object, if it has one (PY-41).
    ///
    /// # Complexity
    /// O(1).
    #[inline]
    #[must_use]
    pub fn plain(&self, referent: Address) -> Option<Address> {
        match self.recent(referent).get() {
            Some((known, weak)) if known == referent => Some(weak),
            _ => self.find_plain(referent),
        }
    }

    #[inline]
    fn recent(&self, referent: Address) -> &Cell<Option<(Address, Address)>> {
        &self.recent[referent.addr().get() / 16 % RECENT]
    }

    fn find_plain(&self, referent: Address) -> Option<Address> {
        let head = self.head(referent)?;
        if watcher(&head).has_callback() {
            return None;
        }
        self.recent(referent).set(Some((referent, head)));
        Some(head)
    }

    /// Tells whether nobody is watched.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.heads.borrow().is_empty()
    }

    /// Makes room for one more watched object, so that [`Table::watch`] cannot fail.
    ///
    /// # Errors
    /// [`NoRoom`] if there is no memory.
    pub fn reserve(&self) -> Result<(), NoRoom> {
        self.heads.borrow_mut().try_reserve(1).map_err(|_| NoRoom)
    }

    /// Lets `weak` watch `referent`: in front if it has no callback, else behind the plain one.
    ///
    /// # Complexity
    /// O(1).
    pub fn watch(&self, referent: Address, weak: Address) {
        let reference = watcher(&weak);
        reference.referent.set(Some(referent));
        let after = if reference.has_callback() { self.plain(referent) } else { None };
        let next = match after {
            Some(plain) => watcher(&plain).next.replace(Some(weak)),
            None => {
                self.recent(referent).set(None);
                self.heads.borrow_mut().insert(referent, weak)
            }
        };
        reference.previous.set(after);
        reference.next.set(next);
        if let Some(next) = next {
            watcher(&next).previous.set(Some(weak));
        }
        // SAFETY: O1: the caller owns the referent.
        unsafe { referent.as_ref() }.insert(Flags::WATCHED);
    }

    /// Ends the watch of one weak reference: it is dead from now on, and will not be told.
    ///
    /// # Complexity
    /// O(1).
    pub fn unwatch(&self, weak: Address) {
        let reference = watcher(&weak);
        let Some(referent) = reference.referent.take() else { return };
        let recent = self.recent(referent);
        recent.set(recent.get().filter(|(_, known)| *known != weak));
        let (previous, next) = (reference.previous.take(), reference.next.take());
        if let Some(next) = next {
            watcher(&next).previous.set(previous);
        }
        match (previous, next) {
            (Some(previous), _) => watcher(&previous).next.set(next),
            (None, Some(next)) => {
                self.heads.borrow_mut().insert(referent, next);
            }
            (None, None) => {
                self.heads.borrow_mut().remove(&referent);
                // SAFETY: O1: a referent is unwatched before it is freed.
                unsafe { referent.as_ref() }.remove(Flags::WATCHED);
            }
        }
    }

    /// Returns the watchers of an object, in order.
    pub fn watchers(&self, referent: Address) -> impl Iterator<Item = Address> {
        core::iter::successors(self.head(referent), |weak| watcher(weak).next.get())
    }

    /// Returns the watcher that follows another one's.
    #[must_use]
    pub fn watchers_after(&self, weak: Address) -> Option<Address> {
        watcher(&weak).next.get()
    }

    fn head(&self, referent: Address) -> Option<Address> {
        self.heads.borrow().get(&referent).copied()
    }

    /// Checks the table.
    ///
    /// # Panics
    /// (1) every entry's object says that it is watched; (2) every watcher names its referent; (3) the links agree
    /// both ways; (4) only the first watcher may lack a callback that it was made with; (5) what was asked for lately is a first
    /// watcher.
    pub fn check(&self) {
        for (&referent, &head) in &*self.heads.borrow() {
            // SAFETY: O1: a referent is unwatched before it is freed.
            let flags = unsafe { referent.as_ref() }.flags();
            assert!(flags.has(Flags::WATCHED), "(1) a watched object lacks its flag");
            let mut previous = None;
            for weak in core::iter::successors(Some(head), |weak| watcher(weak).next.get()) {
                assert_eq!(watcher(&weak).referent(), Some(referent), "(2) a watcher has another referent");
                assert_eq!(watcher(&weak).previous.get(), previous, "(3) the links disagree");
                assert!(
                    previous.is_none() || watcher(&weak).has_callback(),
                    "(4) a plain watcher is not first"
                );
                previous = Some(weak);
            }
        }
        for (referent, weak) in self.recent.iter().filter_map(Cell::get) {
            assert_eq!(self.head(referent), Some(weak), "(5) a weak reference that is gone was remembered");
        }
    }
}

/// Returns the value of a weak reference.
fn watcher(weak: &Address) -> &WeakReference {
    // SAFETY: O1, O2: the table holds weak references only, and each unwatches before it is freed.
    unsafe { TypeRecord::value(*weak) }
}
