//! The allocator against the byte-map model, in all geometries, with and without faults.

mod common;
#[path = "common/geometries.rs"]
mod geometries;

use std::ptr::NonNull;
use std::sync::{Arc, Mutex};

use common::{Driver, GEOMETRIES, Request, options};
use geometries::geometries;
use gleaner_allocator::{Chunk, Faulty, Geometry, Mmap, Options, OutOfMemory, Plan, Raw};
use proptest::prelude::*;

fn requests(most: usize) -> impl Strategy<Value = Vec<Request>> {
    prop::collection::vec(any::<[u8; 4]>().prop_map(Request::from_bytes), 0..most)
}

fn drive(mut driver: Driver, requests: &[Request]) -> usize {
    for &request in requests {
        driver.step(request);
    }
    driver.finish()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    #[test]
    fn requests_agree_with_the_model(requests in requests(600), choice: u8) {
        for geometry in GEOMETRIES {
            prop_assert_eq!(drive(Driver::new(geometry, options(choice)), &requests), 0);
        }
    }

    #[test]
    fn any_geometry_agrees_with_the_model(requests in requests(600), choice: u8, geometry in geometries()) {
        prop_assert_eq!(drive(Driver::new(geometry, options(choice)), &requests), 0);
    }

    #[test]
    fn a_budget_is_an_error_and_nothing_more(requests in requests(300), budget in 0..64_usize, choice: u8) {
        for geometry in GEOMETRIES {
            let plan = Plan { budget: Some(budget * 20_000), ..Plan::default() };
            let raw = Faulty::new(plan);
            let witness = raw.witness();
            let failures = drive(Driver::with_raw(geometry, options(choice), Box::new(raw)), &requests);
            prop_assert!(failures <= witness.failures());
            prop_assert_eq!((witness.chunks(), witness.bytes()), (0, 0));
        }
    }
}

/// A fixed sequence of requests that meets every path of the raw layer.
fn script() -> Vec<Request> {
    let mut state = 1_u32;
    let mut byte = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    (0..1500).map(|_| Request::from_bytes([byte(), byte(), byte(), byte()])).collect()
}

/// PY-56: every request to the raw layer fails once, alone or with all that follow; nothing is lost.
#[test]
fn every_failure_point_is_an_error_and_nothing_more() {
    let script = script();
    for geometry in GEOMETRIES {
        let raw = Faulty::new(Plan::default());
        let witness = raw.witness();
        assert_eq!(drive(Driver::with_raw(geometry, Options::default(), Box::new(raw)), &script), 0);
        let requests = witness.requests();
        assert!(requests > 20 && witness.failures() == 0, "{requests} requests");
        let mut seen = 0;
        for fail_at in 0..requests {
            for and_after in [false, true] {
                let raw = Faulty::new(Plan { fail_at: Some(fail_at), and_after, budget: None });
                let witness = raw.witness();
                let failures = drive(Driver::with_raw(geometry, Options::default(), Box::new(raw)), &script);
                // A block that shrinks stays where it is for want of memory: a failure that nobody sees.
                assert!(witness.failures() > 0 && failures <= witness.failures(), "{geometry:?}: {fail_at}");
                seen += usize::from(failures > 0);
                assert_eq!((witness.chunks(), witness.bytes()), (0, 0), "{geometry:?}: failure {fail_at}");
            }
        }
        assert!(seen > requests, "{geometry:?}: most failures are seen, alone and with all that follow");
    }
}

/// What a request to the raw layer is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Arena,
    /// The magazines of all classes.
    Rack,
    Large,
    Remap,
}

/// What the layer below has seen.
#[derive(Default)]
struct Seen {
    requests: Vec<Kind>,
    purges: usize,
    bytes: usize,
}

/// A layer that fails once, and spoils what nobody may rely on: what a chunk holds at first, and after a purge.
struct Spoiler {
    geometry: Geometry,
    fail_at: usize,
    seen: Arc<Mutex<Seen>>,
}

/// As much of a fresh chunk is spoilt.
const SPOILT: usize = 8 << 10;
const GARBAGE: u8 = 0xB7;

impl Spoiler {
    fn fails(&self, kind: Kind) -> bool {
        let mut seen = self.seen.lock().unwrap();
        seen.requests.push(kind);
        seen.requests.len() == self.fail_at + 1
    }
}

// SAFETY: every chunk is `Mmap`'s and goes back there.
unsafe impl Raw for Spoiler {
    fn map(&self, size: usize) -> Result<Chunk, OutOfMemory> {
        let kind = match size {
            _ if size == self.geometry.arena() => Kind::Arena,
            327_680 if self.geometry.has_magazines() => Kind::Rack,
            _ => Kind::Large,
        };
        if self.fails(kind) {
            return Err(OutOfMemory { size });
        }
        let chunk = Mmap.map(size)?.start;
        self.seen.lock().unwrap().bytes += size;
        // SAFETY: the chunk is ours, and that long.
        unsafe { chunk.write_bytes(GARBAGE, size.min(SPOILT)) };
        Ok(Chunk { start: chunk, zeros: false })
    }

    unsafe fn unmap(&self, chunk: NonNull<u8>, size: usize) {
        self.seen.lock().unwrap().bytes -= size;
        // SAFETY: by contract.
        unsafe { Mmap.unmap(chunk, size) };
    }

    unsafe fn purge(&self, part: NonNull<u8>, size: usize) -> bool {
        self.seen.lock().unwrap().purges += 1;
        // SAFETY: by contract nobody uses what it holds.
        unsafe { part.write_bytes(GARBAGE, size) };
        false
    }

    unsafe fn remap(&self, chunk: NonNull<u8>, old: usize, new: usize) -> Option<NonNull<u8>> {
        if self.fails(Kind::Remap) {
            return None;
        }
        // SAFETY: by contract.
        let moved = unsafe { Mmap.remap(chunk, old, new) }?;
        let mut seen = self.seen.lock().unwrap();
        seen.bytes = seen.bytes + new - old;
        Some(moved)
    }
}

/// A large block that grows and shrinks, with another in its way, then the first part of the script.
fn directed_script() -> Vec<Request> {
    let mut requests = vec![Request::Alloc(40_000)];
    for size in [100_000, 900_000, 2 << 20] {
        requests.push(Request::Realloc(0, size));
    }
    requests.extend([Request::Alloc(3 << 20), Request::Realloc(0, 5 << 20), Request::Realloc(0, 45_000)]);
    requests.extend((0..60).map(|i| Request::Alloc(i * 5)));
    requests.extend((0..40).map(|i| Request::Free(i * 3)));
    // What is free now is purged, and used again.
    requests.extend([Request::Trim, Request::Trim]);
    requests.extend((0..60).map(|i| Request::Alloc(i * 5)));
    requests.extend(&script()[..250]);
    requests
}

/// Every request to the raw layer fails once: for an arena, for the magazines, for a large object, for its growth. Right
/// after the failure everything is verified.
#[test]
fn failures_of_each_kind_are_met_and_survived() {
    let script = directed_script();
    for geometry in GEOMETRIES {
        for options in [Options::default(), options(3 + 12)] {
            let (mut fail_at, mut failed) = (0, Vec::new());
            loop {
                let seen = Arc::new(Mutex::new(Seen::default()));
                let raw = Spoiler { geometry, fail_at, seen: Arc::clone(&seen) };
                let mut driver = Driver::with_raw(geometry, options, Box::new(raw));
                for &request in &script {
                    let before = seen.lock().unwrap().requests.len();
                    driver.step(request);
                    if (before..seen.lock().unwrap().requests.len()).contains(&fail_at) {
                        driver.step(Request::Check);
                    }
                }
                assert!(driver.finish() <= 1);
                let seen = seen.lock().unwrap();
                assert!(seen.bytes == 0 && seen.purges > 0, "{} bytes, {} purges", seen.bytes, seen.purges);
                let Some(&kind) = seen.requests.get(fail_at) else { break };
                failed.push(kind);
                fail_at += 1;
            }
            let racks = geometry.has_magazines() && options == Options::default();
            for kind in [Kind::Arena, Kind::Large, Kind::Remap, Kind::Rack] {
                let met = failed.contains(&kind);
                assert!(met || kind == Kind::Rack && !racks, "{geometry:?}: {kind:?} among {}", failed.len());
            }
        }
    }
}
