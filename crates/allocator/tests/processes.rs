//! Processes that fork, and processes that end.

#[path = "common/process.rs"]
mod process;

use std::os::unix::process::ExitStatusExt;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicPtr, Ordering};
use std::thread;

use gleaner_allocator::global;
use process::{child, in_child};

const SIZES: [usize; 7] = [1, 48, 1000, 5000, 30_000, 100_000, 3 << 20];

/// A block that threads exchange.
static EXCHANGE: AtomicPtr<u8> = AtomicPtr::new(ptr::null_mut());

/// Allocates and frees blocks of all sizes, one of each exchanged with other threads.
fn churn(done: &AtomicBool) {
    let mut round = 0;
    while !done.load(Ordering::Relaxed) {
        round += 1;
        // Large ones now and then: their lock is not fair, and the thread that forks needs it, too.
        let large = round % 64 == 0;
        let size = |size| if size < 40_000 || large { size + round % 7 } else { 16 };
        let kept: [*mut u8; 7] = SIZES.map(|most| global::malloc(size(most)));
        for block in kept {
            let other = EXCHANGE.swap(block, Ordering::AcqRel);
            // SAFETY: what was exchanged is ours.
            unsafe { global::free(other) };
        }
        if round % 50 == 0 {
            global::trim();
        }
    }
}

/// What the child does, with blocks that live since before its birth: allocate, change, free; no lock of the standard
/// library, and no allocation of the system's.
///
/// # Safety
/// The blocks are live, and nobody uses them any more.
unsafe fn live(inherited: &[*mut u8]) -> bool {
    let mut well = true;
    for round in 0..20 {
        for size in SIZES {
            let block = global::malloc(size);
            if block.is_null() {
                return false;
            }
            // SAFETY: the block is ours; after `realloc` only the new one is used.
            unsafe {
                block.write(round);
                let moved = global::realloc(block, size * 2);
                well &= !moved.is_null() && moved.read() == round && global::try_free(moved);
            }
        }
    }
    for &block in inherited {
        // SAFETY: by contract.
        well &= unsafe { global::try_free(block) };
    }
    global::trim();
    well
}

/// A child of a process with many threads has one of them, and an allocator that works.
#[test]
fn a_child_of_many_threads_allocates_and_frees() {
    in_child("a_child_of_many_threads_allocates_and_frees", || {
        let done = AtomicBool::new(false);
        thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| churn(&done));
            }
            for number in 0..200 {
                // Blocks of this thread, and of one that has ended.
                let mut blocks: Vec<usize> =
                    SIZES.map(|size| global::malloc(size).expose_provenance()).to_vec();
                let ended = thread::spawn(|| SIZES.map(|size| global::malloc(size).expose_provenance()));
                blocks.extend(ended.join().unwrap());
                let blocks: Vec<_> = blocks.into_iter().map(ptr::with_exposed_provenance_mut).collect();
                // SAFETY: the child calls nothing but the allocator, an alarm should it wait for ever, and `_exit`; the
                // parent has the blocks for itself, and so has the child.
                unsafe {
                    let child = libc::fork();
                    if child == 0 {
                        libc::alarm(60);
                        libc::_exit(if live(&blocks) { 0 } else { 1 });
                    }
                    let mut status = 0;
                    assert_eq!(libc::waitpid(child, &raw mut status, 0), child);
                    assert_eq!(status, 0, "child {number}");
                    blocks.into_iter().for_each(|block| global::free(block));
                }
            }
            done.store(true, Ordering::Relaxed);
        });
    });
}

/// Frees a block twice; the process says so, and aborts.
fn twice(test: &str, size: usize) {
    // SAFETY: no: the misuse is what is tested.
    let output = child(test, || unsafe {
        let block = global::malloc(size);
        let _other = global::malloc(size);
        global::free(block);
        global::free(block);
        global::trim();
    });
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.signal(), Some(libc::SIGABRT), "{}", output.status);
    assert!(said.contains("gleaner: double free: block 0x"), "{said}");
}

#[test]
fn a_double_free_is_the_end() {
    twice("a_double_free_is_the_end", 48);
}

/// Its chunk waits in the stash.
#[test]
fn a_double_free_of_a_large_block_is_the_end() {
    twice("a_double_free_of_a_large_block_is_the_end", 200_000);
}

/// Its slots are free.
#[test]
fn a_double_free_of_slots_is_the_end() {
    twice("a_double_free_of_slots_is_the_end", 3 << 20);
}
