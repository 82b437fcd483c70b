//! The heap as a graph, for questions about the whole of it: who is a root, and who dominates whom.
//!
//! The graph holds a reference to every object, so that none dies while it is used, whatever user code does, and does not
//! count it. An object is a root if more refers to it than objects of the heap explain; that is how the collector sees it,
//! too.
//!
//! An object *dominates* another if every path from a root to the other leads through it: without it, the other would be
//! garbage. Dominators are found as Georgiadis's SEMI-NCA does: semidominators as Lengauer and Tarjan compute them, with path
//! compression, and then the nearest common ancestor by steps upward.

use std::collections::VecDeque;

use gleaner_object::{Address, Edges, record_of};
use gleaner_refcount::{count, is_immortal};
use hashbrown::HashMap;

use crate::core::Core;
use crate::reference::AnyRef;

/// No node.
const NONE: u32 = u32::MAX;

/// All objects and their references.
pub(crate) struct Graph {
    objects: Vec<AnyRef>,
    numbers: HashMap<Address, u32>,
    /// Where the references of each object begin in `edges`; one more for their end.
    starts: Vec<u32>,
    edges: Vec<u32>,
    /// References to each object that no object of the heap explains.
    outside: Vec<u32>,
}

impl Graph {
    /// Copies the graph of a heap.
    pub(crate) fn of(core: &Core) -> Graph {
        let mut objects = Vec::with_capacity(core.live());
        core.shelves.each_object(|object| objects.push(AnyRef::another(object)));
        let numbers: HashMap<Address, u32> = objects.iter().map(AnyRef::address).zip(0..).collect();
        let mut graph = Graph { numbers, starts: vec![0], edges: Vec::new(), outside: Vec::new(), objects };
        for object in &graph.objects {
            // References into another heap lead out of the graph.
            each_edge(object.address(), |to| graph.edges.extend(graph.numbers.get(&to)));
            graph.starts.push(graph.edges.len() as u32);
        }
        let mut inside = vec![0_u32; graph.objects.len()];
        graph.edges.iter().for_each(|to| inside[*to as usize] += 1);
        let outside = graph.objects.iter().zip(inside).map(|(object, inside)| {
            let header = object.header();
            if is_immortal(header) { NONE } else { count(header).saturating_sub(inside + 1) }
        });
        graph.outside = outside.collect();
        graph
    }

    /// Returns the number of objects.
    pub(crate) fn len(&self) -> usize {
        self.objects.len()
    }

    /// Returns the number of an object, if it is in the graph.
    pub(crate) fn number(&self, object: &AnyRef) -> Option<u32> {
        self.numbers.get(&object.address()).copied()
    }

    /// Returns an object of the graph.
    pub(crate) fn object(&self, number: u32) -> &AnyRef {
        &self.objects[number as usize]
    }

    /// Takes no account of one reference from outside.
    pub(crate) fn discount(&mut self, number: u32) {
        let outside = &mut self.outside[number as usize];
        *outside = if *outside == NONE { NONE } else { outside.saturating_sub(1) };
    }

    /// Returns the roots, in order.
    pub(crate) fn roots(&self) -> impl Iterator<Item = u32> + '_ {
        (0..).zip(&self.outside).filter(|(_, outside)| **outside > 0).map(|(number, _)| number)
    }

    fn edges_of(&self, number: u32) -> &[u32] {
        let number = number as usize;
        &self.edges[self.starts[number] as usize..self.starts[number + 1] as usize]
    }

    /// Returns a shortest path from a root to an object, both included; `None` if no root reaches it.
    pub(crate) fn path_to(&self, target: u32) -> Option<Vec<u32>> {
        let mut from = vec![NONE; self.len()];
        let mut line: VecDeque<u32> = self.roots().collect();
        line.iter().for_each(|root| from[*root as usize] = *root);
        while let Some(number) = line.pop_front() {
            if number == target {
                let mut path = vec![number];
                while let Some(&last) = path.last()
                    && from[last as usize] != last
                {
                    path.push(from[last as usize]);
                }
                path.reverse();
                return Some(path);
            }
            for &to in self.edges_of(number) {
                if from[to as usize] == NONE {
                    from[to as usize] = number;
                    line.push_back(to);
                }
            }
        }
        None
    }

    /// Returns the tree of dominators of what the roots reach.
    pub(crate) fn dominators(&self) -> Dominators {
        let Walk { order, place, parent } = self.walk();
        let reached = order.len();
        let mut semi: Vec<u32> = (0..reached as u32).collect();
        let mut compressed =
            Compressed { ancestor: vec![NONE; reached], label: semi.clone(), path: Vec::new() };
        let (starts, from) = self.predecessors(&order, &place);
        for node in (1..reached).rev() {
            for &before in &from[starts[node] as usize..starts[node + 1] as usize] {
                let least = compressed.least(before, &semi);
                semi[node] = semi[node].min(semi[least as usize]);
            }
            compressed.ancestor[node] = parent[node];
        }
        let mut above = parent;
        for node in 1..reached {
            let mut candidate = above[node];
            while candidate > semi[node] {
                candidate = above[candidate as usize];
            }
            above[node] = candidate;
        }
        Dominators { order, above }
    }

    /// Goes depth first from a node above the roots through all that they reach.
    fn walk(&self) -> Walk {
        let mut walk = Walk { order: vec![NONE], place: vec![NONE; self.len()], parent: vec![0] };
        let mut stack: Vec<(u32, u32)> = Vec::new();
        for root in self.roots() {
            walk.enter(root, 0, &mut stack);
            while let Some((number, seen)) = stack.last_mut() {
                let Some(&to) = self.edges_of(*number).get(*seen as usize) else {
                    stack.pop();
                    continue;
                };
                *seen += 1;
                let parent = walk.place[*number as usize];
                walk.enter(to, parent, &mut stack);
            }
        }
        walk
    }

    /// Returns the places from which each place is referred to, the first place for roots.
    fn predecessors(&self, order: &[u32], place: &[u32]) -> (Vec<u32>, Vec<u32>) {
        let edges = || {
            let roots = self.roots().map(|root| (0, place[root as usize]));
            let inner = order.iter().zip(0..).skip(1).flat_map(|(number, from)| {
                self.edges_of(*number).iter().map(move |to| (from, place[*to as usize]))
            });
            roots.chain(inner)
        };
        let mut starts = vec![0_u32; order.len() + 1];
        edges().for_each(|(_, to)| starts[to as usize + 1] += 1);
        (1..starts.len()).for_each(|at| starts[at] += starts[at - 1]);
        let mut next = starts.clone();
        let mut from = vec![0; starts[order.len()] as usize];
        for (before, to) in edges() {
            from[next[to as usize] as usize] = before;
            next[to as usize] += 1;
        }
        (starts, from)
    }
}

/// A walk depth first: a node above the roots has the first place.
struct Walk {
    /// The object at each place.
    order: Vec<u32>,
    /// The place of each object; none if it is not reached.
    place: Vec<u32>,
    /// The place from which each place was reached.
    parent: Vec<u32>,
}

impl Walk {
    fn enter(&mut self, number: u32, parent: u32, stack: &mut Vec<(u32, u32)>) {
        if self.place[number as usize] == NONE {
            self.place[number as usize] = self.order.len() as u32;
            self.order.push(number);
            self.parent.push(parent);
            stack.push((number, 0));
        }
    }
}

/// Lengauer's and Tarjan's forest, with compressed paths.
struct Compressed {
    ancestor: Vec<u32>,
    label: Vec<u32>,
    path: Vec<u32>,
}

impl Compressed {
    /// Returns which of a node and its ancestors, below the root of its tree, has the least semidominator.
    fn least(&mut self, node: u32, semi: &[u32]) -> u32 {
        let mut top = node;
        while self.ancestor[top as usize] != NONE {
            self.path.push(top);
            top = self.ancestor[top as usize];
        }
        // The topmost has the root for its ancestor, and stays as it is.
        let mut above = self.path.pop();
        while let (Some(upper), Some(lower)) = (above, self.path.pop()) {
            let (best, own) = (self.label[upper as usize], self.label[lower as usize]);
            if semi[best as usize] < semi[own as usize] {
                self.label[lower as usize] = best;
            }
            self.ancestor[lower as usize] = self.ancestor[upper as usize];
            above = Some(lower);
        }
        self.label[node as usize]
    }
}

/// The tree of dominators. Its nodes are in an order in which each comes after its dominator; the first is above the roots
/// and no object.
pub(crate) struct Dominators {
    /// The object of each node.
    pub(crate) order: Vec<u32>,
    /// The immediate dominator of each node, as a node.
    pub(crate) above: Vec<u32>,
}

/// Calls `visit` with the target of every reference that an object shows.
pub(crate) fn each_edge(object: Address, mut visit: impl FnMut(Address)) {
    let mut flush = |edges: &[Address]| edges.iter().for_each(|edge| visit(*edge));
    let mut edges = Edges::new(&mut flush);
    // SAFETY: O1, O2: the caller knows the object to live.
    unsafe { (record_of(object).trace)(object, &mut edges) };
}
