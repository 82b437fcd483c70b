//! The remote list under loom: every order in which pushers and the owner can meet, preemption bound 3.
//!
//! `RUSTFLAGS="--cfg loom" cargo test -p gleaner-allocator --test loom --release`
//!
//! Each block carries a payload in a cell that loom watches: the pusher writes it before the push, whoever takes
//! the block reads it. An ordering too weak is a data race there or in the link.
#![cfg(loom)]

use std::sync::Arc as StdArc;
use std::sync::atomic::{AtomicUsize as StdAtomicUsize, Ordering as StdOrdering};
use std::time::Instant;

use gleaner_allocator::remote_list::{Link, RemoteList};
use gleaner_sync::cell::UnsafeCell;
use gleaner_sync::{Arc, thread};

struct Node {
    next: UnsafeCell<*mut Node>,
    payload: UnsafeCell<usize>,
}

// SAFETY: the link is the cell `next`.
unsafe impl Link for Node {
    unsafe fn set_next(this: *mut Node, next: *mut Node) {
        // SAFETY: by contract the node is the caller's.
        unsafe { (*this).next.with_mut(|link| *link = next) };
    }

    unsafe fn next(this: *mut Node) -> *mut Node {
        // SAFETY: by contract the node is the caller's.
        unsafe { (*this).next.with(|link| *link) }
    }
}

/// What the owner leaves behind: whether it has, and what arrived afterwards.
#[derive(Default)]
struct Estate {
    complete: bool,
    late: Vec<usize>,
}

type List = RemoteList<Node, Estate>;

/// Allocates a block, uses it, and frees it remotely.
fn push(list: &List, payload: usize) {
    let node = Node { next: UnsafeCell::new(std::ptr::null_mut()), payload: UnsafeCell::new(0) };
    let node = Box::into_raw(Box::new(node));
    // SAFETY: the node is ours until it is pushed, and still if that is refused.
    unsafe {
        (*node).payload.with_mut(|cell| *cell = payload);
        if !list.push(node) {
            let payload = open(node);
            list.with_estate(|estate| {
                assert!(estate.complete, "who is refused finds the estate complete");
                estate.late.push(payload);
            });
        }
    }
}

/// Reads the payload of a block and ends it.
///
/// # Safety
/// The node is exclusively the caller's.
unsafe fn open(node: *mut Node) -> usize {
    // SAFETY: by contract, and it came from a box.
    unsafe { Box::from_raw(node).payload.with(|cell| *cell) }
}

/// Takes what is there.
fn take(list: &List) -> Vec<usize> {
    // SAFETY: what was taken is exclusively ours.
    list.take().map(|node| unsafe { open(node) }).collect()
}

/// Explores a model completely, or fails: loom itself reports success when it hits a limit.
fn explore(name: &str, model: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    let (start, iterations) = (Instant::now(), StdArc::new(StdAtomicUsize::new(0)));
    let count = StdArc::clone(&iterations);
    builder.check(move || {
        count.fetch_add(1, StdOrdering::Relaxed);
        model();
    });
    let iterations = iterations.load(StdOrdering::Relaxed);
    println!("{name}: {iterations} iterations in {:?}", start.elapsed());
    assert!(iterations > 1, "{name}: there is more than one order");
    if let Some(most) = builder.max_permutations {
        assert!(iterations + 1 < most, "{name}: capped after {iterations} iterations");
    }
    if let Some(most) = builder.max_duration {
        assert!(start.elapsed() < most, "{name}: capped after {most:?}");
    }
}

/// Starts a thread that pushes the payloads.
fn pusher(
    list: &Arc<List>,
    payloads: impl IntoIterator<Item = usize> + Send + 'static,
) -> thread::JoinHandle<()> {
    let list = Arc::clone(list);
    thread::spawn(move || payloads.into_iter().for_each(|payload| push(&list, payload)))
}

#[test]
fn two_pushers_and_an_owner_who_drains() {
    explore("drain", || {
        let list = Arc::new(List::new(Estate::default()));
        let pushers = [pusher(&list, [1, 2]), pusher(&list, [3, 4])];
        let mut taken = take(&list);
        taken.extend(take(&list));
        for pusher in pushers {
            pusher.join().unwrap();
        }
        taken.extend(take(&list));
        taken.sort_unstable();
        assert_eq!(taken, [1, 2, 3, 4], "every block once");
    });
}

#[test]
fn two_pushers_and_an_owner_who_ends() {
    explore("end", || {
        let list = Arc::new(List::new(Estate::default()));
        let pushers = [pusher(&list, [1, 2]), pusher(&list, [3])];
        let mut taken = take(&list);
        list.close(|chain, estate| {
            // SAFETY: what was taken is exclusively ours.
            taken.extend(chain.map(|node| unsafe { open(node) }));
            estate.complete = true;
        });
        for pusher in pushers {
            pusher.join().unwrap();
        }
        list.with_estate(|estate| taken.append(&mut estate.late));
        taken.sort_unstable();
        assert_eq!(taken, [1, 2, 3], "every block once");
    });
}

/// The last one out, whoever it is, sees all that the others did.
#[test]
fn handles_that_end_before_the_owner() {
    explore("handles", || {
        let list = Arc::new(List::new(Estate::default()));
        let pushers = [pusher(&list, [1]), pusher(&list, [2])];
        list.close(|chain, estate| {
            // SAFETY: what was taken is exclusively ours.
            estate.late.extend(chain.map(|node| unsafe { open(node) }));
            estate.complete = true;
        });
        drop(list);
        for pusher in pushers {
            pusher.join().unwrap();
        }
    });
}
