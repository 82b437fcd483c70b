//! The process's allocator under this very test: every `Box`, `Vec` and thread of it.

use std::collections::BTreeMap;
use std::env;
use std::process::Command;
use std::sync::mpsc;
use std::thread;

use gleaner_allocator::global::Mode;
use gleaner_allocator::{Gleaner, global};

#[global_allocator]
static ALLOCATOR: Gleaner = Gleaner;

/// Sizes at the boundaries of classes, of medium and large.
const SIZES: [usize; 22] = [
    0,
    1,
    8,
    15,
    16,
    17,
    32,
    48,
    100,
    512,
    513,
    1024,
    1025,
    1280,
    5000,
    32_768,
    32_769,
    100_000,
    1 << 20,
    (1 << 20) + 1,
    3 << 20,
    9 << 20,
];

#[test]
fn what_std_allocates_is_ours() {
    let text: Vec<String> = (0..1000).map(|i| format!("string number {i}")).collect();
    assert!(global::owns(text.as_ptr().cast()));
    assert!(text.iter().all(|line| global::owns(line.as_ptr())));
    assert!(!global::owns((&raw const ALLOCATOR).cast()));
    let local = 1;
    assert!(!global::owns((&raw const local).cast()));
}

/// Every size: aligned, roomy, overlapping nothing, content kept by `realloc`, zero from `calloc`, and gone at the end.
#[test]
fn blocks_are_what_was_asked() {
    let mut blocks: BTreeMap<usize, (usize, *mut u8)> = BTreeMap::new();
    for round in 0..40 {
        for size in SIZES {
            let size = size + round;
            let zero = round % 3 == 0;
            let block = if zero { global::calloc(1, size) } else { global::malloc(size) };
            assert!(!block.is_null() && block.addr().is_multiple_of(16), "{size}");
            // SAFETY: the block is ours.
            unsafe {
                assert!(global::usable_size(block) >= size);
                let bytes = std::slice::from_raw_parts_mut(block, size);
                assert!(!zero || bytes.iter().all(|&byte| byte == 0), "calloc of {size}");
                bytes.fill(size as u8);
            }
            if let Some((start, (before, _))) = blocks.range(..block.addr() + size.max(1)).next_back() {
                assert!(start + before.max(&1) <= block.addr(), "{size} overlaps");
            }
            blocks.insert(block.addr(), (size, block));
        }
    }
    for (i, (size, block)) in blocks.into_values().enumerate() {
        let other = SIZES[i % SIZES.len()];
        // SAFETY: the block is ours, `size` bytes long, and not used after it is given up.
        unsafe {
            let block = global::realloc(block, other);
            let common = std::slice::from_raw_parts(block, size.min(other));
            assert!(common.iter().all(|&byte| byte == size as u8), "{size} to {other}");
            assert!(global::try_free(block));
        }
    }
}

#[test]
fn alignments() {
    for align in (0..20).map(|shift| 1 << shift) {
        let mut blocks = Vec::new();
        for size in SIZES {
            let block = global::aligned_alloc(align, size);
            assert!(!block.is_null() && block.addr().is_multiple_of(align), "{size} at {align}");
            // SAFETY: the block is ours.
            unsafe {
                assert!(global::usable_size(block) >= size);
                block.write_bytes(1, size);
            }
            blocks.push(block);
        }
        // SAFETY: the blocks are ours, and not used any more.
        blocks.into_iter().for_each(|block| unsafe { global::free(block) });
    }
    assert!(global::aligned_alloc(1 << 20, 8).is_null());
    assert!(global::aligned_alloc(48, 8).is_null());
}

#[test]
fn absurd_requests_are_null() {
    for size in [usize::MAX, usize::MAX - 14, isize::MAX as usize, 1 << 60] {
        assert!(global::malloc(size).is_null());
    }
    assert!(global::calloc(1 << 40, 1 << 40).is_null());
    // SAFETY: the block is ours; a `realloc` in vain leaves it so.
    unsafe {
        let block = global::malloc(10);
        assert!(global::realloc(block, usize::MAX - 100).is_null());
        global::free(block);
        global::free(std::ptr::null_mut());
    }
}

#[test]
fn foreign_pointers_are_refused() {
    let mut local = 0_u8;
    // SAFETY: the pointer is not ours, so nothing happens.
    assert!(!unsafe { global::try_free(&raw mut local) });
}

/// Threads come and go, and free what others have allocated, long after those have ended.
#[test]
fn threads_come_and_go() {
    for _ in 0..20 {
        let (sender, receiver) = mpsc::channel::<Vec<String>>();
        let makers: Vec<_> = (0..4)
            .map(|seed| {
                let sender = sender.clone();
                thread::spawn(move || {
                    for i in 0..50 {
                        let lines =
                            (0..100).map(|j| "x".repeat((seed * 31 + i * 7 + j * 13) % 3000)).collect();
                        sender.send(lines).unwrap();
                    }
                })
            })
            .collect();
        drop(sender);
        let kept: Vec<Vec<String>> = receiver.iter().collect();
        makers.into_iter().for_each(|maker| maker.join().unwrap());
        assert_eq!(kept.len(), 200);
        drop(kept);
    }
    let (stats, busy) = global::stats();
    // Heaps are taken over: there are not more than there were threads at once, here and in the other tests.
    assert!(busy < 40, "{busy} heaps of other threads");
    assert!(stats.arenas < 100, "{stats}");
}

/// All tests of this file again, in processes with other modes.
#[test]
fn in_every_mode() {
    for mode in [
        "hardened",
        "hardened,seed=7",
        "debug",
        "debug,seed=7",
        "fast,fail_at=1000000000000",
        "debug,budget=1000000000000",
    ] {
        let again = Command::new(env::current_exe().unwrap())
            .args(["--skip", "in_every_mode"])
            .env("GLEANER_MODE", mode)
            .output()
            .unwrap();
        let (out, error) = (String::from_utf8_lossy(&again.stdout), String::from_utf8_lossy(&again.stderr));
        assert!(again.status.success() && out.contains(" 0 failed"), "{mode}: {out}\n{error}");
        assert!(!out.contains(" 0 passed"), "{mode}: {out}");
    }
}

/// What the process holds is as it should be, and is told in figures that agree, whatever the other tests do.
#[test]
fn what_there_is_holds_and_agrees() {
    let kept: Vec<Vec<u8>> = (0..2000).map(|i| vec![1; i * 37 % 5000]).collect();
    global::check();
    let (stats, _) = global::stats();
    let blocks: usize = stats.classes.iter().map(|class| class.live_blocks).sum();
    let bytes: usize = stats.classes.iter().map(|class| class.live_blocks * class.block_size).sum();
    assert_eq!(blocks + stats.large_blocks, stats.live_blocks, "{stats}");
    assert_eq!(bytes + stats.large_bytes, stats.live_bytes, "{stats}");
    // In the fast mode, some of them may be of a heap that another thread uses.
    let all = global::mode() == Mode::Fast
        || stats.live_blocks >= 1999 && stats.live_bytes >= kept.iter().map(Vec::len).sum();
    assert!(all, "{stats}");
    assert!(stats.raw_bytes >= stats.live_bytes && global::mapped() >= stats.live_bytes, "{stats}");
}
