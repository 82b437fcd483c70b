//! The strategies against the definition of reachability, on random graphs of bare headers: no heap, no allocator.

use std::cell::RefCell;
use std::ptr::NonNull;
use std::rc::Rc;
use std::time::Duration;

use gleaner_collector::strategies::{Generational, MarkSweep, Paced, RefcountOnly};
use gleaner_collector::{
    Audience, Bounds, Collector, Due, Foreign, Generation, GenerationStats, Region, Space, Span, Strategy,
};
use gleaner_object::shelf::Yard;
use gleaner_object::{Address, Chunk, Flags, Grid, Header, Trace, TypeRecord, Visitor};
use proptest::prelude::*;
use proptest::strategy::Strategy as Generate;

/// An object whose edges are bare addresses: the test keeps the counts itself.
struct Bare {
    edges: RefCell<Vec<Address>>,
}

impl Trace for Bare {
    fn trace(&self, visitor: &mut impl Visitor) {
        self.edges.borrow().iter().for_each(|edge| visitor.edge(*edge));
    }
}

/// A yard as the space of a collector.
struct Place(Yard<Bare>);

impl Space for Place {
    fn each_region(&self, visit: &mut dyn FnMut(Region)) {
        let chunk = NonNull::new(Chunk::of(self.0.row().0).cast_mut()).unwrap();
        visit(Region { chunk, record: TypeRecord::of::<Bare>(), grid: Grid { page_shift: 20, unit: 16 } });
    }

    fn each_span(&self, _: NonNull<Chunk>, visit: &mut dyn FnMut(Span)) {
        let (first, stride, blocks) = self.0.row();
        visit(Span { base: first.cast(), stride, blocks, free: std::ptr::null() });
    }
}

/// A graph of tracked objects, with references from outside.
struct Graph {
    objects: Vec<Address>,
    collector: Collector,
}

impl Graph {
    fn new(strategy: Box<dyn Strategy>, edges: &[(usize, usize)], outside: &[bool]) -> Graph {
        let graph = Graph::untracked(strategy, edges, outside);
        graph.objects.iter().for_each(|object| graph.collector.track(*object).unwrap());
        graph
    }

    fn untracked(strategy: Box<dyn Strategy>, edges: &[(usize, usize)], outside: &[bool]) -> Graph {
        let place = Rc::new(Place(Yard::new()));
        let collector = Collector::new(strategy, [700, 10, 10], Foreign::default(), place.clone());
        let make = |held: &bool| {
            place.0.put(Header::new(u32::from(*held), Flags::default()), Bare { edges: RefCell::default() })
        };
        let objects: Vec<Address> = outside.iter().map(make).collect();
        for &(from, to) in edges {
            value(objects[from]).edges.borrow_mut().push(objects[to]);
            let count = header(&objects[to]).count();
            count.set(count.get() + 1);
        }
        Graph { objects, collector }
    }

    fn condemned(&self) -> Vec<usize> {
        let found: Vec<usize> = (0..self.collector.condemned_end())
            .filter_map(|index| self.collector.condemned(index))
            .map(|object| self.index(object))
            .collect();
        assert_eq!(found.len(), self.collector.condemned_len());
        found
    }

    fn list(&self, generation: Generation) -> Vec<usize> {
        let objects = self.collector.objects(|of| of == generation);
        objects.into_iter().map(|object| self.index(object)).collect()
    }

    fn index(&self, object: Address) -> usize {
        self.objects.iter().position(|other| *other == object).unwrap()
    }
}

fn header(object: &Address) -> &Header {
    // SAFETY: O1: the graph lives.
    unsafe { object.as_ref() }
}

fn value<'a>(object: Address) -> &'a Bare {
    // SAFETY: O1, O2: every object of the graph is a `Bare`, and the graph lives.
    unsafe { TypeRecord::value(object) }
}

/// The definition: what is held from outside, and what that refers to.
fn reachable(edges: &[(usize, usize)], outside: &[bool]) -> Vec<bool> {
    let mut reached = outside.to_vec();
    loop {
        let before = reached.clone();
        for &(from, to) in edges {
            reached[to] |= reached[from];
        }
        if reached == before {
            return reached;
        }
    }
}

fn graphs() -> impl Generate<Value = (Vec<(usize, usize)>, Vec<bool>)> {
    (1_usize..40).prop_flat_map(|objects| {
        let edges = prop::collection::vec((0..objects, 0..objects), 0..objects * 2);
        (edges, prop::collection::vec(prop::bool::weighted(0.15), objects))
    })
}

proptest! {
    #[test]
    fn what_is_condemned_is_what_nothing_outside_reaches((edges, outside) in graphs()) {
        let reached = reachable(&edges, &outside);
        let dead: Vec<usize> = (0..outside.len()).filter(|&index| !reached[index]).collect();
        let finders: [Box<dyn Strategy>; 2] = [Box::new(Generational), Box::new(MarkSweep)];
        for strategy in finders {
            let graph = Graph::new(strategy, &edges, &outside);
            graph.collector.begin(2);
            prop_assert_eq!(graph.collector.deduce(2, Audience::Ordered), outside.len() as u64);
            graph.collector.check();
            // The condemned keep the order in which they were tracked: finalizers run in it.
            prop_assert_eq!(graph.condemned(), dead.clone());
            let mut survivors = graph.list(Generation::Old);
            survivors.sort_unstable();
            prop_assert_eq!(survivors, (0..outside.len()).filter(|&index| reached[index]).collect::<Vec<_>>());
            for (index, object) in graph.objects.iter().enumerate() {
                let flags = header(object).flags();
                prop_assert!(!flags.has(Flags::COLLECTING));
                prop_assert_eq!(flags.has(Flags::UNREACHABLE), !reached[index]);
            }
        }
    }
}

proptest! {
    /// A pass over the young and the middle ones is by trial deletion, one over everything by side tables.
    #[test]
    fn a_full_pass_finds_what_trial_deletion_finds(
        ((edges, outside), seed) in (graphs(), any::<u64>()),
        in_order in prop::bool::ANY,
    ) {
        let mut order: Vec<usize> = (0..outside.len()).collect();
        if !in_order {
            order.sort_by_key(|index| (*index as u64 + 1).wrapping_mul(seed | 1).rotate_left(17));
        }
        let results = [1, 2].map(|generation| {
            let graph = Graph::untracked(Box::new(Generational), &edges, &outside);
            order.iter().for_each(|index| graph.collector.track(graph.objects[*index]).unwrap());
            graph.collector.begin(generation);
            let candidates = graph.collector.deduce(generation, Audience::Ordered);
            graph.collector.check();
            (candidates, graph.condemned(), graph.list(Generation::Old))
        });
        prop_assert_eq!(&results[0], &results[1]);
    }
}

#[test]
fn older_objects_hold_the_young_without_a_remembered_set() {
    let graph = Graph::new(Box::new(Generational), &[(0, 1), (1, 2)], &[true, false, false]);
    graph.collector.untrack(graph.objects[1]);
    graph.collector.untrack(graph.objects[2]);
    graph.collector.begin(0);
    graph.collector.deduce(0, Audience::Ordered);
    graph.collector.end();
    graph.collector.track(graph.objects[1]).unwrap();
    graph.collector.track(graph.objects[2]).unwrap();
    header(&graph.objects[0]).count().set(0);
    graph.collector.begin(0);
    graph.collector.deduce(0, Audience::Ordered);
    assert_eq!(graph.condemned(), [] as [usize; 0], "0 is old and not looked at, so 1 and 2 are held");
    assert_eq!(graph.list(Generation::Middle), [0, 1, 2]);
    graph.collector.end();
    graph.collector.begin(1);
    graph.collector.deduce(1, Audience::Ordered);
    assert_eq!(graph.condemned(), [0, 1, 2]);
}

#[test]
fn the_rescued_come_last() {
    // 0 is looked at before what holds it, put aside, and comes back behind the others.
    let graph = Graph::new(Box::new(Generational), &[(2, 0)], &[false, true, true]);
    graph.collector.begin(2);
    graph.collector.deduce(2, Audience::Ordered);
    assert_eq!(graph.list(Generation::Old), [1, 2, 0]);
    let graph = Graph::new(Box::new(MarkSweep), &[(2, 0)], &[false, true, true]);
    graph.collector.begin(2);
    graph.collector.deduce(2, Audience::Ordered);
    assert_eq!(graph.list(Generation::Old), [0, 1, 2]);
}

#[test]
fn counts_and_thresholds_are_pythons() {
    let space = || Rc::new(Place(Yard::new()));
    let collector = Collector::new(Box::new(Generational), [2, 1, 1], Foreign::default(), space());
    assert!(!collector.count_allocation() && !collector.count_allocation());
    assert_eq!(collector.due(), None, "not above the threshold yet");
    assert!(collector.count_allocation());
    assert_eq!(collector.due(), Some(Due::Pass(0)));
    for generation in [0, 0, 1, 0, 0] {
        collector.begin(generation);
        collector.finish(generation, GenerationStats::of_pass(0, 0, Duration::ZERO));
        collector.end();
    }
    assert_eq!(collector.counts(), [0, 2, 1]);
    (0..3).for_each(|_| {
        collector.count_allocation();
    });
    assert_eq!(collector.due(), Some(Due::Pass(1)));
    collector.set_thresholds([0, 1, 1]);
    assert!(!collector.count_allocation(), "a threshold of 0 switches automatic collection off (PY-14)");
    collector.set_thresholds([2, 1, 1]);
    collector.set_enabled(false);
    assert!(!collector.count_allocation());
    let place = Place(Yard::new());
    for _ in 0..8 {
        let stamp = collector.next_stamp().unwrap();
        let header = Header::new(1, Flags::default()).stamped(stamp);
        collector.admit(place.0.put(header, Bare { edges: RefCell::default() }), stamp);
    }
    assert_eq!(collector.tracked(), 8);
    collector.count_deaths(8);
    assert_eq!((collector.counts()[0], collector.tracked()), (0, 0), "never below zero (PY-15)");
    let none = Collector::new(Box::new(RefcountOnly), [1, 1, 1], Foreign::default(), space());
    (0..3).for_each(|_| {
        none.count_allocation();
    });
    assert_eq!(none.due(), None);
}

#[test]
fn a_cycle_takes_the_time_of_all_its_slices() {
    let paced = Box::new(Paced::new(Bounds::default()));
    let collector = Collector::new(paced, [2, 1, 1], Foreign::default(), Rc::new(Place(Yard::new())));
    collector.add_slice(Duration::from_millis(1));
    collector.add_slice(Duration::from_millis(2));
    let cycle = collector.finish_cycle(3, 10);
    assert_eq!(cycle, GenerationStats::of_pass(3, 10, Duration::from_millis(3)));
    assert_eq!(collector.stats()[2], cycle);
}

#[test]
fn freezing_hides_and_unfreezing_makes_old() {
    let graph = Graph::new(Box::new(Generational), &[(0, 0)], &[false, true]);
    graph.collector.freeze();
    assert_eq!(graph.collector.freeze_count(), 2);
    graph.collector.begin(2);
    assert_eq!(graph.collector.deduce(2, Audience::Ordered), 0);
    graph.collector.end();
    graph.collector.untrack(graph.objects[1]);
    graph.collector.unfreeze();
    assert_eq!((graph.collector.freeze_count(), graph.list(Generation::Old)), (0, vec![0]));
    graph.collector.check();
}
