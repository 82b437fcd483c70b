//! Memory that goes from thread to thread: nothing grows while blocks are allocated here and freed there, and all comes
//! back when threads and blocks are gone.
//!
//! Each test has a process of its own: it looks at what is resident. `scripts/bleed MINUTES` runs the last one for long.

#[path = "common/memory.rs"]
mod memory;
#[path = "common/process.rs"]
mod process;

use std::env;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use gleaner_allocator::global;
use memory::size_and_resident;
use process::in_child;

const MIB: usize = 1 << 20;

/// What stays besides blocks: chunks in the stash, a heap per thread, stacks and buffers of the standard library.
const BESIDES: usize = 6 * MIB;

fn resident() -> usize {
    size_and_resident().1
}

/// A small generator of numbers (xorshift): which sizes, and who is replaced.
struct Random(u64);

impl Random {
    fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) as usize % most
    }

    /// Mostly small, some medium, few large.
    fn size(&mut self) -> usize {
        match self.below(1000) {
            0 => 33_000 + self.below(200_000),
            1..20 => 1025 + self.below(31_000),
            _ => 1 + self.below(1000),
        }
    }
}

/// A block that knows its size, on its way from thread to thread.
struct Block(*mut u8);

// SAFETY: whoever has it is the only one.
unsafe impl Send for Block {}

impl Block {
    fn new(size: usize) -> Block {
        let size = size.max(16);
        let start = global::malloc(size);
        assert!(!start.is_null());
        // SAFETY: the block is ours, aligned, and long enough for its size at the front and a byte at the end.
        unsafe {
            start.write_bytes(0x3C, size);
            start.cast::<usize>().write(size);
        }
        Block(start)
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        // SAFETY: the block is ours, as `new` left it, and not used any more.
        unsafe {
            let size = self.0.cast::<usize>().read();
            assert!(size == 16 || self.0.add(size - 1).read() == 0x3C, "a block of {size} bytes");
            assert!(global::try_free(self.0));
        }
    }
}

/// After all is freed, at most a twentieth of the peak is resident above what was before, and a constant.
fn all_is_back(before: usize, peak: usize) {
    global::trim();
    let after = resident();
    println!("resident: {} KiB before, {} at the peak, {} after", before >> 10, peak >> 10, after >> 10);
    assert!(after <= before + (peak - before) / 20 + BESIDES);
}

/// A thousand threads, eight at a time, each of which leaves its blocks behind.
#[test]
fn a_thousand_threads_are_born_and_die() {
    in_child("a_thousand_threads_are_born_and_die", || {
        let before = resident();
        let mut kept: Vec<Vec<Block>> = Vec::with_capacity(1000);
        for group in 0..125 {
            let makers: Vec<_> = (1..=8)
                .map(|seed| {
                    let mut random = Random(group * 8 + seed);
                    thread::spawn(move || (0..200).map(|_| Block::new(random.size())).collect())
                })
                .collect();
            kept.extend(makers.into_iter().map(|maker| maker.join().unwrap()));
        }
        let peak = resident();
        assert!(peak > before + 100 * MIB, "{} MiB", peak >> 20);
        // Half of it is freed by threads that come later, the rest here.
        let (half, rest): (Vec<_>, Vec<_>) = kept.into_iter().enumerate().partition(|(i, _)| i % 2 == 0);
        let mut half: Vec<_> = half.into_iter().map(|(_, blocks)| blocks).collect();
        while !half.is_empty() {
            let part = half.split_off(half.len().saturating_sub(50));
            thread::spawn(move || drop(part)).join().unwrap();
        }
        drop(rest);
        all_is_back(before, peak);
    });
}

/// Larson's server: each thread inherits the blocks of the one before it, replaces them at random, and hands them on.
#[test]
fn blocks_are_inherited() {
    in_child("blocks_are_inherited", || {
        let before = resident();
        let mut lines: Vec<(Vec<Block>, Random)> = (1..=4).map(|seed| (Vec::new(), Random(seed))).collect();
        let mut peaks = Vec::new();
        for _ in 0..100 {
            let heirs: Vec<_> = lines
                .into_iter()
                .map(|(mut blocks, mut random)| {
                    thread::spawn(move || {
                        blocks.resize_with(20_000, || Block::new(random.size()));
                        for _ in 0..20_000 {
                            let which = random.below(blocks.len());
                            blocks[which] = Block::new(random.size());
                        }
                        (blocks, random)
                    })
                })
                .collect();
            lines = heirs.into_iter().map(|heir| heir.join().unwrap()).collect();
            peaks.push(resident());
        }
        let (early, late) = (peaks[..10].iter().max().unwrap(), peaks[90..].iter().max().unwrap());
        println!("resident: {} KiB in the first generations, {} in the last", early >> 10, late >> 10);
        assert!(*late < early + early / 5, "inheritance does not make the heaps grow");
        drop(lines);
        all_is_back(before, *peaks.iter().max().unwrap());
    });
}

/// Frees what comes; says so when an empty batch does.
fn consume(batches: Receiver<Vec<Block>>, done: SyncSender<()>) {
    for batch in batches {
        if batch.is_empty() {
            done.send(()).unwrap();
        }
    }
}

/// Allocates here and frees there, round by round, until `goes_on` says no; it hears what is resident every 100 rounds, when
/// all is freed.
fn bleed(mut goes_on: impl FnMut(usize) -> bool) {
    let (sender, batches) = sync_channel::<Vec<Block>>(4);
    let (done, freed) = sync_channel(1);
    let consumer = thread::spawn(move || consume(batches, done));
    let mut random = Random(42);
    for round in 1.. {
        sender.send((0..500).map(|_| Block::new(random.size())).collect()).unwrap();
        if round % 100 == 0 {
            sender.send(Vec::new()).unwrap();
            freed.recv().unwrap();
            if !goes_on(resident()) {
                break;
            }
        }
    }
    drop(sender);
    consumer.join().unwrap();
}

/// Between the first tenth and the end, what is resident grows by so much at most.
const GROWTH: usize = 4 * MIB;

#[test]
fn nothing_grows_while_bleeding() {
    in_child("nothing_grows_while_bleeding", || {
        let mut samples = Vec::with_capacity(50);
        bleed(|resident| {
            samples.push(resident);
            samples.len() < 50
        });
        let (early, late) = (samples[4], samples[49]);
        println!("resident: {} KiB after a tenth, {} at the end", early >> 10, late >> 10);
        assert!(late <= early + GROWTH);
    });
}

/// The same for as many minutes as `GLEANER_BLEED_MINUTES` says.
#[test]
#[ignore = "takes minutes: scripts/bleed MINUTES"]
fn nothing_grows_for_minutes() {
    in_child("nothing_grows_for_minutes", || {
        let minutes: u64 = env::var("GLEANER_BLEED_MINUTES").expect("how many").parse().expect("a number");
        let (start, all) = (Instant::now(), Duration::from_secs(60 * minutes));
        let (mut early, mut late, mut told) = (0, 0, 0);
        bleed(|resident| {
            let passed = start.elapsed();
            let most = if passed < all / 10 { &mut early } else { &mut late };
            *most = resident.max(*most);
            if passed.as_secs() / 60 > told {
                told = passed.as_secs() / 60;
                println!("{told} min: {} KiB resident", resident >> 10);
            }
            passed < all
        });
        println!("resident at most: {} KiB in the first tenth, {} after it", early >> 10, late >> 10);
        assert!(late <= early + GROWTH);
    });
}
