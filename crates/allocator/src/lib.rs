//! The private heap: bytes from arenas, pools and blocks, as in CPython's `obmalloc`, for one thread.
//!
//! Words. The *raw layer* ([`Raw`]) gives *chunks*. A chunk is an *arena*, divided into *pools* of equal
//! *blocks*, or holds one large object. A *size class* is the set of pools with blocks of one size. How large
//! all these are is a [`Geometry`].
//!
//! ```text
//!  Allocator ── magazines[class]: blocks at hand
//!      │             ⇅ half a magazine
//!      ├── used_pools[class] ─► pool ⇄ pool ⇄ …                 partially used
//!      │                         └─ bitmap of free blocks
//!      ├── usable arenas, by free pools
//!      │        └─► arena: header, table of pool headers, bitmaps, pools
//!      ├── large objects: one chunk each
//!      └── Raw: Mmap ── stash ── operating system               or Faulty, in tests; Territory, for `global`
//!  Remote ── RemoteList ─► Allocator                            frees from other threads
//!  global: one Allocator per thread, found through a thread-local word; `malloc`, `GlobalAlloc`
//! ```
//!
//! Modules: `geometry` (sizes), `raw`, `stash`, `faulty`, `territory` (where chunks come from), `arena` and `pool` (what
//! stands in them), `arenas` (which have room), `retention` (what is kept), `magazine`, `allocator` (fast paths), `refill`,
//! `slow` (the others), `large`, `remote` and `remote_list` (other threads), `global`, `heaps`, `thread` (the
//! process's allocator), `modes`, `special`, `budget`, `locate`, `guard` (its modes other than fast), `poison`, `walk`, `stats`, `check` (looking at it all).
//!
//! Invariant: the allocator never knows what an object is. Two words in each chunk's header are its
//! user's ([`owner_of`]); they are carried, not understood.
//!
//! # Invariants of unsafe code
//!
//! * **A1** Pointers that come from an allocator may be used for the whole chunk they lie in: they are made
//!   from the chunk's own pointer by offsets and masks, never from integers or from references to parts.
//!   Users hand back the pointers they got.
//! * **A2** A chunk is exclusively the property of one allocator, estate or stash, from `Raw::map` to `Raw::unmap`,
//!   aligned to `ARENA_ALIGN` and as long as was asked.
//! * **A3** A chunk in the list of an allocator or estate is mapped and begins with an `ArenaHeader`, followed by
//!   a table with an entry for each pool, all initialised, and their bitmaps, in front of all pools. `pool_shift` is
//!   the geometry's, or `LARGE_SHIFT`. Pools in lists, and live blocks, lie in such chunks.
//! * **A4** The blocks of a pool lie side by side from its base on. Each is either handed out, and the user's, or
//!   waits in a magazine, or is free, and the allocator's: then its bit is set. Blocks are at least 16 bytes long and
//!   aligned to 8.
//! * **A5** `NOTHING` is never written: its magazine is always empty and always full.
//! * **A6** A linked pool is in the circle of its class, whose first is in `used_pools`. An arena is in `all`, and
//!   in `usable[nfreepools]` if that is not 0. A large object's chunk is in `large`.
//! * **A7** An estate is empty until its owner's end; then it has all chunks with live blocks, each with
//!   their number, and is touched under its lock only.
//! * **A8** A block that is pushed on a `RemoteList` belongs to the list until the owner takes it.
//! * **A9** Under `poison`, and in the process's debug mode, every byte of a block in a pool in use has been written.
//! * **A10** A magazine's top is past the end of `NOTHING`, or points into the class's array, above its floor, which holds
//!   null; between the two are blocks of the class that nobody uses. The number 0 is that of a magazine, too.
//! * **A11** A territory is mapped, readable and writable, from its base on, and begins with a byte for each 16 KiB of it,
//!   which holds the number of a magazine. Where no chunk stands, no header does.
//! * **A12** The thread's word points to `NO_MAGAZINES`, or to a heap of `heaps.rs`, whose allocator and magazines come
//!   first, which is never freed, and which no other thread uses. A heap that rests, and that of large objects, is used
//!   under its lock.

mod allocator;
mod arena;
mod arenas;
mod budget;
mod check;
mod fatal;
mod faulty;
mod fork;
mod geometry;
pub mod global;
mod guard;
mod heaps;
mod interface;
mod large;
mod locate;
mod magazine;
mod modes;
mod poison;
mod pool;
mod raw;
mod refill;
mod remote;
pub mod remote_list;
mod retention;
mod slow;
mod special;
mod stash;
mod stats;
mod territory;
mod thread;
mod walk;

pub use allocator::{Allocator, Options};
pub use arena::{ArenaHeader, owner_of};
pub use faulty::{Faulty, Plan, Witness};
pub use geometry::{ARENA_ALIGN, Geometry, GeometryError, MAX_CLASSES, MAX_MAGAZINE};
pub use interface::Gleaner;
pub use raw::{Chunk, Mmap, OutOfMemory, Raw};
pub use remote::Remote;
pub use stats::{ClassStats, Stats};
pub use walk::Span;
