//! `gc-arena` 0.7, of Ruffle and piccolo: incremental mark and sweep, no counts.
//!
//! Pointers are bare and exist only inside a closure given to `mutate`, between collections; what lives is what the
//! arena's root reaches. Marking is in steps, with barriers on writes, sweeping too: an allocation incurs debt, and work
//! pays it off. Nothing recurses. It collects only when asked outside of `mutate`; its authors call `collect_debt` after
//! each small unit of a program's work, with the default pacing, and so does `safepoint`: a cycle begins when half as
//! many objects have been allocated as survived the last one.
//!
//! The table is cut into pieces, which are objects themselves. If the root held it as a whole, each write into it during
//! marking would have all of it traced again; for the same reason a write to a slot uses a forward barrier (mark the new
//! pointer), which the crate offers for cells whose owner calls it by hand. Edges are written through `Gc::write`. Writes
//! during marking are debt as well: a workload that links a million edges without a `safepoint` pays for them in one step.
//!
//! A wide object's edges lie behind a box of their own, because the crate's projections know structs, not enums.

use gc_arena::arena::CollectionPhase;
use gc_arena::barrier::field;
use gc_arena::lock::Lock;
use gc_arena::{Arena, Collect, Gc, GcWeak, Mutation, Rootable};
use gleaner_benches::subject::{Abilities, Pause, Slot, Subject};

use crate::Foreign;

/// Slots in a piece of the table.
const PIECE: usize = 64;

type Edge<'gc> = Lock<Option<Gc<'gc, Node<'gc>>>>;

/// An object: two edges, or as many as there are in the box.
#[derive(Collect)]
#[collect(no_drop)]
struct Node<'gc> {
    two: [Edge<'gc>; 2],
    #[expect(clippy::box_collection, reason = "one word in an object of two edges, not three")]
    wide: Option<Box<Vec<Edge<'gc>>>>,
}

impl<'gc> Node<'gc> {
    fn new(edges: usize) -> Self {
        let wide = (edges != 2).then(|| Box::new((0..edges).map(|_| Edge::default()).collect()));
        Node { two: Default::default(), wide }
    }

    #[inline]
    fn edge(&self, edge: usize) -> Option<Gc<'gc, Node<'gc>>> {
        match &self.wide {
            None => self.two[edge].get(),
            Some(edges) => edges[edge].get(),
        }
    }

    #[inline]
    fn set_edge(mc: &Mutation<'gc>, this: Gc<'gc, Self>, edge: usize, target: Option<Gc<'gc, Node<'gc>>>) {
        let this = Gc::write(mc, this);
        match field!(this, Node, wide).as_write() {
            None => field!(this, Node, two)[edge].unlock().set(target),
            Some(edges) => edges.as_deref().as_deref()[edge].unlock().set(target),
        }
    }
}

/// A piece of a table.
type Piece<'gc, T> = Gc<'gc, [Lock<Option<T>>; PIECE]>;

#[derive(Collect)]
#[collect(no_drop)]
struct Root<'gc> {
    slots: Vec<Piece<'gc, Gc<'gc, Node<'gc>>>>,
    weak: Vec<Piece<'gc, GcWeak<'gc, Node<'gc>>>>,
}

impl<'gc> Root<'gc> {
    #[inline]
    fn get(&self, slot: Slot) -> Option<Gc<'gc, Node<'gc>>> {
        self.slots[slot / PIECE][slot % PIECE].get()
    }

    #[inline]
    fn set(&self, mc: &Mutation<'gc>, slot: Slot, object: Option<Gc<'gc, Node<'gc>>>) {
        let piece = self.slots[slot / PIECE];
        if let Some(object) = object {
            mc.forward_barrier(Some(Gc::erase(piece)), Gc::erase(object));
        }
        // SAFETY: the barrier stands above (V1).
        unsafe { piece.as_ref()[slot % PIECE].as_cell() }.set(object);
    }

    #[inline]
    fn set_weak(&self, mc: &Mutation<'gc>, weak: usize, object: Option<GcWeak<'gc, Node<'gc>>>) {
        let piece = self.weak[weak / PIECE];
        if let Some(object) = object {
            mc.forward_barrier_weak(Some(Gc::erase(piece)), GcWeak::erase(object));
        }
        // SAFETY: the barrier stands above (V1).
        unsafe { piece.as_ref()[weak % PIECE].as_cell() }.set(object);
    }
}

/// Makes a table as long as asked for, rounded up to pieces, and clears what lies beyond.
fn resize<'gc, T: Collect<'gc> + Copy + 'gc>(
    mc: &Mutation<'gc>,
    table: &mut Vec<Piece<'gc, T>>,
    length: usize,
) {
    table.resize_with(length.div_ceil(PIECE), || Gc::new(mc, [const { None }; PIECE].map(Lock::new)));
    if let Some(last) = table.last().filter(|_| !length.is_multiple_of(PIECE)) {
        for slot in &last[length % PIECE..] {
            slot.take();
        }
    }
}

/// An arena, with its table of roots.
pub(crate) struct GcArena {
    arena: Arena<Rootable![Root<'_>]>,
}

impl Default for GcArena {
    fn default() -> Self {
        GcArena { arena: Arena::new(|_| Root { slots: Vec::new(), weak: Vec::new() }) }
    }
}

impl Foreign for GcArena {
    const NAME: &'static str = "gc-arena";
    const VERSION: &'static str = "0.7.0";
}

impl Subject for GcArena {
    fn name(&self) -> String {
        Self::NAME.to_string()
    }

    fn abilities(&self) -> Abilities {
        Abilities { cycles: true, weak: true, deep: true }
    }

    fn resize(&mut self, slots: usize) {
        self.arena.mutate_root(|mc, root| resize(mc, &mut root.slots, slots));
    }

    #[inline]
    fn make(&mut self, to: Slot, edges: usize) {
        self.arena.mutate(|mc, root| root.set(mc, to, Some(Gc::new(mc, Node::new(edges)))));
    }

    #[inline]
    fn copy(&mut self, to: Slot, from: Slot) {
        self.arena.mutate(|mc, root| root.set(mc, to, root.get(from)));
    }

    #[inline]
    fn clear(&mut self, slot: Slot) {
        self.arena.mutate(|mc, root| root.set(mc, slot, None));
    }

    #[inline]
    fn link(&mut self, object: Slot, edge: usize, target: Slot) {
        self.arena.mutate(|mc, root| {
            if let Some(object) = root.get(object) {
                Node::set_edge(mc, object, edge, root.get(target));
            }
        });
    }

    #[inline]
    fn unlink(&mut self, object: Slot, edge: usize) {
        self.arena.mutate(|mc, root| {
            if let Some(object) = root.get(object) {
                Node::set_edge(mc, object, edge, None);
            }
        });
    }

    #[inline]
    fn follow(&mut self, to: Slot, object: Slot, edge: usize) {
        self.arena.mutate(|mc, root| root.set(mc, to, root.get(object).and_then(|object| object.edge(edge))));
    }

    #[inline]
    fn is_empty(&self, slot: Slot) -> bool {
        self.arena.mutate(|_, root| root.get(slot).is_none())
    }

    fn resize_weak(&mut self, weak: usize) {
        self.arena.mutate_root(|mc, root| resize(mc, &mut root.weak, weak));
    }

    #[inline]
    fn watch(&mut self, weak: usize, object: Slot) {
        self.arena.mutate(|mc, root| root.set_weak(mc, weak, root.get(object).map(Gc::downgrade)));
    }

    #[inline]
    fn recall(&mut self, to: Slot, weak: usize) {
        self.arena.mutate(|mc, root| {
            let object = root.weak[weak / PIECE][weak % PIECE].get().and_then(|weak| weak.upgrade(mc));
            root.set(mc, to, object);
        });
    }

    /// Finishes the cycle that has begun, which keeps what died after it was marked, and carries out another.
    fn collect(&mut self) {
        if self.arena.collection_phase() != CollectionPhase::Sleeping {
            self.arena.finish_cycle();
        }
        self.arena.finish_cycle();
    }

    #[inline]
    fn safepoint(&mut self) {
        self.arena.collect_debt();
    }

    fn heap_bytes(&self) -> Option<usize> {
        None
    }

    /// Tells it only while nothing is watched: what has died and is still watched counts as an object for the crate.
    fn live_objects(&self) -> Option<usize> {
        let pieces = self.arena.mutate(|_, root| root.weak.is_empty().then_some(root.slots.len()))?;
        Some(self.arena.metrics().total_gc_count() - pieces)
    }

    fn take_pauses(&mut self) -> Option<Vec<Pause>> {
        None
    }
}
