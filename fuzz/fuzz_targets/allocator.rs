//! Any bytes are requests to an allocator: all geometries, with and without poison, against the byte-map model.
#![no_main]

use gleaner_allocator::Geometry;
use libfuzzer_sys::fuzz_target;

#[path = "../../crates/allocator/tests/common/mod.rs"]
mod common;

/// How often all structures are verified, in requests.
const CHECK_EVERY: usize = 64;

fuzz_target!(|input: (bool, Vec<[u8; 4]>)| {
    let (poison, requests) = input;
    for geometry in [Geometry::TINY, Geometry::CLASSIC, Geometry::MODERN] {
        let mut driver = common::Driver::new(geometry, poison);
        for (i, &bytes) in requests.iter().enumerate() {
            driver.step(common::Request::from_bytes(bytes));
            if i % CHECK_EVERY == 0 {
                driver.step(common::Request::Check);
            }
        }
        driver.finish();
    }
});
