//! The functions themselves, without a Python: in front of an allocator of C's that counts what it is asked.

use std::ffi::c_void;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use gleaner_allocator::global;
use gleaner_cpython::functions::{ALL, MEDIUM, SMALL, table};
use gleaner_cpython::{Functions, Previous, gleaner_install, gleaner_installed, gleaner_stats};

/// What the previous allocator was asked: malloc, calloc, realloc, free. Its ctx points here.
#[derive(Default)]
struct Asked([AtomicUsize; 4]);

impl Asked {
    fn count(ctx: *mut c_void, which: usize) {
        // SAFETY: the previous allocator's functions get its own ctx (C3), an `Asked`.
        unsafe { &*ctx.cast::<Asked>() }.0[which].fetch_add(1, Ordering::Relaxed);
    }

    fn counts(&self) -> [usize; 4] {
        self.0.each_ref().map(|count| count.load(Ordering::Relaxed))
    }
}

unsafe extern "C" fn malloc(ctx: *mut c_void, size: usize) -> *mut c_void {
    Asked::count(ctx, 0);
    // SAFETY: as C's (C1).
    unsafe { libc::malloc(size.max(1)) }
}

unsafe extern "C" fn calloc(ctx: *mut c_void, count: usize, size: usize) -> *mut c_void {
    Asked::count(ctx, 1);
    // SAFETY: as C's (C1).
    unsafe { libc::calloc(count, size) }
}

unsafe extern "C" fn realloc(ctx: *mut c_void, block: *mut c_void, size: usize) -> *mut c_void {
    Asked::count(ctx, 2);
    // SAFETY: as C's (C1).
    unsafe { libc::realloc(block, size.max(1)) }
}

unsafe extern "C" fn free(ctx: *mut c_void, block: *mut c_void) {
    Asked::count(ctx, 3);
    // SAFETY: as C's (C1).
    unsafe { libc::free(block) }
}

/// A domain: our functions in front of C's.
struct Domain {
    functions: Functions,
    asked: &'static Asked,
}

impl Domain {
    fn new<const LIMIT: usize>() -> Domain {
        let asked: &'static Asked = Box::leak(Box::default());
        let ctx = std::ptr::from_ref(asked).cast_mut().cast();
        let previous = Box::leak(Box::new(Previous(Functions { ctx, malloc, calloc, realloc, free })));
        Domain { functions: table::<LIMIT, b'o'>(previous), asked }
    }

    fn malloc(&self, size: usize) -> *mut u8 {
        // SAFETY: the table's own ctx (C1).
        unsafe { (self.functions.malloc)(self.functions.ctx, size) }.cast()
    }

    fn calloc(&self, count: usize, size: usize) -> *mut u8 {
        // SAFETY: the table's own ctx (C1).
        unsafe { (self.functions.calloc)(self.functions.ctx, count, size) }.cast()
    }

    fn realloc(&self, block: *mut u8, size: usize) -> *mut u8 {
        // SAFETY: these tests hand over live blocks or null (C1).
        unsafe { (self.functions.realloc)(self.functions.ctx, block.cast(), size) }.cast()
    }

    fn free(&self, block: *mut u8) {
        // SAFETY: these tests hand over live blocks or null (C1).
        unsafe { (self.functions.free)(self.functions.ctx, block.cast()) }
    }
}

/// Writes a pattern that depends on the place.
fn fill(block: *mut u8, size: usize) {
    for place in 0..size {
        // SAFETY: the tests' blocks are that long (C1).
        unsafe { block.add(place).write(place as u8 ^ 0x5a) }
    }
}

fn has(block: *mut u8, size: usize) -> bool {
    // SAFETY: the tests' blocks are that long (C1).
    (0..size).all(|place| unsafe { block.add(place).read() } == place as u8 ^ 0x5a)
}

#[test]
fn all_sizes_are_ours() {
    let domain = Domain::new::<ALL>();
    let mut blocks = Vec::new();
    for size in [0, 0, 1, 16, 511, 512, 513, 5000, 100_000, 3 << 20] {
        let block = domain.malloc(size);
        assert!(!block.is_null() && global::owns(block) && block.addr().is_multiple_of(16), "{size}");
        fill(block, size);
        blocks.push((block, size));
        let zeros = domain.calloc(size, 3);
        // SAFETY: it is that long (C1).
        assert!((0..3 * size).all(|place| unsafe { zeros.add(place).read() } == 0), "{size}");
        blocks.push((zeros, 0));
    }
    let mut places: Vec<usize> = blocks.iter().map(|(block, _)| block.addr()).collect();
    places.sort_unstable();
    places.dedup();
    assert_eq!(places.len(), blocks.len(), "every block has a place of its own");
    for (block, size) in blocks {
        assert!(has(block, size), "{size}");
        domain.free(block);
    }
    domain.free(std::ptr::null_mut());
    assert_eq!(domain.asked.counts(), [0; 4]);
}

#[test]
fn what_is_too_large_is_null() {
    for domain in [Domain::new::<ALL>(), Domain::new::<SMALL>()] {
        assert!(domain.malloc(isize::MAX as usize).is_null());
        assert!(domain.calloc(usize::MAX / 2, 3).is_null());
        let block = domain.malloc(100);
        fill(block, 100);
        assert!(domain.realloc(block, isize::MAX as usize).is_null());
        assert!(has(block, 100), "the block is as it was");
        domain.free(block);
    }
}

#[test]
fn blocks_keep_their_content_when_resized() {
    for domain in [Domain::new::<ALL>(), Domain::new::<SMALL>()] {
        let mut block = domain.realloc(std::ptr::null_mut(), 1);
        let mut size = 1;
        fill(block, size);
        for new in [20, 300, 512, 513, 4000, 200_000, 600, 512, 40, 0, 77] {
            block = domain.realloc(block, new);
            assert!(!block.is_null() && has(block, size.min(new)), "{size} to {new}");
            fill(block, new);
            size = new;
        }
        domain.free(block);
    }
}

#[test]
fn foreign_blocks_go_to_the_previous_allocator() {
    let domain = Domain::new::<ALL>();
    // SAFETY: plain calls of C's allocator (C1).
    let (first, second) = unsafe { (libc::malloc(40).cast::<u8>(), libc::malloc(50).cast::<u8>()) };
    fill(first, 40);
    let first = domain.realloc(first, 10_000);
    assert!(!global::owns(first) && has(first, 40));
    domain.free(first);
    domain.free(second);
    assert_eq!(domain.asked.counts(), [0, 0, 1, 2]);
}

#[test]
fn above_the_limit_the_previous_allocator_serves() {
    let domain = Domain::new::<SMALL>();
    let (small, large) = (domain.malloc(512), domain.malloc(513));
    assert!(global::owns(small) && !global::owns(large));
    let (few, many) = (domain.calloc(2, 256), domain.calloc(2, 257));
    assert!(global::owns(few) && !global::owns(many));
    fill(small, 512);
    let grown = domain.realloc(small, 513);
    assert!(!global::owns(grown) && has(grown, 512));
    for block in [large, few, many, grown] {
        domain.free(block);
    }
    assert_eq!(domain.asked.counts(), [2, 1, 0, 3]);
}

#[test]
fn medium_blocks_come_from_arenas() {
    let domain = Domain::new::<MEDIUM>();
    let block = domain.malloc(MEDIUM);
    assert!(global::owns(block));
    // SAFETY: it is live (C1).
    assert_eq!(unsafe { global::usable_size(block) }, MEDIUM, "it is the largest size class");
    let larger = domain.realloc(block, MEDIUM + 1);
    assert!(!global::owns(larger));
    domain.free(larger);
    assert_eq!(domain.asked.counts(), [1, 0, 0, 1]);
}

#[test]
fn domains_share_one_heap() {
    let (first, second) = (Domain::new::<ALL>(), Domain::new::<ALL>());
    let (one, other) = (first.malloc(64), second.malloc(64));
    second.free(one);
    first.free(other);
    assert_eq!((first.asked.counts(), second.asked.counts()), ([0; 4], [0; 4]));
}

#[test]
fn threads_hand_blocks_to_each_other() {
    let domain = Domain::new::<ALL>();
    let Functions { ctx, malloc, free, .. } = domain.functions;
    let ctx = ctx.expose_provenance();
    let shared: Mutex<Vec<(usize, usize)>> = Mutex::default();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let shared = &shared;
            scope.spawn(move || {
                let ctx = std::ptr::with_exposed_provenance_mut::<c_void>(ctx);
                for turn in 0..5000 {
                    let size = (thread * 977 + turn * 31) % 3000;
                    // SAFETY: the table's own ctx (C1).
                    let block = unsafe { malloc(ctx, size) }.cast::<u8>();
                    fill(block, size);
                    let mut list = shared.lock().expect("no panic");
                    list.push((block.expose_provenance(), size));
                    if list.len() > 100 {
                        let at = (turn * 7919) % list.len();
                        let (block, size) = list.swap_remove(at);
                        drop(list);
                        let block = std::ptr::with_exposed_provenance_mut::<u8>(block);
                        assert!(has(block, size));
                        // SAFETY: it was taken out of the list: nobody else has it (C1).
                        unsafe { free(ctx, block.cast()) };
                    }
                }
            });
        }
    });
    for (block, size) in shared.into_inner().expect("no panic") {
        let block = std::ptr::with_exposed_provenance_mut::<u8>(block);
        assert!(has(block, size));
        domain.free(block);
    }
    assert_eq!(domain.asked.counts(), [0; 4]);
}

#[test]
fn without_python_nothing_is_installed() {
    assert_eq!(gleaner_install(), -1);
    assert_eq!(gleaner_installed(), 0);
    // SAFETY: no buffer (C5).
    let length = unsafe { gleaner_stats(std::ptr::null_mut(), 0, 1) };
    let mut buffer = vec![0_u8; length + 10_000];
    // SAFETY: the buffer is that long (C5).
    let length = unsafe { gleaner_stats(buffer.as_mut_ptr().cast(), buffer.len(), 1) };
    let json: serde_json::Value = serde_json::from_slice(&buffer[..length]).expect("JSON");
    assert_eq!((json["installed"].as_bool(), json["python"].is_null()), (Some(false), true));
    // SAFETY: the buffer is longer than that (C5).
    unsafe { gleaner_stats(buffer.as_mut_ptr().cast(), 9, 0) };
    assert_eq!(&buffer[..9], b"gleaner:\0");
}
