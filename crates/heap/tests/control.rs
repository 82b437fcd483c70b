//! The surface of Python's `gc` module, as far as the differential harness does not compare it.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use gleaner::{Bounds, GenerationStats, Heap, Phase, Ref, Slot, StrategyKind, Trace};

#[derive(Trace)]
struct Node {
    next: Slot<Node>,
}

fn ring(heap: &Heap, length: usize) -> Vec<Ref<Node>> {
    let nodes: Vec<_> = (0..length).map(|_| heap.alloc(Node { next: Slot::empty() }).unwrap()).collect();
    nodes.iter().zip(nodes.iter().cycle().skip(1)).for_each(|(from, to)| from.next.set(to));
    nodes
}

/// Statistics are the sum of what callbacks are told, under every strategy, whether a collection goes in slices or not.
#[test]
fn statistics_are_the_sum_of_what_callbacks_are_told() {
    for strategy in StrategyKind::ALL {
        let bounds = Bounds { pause: Duration::from_nanos(1), garbage: 0.1, slack: 20 };
        let heap = Heap::builder().strategy(strategy).bounds(bounds).build().unwrap();
        heap.set_threshold([16, 2, 2]);
        let told: Rc<RefCell<[GenerationStats; 3]>> = Rc::default();
        let sums = told.clone();
        heap.add_callback(move |_, phase, info| {
            assert!(phase == Phase::Stop || info.duration.is_zero(), "nothing is known at the start");
            if phase == Phase::Stop {
                let sum = &mut sums.borrow_mut()[info.generation];
                sum.collections += 1;
                sum.collected += info.collected;
                sum.uncollectable += info.uncollectable;
                sum.candidates += info.candidates;
                sum.duration += info.duration;
            }
        });
        let mut held = Vec::new();
        for round in 0..300 {
            let nodes = ring(&heap, 10);
            if round % 10 == 0 {
                held.push(nodes);
            }
        }
        heap.collect();
        let name = strategy.facts().name;
        assert_eq!(heap.get_stats(), *told.borrow(), "{name}");
        if strategy.facts().finds_cycles {
            assert!(told.borrow()[2].duration > Duration::ZERO, "{name}");
        }
    }
}
