//! The process's allocator against the byte map, by threads that take turns.

#[path = "common/threads.rs"]
mod threads;

use proptest::prelude::*;
use threads::{Crew, Request};

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    // The one test of its binary: nobody else may use the process's allocator meanwhile.
    #[test]
    fn threads_that_take_turns_agree_with_the_model(
        requests in prop::collection::vec(any::<[u8; 4]>(), 0..1500)
    ) {
        Crew::default().run(requests.into_iter().map(Request::from_bytes));
    }
}
