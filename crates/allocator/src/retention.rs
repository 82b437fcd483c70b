//! How much free memory an allocator keeps, and when it goes back to the system.
//!
//! Giving a page back and touching it again costs more than a hundred allocations, and a program that works in batches
//! would pay that for each of them. A program that is done with its memory, on the other hand, tells nobody. So wholly
//! free arenas are kept up to a limit, and all of them go to the raw layer when there are more.
//!
//! The limit begins with four arenas. When half of what was given away last is taken anew before the next time, that was a
//! mistake, and the limit doubles: a batch that comes again and again pays a few times. It ends at [`MOST`], or a
//! twenty-fourth of the most that was ever mapped. No clock is asked and no thread waits: what is above the limit is
//! gone at once.
//!
//! Free pools in arenas that are not wholly free stay, for they are what new pools are made of before fresh memory is
//! touched. Only when they are as many as those in use, and the limit besides, their pages go to the
//! system.

use core::cell::Cell;

use crate::allocator::Allocator;
use crate::geometry::Geometry;

/// The largest limit in bytes for heaps that never were twenty-four times that.
const MOST: usize = 8 << 20;
const SHARE: usize = 24;

/// The first limit in arenas.
const FIRST: usize = 4;

/// What is remembered about what was given away.
#[derive(Debug)]
pub(crate) struct Retention {
    /// How many bytes of free arenas may stay.
    limit: Cell<usize>,
    /// How many bytes were given away last.
    released: Cell<usize>,
}

impl Retention {
    pub(crate) fn new(geometry: &Geometry) -> Retention {
        Retention { limit: Cell::new(FIRST * geometry.arena()), released: Cell::new(0) }
    }
}

impl Allocator {
    /// Gives free memory back if there is more than may stay, unless a heap walk is under way.
    #[inline]
    pub(crate) fn retain(&self) {
        if self.walking.get() {
            return;
        }
        let limit = self.retention.limit.get();
        let arenas = self.arenas.free.get() * self.geometry.arena();
        // Those of free arenas are not counted: they may stay, up to the limit.
        let kept = self.arenas.free.get() * self.geometry.pools_per_arena();
        let dirty = self.arenas.dirty_pools.get().saturating_sub(kept);
        let most = (limit >> self.pool_shift) + self.arenas.used_pools.get();
        if arenas > limit {
            self.release_free_arenas(arenas);
        } else if dirty > most {
            self.arenas.purge(&self.geometry, &*self.shared.raw);
        }
    }

    /// Gives the free arenas back, unless that was just found to be a mistake.
    #[cold]
    #[inline(never)]
    fn release_free_arenas(&self, bytes: usize) {
        let fresh = self.arenas.fresh_pools.replace(0) << self.pool_shift;
        let (limit, released) = (self.retention.limit.get(), self.retention.released.get());
        if released > 0 && fresh >= released / 2 {
            let most = MOST.max(self.peak_raw_bytes.get() / SHARE).max(FIRST * self.geometry.arena());
            self.retention.limit.set((limit * 2).min(most));
        }
        if bytes > self.retention.limit.get() {
            let bytes = self.arenas.release_free(&*self.shared.raw);
            self.raw_bytes.set(self.raw_bytes.get() - bytes);
            self.retention.released.set(bytes);
        }
    }

    /// Gives all free memory back.
    pub(crate) fn release_all_free(&self) {
        let bytes = self.arenas.release_free(&*self.shared.raw);
        self.raw_bytes.set(self.raw_bytes.get() - bytes);
        self.arenas.purge(&self.geometry, &*self.shared.raw);
    }
}
