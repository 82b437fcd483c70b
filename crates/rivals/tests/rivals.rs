//! Every rival does what a subject promises, and frees what it should.
#![cfg(feature = "foreign")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::fs;
use std::path::Path;
use std::ptr;
use std::sync::{Mutex, PoisonError};
use std::thread;

use gleaner_benches::meter::Meter;
use gleaner_benches::subject::Subject;
use gleaner_benches::workloads;
use gleaner_rivals::{Rival, Visit, all, find};

/// The system's allocator, with a count of the blocks that a thread holds: how one sees that any rival frees.
struct Counting;

thread_local!(static BLOCKS: Cell<isize> = const { Cell::new(0) });

fn blocks() -> isize {
    BLOCKS.get()
}

// SAFETY: all is passed on to the system's allocator; the count is a plain cell and allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        BLOCKS.set(BLOCKS.get() + 1);
        // SAFETY: the caller keeps the contract.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        BLOCKS.set(BLOCKS.get() - 1);
        // SAFETY: as above.
        unsafe { System.dealloc(block, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Blocks that a rival may keep for itself: vectors and tables.
const OWN: isize = 200;

/// One test at a time: dumpster's heap for several threads is the process's.
static TURN: Mutex<()> = Mutex::new(());

/// Runs a test on every rival, in a thread of its own: most of their heaps are a thread's.
fn each(test: fn(&Rival, &mut dyn Subject)) {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    assert_eq!(all().len(), 8);
    for rival in all() {
        let run = move || {
            let mut subject = (rival.make)();
            test(rival, subject.as_mut());
            subject.resize(0); // so that no later test frees what this one left
            subject.collect();
        };
        thread::Builder::new()
            .name(rival.name.to_string())
            .spawn(run)
            .expect("a thread")
            .join()
            .expect(rival.name);
    }
}

struct Name;

impl Visit for Name {
    type Output = String;

    fn visit<S: Subject + 'static>(self, subject: S) -> String {
        subject.name()
    }
}

#[test]
fn a_rival_is_found_by_its_name_and_has_the_version_of_the_lock_file() {
    let lock = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../Cargo.lock"))
        .expect("a lock file");
    for rival in all() {
        assert!(ptr::eq(find(rival.name).expect("a rival"), rival), "{} twice", rival.name);
        assert_eq!((rival.make)().name(), rival.name);
        assert_eq!(rival.visit(Name), rival.name);
        let package = rival.name.split('/').next().expect("a name");
        let entry = format!("name = \"{package}\"\nversion = \"{}\"\n", rival.version);
        assert!(lock.contains(&entry), "{entry}");
    }
    assert!(find("none").is_none());
}

#[test]
fn slots_and_edges_refer_to_what_they_were_told() {
    each(|_, subject| {
        subject.resize(100);
        assert!(subject.is_empty(99));
        for edges in [2, 0, 1, 3, 70] {
            subject.make(0, edges);
            subject.make(1, 0);
            for edge in 0..edges {
                subject.follow(2, 0, edge);
                assert!(subject.is_empty(2), "edge {edge} of {edges} is empty at first");
                subject.link(0, edge, 1);
                subject.follow(2, 0, edge);
                assert!(!subject.is_empty(2));
                subject.unlink(0, edge);
                subject.follow(2, 0, edge);
                assert!(subject.is_empty(2));
                subject.link(0, edge, 1);
                subject.link(0, edge, 98); // an empty slot
                subject.follow(2, 0, edge);
                assert!(subject.is_empty(2));
            }
        }
        subject.copy(3, 0);
        subject.clear(0);
        assert!(subject.is_empty(0) && !subject.is_empty(3));
        subject.copy(3, 0);
        assert!(subject.is_empty(3));
        subject.link(0, 0, 1);
        subject.unlink(0, 0);
        subject.make(3, 2);
        subject.follow(3, 0, 0);
        assert!(subject.is_empty(3), "an edge of nothing is nothing");
        subject.make(10, 2);
        subject.make(70, 2);
        subject.resize(11);
        subject.resize(100);
        assert!(!subject.is_empty(10) && subject.is_empty(70), "what lay beyond the end is let go");
    });
}

#[test]
fn both_edges_are_kept_apart() {
    each(|_, subject| {
        subject.resize(4);
        subject.make(0, 2);
        subject.make(1, 1);
        subject.make(2, 1);
        subject.link(1, 0, 1);
        subject.link(0, 0, 1);
        subject.link(0, 1, 2);
        for (edge, linked) in [(0, true), (1, false)] {
            subject.follow(3, 0, edge);
            subject.follow(3, 3, 0);
            assert_eq!(!subject.is_empty(3), linked);
        }
    });
}

/// Makes pairs in slots from 0 on that refer to each other.
fn pairs(subject: &mut dyn Subject, pairs: usize, edges: usize) {
    for slot in (0..2 * pairs).step_by(2) {
        subject.make(slot, edges);
        subject.make(slot + 1, edges);
        subject.link(slot, 0, slot + 1);
        subject.link(slot + 1, edges - 1, slot);
    }
}

#[test]
fn a_collection_frees_dead_cycles_and_no_others() {
    each(|_, subject| {
        subject.resize(2000);
        let before = blocks();
        for edges in [2, 3] {
            pairs(subject, 1000, edges);
            subject.collect();
            let full = blocks() - before;
            assert!(full >= 2000);
            assert!(subject.live_objects().is_none_or(|objects| objects == 2000));
            for slot in 0..1000 {
                subject.clear(slot);
            }
            subject.collect();
            let kept = blocks() - before;
            assert!((kept - full / 2).abs() < OWN, "{full} blocks, then {kept}");
            assert!(subject.live_objects().is_none_or(|objects| objects == 1000));
            for slot in (1000..2000).step_by(2) {
                subject.follow(0, slot, 0);
                subject.follow(0, 0, edges - 1);
                assert!(!subject.is_empty(0));
            }
            (0..2000).for_each(|slot| subject.clear(slot));
            subject.collect();
            assert!(blocks() - before < OWN);
            assert!(subject.live_objects().is_none_or(|objects| objects == 0));
        }
    });
}

#[test]
fn a_weak_reference_is_dead_when_its_cycle_is() {
    each(|_, subject| {
        subject.resize(4);
        subject.resize_weak(70);
        let able = subject.abilities().weak;
        for edges in [2, 3] {
            pairs(subject, 1, edges);
            subject.watch(69, 0);
            subject.recall(3, 69);
            assert_eq!(!subject.is_empty(3), able);
            subject.clear(3);
            subject.clear(0);
            subject.collect();
            subject.recall(3, 69);
            assert_eq!(!subject.is_empty(3), able, "the other of the pair keeps it alive");
            subject.clear(3);
            subject.clear(1);
            subject.collect();
            subject.recall(3, 69);
            assert!(subject.is_empty(3));
            subject.make(0, 2);
            subject.watch(69, 0);
            subject.watch(69, 3);
            subject.recall(2, 69);
            assert!(subject.is_empty(2), "it watches nothing");
        }
    });
}

/// Returns the length of a list through first edges from a slot.
fn length(subject: &mut dyn Subject, from: usize, scratch: usize) -> usize {
    let mut length = 0;
    subject.copy(scratch, from);
    while !subject.is_empty(scratch) {
        length += 1;
        subject.follow(scratch, scratch, 0);
    }
    length
}

#[test]
fn a_live_graph_survives_while_garbage_goes_by_itself() {
    const ROUNDS: usize = 100_000;
    each(|rival, subject| {
        subject.resize(4);
        let before = blocks();
        subject.make(0, 2);
        for _ in 1..500 {
            subject.make(1, 2);
            subject.link(1, 0, 0);
            subject.link(0, 1, 1); // back: every two neighbours are a cycle
            subject.copy(0, 1);
        }
        subject.clear(1);
        let mut most = 0;
        for round in 0..ROUNDS {
            subject.make(1, 2);
            subject.make(2, 2);
            subject.link(1, 0, 2);
            subject.link(2, 0, 1);
            subject.link(1, 1, 0); // garbage that refers to what lives
            for _ in 0..5 {
                subject.copy(3, 0); // dumpster counts dropped pointers, see there
                subject.copy(3, 1);
            }
            (1..4).for_each(|slot| subject.clear(slot));
            subject.safepoint();
            most = most.max(blocks() - before);
            if round % 5000 == 0 {
                assert_eq!(length(subject, 0, 3), 500);
            }
        }
        // dumpster/sync looks at a thread's garbage after 100 000 drops, boa_gc after a megabyte.
        assert!(most < ROUNDS as isize, "{}: {most} blocks of {}", rival.name, 2 * ROUNDS);
        subject.collect();
        assert_eq!(length(subject, 0, 3), 500);
        let kept = blocks() - before;
        assert!((500..500 + OWN).contains(&kept), "{kept} blocks");
    });
}

/// Makes garbage: pairs, with a safepoint after each.
fn garbage(subject: &mut dyn Subject, scratch: usize, pairs: usize) {
    for _ in 0..pairs {
        subject.make(scratch, 2);
        subject.make(scratch + 1, 2);
        subject.link(scratch, 0, scratch + 1);
        subject.link(scratch + 1, 0, scratch);
        subject.clear(scratch);
        subject.clear(scratch + 1);
        subject.safepoint();
    }
}

#[test]
fn nothing_is_lost_or_kept_that_moves_while_a_collection_is_under_way() {
    const COUNT: usize = 3000;
    const SCRATCH: usize = 2 * COUNT;
    each(|_, subject| {
        let before = blocks();
        subject.resize(SCRATCH + 2);
        subject.resize_weak(2 * COUNT);
        // A slot's object, its child, and the child's.
        for slot in 0..COUNT {
            for child in [SCRATCH, SCRATCH + 1, slot] {
                subject.make(child, 2);
            }
            subject.link(SCRATCH, 0, SCRATCH + 1);
            subject.link(slot, 0, SCRATCH);
        }
        (SCRATCH..SCRATCH + 2).for_each(|slot| subject.clear(slot));
        // Children go from where marking may not have been yet to where it may have been, and back.
        for round in 0..4 * COUNT {
            let slot = round * 1009 % COUNT;
            let other = COUNT + slot;
            if subject.is_empty(other) {
                subject.follow(other, slot, 0);
                subject.unlink(slot, 0);
            } else {
                subject.link(slot, 0, other);
                subject.clear(other);
            }
            subject.make(SCRATCH, 2);
            subject.watch(slot, SCRATCH);
            subject.watch(other, slot);
            garbage(subject, SCRATCH, 2);
        }
        subject.collect();
        let able = subject.abilities().weak;
        for weak in 0..2 * COUNT {
            subject.recall(SCRATCH, weak);
            assert_eq!(!subject.is_empty(SCRATCH), able && weak >= COUNT);
        }
        subject.clear(SCRATCH);
        subject.resize_weak(0);
        subject.collect();
        let (mut objects, full) = (3 * COUNT, blocks());
        for slot in 0..20 {
            let freed = full - blocks();
            assert!((freed - 3 * slot as isize).abs() < OWN, "{freed} blocks freed, {} objects", 3 * slot);
            assert!(blocks() - before >= objects as isize);
            assert!(subject.live_objects().is_none_or(|live| live == objects));
            assert_eq!(length(subject, slot, SCRATCH), 3);
            garbage(subject, SCRATCH, 150 * slot);
            subject.clear(slot);
            objects -= 3;
            subject.collect();
        }
    });
}

#[test]
fn every_workload_ends_with_nothing_left() {
    each(|rival, subject| {
        let able = subject.abilities();
        for workload in workloads::all() {
            let needs = workload.needs();
            if (needs.cycles && !able.cycles) || (needs.weak && !able.weak) {
                continue;
            }
            let before = blocks();
            workload.run(subject, 1000, &mut Meter::counting());
            subject.collect();
            let kept = blocks() - before;
            assert!(kept < OWN, "{kept} blocks of {} with {}", workload.name(), rival.name);
            assert!(subject.live_objects().is_none_or(|live| live == 0));
        }
    });
}
