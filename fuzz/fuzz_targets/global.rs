//! Any bytes are requests to the process's allocator, by threads that take turns, against the byte map.
#![no_main]

use std::cell::RefCell;

use libfuzzer_sys::fuzz_target;

#[path = "../../crates/allocator/tests/common/threads.rs"]
mod threads;

std::thread_local! {
    /// Threads live on from input to input, unless an input ends them.
    static CREW: RefCell<threads::Crew> = RefCell::default();
}

fuzz_target!(|requests: Vec<[u8; 4]>| {
    CREW.with_borrow_mut(|crew| crew.run(requests.into_iter().map(threads::Request::from_bytes)));
});
