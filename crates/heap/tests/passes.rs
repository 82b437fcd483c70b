//! Passes over the heap where numbers or shapes are awkward.

use gleaner::{Bounds, Heap, Ref, Slot, StrategyKind, Trace};
use std::time::Duration;

#[derive(Trace)]
struct Node {
    next: Slot<Node>,
    hub: Slot<Node>,
}

fn node(heap: &Heap) -> Ref<Node> {
    heap.alloc(Node { next: Slot::empty(), hub: Slot::empty() }).unwrap()
}

/// A hub that so many objects refer to, each before or after it in memory, is found if it is garbage, and stays if a single
/// reference more is held: around the numbers at which a byte with a sign is full, and wraps.
#[test]
fn a_hub_is_garbage_or_held_by_one() {
    let numbers = [1, 2, 100, 126, 127, 128, 129, 254, 255, 256, 257, 383, 384, 385, 511, 512, 513, 1000];
    for strategy in StrategyKind::ALL.into_iter().filter(|kind| kind.facts().finds_cycles) {
        for references in numbers {
            for before in [0, references / 2, references] {
                let bounds = Bounds { pause: Duration::from_nanos(1), garbage: 0.1, slack: 20 };
                let heap = Heap::builder().strategy(strategy).bounds(bounds).build().unwrap();
                heap.disable();
                let mut nodes: Vec<Ref<Node>> = (0..before).map(|_| node(&heap)).collect();
                let hub = node(&heap);
                nodes.extend((before..references).map(|_| node(&heap)));
                for (one, other) in nodes.iter().zip(nodes.iter().cycle().skip(1)) {
                    one.next.set(other);
                    one.hub.set(&hub);
                }
                hub.next.set(&nodes[0]);
                drop(nodes);
                let name = format!("{}, {references} references, {before} before", strategy.facts().name);
                assert_eq!((heap.collect(), heap.live_objects()), (0, references + 1), "{name}");
                drop(hub);
                let all = references as u64 + 1;
                assert_eq!((heap.collect(), heap.live_objects()), (all, 0), "{name}");
            }
        }
    }
}

/// What an increment of 3.14 looks at beyond its share is paid for before the next: in all, a growing list is looked at a few
/// times, and not as often as there are collections.
#[test]
fn increments_are_paid_for() {
    const LENGTH: u64 = 100_000;
    let heap = Heap::builder().strategy(StrategyKind::Incremental).build().unwrap();
    let head = node(&heap);
    let mut last = head.clone();
    for _ in 1..LENGTH {
        let next = node(&heap);
        last.next.set(&next);
        last = next;
    }
    let stats = heap.get_stats();
    let candidates: u64 = stats.iter().map(|stats| stats.candidates).sum();
    assert!(candidates < 6 * LENGTH, "{candidates} objects looked at for {LENGTH}");
    assert!(stats[1].collections > 20, "collections are counted all the same: {stats:?}");
}
