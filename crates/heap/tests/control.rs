//! The surface of Python's `gc` module, as far as the differential harness does not compare it.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use gleaner::{AnyRef, Bounds, Debug, GenerationStats, Heap, Phase, Ref, Report, Slot, StrategyKind, Trace};

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

/// Lines and their order are CPython's (PY-26): the callbacks frame the text, objects are told of before their finalizers run.
#[test]
fn debug_flags_tell_what_cpython_tells() {
    for strategy in [StrategyKind::Generational, StrategyKind::Paced, StrategyKind::Full] {
        let heap = Heap::builder().strategy(strategy).build().unwrap();
        let lines: Rc<RefCell<Vec<String>>> = Rc::default();
        let (hook, callback) = (lines.clone(), lines.clone());
        heap.set_debug_hook(move |_, report| {
            // The time that it took, and where the object is, are never the same.
            let text = report.to_string();
            let text = text.split(if text.contains("done") { ", 0." } else { " 0x" }).next().unwrap();
            hook.borrow_mut().extend(text.lines().map(str::to_string));
        });
        heap.add_callback(move |_, phase, _| callback.borrow_mut().push(format!("{phase:?}")));
        let frozen = ring(&heap, 1);
        heap.freeze();
        let old = ring(&heap, 3);
        heap.collect();
        let young = ring(&heap, 2);
        drop(ring(&heap, 1));
        lines.take();
        heap.set_debug(Debug::STATS | Debug::COLLECTABLE);
        assert_eq!(heap.collect(), 1);
        let expected = [
            "Start",
            "gc: collecting generation 2...",
            "gc: objects in each generation: 3 0 3",
            "gc: objects in permanent generation: 1",
            "gc: collectable <control::Node",
            "gc: done, 1 unreachable, 0 uncollectable",
            "Stop",
        ];
        assert_eq!(*lines.borrow(), expected, "{}", strategy.facts().name);
        lines.take();
        heap.set_debug(Debug::from_bits(!(Debug::LEAK | Debug::STATS).bits()));
        heap.collect();
        assert_eq!(*lines.borrow(), ["Start", "Stop"]);
        drop((frozen, old, young));
    }
}

/// What the hook keeps of the garbage is whole, as if a finalizer had resurrected it.
#[test]
fn what_a_debug_hook_keeps_lives() {
    let heap = Heap::new().unwrap();
    let kept: Rc<RefCell<Vec<AnyRef>>> = Rc::default();
    let hook = kept.clone();
    heap.set_debug_hook(move |_, report| {
        if let Report::Collectable(object) = report {
            hook.borrow_mut().push((*object).clone());
        }
    });
    heap.set_debug(Debug::COLLECTABLE);
    drop(ring(&heap, 3));
    assert_eq!(heap.collect(), 0);
    for object in kept.take() {
        assert!(!object.downcast_ref::<Node>().unwrap().next.is_empty(), "it has been cleared");
    }
    heap.set_debug(Debug::NONE);
    assert_eq!(heap.collect(), 3);
}

/// Garbage that is kept is whole; with the heap it goes, taken or not.
#[test]
fn saved_garbage_is_whole_and_goes_with_the_heap() {
    for strategy in StrategyKind::ALL.into_iter().filter(|kind| kind.facts().finds_cycles) {
        let heap = Heap::builder().strategy(strategy).build().unwrap();
        heap.set_debug(Debug::SAVEALL);
        drop(ring(&heap, 3));
        assert_eq!(heap.collect(), 3);
        let garbage = heap.take_garbage();
        assert!(garbage.iter().all(|object| !object.downcast_ref::<Node>().unwrap().next.is_empty()));
        heap.set_debug(Debug::NONE);
        drop(garbage);
        assert_eq!((heap.collect(), heap.live_objects()), (3, 0));
        let tomb = Rc::new(());
        let grave = heap.alloc(Grave { this: Slot::empty(), _tomb: tomb.clone() }).unwrap();
        grave.this.set(&grave);
        drop(grave);
        heap.set_debug(Debug::LEAK);
        heap.set_debug_hook(|_, _| ());
        heap.collect();
        drop(heap);
        assert_eq!(Rc::strong_count(&tomb), 1, "{}", strategy.facts().name);
    }
}

#[derive(Trace)]
struct Grave {
    this: Slot<Grave>,
    #[trace(skip)]
    _tomb: Rc<()>,
}
