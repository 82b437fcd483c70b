//! The header: 16 bytes that every object begins with. All knowledge of its bits is in this file.

use core::cell::Cell;
use core::fmt;
use core::ptr::NonNull;

use crate::record::TypeRecord;

/// Where an object is.
pub type Address = NonNull<Header>;

/// What is true of an object, one bit each.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Flags(u8);

impl Flags {
    /// The collector has the object in one of its lists.
    pub const TRACKED: Flags = Flags(1);
    /// Its finalizer has run and will not run again (PY-31).
    pub const FINALIZED: Flags = Flags(2);
    /// The table of weak references has an entry for it.
    pub const WATCHED: Flags = Flags(4);
    /// A pass is deciding about it; its place holds `gc_refs`.
    pub const COLLECTING: Flags = Flags(8);
    /// That pass holds it to be unreachable until shown otherwise.
    pub const UNREACHABLE: Flags = Flags(16);

    /// It is itself a weak reference, and leaves its referent's watchers when it dies.
    pub const WATCHER: Flags = Flags(32);

    const ALL: usize = 63;

    /// Tells whether all of `other` is set.
    #[must_use]
    pub const fn has(self, other: Flags) -> bool {
        self.0 & other.0 == other.0
    }

    /// Both together.
    #[must_use]
    pub const fn with(self, other: Flags) -> Flags {
        Flags(self.0 | other.0)
    }

    /// This without `other`.
    #[must_use]
    pub const fn without(self, other: Flags) -> Flags {
        Flags(self.0 & !other.0)
    }
}

impl fmt::Debug for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const NAMES: [(Flags, &str); 6] = [
            (Flags::TRACKED, "tracked"),
            (Flags::FINALIZED, "finalized"),
            (Flags::WATCHED, "watched"),
            (Flags::COLLECTING, "collecting"),
            (Flags::UNREACHABLE, "unreachable"),
            (Flags::WATCHER, "watcher"),
        ];
        f.debug_set().entries(NAMES.iter().filter(|(flag, _)| self.has(*flag)).map(|(_, name)| name)).finish()
    }
}

/// A list of the collector's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum ListId {
    /// Generation 0.
    Young = 0,
    /// Generation 1.
    Middle = 1,
    /// Generation 2.
    Old = 2,
    /// Frozen: never looked at.
    Permanent = 3,
    /// What a running pass has found unreachable.
    Condemned = 4,
    /// In no list.
    None = 7,
}

impl ListId {
    /// Returns the list of a generation, 0 to 2; anything beyond is the oldest.
    #[must_use]
    pub const fn generation(generation: usize) -> ListId {
        match generation {
            0 => ListId::Young,
            1 => ListId::Middle,
            _ => ListId::Old,
        }
    }
}

/// Which list holds an object, and at which index.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place {
    /// The list.
    pub list: ListId,
    /// The index in it.
    pub index: u32,
}

impl Place {
    /// The place of an object that no list holds.
    pub const NONE: Place = Place { list: ListId::None, index: 0 };
    /// The largest index: a list holds at most half a billion objects.
    pub const MAX_INDEX: u32 = (1 << INDEX_BITS) - 1;

    const fn pack(self) -> u32 {
        (self.list as u32) << INDEX_BITS | self.index
    }

    const fn unpack(bits: u32) -> Place {
        let list = match bits >> INDEX_BITS {
            0 => ListId::Young,
            1 => ListId::Middle,
            2 => ListId::Old,
            3 => ListId::Permanent,
            4 => ListId::Condemned,
            _ => ListId::None,
        };
        Place { list, index: bits & Place::MAX_INDEX }
    }
}

const INDEX_BITS: u32 = 29;

/// The first 16 bytes of every object.
#[repr(C)]
pub struct Header {
    record: Cell<NonNull<TypeRecord>>,
    count: Cell<u32>,
    place: Cell<u32>,
}

const _: () = assert!(size_of::<Header>() == 16);
const _: () = assert!(align_of::<TypeRecord>() > Flags::ALL, "the flags fit below a record's alignment");

impl Header {
    /// Makes the header of a new object: one reference, no flags, in no list.
    #[must_use]
    pub fn new(record: &'static TypeRecord) -> Header {
        Header {
            record: Cell::new(NonNull::from(record)),
            count: Cell::new(1),
            place: Cell::new(Place::NONE.pack()),
        }
    }

    /// Returns the type record.
    #[inline]
    #[must_use]
    pub fn record(&self) -> &'static TypeRecord {
        let record = self.record.get().as_ptr().map_addr(|address| address & !Flags::ALL);
        // SAFETY: O2: without its flags this is the address of the static record given to `new`.
        unsafe { &*record }
    }

    /// Returns the flags.
    #[inline]
    #[must_use]
    pub fn flags(&self) -> Flags {
        Flags((self.record.get().as_ptr().addr() & Flags::ALL) as u8)
    }

    /// Replaces the flags.
    #[inline]
    pub fn set_flags(&self, flags: Flags) {
        let tagged = self.record.get().as_ptr().map_addr(|address| address & !Flags::ALL | flags.0 as usize);
        // SAFETY: O2: a record's address with some low bits set is not null.
        self.record.set(unsafe { NonNull::new_unchecked(tagged) });
    }

    /// Sets the flags in `flags`.
    #[inline]
    pub fn insert(&self, flags: Flags) {
        self.set_flags(self.flags().with(flags));
    }

    /// Clears the flags in `flags`.
    #[inline]
    pub fn remove(&self, flags: Flags) {
        self.set_flags(self.flags().without(flags));
    }

    /// The count of owned references, as it is stored. Only `gleaner-refcount` writes it.
    #[inline]
    #[must_use]
    pub fn count(&self) -> &Cell<u32> {
        &self.count
    }

    /// Returns the object's place; meaningless while [`Flags::COLLECTING`] is set.
    #[inline]
    #[must_use]
    pub fn place(&self) -> Place {
        Place::unpack(self.place.get())
    }

    /// Writes the object's place.
    #[inline]
    pub fn set_place(&self, place: Place) {
        self.place.set(place.pack());
    }

    /// The collector's copy of the count (CPython's `gc_refs`), in the place's stead.
    #[inline]
    #[must_use]
    pub fn gc_refs(&self) -> &Cell<u32> {
        &self.place
    }
}

impl fmt::Debug for Header {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Header")
            .field("type", &(self.record().name)())
            .field("flags", &self.flags())
            .field("count", &self.count.get())
            .field("place", &self.place())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_do_not_disturb_the_record() {
        let header = Header::new(TypeRecord::of::<u8>());
        header.insert(Flags::TRACKED.with(Flags::UNREACHABLE));
        assert!(header.flags().has(Flags::TRACKED) && header.flags().has(Flags::UNREACHABLE));
        assert!(!header.flags().has(Flags::FINALIZED));
        assert!(std::ptr::eq(header.record(), TypeRecord::of::<u8>()));
        header.remove(Flags::TRACKED);
        assert_eq!(format!("{:?}", header.flags()), r#"{"unreachable"}"#);
    }

    #[test]
    fn places_survive_packing() {
        for list in [ListId::Young, ListId::Middle, ListId::Old, ListId::Permanent, ListId::Condemned] {
            for index in [0, 1, Place::MAX_INDEX] {
                let header = Header::new(TypeRecord::of::<u8>());
                header.set_place(Place { list, index });
                assert_eq!(header.place(), Place { list, index });
            }
        }
        assert_eq!(Header::new(TypeRecord::of::<u8>()).place(), Place::NONE);
    }
}
