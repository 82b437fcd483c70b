//! Nothing recurses over the heap: graphs of a million objects on a stack of 512 KiB, under every strategy. `scripts/deep`
//! runs the same with more.

use gleaner::{Heap, Ref, Slot, StrategyKind, Trace};

/// How many objects: a million, or what the environment says.
fn objects() -> usize {
    match std::env::var("GLEANER_DEEP") {
        Ok(count) => count.parse().expect("GLEANER_DEEP is a number of objects"),
        Err(_) => 1_000_000,
    }
}

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
            let begin = std::time::Instant::now();
            let heap = Heap::builder().strategy(strategy).build().unwrap();
            test(&heap);
            heap.check();
            if strategy.facts().finds_cycles {
                assert_eq!(heap.live_objects(), 0, "{}", strategy.facts().name);
            }
            println!("  {}, {:.1} s", strategy.facts().name, begin.elapsed().as_secs_f64());
        };
        std::thread::Builder::new().stack_size(512 << 10).spawn(run).unwrap().join().unwrap();
    }
}

#[test]
fn a_list_dies_at_once() {
    on_a_small_stack(|heap| {
        let head = node(heap);
        let mut last = head.clone();
        for _ in 1..objects() {
            let next = node(heap);
            last.left.set(&next);
            last = next;
        }
        drop(last);
        assert_eq!(heap.live_objects(), objects());
        heap.collect();
        assert_eq!(heap.live_objects(), objects(), "what is referred to stays");
        drop(head);
        assert_eq!(heap.live_objects(), 0);
    });
}

#[test]
fn a_list_through_plain_fields_dies_at_once() {
    on_a_small_stack(|heap| {
        let mut list = None;
        for _ in 0..objects() {
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
        for _ in 1..objects() {
            let next = node(heap);
            last.left.set(&next);
            last = next;
        }
        last.left.set(&first);
        drop((first, last));
        let found = heap.collect();
        if heap.strategy().finds_cycles {
            assert_eq!(found, objects() as u64);
        } else {
            assert_eq!((found, heap.live_objects()), (0, objects()));
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

/// Whoever refers to whom at random: live, all of it stays; dead, all of it is found.
#[test]
fn a_random_graph_is_collected() {
    on_a_small_stack(|heap| {
        let nodes: Vec<Ref<Node>> = (0..objects()).map(|_| node(heap)).collect();
        let mut state = 0x9E37_79B9_7F4A_7C15_u64;
        let mut draw = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            &nodes[(state % objects() as u64) as usize]
        };
        for node in &nodes {
            node.left.set(draw());
            node.right.set(draw());
        }
        heap.collect();
        assert_eq!(heap.live_objects(), objects(), "what is held stays");
        // A ring through all of them, so that none dies before the collector comes.
        let ring = nodes.iter().zip(nodes.iter().cycle().skip(1));
        ring.for_each(|(from, to)| from.left.set(to));
        drop(nodes);
        let found = heap.collect();
        if heap.strategy().finds_cycles {
            assert_eq!((found, heap.live_objects()), (objects() as u64, 0));
        } else {
            assert_eq!((found, heap.live_objects()), (0, objects()));
        }
    });
}
