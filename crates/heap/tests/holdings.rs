//! Who is a root, why an object is alive and who holds the memory, against answers found by leaving objects out.

use std::collections::{BTreeMap, BTreeSet};

use gleaner::{AnyRef, Heap, Ref, Slot, Trace};
use proptest::prelude::*;

/// How many references a node has.
const WIDTH: usize = 3;

#[derive(Trace)]
struct Node {
    kind: u8,
    edges: [Slot<Node>; WIDTH],
}

/// A graph by numbers: what each object refers to, which are held, and how large each is said to be.
#[derive(Clone, Debug)]
struct Plan {
    edges: Vec<[Option<usize>; WIDTH]>,
    held: Vec<bool>,
    kinds: Vec<u8>,
}

fn plans() -> impl Strategy<Value = Plan> {
    (1_usize..24).prop_flat_map(|nodes| {
        let edge = proptest::option::weighted(0.6, 0..nodes);
        (
            proptest::collection::vec([edge.clone(), edge.clone(), edge], nodes),
            proptest::collection::vec(proptest::bool::weighted(0.2), nodes),
            proptest::collection::vec(0_u8..4, nodes),
        )
            .prop_map(|(edges, held, kinds)| Plan { edges, held, kinds })
    })
}

impl Plan {
    /// What is reached from some objects, each with its distance, without passing through those left out.
    fn reached(&self, from: &[usize], without: &BTreeSet<usize>) -> BTreeMap<usize, usize> {
        let mut reached = BTreeMap::new();
        let mut layer: Vec<usize> = from.to_vec();
        for distance in 0.. {
            layer.retain(|node| !without.contains(node) && !reached.contains_key(node));
            if layer.is_empty() {
                break;
            }
            reached.extend(layer.iter().map(|node| (*node, distance)));
            layer = layer.iter().flat_map(|node| self.edges[*node].into_iter().flatten()).collect();
        }
        reached
    }

    fn held(&self) -> Vec<usize> {
        (0..self.held.len()).filter(|node| self.held[*node]).collect()
    }

    /// Bytes of an object, made up so that sums tell who is in them.
    fn bytes(node: usize) -> usize {
        1 << node
    }
}

/// Makes the objects of a plan, all of them held; a heap that collects by itself would find the garbage.
fn build(heap: &Heap, plan: &Plan) -> Vec<Ref<Node>> {
    heap.disable();
    let make = |kind: &u8| heap.alloc(Node { kind: *kind, edges: Default::default() }).unwrap();
    let nodes: Vec<_> = plan.kinds.iter().map(make).collect();
    for (node, edges) in nodes.iter().zip(&plan.edges) {
        for (slot, edge) in node.edges.iter().zip(edges) {
            edge.iter().for_each(|edge| slot.set(&nodes[*edge]));
        }
    }
    nodes
}

proptest! {
    /// The roots are what is held; a path is a shortest one, every step of it a reference, and there is one if and only if
    /// the object is reached otherwise than by the reference it is asked for with.
    #[test]
    fn roots_and_paths(plan in plans()) {
        let heap = Heap::new().unwrap();
        let nodes = build(&heap, &plan);
        let ids: Vec<usize> = nodes.iter().map(|node| node.as_any().id()).collect();
        let number = |object: &AnyRef| ids.iter().position(|id| *id == object.id()).unwrap();
        let mut held: Vec<Option<Ref<Node>>> = nodes.into_iter().map(Some).collect();
        for (node, is_held) in plan.held.iter().enumerate() {
            if !is_held {
                held[node] = None;
            }
        }
        let roots: BTreeSet<usize> = heap.roots().iter().map(number).collect();
        prop_assert_eq!(roots, plan.held().into_iter().collect());
        let reached = plan.reached(&plan.held(), &BTreeSet::new());
        // The list of all objects holds them: one at a time is kept.
        let objects = || heap.get_objects(None).unwrap();
        let alive: BTreeSet<usize> = objects().iter().map(number).collect();
        prop_assert!(reached.keys().all(|node| alive.contains(node)));
        for node in alive {
            let object = objects().into_iter().find(|object| number(object) == node).unwrap();
            let path = heap.why_alive(&object);
            prop_assert_eq!(path.as_ref().map(|path| path.len() - 1), reached.get(&node).copied());
            let Some(path) = path else { continue };
            let path: Vec<usize> = path.iter().map(number).collect();
            prop_assert!(plan.held[path[0]] && *path.last().unwrap() == node);
            prop_assert!(path.windows(2).all(|step| plan.edges[step[0]].contains(&Some(step[1]))));
        }
    }

    /// What a kind retains is what dies without its objects one by one: for each of them, what is not reached without it.
    #[test]
    fn holdings_are_what_is_not_reached_without(plan in plans()) {
        let heap = Heap::new().unwrap();
        let nodes = build(&heap, &plan);
        let ids: Vec<usize> = nodes.iter().map(|node| node.as_any().id()).collect();
        let number = |object: &AnyRef| ids.iter().position(|id| *id == object.id()).unwrap();
        let _held: Vec<_> = plan.held().into_iter().map(|node| nodes[node].clone()).collect();
        drop(nodes);
        let alive: Vec<usize> = heap.get_objects(None).unwrap().iter().map(number).collect();
        let reached = plan.reached(&plan.held(), &BTreeSet::new());
        let holdings = heap.holdings_by(|object| {
            (object.downcast_ref::<Node>().unwrap().kind, Plan::bytes(number(object)))
        });
        for kind in 0..4 {
            let of_kind: Vec<usize> = alive.iter().copied().filter(|node| plan.kinds[*node] == kind).collect();
            let mut lost = BTreeSet::new();
            for node in of_kind.iter().filter(|node| reached.contains_key(node)) {
                let rest = plan.reached(&plan.held(), &BTreeSet::from([*node]));
                lost.extend(reached.keys().copied().filter(|other| !rest.contains_key(other)));
            }
            let holding = holdings.iter().find(|holding| holding.kind == kind);
            let seen = holding.map_or((0, 0, 0, 0), |holding| {
                (holding.objects, holding.bytes, holding.retained, holding.garbage)
            });
            let sum = |nodes: &mut dyn Iterator<Item = usize>| nodes.map(Plan::bytes).sum::<usize>();
            prop_assert_eq!(seen, (
                of_kind.len(),
                sum(&mut of_kind.iter().copied()),
                sum(&mut lost.into_iter()),
                of_kind.iter().filter(|node| !reached.contains_key(node)).count(),
            ));
        }
        prop_assert!(holdings.is_sorted_by_key(|holding| core::cmp::Reverse(holding.retained)));
    }
}

/// Objects that are not tracked, too, and nothing recurses: a chain of a million is as good as one of three.
#[test]
fn a_long_chain_is_held_by_its_head() {
    #[derive(Trace)]
    struct Link {
        text: Ref<String>,
        next: Option<Ref<Link>>,
    }
    const LENGTH: usize = if cfg!(miri) { 100 } else { 1_000_000 };
    std::thread::Builder::new()
        .stack_size(512 << 10)
        .spawn(|| {
            let heap = Heap::new().unwrap();
            heap.disable();
            let text = heap.alloc(String::from("shared")).unwrap();
            let mut head: Option<Ref<Link>> = None;
            for _ in 0..LENGTH {
                head = Some(heap.alloc(Link { text: text.clone(), next: head }).unwrap());
            }
            let mut last = head.as_ref().unwrap().clone();
            while let Some(next) = last.next.clone() {
                last = next;
            }
            let path = heap.why_alive(last.as_any()).unwrap();
            assert_eq!((path.len(), path[0].id()), (LENGTH, head.as_ref().unwrap().as_any().id()));
            drop((text, last, path));
            let holdings = heap.holdings();
            let kinds: Vec<_> = holdings.iter().map(|holding| (holding.objects, holding.garbage)).collect();
            assert_eq!(kinds, [(LENGTH, 0), (1, 0)]);
            let string = size_of::<String>() + 8;
            assert_eq!(holdings[0].retained, holdings[0].bytes + string, "all hangs on the head");
            assert_eq!((holdings[1].bytes, holdings[1].retained), (string, string));
            assert_eq!(*head.as_ref().unwrap().text, "shared");
        })
        .unwrap()
        .join()
        .unwrap();
}
