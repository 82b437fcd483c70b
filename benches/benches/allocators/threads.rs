//! The shapes of two threads. Each thread makes its own door, which for C doors is the same allocator.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Barrier, Mutex};
use std::thread;

use gleaner_peers::Door;
use gleaner_peers::process::cpu_nanoseconds;

use crate::rows::{Block, Churn, LIVE, get, put};
use crate::sizes::{Random, Sizes};

/// Blocks that go to another thread.
struct Parcel(Vec<Block>);

// SAFETY: whoever has the parcel is the only one who has its blocks.
unsafe impl Send for Parcel {}

/// `churn` on each of two threads, with half the blocks each, and nothing in common. Returns the processor time of the
/// replacements alone.
pub(crate) fn churn<D: Door>(make: impl Fn() -> D + Sync, pairs: u64) -> u64 {
    let ready = Barrier::new(2);
    let worker = |seed| {
        let door = make();
        let mut churn = Churn::new(&door, seed, LIVE / 2);
        ready.wait();
        let start = cpu_nanoseconds();
        churn.run(&door, pairs / 2);
        start
    };
    let start = thread::scope(|scope| {
        scope.spawn(|| worker(11));
        worker(13)
    });
    cpu_nanoseconds() - start
}

/// Blocks of a parcel.
const PARCEL: usize = 256;

/// One thread allocates, the other frees.
pub(crate) fn producer_consumer<D: Door>(make: impl Fn() -> D + Sync, pairs: u64) {
    let (full, arriving): (SyncSender<Parcel>, Receiver<Parcel>) = sync_channel(16);
    let (empty, returning) = sync_channel(32);
    for _ in 0..16 {
        empty.send(Parcel(Vec::with_capacity(PARCEL))).expect("there is room for it");
    }
    thread::scope(|scope| {
        let make = &make;
        scope.spawn(move || {
            let door = make();
            for mut parcel in arriving {
                for block in parcel.0.drain(..) {
                    // SAFETY: the block is ours, since it arrived.
                    unsafe { put(&door, block) };
                }
                // The producer may have ended.
                let _ = empty.send(parcel);
            }
        });
        let (door, mut sizes) = (make(), Sizes::recorded(17));
        for _ in 0..pairs.div_ceil(PARCEL as u64) {
            let Ok(mut parcel) = returning.recv() else { return };
            parcel.0.extend((0..PARCEL).map(|_| get(&door, sizes.next())));
            if full.send(parcel).is_err() {
                return;
            }
        }
        drop(full);
    });
}

/// Blocks of each thread, and pairs until it hands them to the next one.
const LARSON: (usize, u64) = (5000, 100_000);

/// Two threads that replace blocks at random, each of which ends after a while and leaves its blocks to a successor.
pub(crate) fn larson<D: Door>(make: impl Fn() -> D + Sync, pairs: u64) {
    let (blocks, turn) = LARSON;
    let generation = |mut parcel: Parcel, seed| {
        let (door, mut sizes, mut random) = (make(), Sizes::recorded(seed), Random::new(seed));
        for _ in 0..turn {
            let slot = &mut parcel.0[random.below(blocks)];
            // SAFETY: the block is ours, since the parcel came, and is replaced.
            unsafe { put(&door, *slot) };
            *slot = get(&door, sizes.next());
        }
        parcel
    };
    let line = |seed| {
        let mut parcel = Parcel(Churn::new(&make(), seed, blocks).into_blocks());
        for number in 0..(pairs / 2).div_ceil(turn) {
            let successor = thread::scope(|scope| scope.spawn(|| generation(parcel, seed + number)).join());
            parcel = successor.expect("no thread panics");
        }
    };
    thread::scope(|scope| {
        scope.spawn(|| line(19));
        scope.spawn(|| line(23));
    });
}

/// Blocks of a batch of `xmalloc`.
const XMALLOC: usize = 120;

/// Two threads that each allocate batches for a common pile, and free batches from it, their own or the other's.
pub(crate) fn xmalloc<D: Door>(make: impl Fn() -> D + Sync, pairs: u64) {
    let pile: Mutex<Vec<Parcel>> = Mutex::new(Vec::with_capacity(1024));
    let worker = |seed| {
        let (door, mut sizes, mut random) = (make(), Sizes::recorded(seed), Random::new(seed));
        let mut parcel = Parcel(Vec::with_capacity(XMALLOC));
        for _ in 0..(pairs / 2).div_ceil(XMALLOC as u64) {
            parcel.0.extend((0..XMALLOC).map(|_| get(&door, sizes.next())));
            let mut pile = pile.lock().expect("no thread panics");
            if pile.len() < 64 {
                pile.push(parcel);
                parcel = Parcel(Vec::with_capacity(XMALLOC));
            } else {
                let any = random.below(64);
                std::mem::swap(&mut pile[any], &mut parcel);
            }
            drop(pile);
            for block in parcel.0.drain(..) {
                // SAFETY: the block is ours, since the parcel left the pile.
                unsafe { put(&door, block) };
            }
        }
    };
    thread::scope(|scope| {
        scope.spawn(|| worker(29));
        worker(31);
    });
}
