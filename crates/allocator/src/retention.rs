//! How much free memory an allocator keeps, and when it goes back to the system.
//!
//! Giving a page back and touching it again costs more than a hundred allocations, and a program that works in batches
//! would pay that for each of them. A program that is done with its memory, on the other hand, tells nobody. So what
//! was once used and is free now is kept up to a limit, and all of it goes when there is more: wholly free arenas to
//! the raw layer, the pages of free pools in other arenas to the system.
//!
//! The limit begins with one arena. When as much as the last purge gave away is taken anew before the next purge, the
//! purge was a mistake, and the limit doubles: a batch that comes again and again pays a few times. It ends at
//! [`MOST`], or a twenty-fourth of the most that was ever mapped. No clock is asked and no thread waits: what is above
//! the limit is gone at once.

use core::cell::Cell;

use crate::allocator::Allocator;
use crate::geometry::Geometry;

/// The largest limit in bytes for heaps that never were twenty-four times that.
const MOST: usize = 8 << 20;
const SHARE: usize = 24;

/// What is remembered about purges.
#[derive(Debug)]
pub(crate) struct Retention {
    /// How many bytes of free pools may stay.
    limit: Cell<usize>,
    /// How many bytes the last purge gave away.
    purged: Cell<usize>,
}

impl Retention {
    pub(crate) fn new(geometry: &Geometry) -> Retention {
        Retention { limit: Cell::new(geometry.arena()), purged: Cell::new(0) }
    }
}

impl Allocator {
    /// Gives free memory back if there is more than the limit, unless a heap walk is under way.
    #[inline]
    pub(crate) fn retain(&self) {
        let dirty = self.arenas.dirty_pools.get() << self.pool_shift;
        if dirty > self.retention.limit.get() && !self.walking.get() {
            self.purge(dirty);
        }
    }

    #[cold]
    #[inline(never)]
    fn purge(&self, dirty: usize) {
        let fresh = self.arenas.fresh_pools.replace(0) << self.pool_shift;
        let (limit, purged) = (self.retention.limit.get(), self.retention.purged.get());
        if purged > 0 && fresh >= purged {
            let most = MOST.max(self.peak_raw_bytes.get() / SHARE).max(self.geometry.arena());
            self.retention.limit.set((limit * 2).min(most));
        }
        if dirty > self.retention.limit.get() {
            self.release_all_free();
            self.retention.purged.set(dirty);
        }
    }

    /// Gives all free memory back.
    pub(crate) fn release_all_free(&self) {
        let bytes = self.arenas.release_free(&*self.shared.raw);
        self.raw_bytes.set(self.raw_bytes.get() - bytes);
        self.arenas.purge(&self.geometry, &*self.shared.raw);
    }
}
