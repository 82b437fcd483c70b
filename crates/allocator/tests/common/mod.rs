//! The byte-map model: what an allocator must do, seen from outside, and a driver that holds it to that.
//!
//! Shared by the property tests and the fuzz target, which includes this file.

use std::collections::BTreeMap;
use std::ptr::NonNull;

use gleaner_allocator::{Allocator, Geometry, Mmap, Options, Raw, Remote, owner_of};

/// One thing to ask of an allocator. Which block is meant is taken modulo the live ones.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Request {
    /// Allocate.
    Alloc(usize),
    /// Free, with the size.
    Free(usize),
    /// Free, without the size.
    FreeUnsized(usize),
    /// Free by way of the remote list.
    FreeRemote(usize),
    /// Change the size.
    Realloc(usize, usize),
    /// Walk the heap, freeing every n-th block during the walk; 0 frees none.
    Walk(usize),
    /// Take the remote frees in.
    Drain,
    /// Give back what is free.
    Trim,
    /// Verify all structures.
    Check,
}

/// Sizes where something changes.
const EDGES: [usize; 16] =
    [0, 1, 7, 8, 9, 128, 129, 512, 513, 1024, 1025, 4096, 65_537, 1 << 20, (1 << 20) + 1, 5 << 20];

impl Request {
    /// Makes a request of any four bytes.
    pub(crate) fn from_bytes([kind, size, wide, which]: [u8; 4]) -> Request {
        let (small, which) = (usize::from(size), usize::from(which));
        let size = match wide % 16 {
            0..=8 => small / 2,
            9..=11 => small,
            12 | 13 => small * 5,
            14 => small * 40,
            _ => EDGES[small % EDGES.len()],
        };
        match kind % 32 {
            0..=12 => Request::Alloc(size),
            13..=18 => Request::Free(which),
            19..=22 => Request::FreeUnsized(which),
            23 | 24 => Request::FreeRemote(which),
            25 | 26 => Request::Realloc(which, size),
            27 | 28 => Request::Walk(which % 4),
            29 => Request::Drain,
            30 => Request::Trim,
            _ => Request::Check,
        }
    }
}

/// A live block as its user knows it.
#[derive(Clone, Copy)]
struct Live {
    start: NonNull<u8>,
    size: usize,
    seed: u8,
}

/// All geometries there are.
pub(crate) const GEOMETRIES: [Geometry; 5] =
    [Geometry::CLASSIC, Geometry::MODERN, Geometry::WIDE, Geometry::TINY, Geometry::TINY_MAGAZINES];

/// Makes options of any byte: poison, exact and scatter, alone and together; most often none.
pub(crate) fn options(byte: u8) -> Options {
    let scatter = if byte & 12 == 12 { u64::from(byte) } else { 0 };
    Options { poison: byte & 3 == 3, exact: byte & 48 == 48, scatter, clean: byte & 64 != 0 }
}

/// The longest stretch at each end of a block that is written and verified.
const STRETCH: usize = 2048;

impl Live {
    /// Returns the offsets that carry content.
    fn offsets(size: usize) -> impl Iterator<Item = usize> {
        (0..size.min(STRETCH)).chain(size.saturating_sub(STRETCH).max(STRETCH)..size)
    }

    fn write(&self) {
        for offset in Live::offsets(self.size) {
            // SAFETY: the offset is inside a live block of ours.
            unsafe { self.start.add(offset).write(self.seed.wrapping_add(offset as u8)) };
        }
    }

    fn verify(&self, offsets: impl Iterator<Item = usize>) {
        for offset in offsets {
            // SAFETY: the offset is inside a live block of ours, and was written.
            let byte = unsafe { self.start.add(offset).read() };
            assert_eq!(byte, self.seed.wrapping_add(offset as u8), "byte {offset} of {:p}", self.start);
        }
    }
}

/// An allocator, and the byte map of what it has handed out.
pub(crate) struct Driver {
    allocator: Allocator,
    remote: Remote,
    /// Every live block, by address.
    map: BTreeMap<usize, Live>,
    /// Every live block, in no particular order, to choose from.
    chosen: Vec<usize>,
    /// Blocks freed remotely since the last drain, for want of knowledge when the allocator drained by itself.
    pending: usize,
    seed: u8,
    failures: usize,
}

/// The word that the driver has the allocator carry.
const OWNER: *const () = std::ptr::without_provenance(0xABCD0);

impl Driver {
    /// Makes a driver on the system's memory.
    pub(crate) fn new(geometry: Geometry, options: Options) -> Driver {
        Driver::with_raw(geometry, options, Box::new(Mmap))
    }

    /// Makes a driver on any raw layer.
    pub(crate) fn with_raw(geometry: Geometry, options: Options, raw: Box<dyn Raw>) -> Driver {
        let allocator = Allocator::with_options(geometry, options, raw);
        allocator.set_owner(OWNER);
        let remote = allocator.remote();
        let (map, chosen) = (BTreeMap::new(), Vec::new());
        Driver { allocator, remote, map, chosen, pending: 0, seed: 0, failures: 0 }
    }

    /// Does what is asked, and verifies what can be seen.
    pub(crate) fn step(&mut self, request: Request) {
        match request {
            Request::Alloc(size) => self.alloc(size),
            Request::Free(which) => {
                if let Some(live) = self.choose(which) {
                    // SAFETY: the block is live, of this size, and forgotten by us.
                    unsafe { self.allocator.free(live.start, live.size) };
                }
            }
            Request::FreeUnsized(which) => {
                if let Some(live) = self.choose(which) {
                    // SAFETY: as above.
                    unsafe { self.allocator.free_unsized(live.start) };
                }
            }
            Request::FreeRemote(which) => {
                if let Some(live) = self.choose(which) {
                    self.pending += 1;
                    // SAFETY: as above.
                    unsafe { self.remote.free(live.start) };
                }
            }
            Request::Realloc(which, size) => self.realloc(which, size),
            Request::Walk(every) => self.walk(every),
            Request::Drain => {
                assert!(self.allocator.drain_remote() <= self.pending);
                self.pending = 0;
            }
            Request::Trim => self.allocator.trim(),
            Request::Check => self.check(),
        }
    }

    /// Frees all, and verifies that nothing is left; returns how many requests found no memory.
    pub(crate) fn finish(mut self) -> usize {
        self.check();
        while self.choose(0).map(|live| self.free_somehow(live)).is_some() {}
        self.allocator.trim();
        self.check();
        let stats = self.allocator.stats();
        assert_eq!((stats.live_blocks, stats.live_bytes, stats.large_blocks), (0, 0, 0));
        assert_eq!((stats.arenas, stats.pools, stats.raw_bytes), (0, 0, 0));
        self.failures
    }

    fn free_somehow(&self, live: Live) {
        // SAFETY: the block is live, of this size, and forgotten by us.
        unsafe { self.allocator.free(live.start, live.size) };
    }

    fn alloc(&mut self, size: usize) {
        match self.allocator.alloc(size) {
            Ok(start) => self.enter(start, size),
            Err(_) => self.failures += 1,
        }
    }

    /// Enters a new block into the map: aligned, owned, roomy and overlapping nothing.
    fn enter(&mut self, start: NonNull<u8>, size: usize) {
        let address = start.addr().get();
        let aligned = if size > 0 && size.is_multiple_of(16) { 16 } else { 8 };
        assert_eq!(address % aligned, 0, "{start:p} of {size} bytes is aligned");
        let end = address + size.max(1);
        if let Some((_, before)) = self.map.range(..end).next_back() {
            let before_end = before.start.addr().get() + before.size.max(1);
            assert!(before_end <= address, "{start:p} of {size} bytes overlaps {:p}", before.start);
        }
        // SAFETY: the block is live.
        unsafe {
            assert!(self.allocator.size_of_block(start) >= size, "{start:p} has room for {size} bytes");
            assert_eq!(owner_of(start.as_ptr()), OWNER, "owner of {start:p}");
        }
        self.seed = self.seed.wrapping_add(101);
        let live = Live { start, size, seed: self.seed };
        live.write();
        self.map.insert(address, live);
        self.chosen.push(address);
    }

    /// Takes a block out of the map, its content verified.
    fn choose(&mut self, which: usize) -> Option<Live> {
        if self.chosen.is_empty() {
            return None;
        }
        let address = self.chosen.swap_remove(which % self.chosen.len());
        let live = self.map.remove(&address)?;
        live.verify(Live::offsets(live.size));
        Some(live)
    }

    fn realloc(&mut self, which: usize, size: usize) {
        let Some(live) = self.choose(which) else { return };
        // SAFETY: the block is live and of this size; with success it is forgotten.
        match unsafe { self.allocator.realloc(live.start, live.size, size) } {
            Ok(start) => {
                let common = live.size.min(size);
                let moved = Live { start, ..live };
                moved.verify(Live::offsets(live.size).filter(|&offset| offset < common));
                self.enter(start, size);
            }
            Err(_) => {
                self.failures += 1;
                live.verify(Live::offsets(live.size));
                self.map.insert(live.start.addr().get(), live);
                self.chosen.push(live.start.addr().get());
            }
        }
    }

    /// The walk meets every live block once, and nothing else.
    fn walk(&mut self, every: usize) {
        self.allocator.drain_remote();
        self.pending = 0;
        let mut met = Vec::new();
        let (allocator, map) = (&self.allocator, &mut self.map);
        let total = map.len();
        allocator.for_each_block(|start, room| {
            let live = map[&start.addr().get()];
            assert!(room >= live.size);
            met.push(start.addr().get());
            if every > 0 && met.len().is_multiple_of(every) {
                live.verify(Live::offsets(live.size));
                map.remove(&start.addr().get());
                // SAFETY: the block is live, forgotten by us, and the one visited.
                unsafe { allocator.free(live.start, live.size) };
            }
        });
        assert_eq!(met.len(), total, "the walk meets every live block");
        self.chosen.retain(|address| self.map.contains_key(address));
    }

    fn check(&mut self) {
        self.allocator.drain_remote();
        self.pending = 0;
        self.allocator.check();
        let stats = self.allocator.stats();
        assert_eq!(stats.live_blocks, self.map.len());
        assert!(stats.live_bytes >= self.map.values().map(|live| live.size).sum());
        assert!(stats.raw_bytes >= stats.live_bytes && stats.peak_raw_bytes >= stats.raw_bytes);
    }
}
