//! The header: 8 bytes that every object begins with. All knowledge of its bits is in this file.
//!
//! ```text
//!  count word   31 noted │ 30 immortal │ 29 … 0 count
//!  mark word    31 … 27 flags          │ 26 … 0 stamp, or gc_refs while a pass decides
//! ```
//!
//! CPython's object begins with 16 bytes of count and type, and a tracked one has 16 more in front of it for the links of
//! its collector's list. Here the type is what all objects of a chunk have in common (see [`crate::shelf`]), and the order
//! of the lists is a *stamp*: who was tracked later has the greater one.

use core::cell::Cell;
use core::fmt;
use core::ptr::NonNull;

/// Where an object is.
pub type Address = NonNull<Header>;

/// What is true of an object, one bit each.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Flags(u32);

impl Flags {
    /// Its finalizer has run and will not run again (PY-31).
    pub const FINALIZED: Flags = Flags(1 << 27);
    /// The table of weak references has an entry for it.
    pub const WATCHED: Flags = Flags(1 << 28);
    /// A pass is deciding about it; its stamp's place holds `gc_refs`.
    pub const COLLECTING: Flags = Flags(1 << 29);
    /// A pass holds it to be unreachable until shown otherwise; after the pass: it is condemned.
    pub const UNREACHABLE: Flags = Flags(1 << 30);
    /// It is itself a weak reference, and leaves its referent's watchers when it dies.
    pub const WATCHER: Flags = Flags(1 << 31);

    /// Tells whether all of `other` is set.
    #[must_use]
    pub const fn has(self, other: Flags) -> bool {
        self.0 & other.0 == other.0
    }

    /// Tells whether none is set.
    #[inline]
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Both together.
    #[must_use]
    pub const fn with(self, other: Flags) -> Flags {
        Flags(self.0 | other.0)
    }
}

impl fmt::Debug for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const NAMES: [(Flags, &str); 5] = [
            (Flags::FINALIZED, "finalized"),
            (Flags::WATCHED, "watched"),
            (Flags::COLLECTING, "collecting"),
            (Flags::UNREACHABLE, "unreachable"),
            (Flags::WATCHER, "watcher"),
        ];
        f.debug_set().entries(NAMES.iter().filter(|(flag, _)| self.has(*flag)).map(|(_, name)| name)).finish()
    }
}

/// The largest stamp, and the largest `gc_refs`, which stands for itself and all that are larger.
pub const MAX_STAMP: u32 = (1 << 27) - 1;

/// The first 8 bytes of every object.
#[repr(C)]
pub struct Header {
    count: Cell<u32>,
    mark: Cell<u32>,
}

const _: () = assert!(size_of::<Header>() == 8);

impl Header {
    /// Makes the header of a new object: the count word is given, no stamp, these flags.
    #[must_use]
    pub const fn new(count: u32, flags: Flags) -> Header {
        Header { count: Cell::new(count), mark: Cell::new(flags.0) }
    }

    /// Returns the header with a stamp, 0 for none, in place of none.
    #[inline]
    #[must_use]
    pub const fn stamped(self, stamp: u32) -> Header {
        debug_assert!(stamp <= MAX_STAMP);
        Header { count: self.count, mark: Cell::new(self.mark.into_inner() | stamp) }
    }

    /// Returns the flags.
    #[inline]
    #[must_use]
    pub fn flags(&self) -> Flags {
        Flags(self.mark.get() & !MAX_STAMP)
    }

    /// Sets the flags in `flags`.
    #[inline]
    pub fn insert(&self, flags: Flags) {
        self.mark.set(self.mark.get() | flags.0);
    }

    /// Clears the flags in `flags`.
    #[inline]
    pub fn remove(&self, flags: Flags) {
        self.mark.set(self.mark.get() & !flags.0);
    }

    /// The count word. Only `gleaner-refcount` knows its bits, and writes it.
    #[inline]
    #[must_use]
    pub fn count(&self) -> &Cell<u32> {
        &self.count
    }

    /// Returns the object's stamp, 0 if it is not tracked; meaningless while [`Flags::COLLECTING`] is set.
    #[inline]
    #[must_use]
    pub fn stamp(&self) -> u32 {
        self.mark.get() & MAX_STAMP
    }

    /// Writes the object's stamp.
    #[inline]
    pub fn set_stamp(&self, stamp: u32) {
        debug_assert!(stamp <= MAX_STAMP);
        self.mark.set(self.mark.get() & !MAX_STAMP | stamp);
    }

    /// Tells whether the collector tracks the object.
    #[inline]
    #[must_use]
    pub fn is_tracked(&self) -> bool {
        self.stamp() != 0 || self.flags().has(Flags::COLLECTING)
    }

    /// Returns the collector's copy of the count (CPython's `gc_refs`), which stands in the stamp's place.
    #[inline]
    #[must_use]
    pub fn gc_refs(&self) -> u32 {
        self.mark.get() & MAX_STAMP
    }

    /// Writes the collector's copy of the count, or the largest that there is room for.
    #[inline]
    pub fn set_gc_refs(&self, count: u32) {
        self.mark.set(self.mark.get() & !MAX_STAMP | count.min(MAX_STAMP));
    }

    /// Makes this the header of no object: a walk passes over its block.
    #[inline]
    pub fn erase(&self) {
        self.mark.set(0);
    }
}

impl fmt::Debug for Header {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Header")
            .field("count", &self.count.get())
            .field("flags", &self.flags())
            .field("stamp", &self.stamp())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_and_stamps_do_not_disturb_each_other() {
        let header = Header::new(1, Flags::WATCHER);
        assert!(!header.is_tracked());
        header.set_stamp(MAX_STAMP);
        header.insert(Flags::FINALIZED.with(Flags::UNREACHABLE));
        assert_eq!(header.stamp(), MAX_STAMP);
        header.set_stamp(5);
        header.remove(Flags::FINALIZED);
        assert_eq!(format!("{:?}", header.flags()), r#"{"unreachable", "watcher"}"#);
        assert_eq!((header.stamp(), header.is_tracked()), (5, true));
    }

    #[test]
    fn gc_refs_stop_at_the_largest() {
        let header = Header::new(1, Flags::COLLECTING);
        header.set_gc_refs(u32::MAX);
        assert_eq!(header.gc_refs(), MAX_STAMP);
        assert!(header.flags().has(Flags::COLLECTING) && !header.flags().has(Flags::FINALIZED));
        header.set_gc_refs(0);
        assert!(header.is_tracked(), "what a pass decides about is tracked");
    }
}
