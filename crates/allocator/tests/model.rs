//! The allocator against the byte-map model, in all geometries, with and without faults.

mod common;

use common::{Driver, GEOMETRIES, Request, options};
use gleaner_allocator::{Faulty, Plan};
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
        assert_eq!(drive(Driver::with_raw(geometry, false, Box::new(raw)), &script), 0);
        let requests = witness.requests();
        assert!(requests > 20 && witness.failures() == 0, "{requests} requests");
        let mut seen = 0;
        for fail_at in 0..requests {
            for and_after in [false, true] {
                let raw = Faulty::new(Plan { fail_at: Some(fail_at), and_after, budget: None });
                let witness = raw.witness();
                let failures = drive(Driver::with_raw(geometry, false, Box::new(raw)), &script);
                // A block that shrinks stays where it is for want of memory: a failure that nobody sees.
                assert!(witness.failures() > 0 && failures <= witness.failures(), "{geometry:?}: {fail_at}");
                seen += usize::from(failures > 0);
                assert_eq!((witness.chunks(), witness.bytes()), (0, 0), "{geometry:?}: failure {fail_at}");
            }
        }
        assert!(seen > requests, "{geometry:?}: most failures are seen, alone and with all that follow");
    }
}
