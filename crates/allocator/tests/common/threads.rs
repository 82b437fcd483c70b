//! The process's allocator against a byte map, by threads that take turns: a program is one schedule, each time it runs.
//!
//! What is known of the live blocks, the *world*, goes from thread to thread like a baton: whoever has it does what is
//! asked, and gives it back. Threads are born when their first turn comes and die when asked to, while their blocks live on.
//!
//! Shared by the property test and the fuzz target, which includes this file.

use std::collections::BTreeMap;
use std::panic;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use gleaner_allocator::global;

/// How many threads there are at once.
const THREADS: usize = 4;

/// How many bytes are live at once, about.
const MOST: usize = 256 << 20;

/// One thing to ask. Which block or thread is meant is taken modulo those there are.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Request {
    Malloc(usize),
    Calloc(usize),
    /// The alignment is two to that power.
    Aligned(u32, usize),
    Free(usize),
    Realloc(usize, usize),
    /// Pointers that are not the allocator's.
    Foreign,
    Trim,
    /// Another thread goes on.
    Turn(usize),
    /// A thread dies.
    End(usize),
}

/// Sizes where something changes.
const EDGES: [usize; 16] = [
    0,
    1,
    16,
    17,
    1024,
    1025,
    1280,
    8192,
    16_385,
    32_768,
    32_769,
    131_000,
    (1 << 20) - 192,
    (1 << 20) + 1,
    3 << 20,
    9 << 20,
];

impl Request {
    /// Makes a request of any four bytes.
    pub(crate) fn from_bytes([kind, size, wide, which]: [u8; 4]) -> Request {
        let (small, which) = (usize::from(size), usize::from(which));
        let size = match wide % 16 {
            0..=5 => small / 2,
            6..=9 => small * 5,
            10..=12 => small * 40,
            13 | 14 => small * 257,
            _ => EDGES[small % EDGES.len()],
        };
        match kind % 32 {
            0..=10 => Request::Malloc(size),
            11 => Request::Calloc(size),
            12 => Request::Aligned(u32::from(wide >> 4) + 5, size),
            13..=22 => Request::Free(which),
            23..=25 => Request::Realloc(which, size),
            26 => Request::Foreign,
            27 => Request::Trim,
            28..=30 => Request::Turn(which),
            _ => Request::End(which),
        }
    }
}

/// A live block as its user knows it. All of its room is the user's.
#[derive(Clone, Copy)]
struct Live {
    start: *mut u8,
    room: usize,
    seed: u8,
}

/// The longest stretch at each end of a block that is written and verified.
const STRETCH: usize = 1024;

impl Live {
    /// Returns the offsets that carry content, those below `common`.
    fn offsets(&self, common: usize) -> impl Iterator<Item = usize> + use<> {
        let tail = self.room.saturating_sub(STRETCH).max(STRETCH);
        (0..self.room.min(STRETCH)).chain(tail..self.room).filter(move |&offset| offset < common)
    }

    fn write(&self) {
        for offset in self.offsets(usize::MAX) {
            // SAFETY: the offset is inside a live block of ours.
            unsafe { self.start.add(offset).write(self.seed ^ offset as u8) };
        }
    }

    /// Verifies the content below `common`, which may have moved.
    fn verify(&self, start: *mut u8, common: usize) {
        for offset in self.offsets(common) {
            // SAFETY: the offset is inside a live block of ours, and was written.
            let byte = unsafe { start.add(offset).read() };
            assert_eq!(byte, self.seed ^ offset as u8, "byte {offset} of {start:p}, {} bytes", self.room);
        }
    }
}

/// All that is known of the live blocks.
#[derive(Default)]
struct World {
    /// Every live block, by address.
    map: BTreeMap<usize, Live>,
    /// Every live block, in no particular order, to choose from.
    chosen: Vec<usize>,
    bytes: usize,
    seed: u8,
}

// SAFETY: the blocks are whoever's the world is.
unsafe impl Send for World {}

impl World {
    fn step(&mut self, request: Request) {
        match request {
            Request::Malloc(_) | Request::Calloc(_) | Request::Aligned(..) if self.bytes > MOST => {}
            Request::Malloc(size) => self.enter(global::malloc(size), size, 16),
            Request::Calloc(size) => self.calloc(size),
            Request::Aligned(power, size) => {
                let block = global::aligned_alloc(1 << power, size);
                match power {
                    0..=19 => self.enter(block, size, 1 << power),
                    _ => assert!(block.is_null(), "there is no alignment of 2^{power}"),
                }
            }
            Request::Free(which) => {
                if let Some(live) = self.choose(which) {
                    // SAFETY: the block is live, and forgotten by us.
                    assert!(unsafe { global::try_free(live.start) }, "{:p} is ours", live.start);
                }
            }
            Request::Realloc(which, size) => self.realloc(which, size),
            Request::Foreign => foreign(),
            Request::Trim => {
                global::trim();
                global::check();
            }
            Request::Turn(_) | Request::End(_) => unreachable!("not for a thread to do"),
        }
    }

    fn calloc(&mut self, size: usize) {
        let block = global::calloc(1, size);
        // A stretch that somebody wrote is not missed.
        let step = if size > 1 << 16 { STRETCH / 2 } else { 1 };
        for offset in (0..size).step_by(step) {
            // SAFETY: the block is ours, and that long.
            assert_eq!(unsafe { block.add(offset).read() }, 0, "byte {offset} of calloc({size})");
        }
        self.enter(block, size, 16);
    }

    /// Enters a new block into the map: aligned, ours, roomy and overlapping nothing.
    fn enter(&mut self, start: *mut u8, size: usize, align: usize) {
        assert!(!start.is_null(), "there is memory for {size} bytes");
        assert!(start.addr().is_multiple_of(align), "{start:p} of {size} bytes is aligned to {align}");
        assert!(global::owns(start));
        // SAFETY: the block is live.
        let room = unsafe { global::usable_size(start) };
        assert!(room >= size, "{start:p} has room for {size} bytes, not {room}");
        if let Some((&before, live)) = self.map.range(..start.addr() + room).next_back() {
            assert!(
                before + live.room <= start.addr(),
                "{start:p} of {size} bytes overlaps {:p}",
                live.start
            );
        }
        self.seed = self.seed.wrapping_add(101);
        let live = Live { start, room, seed: self.seed };
        live.write();
        self.map.insert(start.addr(), live);
        self.chosen.push(start.addr());
        self.bytes += room;
    }

    /// Takes a block out of the map, its content verified.
    fn choose(&mut self, which: usize) -> Option<Live> {
        let address = self.chosen.swap_remove(which.checked_rem(self.chosen.len())?);
        let live = self.map.remove(&address)?;
        live.verify(live.start, usize::MAX);
        // SAFETY: the block is live.
        assert_eq!(unsafe { global::usable_size(live.start) }, live.room, "the room does not change");
        self.bytes -= live.room;
        Some(live)
    }

    fn realloc(&mut self, which: usize, size: usize) {
        let Some(live) = self.choose(which) else { return };
        // SAFETY: the block is live, and forgotten.
        let start = unsafe { global::realloc(live.start, size) };
        live.verify(start, live.room.min(size));
        self.enter(start, size, 16);
    }
}

/// What is not the allocator's is refused, and left alone.
fn foreign() {
    let mut local = 0x5A_u8;
    let mut boxed = Box::new(0x5A_u8);
    for pointer in [&raw mut local, &raw mut *boxed, std::ptr::without_provenance_mut(4096)] {
        assert!(!global::owns(pointer));
        // SAFETY: the pointer is not the allocator's, so nothing happens.
        assert!(!unsafe { global::try_free(pointer) });
    }
    assert_eq!((local, *boxed), (0x5A, 0x5A));
}

/// Returns what lives in this thread's heap, in those that rest, and in that of large objects.
fn living() -> (usize, usize, usize) {
    let stats = global::stats().0;
    (stats.live_blocks, stats.live_bytes, stats.large_blocks)
}

/// What a thread does in its turn.
type Turn = Box<dyn FnOnce(&mut World) + Send>;

/// A thread that waits for its turns.
struct Worker {
    turns: SyncSender<(World, Turn)>,
    done: Receiver<World>,
    handle: JoinHandle<()>,
}

impl Worker {
    fn new() -> Worker {
        let (turns, orders) = sync_channel::<(World, Turn)>(1);
        let (give, done) = sync_channel(1);
        let handle = thread::spawn(move || {
            for (mut world, turn) in orders {
                turn(&mut world);
                if give.send(world).is_err() {
                    return;
                }
            }
        });
        Worker { turns, done, handle }
    }

    /// Waits for the thread's death; a panic of it goes on here.
    fn end(self) {
        drop(self.turns);
        if let Err(payload) = self.handle.join() {
            panic::resume_unwind(payload);
        }
    }
}

/// The threads, as far as they are born.
#[derive(Default)]
pub(crate) struct Crew {
    workers: [Option<Worker>; THREADS],
}

impl Crew {
    /// Has a thread take its turn.
    fn turn(&mut self, thread: usize, world: World, turn: impl FnOnce(&mut World) + Send + 'static) -> World {
        let worker = self.workers[thread].get_or_insert_with(Worker::new);
        let sent = worker.turns.send((world, Box::new(turn)));
        if let (Ok(()), Ok(world)) = (sent, worker.done.recv()) {
            return world;
        }
        self.end(thread);
        unreachable!("a thread that does not give the world back has panicked");
    }

    fn end(&mut self, thread: usize) {
        self.workers[thread].take().into_iter().for_each(Worker::end);
    }

    /// Runs a program, then frees all that lives and verifies that nothing is left: no more than before, for a program that
    /// failed leaves something.
    pub(crate) fn run(&mut self, requests: impl IntoIterator<Item = Request>) {
        let (mut world, mut thread, mut batch) = (World::default(), 0, Vec::new());
        let before = self.alone(living);
        for request in requests {
            if !matches!(request, Request::Turn(_) | Request::End(_)) {
                batch.push(request);
                continue;
            }
            world = self.batch(thread, world, &mut batch);
            match request {
                Request::Turn(next) => thread = next % THREADS,
                Request::End(which) => self.end(which % THREADS),
                _ => {}
            }
        }
        world = self.batch(thread, world, &mut batch);
        // Each thread frees a part of what is left, most of it from others.
        for thread in 0..THREADS {
            let part = world.chosen.len() / (THREADS - thread);
            batch.extend((0..part).map(|which| Request::Free(which * 7)));
            world = self.batch(thread, world, &mut batch);
        }
        assert!(world.map.is_empty());
        let after = self.alone(|| {
            global::trim();
            living()
        });
        assert_eq!(after, before, "blocks, bytes and large objects that live");
    }

    /// Has the first thread do something when all others are dead.
    fn alone<R: Send + 'static>(&mut self, work: impl FnOnce() -> R + Send + 'static) -> R {
        (1..THREADS).for_each(|thread| self.end(thread));
        let (sender, receiver) = sync_channel(1);
        self.turn(0, World::default(), move |_| sender.send(work()).expect("somebody waits"));
        receiver.recv().expect("a turn has been taken")
    }

    fn batch(&mut self, thread: usize, world: World, batch: &mut Vec<Request>) -> World {
        if batch.is_empty() {
            return world;
        }
        let requests = std::mem::take(batch);
        self.turn(thread, world, move |world| requests.into_iter().for_each(|request| world.step(request)))
    }
}

impl Drop for Crew {
    fn drop(&mut self) {
        for worker in &mut self.workers {
            let Some(worker) = worker.take() else { continue };
            drop(worker.turns);
            let _ = worker.handle.join();
        }
    }
}
