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

use gleaner_allocator::remote_list::{Link, RemoteList, Sent};
use gleaner_sync::cell::UnsafeCell;
use gleaner_sync::{Arc, Mutex, thread};

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

/// Allocates a block and uses it.
fn node(payload: usize) -> *mut Node {
    let node = Node { next: UnsafeCell::new(std::ptr::null_mut()), payload: UnsafeCell::new(0) };
    let node = Box::into_raw(Box::new(node));
    // SAFETY: the node is ours.
    unsafe { (*node).payload.with_mut(|cell| *cell = payload) };
    node
}

/// Allocates a block, uses it, and frees it remotely.
fn push(list: &List, payload: usize) {
    let node = node(payload);
    // SAFETY: the node is ours until it is pushed, and still if that is refused.
    unsafe {
        if list.push(node) == Sent::Refused {
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

/// Ends the owner; returns what was still there.
fn close(list: &List) -> Vec<usize> {
    let mut found = Vec::new();
    list.close(|chain, estate| {
        // SAFETY: what was taken is exclusively ours.
        found.extend(chain.map(|node| unsafe { open(node) }));
        estate.complete = true;
    });
    found
}

fn bits<const N: usize>(seen: [bool; N]) -> u32 {
    seen.iter().enumerate().map(|(bit, &seen)| u32::from(seen) << bit).sum()
}

/// A counter over all executions of a model, hence std's.
type Count = StdArc<StdAtomicUsize>;

/// Explores a model completely, or fails: loom itself reports success when it hits a limit.
///
/// `size` is how many threads there are, the first included, and how many operations on lists they do. The model returns
/// which of `meetings` this execution saw, as bits; each must be seen in some execution and missing in another, or the model explores less than
/// it claims.
fn explore(size: (usize, usize), meetings: &[&str], model: impl Fn() -> u32 + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    let (start, iterations) = (Instant::now(), Count::default());
    let seen: StdArc<Vec<Count>> = StdArc::new(meetings.iter().map(|_| Count::default()).collect());
    let (counted, saw) = (StdArc::clone(&iterations), StdArc::clone(&seen));
    builder.check(move || {
        counted.fetch_add(1, StdOrdering::Relaxed);
        let bits = model();
        for (bit, count) in saw.iter().enumerate() {
            count.fetch_add((bits >> bit & 1) as usize, StdOrdering::Relaxed);
        }
    });
    let iterations = iterations.load(StdOrdering::Relaxed);
    let (threads, operations) = size;
    println!("{threads} threads, {operations} operations, {iterations} executions in {:?}", start.elapsed());
    for (meeting, count) in meetings.iter().zip(seen.iter()) {
        let count = count.load(StdOrdering::Relaxed);
        println!("  {meeting}: {count}");
        assert!((1..iterations).contains(&count), "{meeting}: in {count} of {iterations} executions");
    }
    if let Some(most) = builder.max_permutations {
        assert!(iterations + 1 < most, "capped after {iterations} executions");
    }
    if let Some(most) = builder.max_duration {
        assert!(start.elapsed() < most, "capped after {most:?}");
    }
}

/// Frees two blocks remotely, as a chain; one that is refused is still the pusher's, who knows its blocks without the links.
fn push_chain(list: &List, payloads: [usize; 2]) -> bool {
    let [first, last] = payloads.map(node);
    // SAFETY: the nodes are ours until they are pushed, and still if that is refused.
    unsafe {
        Link::set_next(first, last);
        let refused = list.push_chain(first, last) == Sent::Refused;
        if refused {
            let payloads = [first, last].map(|node| open(node));
            list.with_estate(|estate| {
                assert!(estate.complete, "who is refused finds the estate complete");
                estate.late.extend(payloads);
            });
        }
        refused
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

// Loom looks for races against the last access only, and a pusher's own load would hide the owner's; hence the
// owner is the thread that starts last, and the first thread pushes.

#[test]
fn two_pushers_and_an_owner_who_drains() {
    explore(
        (3, 7),
        &["the first take finds blocks", "the second take finds blocks", "blocks are left"],
        || {
            let list = Arc::new(List::new(Estate::default()));
            let other = pusher(&list, [3, 4]);
            let owner = thread::spawn({
                let list = Arc::clone(&list);
                move || [take(&list), take(&list)]
            });
            push(&list, 1);
            push(&list, 2);
            other.join().unwrap();
            let [first, second] = owner.join().unwrap();
            let left = take(&list);
            let seen = [&first, &second, &left].map(|blocks| !blocks.is_empty());
            let mut all = [first, second, left].concat();
            all.sort_unstable();
            assert_eq!(all, [1, 2, 3, 4], "every block once");
            bits(seen)
        },
    );
}

#[test]
fn two_pushers_and_an_owner_who_ends() {
    explore((3, 5), &["the take finds blocks", "the end finds blocks", "blocks are late"], || {
        let list = Arc::new(List::new(Estate::default()));
        let other = pusher(&list, [3]);
        let owner = thread::spawn({
            let list = Arc::clone(&list);
            move || [take(&list), close(&list)]
        });
        push(&list, 1);
        push(&list, 2);
        other.join().unwrap();
        let [first, last] = owner.join().unwrap();
        let late = list.with_estate(|estate| std::mem::take(&mut estate.late));
        let seen = [&first, &last, &late].map(|blocks| !blocks.is_empty());
        let mut all = [first, last, late].concat();
        all.sort_unstable();
        assert_eq!(all, [1, 2, 3], "every block once");
        bits(seen)
    });
}

/// Nobody waits for anybody: the list goes with whoever is last, and the estate is complete for all.
#[test]
fn pushers_and_an_owner_who_part_without_a_word() {
    explore((3, 3), &["the end finds blocks"], || {
        let list = Arc::new(List::new(Estate::default()));
        let pushers = [pusher(&list, [1]), pusher(&list, [2])];
        let found = close(&list);
        drop(list);
        for pusher in pushers {
            pusher.join().unwrap();
        }
        bits([!found.is_empty()])
    });
}

/// A heap that rests: whether, under the registry's lock.
type Registry = Arc<Mutex<bool>>;

/// Frees two blocks remotely, as a chain, and takes what is there if the owner rests, as `look_after` does.
fn send(list: &List, registry: &Registry, payloads: [usize; 2]) -> Vec<usize> {
    let [first, last] = payloads.map(node);
    // SAFETY: the nodes are ours until they are pushed.
    let sent = unsafe {
        Link::set_next(first, last);
        list.push_chain(first, last)
    };
    assert_ne!(sent, Sent::Refused);
    let resting = registry.lock().unwrap();
    if sent == Sent::Resting && *resting { take(list) } else { Vec::new() }
}

/// Whoever comes last sees to it that nothing is left in the list of a heap that rests.
#[test]
fn two_pushers_and_an_owner_who_rests() {
    explore(
        (3, 4),
        &["the owner finds blocks", "a pusher finds blocks", "the other pusher finds blocks"],
        || {
            let list = Arc::new(List::new(Estate::default()));
            let registry = Registry::default();
            let other = thread::spawn({
                let (list, registry) = (Arc::clone(&list), Arc::clone(&registry));
                move || send(&list, &registry, [3, 4])
            });
            let owner = thread::spawn({
                let (list, registry) = (Arc::clone(&list), Arc::clone(&registry));
                move || {
                    let mut resting = registry.lock().unwrap();
                    list.rest();
                    let found = take(&list);
                    *resting = true;
                    found
                }
            });
            let mine = send(&list, &registry, [1, 2]);
            let found = [owner.join().unwrap(), mine, other.join().unwrap()];
            let seen = found.each_ref().map(|blocks| !blocks.is_empty());
            let mut all = found.concat();
            all.sort_unstable();
            assert_eq!(all, [1, 2, 3, 4], "every block once, and none is left");
            bits(seen)
        },
    );
}

/// A heap that rests and is taken over meanwhile: its new owner finds what nobody else has taken.
#[test]
fn a_pusher_an_owner_who_rests_and_one_who_takes_over() {
    explore(
        (3, 5),
        &["the owner finds blocks", "the pusher finds blocks", "the new owner finds blocks"],
        || {
            let list = Arc::new(List::new(Estate::default()));
            let registry = Registry::default();
            let pusher = thread::spawn({
                let (list, registry) = (Arc::clone(&list), Arc::clone(&registry));
                move || send(&list, &registry, [1, 2])
            });
            let mut resting = registry.lock().unwrap();
            list.rest();
            let first = take(&list);
            *resting = true;
            drop(resting);
            let new_owner = thread::spawn({
                let (list, registry) = (Arc::clone(&list), Arc::clone(&registry));
                move || {
                    let mut resting = registry.lock().unwrap();
                    *resting = false;
                    list.wake();
                    drop(resting);
                    take(&list)
                }
            });
            let found = [first, pusher.join().unwrap(), new_owner.join().unwrap()];
            // The new owner looks again whenever it likes.
            let later = take(&list);
            let seen = found.each_ref().map(|blocks| !blocks.is_empty());
            let mut all = [found.concat(), later].concat();
            all.sort_unstable();
            assert_eq!(all, [1, 2], "every block once");
            bits(seen)
        },
    );
}

/// Chains arrive as a whole or are refused as a whole, with another pusher's blocks between them.
#[test]
fn chains_and_an_owner_who_ends() {
    let meetings =
        ["the end finds blocks", "one chain is refused", "the other chain is refused", "a block is late"];
    explore((4, 4), &meetings, || {
        let list = Arc::new(List::new(Estate::default()));
        let [other, single] = [[3, 4], [5, 0]].map(|payloads| {
            let list = Arc::clone(&list);
            thread::spawn(move || match payloads {
                [payload, 0] => {
                    push(&list, payload);
                    false
                }
                chain => push_chain(&list, chain),
            })
        });
        let owner = thread::spawn({
            let list = Arc::clone(&list);
            move || close(&list)
        });
        let refused = [push_chain(&list, [1, 2]), other.join().unwrap()];
        single.join().unwrap();
        let last = owner.join().unwrap();
        let late = list.with_estate(|estate| std::mem::take(&mut estate.late));
        for (chain, refused) in [[1, 2], [3, 4]].into_iter().zip(refused) {
            assert!(chain.iter().all(|payload| late.contains(payload) == refused), "a chain stays whole");
        }
        let seen = bits([!last.is_empty(), refused[0], refused[1], late.contains(&5)]);
        let mut all = [last, late].concat();
        all.sort_unstable();
        assert_eq!(all, [1, 2, 3, 4, 5], "every block once");
        seen
    });
}

/// The owner's end: the heap rests.
fn rest(list: &List, registry: &Registry) -> Vec<usize> {
    let mut resting = registry.lock().unwrap();
    list.rest();
    let found = take(list);
    *resting = true;
    found
}

/// Takes a heap over if it rests, as `acquire` does; returns what it finds, or `None` if the heap is not to be had.
fn take_over(list: &List, registry: &Registry) -> Option<Vec<usize>> {
    let mut resting = registry.lock().unwrap();
    if !std::mem::take(&mut *resting) {
        return None;
    }
    list.wake();
    drop(resting);
    Some(take(list))
}

/// A heap that rests, is taken over, and rests again, all while `chains` are pushed: at the end it rests and nothing is left.
fn pushers_while_a_heap_rests_twice<const N: usize>(chains: [[usize; 2]; N]) -> u32 {
    let list = Arc::new(List::new(Estate::default()));
    let registry = Registry::default();
    let pushers = chains.map(|payloads| {
        let (list, registry) = (Arc::clone(&list), Arc::clone(&registry));
        thread::spawn(move || send(&list, &registry, payloads))
    });
    let second = thread::spawn({
        let (list, registry) = (Arc::clone(&list), Arc::clone(&registry));
        move || match take_over(&list, &registry) {
            Some(found) => [found, rest(&list, &registry)].concat(),
            None => Vec::new(),
        }
    });
    let first = rest(&list, &registry);
    let pushed: Vec<_> = pushers.into_iter().flat_map(|pusher| pusher.join().unwrap()).collect();
    let found = [first, pushed, second.join().unwrap()];
    let seen = found.each_ref().map(|blocks| !blocks.is_empty());
    let mut all = found.concat();
    all.sort_unstable();
    assert_eq!(all, chains.concat(), "every block once, and none is left in the list of a heap that rests");
    bits(seen)
}

const LIVES: [&str; 3] =
    ["the first end finds blocks", "a pusher finds blocks", "the second life finds blocks"];

#[test]
fn a_pusher_while_a_heap_rests_twice() {
    explore((3, 6), &LIVES, || pushers_while_a_heap_rests_twice([[1, 2]]));
}

#[test]
fn two_pushers_while_a_heap_rests_twice() {
    explore((4, 7), &LIVES, || pushers_while_a_heap_rests_twice([[1, 2], [3, 4]]));
}

/// Two heaps: the first one's thread ends while the second one's pushes into it; a third thread takes the first heap over and
/// pushes into the second, whose thread ends, too.
#[test]
fn a_third_takes_over_and_pushes_itself() {
    let meetings = [
        "the end finds blocks",
        "the pusher finds blocks",
        "the heir finds blocks",
        "the second end finds blocks",
    ];
    explore((3, 7), &meetings, || {
        let lists = Arc::new([(); 2].map(|()| (List::new(Estate::default()), Registry::default())));
        let pusher = thread::spawn({
            let lists = Arc::clone(&lists);
            move || {
                let [(first, registry), (own, own_registry)] = &*lists;
                [send(first, registry, [1, 2]), rest(own, own_registry)]
            }
        });
        let heir = thread::spawn({
            let lists = Arc::clone(&lists);
            move || {
                let [(first, registry), (other, other_registry)] = &*lists;
                let inherited = take_over(first, registry);
                [inherited.unwrap_or_default(), send(other, other_registry, [3, 4])]
            }
        });
        let (first, registry) = &lists[0];
        let ended = rest(first, registry);
        let ([pushed, second], [inherited, late]) = (pusher.join().unwrap(), heir.join().unwrap());
        // If the heap has a new thread, that looks again whenever it likes.
        let awake = !*registry.lock().unwrap();
        let later = if awake { take(first) } else { Vec::new() };
        let seen = [&ended, &pushed, &inherited, &second].map(|blocks| !blocks.is_empty());
        let mut all = [ended, pushed, inherited, second, late, later].concat();
        all.sort_unstable();
        assert_eq!(all, [1, 2, 3, 4], "every block once");
        bits(seen)
    });
}
