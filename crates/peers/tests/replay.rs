//! A replay sees what an allocator does wrong.

use std::cell::Cell;
use std::ptr;

use gleaner_peers::replay::{Measured, ReplayError, measure};
use gleaner_peers::{ALL, CAllocator, CDoor, Door, Null, find};
use gleaner_trace::{Meta, Reader, Script, Writer};

/// A trace of 1000 blocks that are live at once, one of a megabyte, and reallocs that move.
fn script() -> Script {
    let mut writer = Writer::new(Vec::new(), &Meta::default()).expect("memory");
    writer.malloc(1, 1 << 20);
    for addr in 2..1000 {
        writer.malloc(addr, addr % 100);
        writer.calloc(addr + 10_000, addr % 100);
    }
    for addr in 2..1000 {
        writer.realloc(addr, addr, 5000);
        writer.free(addr + 10_000);
        writer.free(addr);
    }
    let (file, _) = writer.finish().expect("memory");
    Script::read(&mut Reader::new(&file[..]).expect("a header")).expect("a trace")
}

/// What a [`Faulty`] allocator does wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Fault {
    /// Nothing.
    None,
    /// There is no memory for one request.
    Empty,
    /// A block is handed out a second time.
    Twice,
    /// A calloc does not clear.
    Dirty,
    /// A realloc that moves does not copy.
    Lost,
}

/// The system's allocator, which makes a mistake at the 500th malloc, calloc or realloc.
struct Faulty {
    system: &'static CAllocator,
    fault: Fault,
    requests: Cell<u32>,
    last: Cell<*mut u8>,
}

impl Faulty {
    fn new(fault: Fault) -> Faulty {
        let system = find("glibc").expect("the system has an allocator");
        Faulty { system, fault, requests: Cell::new(0), last: Cell::new(ptr::null_mut()) }
    }

    /// Returns whether this is the time for a mistake of this kind.
    fn now(&self, fault: Fault) -> bool {
        self.requests.set(self.requests.get() + 1);
        self.fault == fault && self.requests.get() >= 500
    }
}

// SAFETY: not P1: what the replay does with blocks of 100 bytes that it was given twice is within these blocks, and
// they are then leaked.
unsafe impl Door for Faulty {
    fn malloc(&self, size: usize) -> *mut u8 {
        if self.now(Fault::Empty) {
            return ptr::null_mut();
        }
        if self.now(Fault::Twice) && !self.last.get().is_null() {
            return self.last.get();
        }
        let block = self.system.malloc(size.max(100));
        self.last.set(block);
        block
    }

    unsafe fn free(&self, block: *mut u8, size: usize) {
        if self.fault != Fault::Twice {
            // SAFETY: by contract, the system's (P1).
            unsafe { self.system.free(block, size) }
        }
    }
}

// SAFETY: as above.
unsafe impl CDoor for Faulty {
    fn calloc(&self, size: usize) -> *mut u8 {
        let block = self.system.calloc(size.max(100));
        if self.now(Fault::Dirty) {
            // SAFETY: the block has at least 100 bytes (P1).
            unsafe { block.write(1) };
        }
        block
    }

    unsafe fn realloc(&self, block: *mut u8, size: usize) -> *mut u8 {
        if self.now(Fault::Lost) {
            return self.system.calloc(size);
        }
        // SAFETY: by contract, the system's (P1); a block that was given twice is leaked instead.
        unsafe {
            if self.fault == Fault::Twice {
                self.system.malloc(size)
            } else {
                self.system.realloc(block, size)
            }
        }
    }
}

#[test]
fn mistakes_are_seen() {
    let script = script();
    let result = |fault| measure(&Faulty::new(fault), &script).map(|_| ());
    assert_eq!(result(Fault::None), Ok(()));
    assert_eq!(result(Fault::Empty), Err(ReplayError::OutOfMemory));
    assert_eq!(result(Fault::Twice), Err(ReplayError::Damaged));
    assert_eq!(result(Fault::Dirty), Err(ReplayError::Damaged));
}

/// A script whose realloc'd blocks end by a free that reads what was written before the realloc would hide a loss,
/// so the first word is read before it is written again.
#[test]
fn a_realloc_that_loses_its_content_is_seen() {
    assert_eq!(measure(&Faulty::new(Fault::Lost), &script()), Err(ReplayError::Damaged));
}

#[test]
fn every_allocator_replays() {
    let script = script();
    for allocator in ALL {
        let measured =
            measure(allocator, &script).unwrap_or_else(|error| panic!("{}: {error}", allocator.name()));
        let Measured { nanoseconds, start_rss, peak_rss, end_rss, .. } = measured;
        assert!(
            nanoseconds > 0 && start_rss > 0 && peak_rss >= end_rss,
            "{}: {measured:?}",
            allocator.name()
        );
    }
    measure(&Null::new(), &script).expect("what is no allocator does not fail");
}
