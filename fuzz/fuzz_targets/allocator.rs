//! Any bytes are requests to an allocator: all geometries, with any options, against the byte-map model.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../crates/allocator/tests/common/mod.rs"]
mod common;

/// How often all structures are verified, in requests.
const CHECK_EVERY: usize = 64;

fuzz_target!(|input: (u8, Vec<[u8; 4]>)| {
    let (options, requests) = input;
    for geometry in common::GEOMETRIES {
        let mut driver = common::Driver::new(geometry, common::options(options));
        for (i, &bytes) in requests.iter().enumerate() {
            driver.step(common::Request::from_bytes(bytes));
            if i % CHECK_EVERY == 0 {
                driver.step(common::Request::Check);
            }
        }
        driver.finish();
    }
});
