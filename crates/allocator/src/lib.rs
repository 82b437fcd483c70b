//! The private heap: bytes from arenas, pools and blocks, as in CPython's `obmalloc`, for one thread.
//!
//! Words. The *raw layer* ([`Raw`]) gives *chunks*. A chunk is an *arena*, divided into *pools* of equal
//! *blocks*, or holds one large object. A *size class* is the set of pools with blocks of one size. How large
//! all these are is a [`Geometry`].
//!
//! ```text
//!  Allocator ── used_pools[class] ─► pool ⇄ pool ⇄ …            partially used
//!      │                               │
//!      ├── usable arenas, by free pools└─ free block ─► free block
//!      │        └─► arena: header, table of pool headers, pools
//!      ├── large objects: one chunk each
//!      └── Raw: Mmap ── stash ── operating system               or Faulty, in tests
//!  Remote ── RemoteList ─► Allocator                            frees from other threads
//! ```
//!
//! Modules: `geometry` (sizes), `raw`, `stash`, `faulty` (where chunks come from), `arena` and `pool` (what stands
//! in them), `arenas` (which have room), `allocator` (fast paths), `slow` (the others), `large`, `remote` and
//! `remote_list` (other threads), `poison`, `walk`, `stats`, `check` (looking at it all).
//!
//! Invariant: the allocator never knows what an object is. One word in each chunk's header is its user's
//! ([`owner_of`]); it is carried, not understood.
//!
//! # Invariants of unsafe code
//!
//! * **A1** Pointers that come from an allocator may be used for the whole chunk they lie in: they are made
//!   from the chunk's own pointer by offsets and masks, never from integers or from references to parts.
//!   Users hand back the pointers they got.
//! * **A2** A chunk is exclusively the property of one allocator, estate or stash, from `Raw::map` to `Raw::unmap`,
//!   aligned to `ARENA_ALIGN` and as long as was asked.
//! * **A3** A chunk in the list of an allocator or estate is mapped and begins with an `ArenaHeader`, followed by
//!   a table with an entry for each pool, initialised for all pools below `virgin_pool`, in front of all
//!   pools. `pool_shift` is the geometry's, or `LARGE_SHIFT`. Pools in lists, and live blocks, lie in such chunks.
//! * **A4** The blocks of a pool lie side by side between its base and `virgin`. Each is either handed out, and
//!   the user's, or on the pool's free list, once, and the allocator's: then its first word is its link.
//!   Blocks are at least 8 bytes long and aligned to 8.
//! * **A5** `nobody()` is never written: it is in no list, and no block is its.
//! * **A6** A linked pool is in the circle of its class, whose first is in `used_pools`. An arena is in `all`, and
//!   in `usable[nfreepools]` if that is not 0. A large object's chunk is in `large`.
//! * **A7** An estate is empty until its owner's end; then it has all chunks with live blocks, each with
//!   their number, and is touched under its lock only.
//! * **A8** A block that is pushed on a `RemoteList` belongs to the list until the owner takes it.
//! * **A9** Under `poison` every byte of a carved block has been written.

mod allocator;
mod arena;
mod arenas;
mod check;
mod faulty;
mod geometry;
mod large;
mod poison;
mod pool;
mod raw;
mod remote;
pub mod remote_list;
mod slow;
mod stash;
mod stats;
mod walk;

pub use allocator::{Allocator, Options};
pub use arena::{ArenaHeader, owner_of};
pub use faulty::{Faulty, Plan, Witness};
pub use geometry::{ARENA_ALIGN, Geometry, GeometryError, MAX_CLASSES};
pub use raw::{Mmap, OutOfMemory, Raw};
pub use remote::Remote;
pub use stats::{ClassStats, Stats};
