//! A roster: the objects of a generation in order of their stamps, as far as they are few.
//!
//! Whoever leaves is not crossed out: an entry holds as long as its object still has the stamp that it came with, and a
//! stamp is given once. So leaving costs nothing, and entries that no longer hold are swept out when the roster is full. A
//! roster that would be long gives up (it is *incomplete*): then the generation is found by going through the heap.
//!
//! Every tracked object is entered, so that this is a store and a test:
//!
//! ```text
//!  room  ├ entry ┼ entry ┼ … ┼ entry ┼ … free … ┼ … ┤
//!        start                        ▲ top       ▲ end: full, or too many
//! ```

use core::cell::{Cell, RefCell};
use core::ptr;

use gleaner_object::{Address, Flags};

use crate::header;

/// The most entries.
const MOST: usize = 1 << 16;
/// The fewest for which room is made.
const FEWEST: usize = 256;

/// An object, with the stamp that it had when it was noted down.
pub(crate) type Entry = (Address, u32);

/// The objects of a generation, in order.
pub(crate) struct Roster {
    top: Cell<*mut Entry>,
    end: Cell<*mut Entry>,
    start: Cell<*mut Entry>,
    /// The memory of the entries, whose length is not kept here.
    room: RefCell<Vec<Entry>>,
    /// How many entries are too many: whoever makes them more is told.
    most: Cell<usize>,
    incomplete: Cell<bool>,
}

impl Default for Roster {
    fn default() -> Roster {
        Roster {
            top: Cell::new(ptr::null_mut()),
            end: Cell::new(ptr::null_mut()),
            start: Cell::new(ptr::null_mut()),
            room: RefCell::default(),
            most: Cell::new(usize::MAX),
            incomplete: Cell::new(false),
        }
    }
}

impl Roster {
    /// Adds an object with its stamp, the greatest so far; returns whether the entries are too many.
    #[inline]
    pub(crate) fn push(&self, object: Address, stamp: u32) -> bool {
        let top = self.top.get();
        if top == self.end.get() {
            return self.push_slowly(object, stamp);
        }
        // SAFETY: C4: below the end there is room.
        unsafe { self.put(top, object, stamp) };
        false
    }

    /// Writes an entry.
    ///
    /// # Safety
    /// C4: `top` is the top, and there is room for one more.
    #[inline(always)]
    unsafe fn put(&self, top: *mut Entry, object: Address, stamp: u32) {
        // SAFETY: by contract.
        unsafe {
            top.write((object, stamp));
            self.top.set(top.add(1));
        }
    }

    #[cold]
    #[inline(never)]
    fn push_slowly(&self, object: Address, stamp: u32) -> bool {
        if self.incomplete.get() {
            return false;
        }
        let capacity = self.room.borrow().capacity();
        if self.len() == capacity {
            self.sweep();
            let len = self.len();
            let more = len.max(FEWEST);
            if len >= capacity / 2 && (len + more > MOST || !self.grow(len + more)) {
                self.give_up();
                return false;
            }
        }
        // SAFETY: C4: there is room now.
        unsafe { self.put(self.top.get(), object, stamp) };
        self.set_end();
        self.is_crowded()
    }

    /// Makes room for so many entries; returns whether there is memory.
    fn grow(&self, capacity: usize) -> bool {
        let mut room: Vec<Entry> = Vec::new();
        if room.try_reserve_exact(capacity).is_err() {
            return false;
        }
        room.extend_from_slice(self.entries());
        self.take_over(room);
        true
    }

    /// Takes over room, and what is in it as the entries.
    fn take_over(&self, mut room: Vec<Entry>) {
        let len = room.len();
        self.start.set(room.as_mut_ptr());
        self.set_len(len);
        self.room.replace(room);
        self.set_end();
    }

    /// Sets the end: where the room ends, or the entries become too many.
    fn set_end(&self) {
        let (len, capacity) = (self.len(), self.room.borrow().capacity());
        // SAFETY: C4: inside the room, or at its end.
        self.end.set(unsafe { self.start.get().add(capacity.min(self.most.get()).max(len)) });
    }

    fn set_len(&self, len: usize) {
        // SAFETY: C4: inside the room.
        self.top.set(unsafe { self.start.get().add(len) });
    }

    /// Returns the number of entries, those that no longer hold included.
    fn len(&self) -> usize {
        // SAFETY: C4: both are of the same room.
        unsafe { self.top.get().offset_from_unsigned(self.start.get()) }
    }

    /// Returns the entries. They must not change meanwhile.
    fn entries(&self) -> &[Entry] {
        let start = self.start.get();
        // SAFETY: C4: from the start to the top there are entries.
        if start.is_null() { &[] } else { unsafe { core::slice::from_raw_parts(start, self.len()) } }
    }

    /// Sets how many entries are too many.
    pub(crate) fn set_most(&self, most: usize) {
        self.most.set(most);
        self.set_end();
    }

    /// Tells whether the entries are too many.
    pub(crate) fn is_crowded(&self) -> bool {
        self.len() > self.most.get()
    }

    /// Adds objects with their stamps.
    pub(crate) fn extend<'a>(&self, objects: impl IntoIterator<Item = &'a Address>) {
        for object in objects {
            let _ = self.push(*object, header(object).stamp());
        }
    }

    /// Takes back an object that has just left, if it was the last to come.
    #[inline]
    pub(crate) fn pop(&self, object: Address) {
        let top = self.top.get();
        if top != self.start.get() {
            // SAFETY: C4: below the top, unless that is the start, there is an entry.
            unsafe {
                let last = top.sub(1);
                if (*last).0 == object {
                    self.top.set(last);
                }
            }
        }
    }

    /// Forgets the entries that no longer hold.
    pub(crate) fn sweep(&self) {
        self.retain(holds);
    }

    /// Forgets every entry of an object whose chunk is about to go.
    pub(crate) fn forget(&self, object: Address) {
        self.retain(|(other, _)| *other != object);
    }

    fn retain(&self, wanted: impl Fn(&Entry) -> bool) {
        let start = self.start.get();
        let mut kept = 0;
        for index in 0..self.len() {
            // SAFETY: C4: both are entries.
            unsafe {
                let entry = *start.add(index);
                if wanted(&entry) {
                    *start.add(kept) = entry;
                    kept += 1;
                }
            }
        }
        self.set_len(kept);
    }

    /// Appends what holds to a list of objects and one of stamps; false, and nothing is appended, if the roster is
    /// incomplete or there is no room.
    pub(crate) fn append_to(&self, objects: &mut Vec<Address>, stamps: &mut Vec<u32>) -> bool {
        let len = self.len();
        if self.incomplete.get() || objects.try_reserve(len).is_err() || stamps.try_reserve(len).is_err() {
            return false;
        }
        for &(object, stamp) in self.entries().iter().filter(|entry| holds(entry)) {
            objects.push(object);
            stamps.push(stamp);
        }
        true
    }

    /// Calls `visit` with every object whose entry holds when its turn comes; returns whether the roster is complete.
    pub(crate) fn each(&self, visit: impl Fn(Address)) -> bool {
        self.entries().iter().filter(|entry| holds(entry)).for_each(|(object, _)| visit(*object));
        !self.incomplete.get()
    }

    /// Is incomplete from now on.
    pub(crate) fn give_up(&self) {
        self.take_over(Vec::new());
        self.incomplete.set(true);
    }

    /// Begins anew: empty and complete.
    pub(crate) fn clear(&self) {
        self.set_len(0);
        self.set_end();
        self.incomplete.set(false);
    }

    /// Checks the roster against the stamps of the generation, in order.
    ///
    /// # Panics
    /// If it is complete and lists others.
    pub(crate) fn check(&self, expected: &[u32]) {
        if !self.incomplete.get() {
            let held: Vec<u32> =
                self.entries().iter().filter(|entry| holds(entry)).map(|(_, stamp)| *stamp).collect();
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
