//! The shapes of one thread. Each is a function of a door and a number of pairs, and is inlined for the door.

use gleaner_peers::Door;

use crate::sizes::{Random, Sizes};

/// Blocks of a batch.
const BATCH: usize = 10_000;

/// Live blocks of `churn`.
pub(crate) const LIVE: usize = 100_000;

/// A block and its size.
#[derive(Clone, Copy)]
pub(crate) struct Block {
    pub(crate) at: *mut u8,
    pub(crate) size: usize,
}

/// Allocates, and writes the first word, as a program would.
#[inline]
pub(crate) fn get<D: Door>(door: &D, size: usize) -> Block {
    let at = door.malloc(size);
    assert!(!at.is_null(), "out of memory");
    // SAFETY: the block is live, and every size here has a word.
    unsafe { at.cast::<usize>().write(size) };
    Block { at, size }
}

/// Reads the first word, and frees.
///
/// # Safety
/// The block is from `get` with this door, and is not used any more.
#[inline]
pub(crate) unsafe fn put<D: Door>(door: &D, block: Block) {
    // SAFETY: by contract.
    unsafe {
        std::hint::black_box(block.at.cast::<usize>().read());
        door.free(block.at, block.size);
    }
}

/// Allocates and frees one block, again and again.
#[inline(never)]
pub(crate) fn lifo<D: Door>(door: &D, pairs: u64) {
    let mut sizes = Sizes::recorded(1);
    for _ in 0..pairs {
        let block = get(door, sizes.next());
        // SAFETY: the block is ours.
        unsafe { put(door, block) };
    }
}

/// Allocates a batch, then frees it in the order of allocation.
#[inline(never)]
pub(crate) fn batch<D: Door>(door: &D, pairs: u64, mut sizes: Sizes) {
    let mut blocks = Vec::with_capacity(BATCH);
    for _ in 0..pairs.div_ceil(BATCH as u64) {
        for _ in 0..BATCH {
            blocks.push(get(door, sizes.next()));
        }
        for block in blocks.drain(..) {
            // SAFETY: the block is ours.
            unsafe { put(door, block) };
        }
    }
}

/// Replaces a random one of many live blocks.
pub(crate) struct Churn(Vec<Block>, Sizes, Random);

impl Churn {
    /// Allocates the live blocks.
    pub(crate) fn new<D: Door>(door: &D, seed: u64, live: usize) -> Churn {
        let mut sizes = Sizes::recorded(seed);
        let blocks = (0..live).map(|_| get(door, sizes.next())).collect();
        Churn(blocks, sizes, Random::new(seed + 1))
    }

    /// Replaces so many.
    #[inline(never)]
    pub(crate) fn run<D: Door>(&mut self, door: &D, pairs: u64) {
        let Churn(blocks, sizes, random) = self;
        let live = blocks.len();
        for _ in 0..pairs {
            let slot = &mut blocks[random.below(live)];
            // SAFETY: the block is ours, and is replaced.
            unsafe { put(door, *slot) };
            *slot = get(door, sizes.next());
        }
    }

    /// Returns the live blocks.
    pub(crate) fn into_blocks(self) -> Vec<Block> {
        self.0
    }
}

/// Blocks that die young: of ten, nine die within sixteen allocations, and one replaces one of the old.
pub(crate) struct Young {
    old: Churn,
    young: [Option<Block>; 16],
}

impl Young {
    /// Allocates the old blocks.
    pub(crate) fn new<D: Door>(door: &D) -> Young {
        Young { old: Churn::new(door, 5, LIVE), young: [None; 16] }
    }

    /// Runs so many pairs.
    #[inline(never)]
    pub(crate) fn run<D: Door>(&mut self, door: &D, pairs: u64) {
        let Churn(old, sizes, random) = &mut self.old;
        for number in 0..pairs {
            let block = get(door, sizes.next());
            let bits = random.next();
            // A tenth of 2^32 is the share of those that grow old.
            let place = if bits < u32::MAX / 10 {
                &mut old[random.below(LIVE)]
            } else {
                match &mut self.young[(number % 16) as usize] {
                    Some(place) => place,
                    empty => {
                        *empty = Some(block);
                        continue;
                    }
                }
            };
            let dead = std::mem::replace(place, block);
            // SAFETY: the block is ours, and was replaced.
            unsafe { put(door, dead) };
        }
    }
}
