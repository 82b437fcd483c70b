//! Frees from other threads, before and after the owner's end.

use std::ptr::NonNull;
use std::sync::mpsc;
use std::thread;

use gleaner_allocator::{Allocator, Faulty, Geometry, Plan, Remote};

const GEOMETRIES: [Geometry; 5] =
    [Geometry::CLASSIC, Geometry::MODERN, Geometry::WIDE, Geometry::TINY, Geometry::TINY_MAGAZINES];

/// A block on its way to another thread.
struct Parcel(NonNull<u8>, usize);

// SAFETY: the sender forgets the block.
unsafe impl Send for Parcel {}

impl Parcel {
    fn pack(allocator: &Allocator, size: usize) -> Parcel {
        let block = allocator.alloc(size).unwrap();
        // SAFETY: the block is live and `size` bytes long.
        unsafe { block.as_ptr().write_bytes(size as u8, size) };
        Parcel(block, size)
    }

    fn free(self, remote: &Remote) {
        let Parcel(block, size) = self;
        // SAFETY: the block is live, ours, of this allocator, and was written by the sender.
        unsafe {
            let bytes = std::slice::from_raw_parts(block.as_ptr(), size);
            assert!(bytes.iter().all(|&byte| byte == size as u8));
            remote.free(block);
        }
    }
}

fn sizes() -> impl Iterator<Item = usize> {
    [8, 48, 24, 128, 600, 40, 16, 4096].into_iter().cycle()
}

#[test]
fn threads_free_what_the_owner_allocates() {
    for geometry in GEOMETRIES {
        let allocator = Allocator::new(geometry);
        thread::scope(|scope| {
            let senders: Vec<_> = (0..3)
                .map(|_| {
                    let (sender, receiver) = mpsc::channel::<Parcel>();
                    let remote = allocator.remote();
                    scope.spawn(move || receiver.into_iter().for_each(|parcel| parcel.free(&remote)));
                    sender
                })
                .collect();
            for (i, size) in sizes().take(6000).enumerate() {
                senders[i % 3].send(Parcel::pack(&allocator, size)).unwrap();
                if i % 1000 == 0 {
                    allocator.check();
                }
            }
        });
        allocator.drain_remote();
        allocator.check();
        assert_eq!(allocator.stats().live_blocks, 0, "{geometry:?}");
    }
}

/// The owner's own slow path takes the blocks in: the same few pools are used again and again.
#[test]
fn the_owner_reuses_what_others_free() {
    let raw = Faulty::new(Plan::default());
    let witness = raw.witness();
    let allocator = Allocator::with_raw(Geometry::TINY, Box::new(raw));
    let remote = allocator.remote();
    for _ in 0..1000 {
        for parcel in [(); 20].map(|()| Parcel::pack(&allocator, 64)) {
            parcel.free(&remote);
        }
    }
    assert_eq!(witness.requests(), 1);
}

/// Chunks live as long as their blocks, not longer and not shorter, when the owner goes first.
#[test]
fn blocks_outlive_their_owner() {
    for geometry in GEOMETRIES {
        let raw = Faulty::new(Plan::default());
        let witness = raw.witness();
        let allocator = Allocator::with_raw(geometry, Box::new(raw));
        let remote = allocator.remote();
        let parcels: Vec<_> = sizes().take(2000).map(|size| Parcel::pack(&allocator, size)).collect();
        let (late, early) = parcels.into_iter().enumerate().partition::<Vec<_>, _>(|(i, _)| i % 2 == 0);
        early.into_iter().for_each(|(_, parcel)| parcel.free(&remote));
        drop(allocator);
        assert!(witness.chunks() > 0);
        thread::scope(|scope| {
            let (sender, receiver) = mpsc::channel::<Parcel>();
            let other = remote.clone();
            scope.spawn(move || receiver.into_iter().for_each(|parcel| parcel.free(&other)));
            for (i, parcel) in late {
                match i % 4 {
                    0 => sender.send(parcel).unwrap(),
                    _ => parcel.free(&remote),
                }
            }
        });
        assert_eq!((witness.chunks(), witness.bytes()), (0, 0), "{geometry:?}");
    }
}

/// Owner and pushers end in any order: many short lives.
#[test]
fn the_owner_ends_while_others_free() {
    for round in 0..300 {
        let raw = Faulty::new(Plan::default());
        let witness = raw.witness();
        let allocator = Allocator::with_raw(Geometry::TINY, Box::new(raw));
        let parcels: Vec<_> = sizes().take(round % 40).map(|size| Parcel::pack(&allocator, size)).collect();
        let remote = allocator.remote();
        let pusher = thread::spawn(move || parcels.into_iter().for_each(|parcel| parcel.free(&remote)));
        drop(allocator);
        pusher.join().unwrap();
        assert_eq!((witness.chunks(), witness.bytes()), (0, 0), "round {round}");
    }
}

/// What is never freed goes when the last handle goes.
#[test]
fn handles_that_free_nothing_lose_nothing() {
    let raw = Faulty::new(Plan::default());
    let witness = raw.witness();
    let allocator = Allocator::with_raw(Geometry::TINY, Box::new(raw));
    let remote = allocator.remote();
    for size in sizes().take(100) {
        let _ = Parcel::pack(&allocator, size);
    }
    drop(allocator);
    assert!(witness.chunks() > 0);
    drop(remote.clone());
    assert!(witness.chunks() > 0);
    drop(remote);
    assert_eq!((witness.chunks(), witness.bytes()), (0, 0));
}
