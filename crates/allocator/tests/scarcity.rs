//! The process's allocator without memory: by a window of requests that fail, by a budget, by little address space. In every
//! mode, in processes of their own.

mod again;

use std::collections::BTreeSet;

use again::{part, play, played_well};
use gleaner_allocator::global;

/// What the processes do that are run again.
#[test]
#[ignore = "played by the other tests, in processes of their own"]
fn parts() {
    match part().as_str() {
        "out of memory" => out_of_memory(),
        "window" => window(),
        "first request" => println!("first: {}", global::malloc(1).is_null()),
        "budget" => budget(),
        "little address space" => little_address_space(),
        "no address space" => no_address_space(),
        other => panic!("no part {other}"),
    }
}

/// A program with some requests of each kind; false, and nothing is left, if one of them fails.
fn program() -> bool {
    let mut blocks = Vec::with_capacity(64);
    let done = (0..10).try_for_each(|i| {
        for size in [i, i * 100, 5000, i * 20_000] {
            let block = if i % 2 == 0 { global::malloc(size) } else { global::calloc(2, size) };
            if block.is_null() {
                return None;
            }
            blocks.push(block);
            // SAFETY: the block is ours; with success it is forgotten.
            let moved = unsafe { global::realloc(block, size * 2 + 1) };
            if moved.is_null() {
                return None;
            }
            blocks.pop();
            blocks.push(moved);
        }
        let block = global::aligned_alloc(64 << i, 100);
        (!block.is_null()).then(|| blocks.push(block))
    });
    // SAFETY: the blocks are ours, and not used any more.
    blocks.into_iter().for_each(|block| unsafe { global::free(block) });
    done.is_some()
}

/// What lives, and is mapped, when all that can go is gone.
fn left() -> (usize, usize, usize, usize) {
    global::trim();
    global::check();
    let stats = global::stats().0;
    (stats.live_blocks, stats.live_bytes, stats.raw_bytes, global::mapped())
}

/// PY-56: whichever request fails, and whether those after it do, nothing is lost.
fn out_of_memory() {
    assert!(program());
    let before = left();
    let mut failed = 0;
    for k in 0.. {
        global::set_nomemory(k, k + 1);
        let once = program();
        global::set_nomemory(k, 0);
        let ever = program();
        global::reset_nomemory();
        assert_eq!(left(), before, "request {k}");
        assert_eq!(once, ever, "request {k}");
        if once {
            break;
        }
        failed += 1;
    }
    assert_eq!(failed, 90, "requests of the program");
    assert!(program());
}

#[test]
fn whichever_request_fails_nothing_is_lost() {
    for mode in ["fast", "hardened", "debug", "fast,fail_at=1000000"] {
        played_well("out of memory", mode);
    }
}

/// The window is this thread's, and counts from when it is set.
fn window() {
    let is_null = |_| global::malloc(100).is_null();
    let warm: Vec<bool> = (0..5).map(is_null).collect();
    assert_eq!(warm, [false; 5]);
    global::set_nomemory(1, 3);
    assert_eq!([0; 5].map(is_null), [false, true, true, false, false]);
    global::set_nomemory(1, 0);
    std::thread::spawn(move || assert_eq!([0; 5].map(is_null), [false; 5])).join().unwrap();
    assert_eq!([0; 5].map(is_null), [false, true, true, true, true]);
    global::reset_nomemory();
    assert_eq!([0; 5].map(is_null), [false; 5]);
}

#[test]
fn a_window_is_what_set_nomemory_says() {
    for mode in ["fast", "hardened", "debug", "hardened,fail_after=5"] {
        played_well("window", mode);
    }
    for (mode, is_null) in
        [("fast,fail_at=0", true), ("debug,fail_at=1", false), ("hardened,fail_after=0", true)]
    {
        let out = String::from_utf8(play("first request", mode).stdout).unwrap();
        assert!(out.contains(&format!("first: {is_null}")), "{mode}: {out}");
    }
}

/// No more than the budget is ever mapped, and what is given back can be had again.
fn budget() {
    const BUDGET: usize = 10 << 20;
    for size in [100, 20_000, 500_000, 2 << 20] {
        let mut counts = BTreeSet::new();
        for _ in 0..3 {
            let mut last: *mut *mut u8 = std::ptr::null_mut();
            let mut count = 0;
            loop {
                let block = global::malloc(size).cast::<*mut u8>();
                if block.is_null() {
                    break;
                }
                // SAFETY: the block is ours, and long enough for a link.
                unsafe { block.write(last.cast()) };
                last = block;
                count += 1;
            }
            assert!(global::mapped() <= BUDGET && count * size <= BUDGET);
            assert!(global::mapped() > BUDGET / 2, "{size}: {} mapped", global::mapped());
            while !last.is_null() {
                // SAFETY: the block is ours, holds a link, and is not used any more.
                unsafe {
                    let next = last.read().cast();
                    global::free(last.cast());
                    last = next;
                }
            }
            global::trim();
            counts.insert(count);
        }
        assert_eq!(counts.len(), 1, "{size}: as many each time: {counts:?}");
    }
    // SAFETY: the block is ours.
    unsafe {
        let block = global::malloc(6 << 20);
        assert!(global::realloc(block, 20 << 20).is_null());
        global::free(block);
    }
    global::check();
}

#[test]
fn a_budget_is_kept() {
    for mode in ["fast", "hardened", "debug"] {
        played_well("budget", &format!("{mode},budget={}", 10 << 20));
    }
}

/// Limits the address space to `more` bytes than there are in use.
fn limit_address_space(more: u64) {
    let status = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: u64 = status.split(' ').next().unwrap().parse().unwrap();
    let limit = libc::rlimit { rlim_cur: (pages << 12) + more, rlim_max: libc::RLIM_INFINITY };
    // SAFETY: the limit is one.
    assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_AS, &raw const limit) }, 0);
}

/// Where there is no room for a large territory there is a small one, and all blocks are ours.
fn little_address_space() {
    limit_address_space(100 << 20);
    let mut served = 0;
    for size in [48, 5000, 100_000, 10 << 20, 30 << 20, 1 << 30, 1 << 50] {
        let block = global::malloc(size);
        if block.is_null() {
            continue;
        }
        served += 1;
        assert!(global::owns(block), "{size}");
        // SAFETY: the block is ours.
        assert!(unsafe { global::try_free(block) });
    }
    assert!((3..6).contains(&served), "{served} requests served");
}

/// Where there is no room for a territory there is no memory: whoever has a block must be able to free it.
fn no_address_space() {
    limit_address_space(7 << 20);
    for size in [48, 5000, 100_000, 1 << 20, 3 << 20] {
        let block = global::malloc(size);
        assert!(block.is_null() || global::owns(block), "{size}");
    }
}

#[test]
fn little_address_space_is_used() {
    for mode in ["fast", "hardened", "debug"] {
        played_well("little address space", mode);
        played_well("no address space", mode);
    }
}
