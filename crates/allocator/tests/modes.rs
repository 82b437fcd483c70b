//! Modes of the process's allocator: what they find, and how they are chosen. Each misuse happens in a process of its own: this very test, run again.

mod again;

use std::collections::BTreeSet;
use std::process::Output;
use std::sync::{Arc, Barrier};

use again::{aborted, error_of, part, play, played_well};
use gleaner_allocator::global::{self, Mode, Settings, TooLate};

/// What the processes do that are run again. They spoil memory, so each does one thing.
#[test]
#[ignore = "played by the other tests, in processes of their own"]
fn parts() {
    let part = part();
    // SAFETY: no: most parts are misuse, and that is what is tested. It stays inside the allocator's own memory.
    unsafe {
        match part.as_str() {
            "nothing" => {}
            "double free" => {
                let block = global::malloc(48);
                let _kept = global::malloc(48);
                global::free(block);
                global::free(block);
            }
            "double free of a pool's last block" => {
                let block = global::malloc(48);
                global::free(block);
                global::free(block);
            }
            "double free in another thread" => {
                let block = global::malloc(48).expose_provenance();
                let free = move || global::free(std::ptr::with_exposed_provenance_mut(block));
                std::thread::spawn(free).join().unwrap();
                std::thread::spawn(free).join().unwrap();
            }
            "double free of a large block" => {
                let block = global::malloc(1_000_000);
                global::free(block);
                global::free(block);
            }
            "double free of a run" => {
                let block = global::malloc(100_000);
                global::free(block);
                global::free(block);
            }
            "realloc of a free block" => {
                let block = global::malloc(48);
                global::free(block);
                global::realloc(block, 100);
            }
            "foreign pointer" => {
                let mut local = 1_u8;
                assert!(!global::try_free(&raw mut local));
                global::free(&raw mut local);
            }
            "pointer into a block" => {
                let block = global::malloc(48);
                global::free(block.add(24));
            }
            "pointer into a large block" => {
                let block = global::malloc(3 << 20);
                global::free(block.add(64));
            }
            "pointer far into a large block" => {
                let block = global::malloc(3 << 20);
                block.write_bytes(0xFF, 3 << 20);
                global::free(block.add(2 << 20));
            }
            "pointer to a header" => {
                let block = global::malloc(48);
                global::free(block.map_addr(|address| address & !((1 << 20) - 1)));
            }
            "write behind" => {
                let block = global::malloc_for(b'm', 16);
                block.add(16).write(b'x');
                global::free_for(b'm', block);
            }
            "write behind, found by realloc" => {
                let block = global::malloc_for(b'm', 16);
                block.add(16).write(b'x');
                global::realloc_for(b'm', block, 32);
            }
            "write behind, found by check" => {
                let block = global::malloc(100_000);
                block.add(100_000).write(b'x');
                global::check();
            }
            "write behind what realloc left" => {
                let block = global::realloc(global::malloc(40), 20);
                block.add(20).write(b'x');
                global::free(block);
            }
            "write in front" => {
                let block = global::malloc_for(b'o', 40);
                block.sub(1).write(0);
                global::free_for(b'o', block);
            }
            "write over the size" => {
                let block = global::malloc_for(b'o', 40);
                block.sub(16).write_bytes(0x11, 8);
                global::free_for(b'o', block);
            }
            "wrong API" => {
                let block = global::malloc_for(b'm', 16);
                global::free_for(b'r', block);
            }
            "wrong API of realloc" => {
                let block = global::calloc_for(b'o', 1, 16);
                global::realloc_for(b'm', block, 100);
            }
            "write after free" => {
                let block = global::malloc(48);
                let _kept = global::malloc(48);
                global::free(block);
                block.add(5).write(b'x');
                let _again = global::malloc(48);
            }
            "write after free, found by check" => {
                let block = global::malloc(48);
                let _kept = global::malloc(48);
                global::free(block);
                block.sub(3).write(b'x');
                global::check();
            }
            "fills" => fills(),
            "sizes" => sizes(),
            "places" => places(),
            "first request" => println!("first: {}", global::malloc(1).is_null()),
            "configured" => configured(),
            "fork" => fork(),
            other => panic!("no part {other}"),
        }
    }
}

/// A process forks while its other threads allocate; the child, which has one thread, can allocate as well.
fn fork() {
    let churn = |seed: usize| {
        for i in 0..4000 {
            let block = global::malloc((i * seed) % 40_000);
            // SAFETY: the block is ours.
            unsafe { global::free(block) };
        }
    };
    // SAFETY: it ends this process, which is the test's own, if a lock is never released.
    unsafe { libc::alarm(60) };
    // The first fork comes with the first requests of the process.
    let start = Arc::new(Barrier::new(4));
    let run = |seed: usize| {
        let start = Arc::clone(&start);
        move || {
            start.wait();
            churn(seed * 37);
        }
    };
    let threads: Vec<_> = (1..4).map(|seed| std::thread::spawn(run(seed))).collect();
    start.wait();
    for _ in 0..15 {
        // SAFETY: the child calls nothing but the allocator, whose locks are released there, and ends. If one is not, the
        // alarm ends it: a child has none from its parent.
        let status = unsafe {
            let child = libc::fork();
            if child == 0 {
                libc::alarm(10);
                churn(7);
                libc::_exit(0);
            }
            let mut status = -1;
            assert_eq!(libc::waitpid(child, &raw mut status, 0), child);
            status
        };
        assert_eq!(status, 0);
    }
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

#[test]
fn a_forked_child_allocates() {
    for mode in ["fast", "hardened", "debug"].repeat(4) {
        played_well("fork", mode);
    }
}

const LOCKED: [&str; 3] = ["hardened", "hardened,seed=0", "debug"];

#[test]
fn a_double_free_is_found_at_once() {
    for mode in LOCKED {
        // In the debug mode, a block of 48 bytes lies in one of 80.
        let line = "gleaner: double free: block 0x… of 48 bytes";
        assert_eq!(aborted("double free", mode), [line], "{mode}");
        assert_eq!(aborted("double free of a pool's last block", mode), [line], "{mode}");
        assert_eq!(aborted("double free in another thread", mode), [line], "{mode}");
        assert_eq!(aborted("realloc of a free block", mode), [line], "{mode}");
        let line = "gleaner: double free: block 0x…, or no block: its pool is free";
        assert_eq!(aborted("double free of a run", mode), [line], "{mode}");
        let line = "gleaner: foreign pointer: no block at 0x…";
        assert_eq!(aborted("double free of a large block", mode), [line], "{mode}");
    }
}

#[test]
fn a_pointer_that_is_no_block_is_found_at_once() {
    for mode in LOCKED {
        let foreign = |part, line: &str| {
            assert_eq!(aborted(part, mode), [format!("gleaner: foreign pointer: {line}")], "{mode}");
        };
        foreign("foreign pointer", "0x… is not Gleaner's");
        foreign("pointer to a header", "no block at 0x…");
        foreign("pointer far into a large block", "no block at 0x…");
        foreign(
            "pointer into a block",
            "0x… is not the start of a block, but at +24 of block 0x… of 48 bytes",
        );
        let room = if mode == "debug" { 3_149_600 } else { 3_149_632 };
        let line = format!("0x… is not the start of a block, but at +64 of block 0x… of {room} bytes");
        foreign("pointer into a large block", &line);
    }
}

/// In the fast mode, `try_free` refuses what is not ours as well, and nothing is said.
#[test]
fn without_misuse_nothing_is_said() {
    for mode in ["", "fast", "hardened", "debug", "debug,seed=1"] {
        assert_eq!(played_well("nothing", mode), "", "{mode}");
        assert_eq!(played_well("sizes", mode), "", "{mode}");
    }
    assert_eq!(played_well("fills", "debug"), "");
}

// PY-54: test_capi.test_mem.PyMemDebugTests.test_buffer_overflow.
#[test]
fn a_write_behind_a_block_is_reported() {
    let lines = aborted("write behind", "debug");
    let pads = (1..8).map(|at| format!("        at tail+{at}: 0xfd"));
    let mut expected = vec![
        "Debug memory block at address p=0x…: API 'm'".to_owned(),
        "    16 bytes originally requested".to_owned(),
        "    The 7 pad bytes at p-7 are FORBIDDENBYTE, as expected.".to_owned(),
        "    The 8 pad bytes at tail=0x… are not all FORBIDDENBYTE (0xfd):".to_owned(),
        "        at tail+0: 0x78 *** OUCH".to_owned(),
    ];
    expected.extend(pads);
    expected.extend([
        "    The block was made by call #1 to debug malloc/realloc.".to_owned(),
        "    Data at p: cd cd cd cd cd cd cd cd cd cd cd cd cd cd cd cd".to_owned(),
        String::new(),
        "gleaner: bad trailing pad byte".to_owned(),
    ]);
    assert_eq!(lines, expected);
    assert_eq!(aborted("write behind, found by realloc", "debug"), expected);
    for part in ["write behind, found by check", "write behind what realloc left"] {
        let lines = aborted(part, "debug");
        assert!(lines.contains(&"        at tail+0: 0x78 *** OUCH".to_owned()), "{part}: {lines:?}");
        assert_eq!(lines.last().unwrap(), "gleaner: bad trailing pad byte", "{part}");
    }
}

#[test]
fn a_write_in_front_of_a_block_is_reported() {
    let lines = aborted("write in front", "debug");
    assert_eq!(lines[0], "Debug memory block at address p=0x…: API 'o'");
    assert_eq!(lines[2], "    The 7 pad bytes at p-7 are not all FORBIDDENBYTE (0xfd):");
    assert_eq!(lines[3], "        at p-7: 0xfd");
    assert_eq!(lines[9], "        at p-1: 0x00 *** OUCH");
    assert_eq!(lines[10], "    The 8 pad bytes at tail=0x… are FORBIDDENBYTE, as expected.");
    assert_eq!(lines.last().unwrap(), "gleaner: bad leading pad byte");
    let lines = aborted("write over the size", "debug");
    assert_eq!(lines.last().unwrap(), "gleaner: bad size in front of the data");
}

// PY-54: test_capi.test_mem.PyMemDebugTests.test_api_misuse.
#[test]
fn the_wrong_api_is_reported() {
    let lines = aborted("wrong API", "debug");
    assert_eq!(lines[0], "Debug memory block at address p=0x…: API 'm'");
    assert_eq!(lines[3], "    The 8 pad bytes at tail=0x… are FORBIDDENBYTE, as expected.");
    let last = "gleaner: bad ID: Allocated using API 'm', verified using API 'r'";
    assert_eq!(lines.last().unwrap(), last);
    let lines = aborted("wrong API of realloc", "debug");
    assert_eq!(lines[5], "    Data at p: 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00");
    let last = "gleaner: bad ID: Allocated using API 'o', verified using API 'm'";
    assert_eq!(lines.last().unwrap(), last);
}

#[test]
fn a_write_after_free_is_found_when_the_block_is_wanted_again() {
    let line = "gleaner: write after free: block 0x… of 48 bytes: the byte at p+5 is 0x78, not 0xdd";
    assert_eq!(aborted("write after free", "debug"), [line]);
    let lines = aborted("write after free, found by check", "debug");
    assert_eq!(lines, ["gleaner: check: (8) write after free: block 0x…"]);
}

/// PY-54: what is handed out is 0xCD, what is free 0xDD, what lies around 0xFD.
fn fills() {
    for size in [0, 1, 16, 40, 1000, 30_000, 40_000, 2 << 20] {
        let block = global::malloc_for(b'o', size);
        // SAFETY: the block is ours, and lies in one of `size` bytes and 32; it is read after the free, which is misuse,
        // but its memory stays the allocator's.
        unsafe {
            let whole = std::slice::from_raw_parts(block.sub(16), size + 24).to_vec();
            assert_eq!(whole[..8], (size as u64).to_be_bytes());
            assert_eq!(whole[8], b'o');
            assert_eq!(whole[9..16], [0xFD; 7]);
            assert!(whole[16..16 + size].iter().all(|&byte| byte == 0xCD), "{size}");
            assert_eq!(whole[16 + size..], [0xFD; 8]);
            let grown = global::realloc_for(b'o', block, size + 10);
            assert_eq!(std::slice::from_raw_parts(grown.add(size), 10), [0xCD; 10]);
            assert!(block != grown);
            if size <= 30_000 {
                let freed = std::slice::from_raw_parts(block.sub(16), size + 32);
                assert!(freed.iter().all(|&byte| byte == 0xDD), "{size}");
            }
            global::free_for(b'o', grown);
        }
    }
    global::check();
}

/// Usable sizes, resizing and figures, and that nothing is left.
fn sizes() {
    let before = global::stats().0;
    let mut blocks = Vec::new();
    for size in [0, 1, 16, 17, 500, 1024, 5000, 32_768, 32_769, 1 << 20, 3 << 20] {
        for align in [1, 16, 64, 4096, 1 << 15, 1 << 19] {
            let block = global::aligned_alloc(align, size);
            assert!(!block.is_null() && block.addr().is_multiple_of(align), "{size} at {align}");
            // SAFETY: the block is ours.
            unsafe {
                let usable = global::usable_size(block);
                assert!(usable >= size);
                assert!(global::mode() != Mode::Debug || usable == size);
                block.write_bytes(3, usable);
                let block = global::realloc(block, size / 2);
                let kept = std::slice::from_raw_parts(block, size / 2);
                assert!(kept.iter().all(|&byte| byte == 3), "{size}");
                blocks.push(global::realloc(block, size * 2));
            }
        }
    }
    global::check();
    let (stats, others) = global::stats();
    assert_eq!((stats.live_blocks - before.live_blocks, others), (blocks.len(), 0), "{stats}");
    assert!(global::mapped() >= stats.raw_bytes);
    // SAFETY: the blocks are ours, and not used any more.
    blocks.into_iter().for_each(|block| unsafe { global::free(block) });
    global::trim();
    global::check();
    let after = global::stats().0;
    let left = (after.live_blocks, after.live_bytes, after.large_bytes, after.raw_bytes);
    assert_eq!(
        left,
        (before.live_blocks, before.live_bytes, before.large_bytes, before.raw_bytes),
        "{after}"
    );
}

/// Says where blocks are placed in their arena.
fn places() {
    let offsets: Vec<usize> = (0..40).map(|_| global::malloc(48).addr() % (1 << 20)).collect();
    println!("places: {offsets:?}");
}

/// Returns the line in which a process has said where blocks are placed.
fn places_of(output: &Output) -> String {
    let out = String::from_utf8_lossy(&output.stdout);
    out.lines().find(|line| line.contains("places: ")).expect("says places").to_owned()
}

#[test]
fn blocks_are_placed_by_the_seed() {
    let places = |mode: &str| places_of(&play("places", mode));
    for mode in ["hardened,seed=", "debug,seed="] {
        let seeds: Vec<String> = (1..6).map(|seed| format!("{mode}{seed}")).collect();
        let different: BTreeSet<String> = seeds.iter().map(|mode| places(mode)).collect();
        assert_eq!(different.len(), 5, "each seed places in its own way");
        assert_eq!(places(&seeds[0]), places(&seeds[0]), "a seed places in one way");
    }
    assert_ne!(places("hardened"), places("hardened"), "the system gives another seed each time");
    assert_eq!(places("hardened,seed=0"), places("hardened,seed=0"));
}

fn configured() {
    let mode = Settings { seed: Some(3), ..Mode::Hardened.into() };
    assert_eq!(global::configure(mode), Ok(()));
    assert_eq!(global::configure(Mode::Debug), Err(TooLate));
    assert_eq!(global::mode(), Mode::Hardened);
    places();
    assert_eq!(global::configure(Mode::Fast), Err(TooLate));
}

#[test]
fn a_program_may_choose_in_place_of_the_environment() {
    let configured = play("configured", "debug");
    assert!(configured.status.success(), "{}", error_of(&configured));
    let from_environment = play("places", "hardened,seed=3");
    assert_eq!(places_of(&configured), places_of(&from_environment));
}

#[test]
fn a_malformed_mode_is_one_line_and_exit_2() {
    for (mode, message) in [
        ("hard", "position 1: expected fast, hardened or debug"),
        ("hardened;seed=1", "position 1: expected fast, hardened or debug"),
        ("hardened,sed=1", "position 10: expected seed=N, budget=BYTES, fail_at=K or fail_after=K"),
        ("debug,budget=1k", "position 14: expected a whole number"),
        ("fast,fail_at=18446744073709551616", "position 14: expected a whole number"),
    ] {
        let output = play("first request", mode);
        assert_eq!(error_of(&output), format!("gleaner: GLEANER_MODE, {message}\n"));
        assert_eq!(output.status.code(), Some(2), "{mode}");
    }
}
