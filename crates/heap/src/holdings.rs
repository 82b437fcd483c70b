//! What Python's `gc` lacks: why an object is alive, and who is holding the memory.

use core::hash::Hash;

use hashbrown::HashMap;

use crate::graph::{Dominators, Graph};
use crate::heap::Heap;
use crate::reference::AnyRef;

/// What the objects of one kind hold.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Holding<K> {
    /// The kind.
    pub kind: K,
    /// How many objects there are of it.
    pub objects: usize,
    /// Their own bytes.
    pub bytes: usize,
    /// The bytes that would be free if they were gone: their own, and those of all that only they keep alive.
    pub retained: usize,
    /// How many of them are garbage that no collection has found yet; these retain nothing.
    pub garbage: usize,
}

impl Heap {
    /// Calls `visit` with every object that there is now, tracked or not; none dies before all were visited.
    ///
    /// # Complexity
    /// O(memory of the heap).
    pub fn for_each_object(&self, visit: impl FnMut(&AnyRef)) {
        let mut objects = Vec::with_capacity(self.live_objects());
        self.core().shelves.each_object(|object| objects.push(AnyRef::another(object)));
        objects.iter().for_each(visit);
    }

    /// Returns the objects that are held from outside the heap: by variables, handles, frames. What a collection keeps is
    /// what these reach.
    ///
    /// # Panics
    /// If a `trace` panics.
    ///
    /// # Complexity
    /// O(objects and their edges).
    #[must_use]
    pub fn roots(&self) -> Vec<AnyRef> {
        let graph = Graph::of(self.core());
        graph.roots().map(|root| graph.object(root).clone()).collect()
    }

    /// Returns why an object is alive: a shortest path to it from an object that is held from outside, both included. The
    /// reference with which it is asked for does not count; `None` means that nothing else holds it, or only garbage does.
    ///
    /// ```
    /// use gleaner::{AnyRef, Heap, Slot, Trace};
    ///
    /// #[derive(Trace)]
    /// struct Node {
    ///     next: Slot<Node>,
    /// }
    ///
    /// # fn main() -> Result<(), gleaner::OutOfMemory> {
    /// let heap = Heap::new()?;
    /// let cache = heap.alloc(Node { next: Slot::empty() })?;
    /// let leaked = heap.alloc(Node { next: Slot::empty() })?;
    /// cache.next.set(&leaked);
    /// let path = heap.why_alive(leaked.as_any()).expect("the cache holds it");
    /// assert_eq!(path, [cache.clone().into_any(), leaked.clone().into_any()]);
    /// drop(path); // it holds both, too
    /// cache.next.clear();
    /// assert_eq!(heap.why_alive(leaked.as_any()), None);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Panics
    /// If a `trace` panics.
    ///
    /// # Complexity
    /// O(objects and their edges).
    #[must_use]
    pub fn why_alive(&self, object: &AnyRef) -> Option<Vec<AnyRef>> {
        let mut graph = Graph::of(self.core());
        let target = graph.number(object)?;
        graph.discount(target);
        let path = graph.path_to(target)?;
        Some(path.into_iter().map(|number| graph.object(number).clone()).collect())
    }

    /// Returns what the objects of each type hold, by what they retain, the greatest first. Bytes are those of the
    /// objects themselves, without what a `Vec` or a `String` in them owns; see [`Heap::holdings_by`] for better measures.
    ///
    /// # Panics
    /// If a `trace` panics.
    ///
    /// # Complexity
    /// O(e log n) for n objects with e edges, save for graphs made against it.
    #[must_use]
    pub fn holdings(&self) -> Vec<Holding<&'static str>> {
        self.holdings_by(|object| (object.type_name(), object.size()))
    }

    /// Returns what the objects of each kind hold, by what they retain, the greatest first. `describe` tells the kind of an
    /// object and its bytes.
    ///
    /// # Panics
    /// If a `trace` panics.
    ///
    /// # Complexity
    /// O(e log n) for n objects with e edges, save for graphs made against it.
    #[must_use]
    pub fn holdings_by<K: Eq + Hash + Ord + Clone>(
        &self,
        mut describe: impl FnMut(&AnyRef) -> (K, usize),
    ) -> Vec<Holding<K>> {
        let graph = Graph::of(self.core());
        let mut kinds: HashMap<K, usize> = HashMap::new();
        let mut holdings: Vec<Holding<K>> = Vec::new();
        let mut described: Vec<(usize, usize)> = Vec::with_capacity(graph.len());
        for number in 0..graph.len() as u32 {
            let (kind, bytes) = describe(graph.object(number));
            let place = *kinds.entry(kind).or_insert_with_key(|kind| {
                holdings.push(Holding { kind: kind.clone(), objects: 0, bytes: 0, retained: 0, garbage: 0 });
                holdings.len() - 1
            });
            holdings[place].objects += 1;
            holdings[place].bytes += bytes;
            holdings[place].garbage += 1;
            described.push((place, bytes));
        }
        let dominators = graph.dominators();
        let retained = retained(&dominators, &described);
        each_topmost(&dominators, &described, |node, place| holdings[place].retained += retained[node]);
        dominators.order[1..].iter().for_each(|number| holdings[described[*number as usize].0].garbage -= 1);
        holdings.sort_by(|a, b| (b.retained, b.bytes, &a.kind).cmp(&(a.retained, a.bytes, &b.kind)));
        holdings
    }
}

/// Returns the bytes that each node of the tree dominates, its own included.
fn retained(dominators: &Dominators, described: &[(usize, usize)]) -> Vec<usize> {
    let mut retained = vec![0; dominators.order.len()];
    for node in (1..retained.len()).rev() {
        retained[node] += described[dominators.order[node] as usize].1;
        retained[dominators.above[node] as usize] += retained[node];
    }
    retained
}

/// Calls `visit` with the nodes that no node of the same kind dominates, and their kinds.
fn each_topmost(dominators: &Dominators, described: &[(usize, usize)], mut visit: impl FnMut(usize, usize)) {
    let nodes = dominators.order.len();
    let mut starts = vec![0_usize; nodes + 1];
    dominators.above[1..].iter().for_each(|above| starts[*above as usize + 1] += 1);
    (1..=nodes).for_each(|at| starts[at] += starts[at - 1]);
    let mut below = vec![0; nodes.saturating_sub(1)];
    let mut next = starts.clone();
    for node in 1..nodes {
        let above = dominators.above[node] as usize;
        below[next[above]] = node;
        next[above] += 1;
    }
    // How many nodes of each kind are above where the walk is.
    let mut open = vec![0_u32; described.iter().map(|(place, _)| place + 1).max().unwrap_or(0)];
    let mut seen: Vec<usize> = starts[..nodes].to_vec();
    let mut stack = vec![0];
    while let Some(&node) = stack.last() {
        let place = (node != 0).then(|| described[dominators.order[node] as usize].0);
        if seen[node] == starts[node]
            && let Some(place) = place
        {
            if open[place] == 0 {
                visit(node, place);
            }
            open[place] += 1;
        }
        if seen[node] < starts[node + 1] {
            seen[node] += 1;
            stack.push(below[seen[node] - 1]);
            continue;
        }
        // A node without any below it is opened and closed in one step.
        stack.pop();
        if let Some(place) = place {
            open[place] -= 1;
        }
    }
}
