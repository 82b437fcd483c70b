//! Nothing recurses over the heap: graphs of a million objects on a stack of 512 KiB, under every strategy.

use gleaner::{Heap, Ref, Slot, StrategyKind, Trace};

const MILLION: usize = 1_000_000;

#[derive(Trace)]
struct Node {
    left: Slot<Node>,
    right: Slot<Node>,
}

/// A node whose edge the collector sees but cannot cut: its death is the death of a field.
#[derive(Trace)]
struct Cons {
    tail: Option<Ref<Cons>>,
}

fn node(heap: &Heap) -> Ref<Node> {
    heap.alloc(Node { left: Slot::empty(), right: Slot::empty() }).unwrap()
}

/// Runs a test under every strategy on a small stack; the heap must be empty and sound at its end.
fn on_a_small_stack(test: fn(&Heap)) {
    for strategy in StrategyKind::ALL {
        let run = move || {
            let heap = Heap::builder().strategy(strategy).build().unwrap();
            test(&heap);
            heap.check();
            if strategy.facts().finds_cycles {
                assert_eq!(heap.live_objects(), 0, "{}", strategy.facts().name);
            }
        };
        std::thread::Builder::new().stack_size(512 << 10).spawn(run).unwrap().join().unwrap();
    }
}

#[test]
fn a_list_dies_at_once() {
    on_a_small_stack(|heap| {
        let head = node(heap);
        let mut last = head.clone();
        for _ in 1..MILLION {
            let next = node(heap);
            last.left.set(&next);
            last = next;
        }
        drop(last);
        assert_eq!(heap.live_objects(), MILLION);
        heap.collect();
        assert_eq!(heap.live_objects(), MILLION, "what is referred to stays");
        drop(head);
        assert_eq!(heap.live_objects(), 0);
    });
}

#[test]
fn a_list_through_plain_fields_dies_at_once() {
    on_a_small_stack(|heap| {
        let mut list = None;
        for _ in 0..MILLION {
            list = Some(heap.alloc(Cons { tail: list }).unwrap());
        }
        drop(list);
        assert_eq!(heap.live_objects(), 0);
    });
}

#[test]
fn a_ring_is_collected() {
    on_a_small_stack(|heap| {
        let first = node(heap);
        let mut last = first.clone();
        for _ in 1..MILLION {
            let next = node(heap);
            last.left.set(&next);
            last = next;
        }
        last.left.set(&first);
        drop((first, last));
        let found = heap.collect();
        if heap.strategy().finds_cycles {
            assert_eq!(found, MILLION as u64);
        } else {
            assert_eq!((found, heap.live_objects()), (0, MILLION));
        }
    });
}

#[test]
fn a_tree_dies_at_once() {
    on_a_small_stack(|heap| {
        let root = node(heap);
        let mut leaves = vec![root.clone()];
        for _ in 0..20 {
            let mut next = Vec::with_capacity(leaves.len() * 2);
            for leaf in leaves {
                for slot in [&leaf.left, &leaf.right] {
                    let child = node(heap);
                    slot.set(&child);
                    next.push(child);
                }
            }
            leaves = next;
        }
        drop(leaves);
        heap.collect();
        assert_eq!(heap.live_objects(), (1 << 21) - 1);
        drop(root);
        assert_eq!(heap.live_objects(), 0);
    });
}
