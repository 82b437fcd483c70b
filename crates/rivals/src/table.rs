//! A table of roots for every crate whose pointers may lie in a `Vec`.

use gleaner_benches::subject::{Abilities, Pause, Slot, Subject};

use crate::Foreign;

/// A crate's pointers and its collector.
pub(crate) trait Kind: Default + 'static {
    /// The name in tables.
    const NAME: &'static str;
    /// The crate's version.
    const VERSION: &'static str;
    /// What it can do.
    const ABILITIES: Abilities;

    /// A pointer that keeps its object alive.
    type Pointer: Clone;
    /// A pointer that does not; `NoWeak` if there is no such thing.
    type Weak;

    /// Makes an object of that many empty edges.
    fn make(edges: usize) -> Self::Pointer;

    /// Returns what an edge refers to.
    fn edge(object: &Self::Pointer, edge: usize) -> Option<Self::Pointer>;

    /// Sets an edge and returns what it referred to: it is dropped when no cell is borrowed any more.
    fn replace(object: &Self::Pointer, edge: usize, target: Option<Self::Pointer>) -> Option<Self::Pointer>;

    /// Makes a weak pointer, if the crate has them.
    fn downgrade(object: &Self::Pointer) -> Option<Self::Weak>;

    /// Returns a weak pointer's object, if it lives.
    fn upgrade(weak: &Self::Weak) -> Option<Self::Pointer>;

    /// Collects everything.
    fn collect(&mut self);

    /// Collects if it is time to.
    fn safepoint(&mut self) {}

    /// Returns how many objects have not been freed, if that is counted.
    fn live_objects() -> Option<usize> {
        None
    }
}

/// The weak pointer of a crate that has none.
pub(crate) enum NoWeak {}

/// The table.
pub(crate) struct Table<K: Kind> {
    slots: Vec<Option<K::Pointer>>,
    weak: Vec<Option<K::Weak>>,
    kind: K,
}

impl<K: Kind> Default for Table<K> {
    fn default() -> Self {
        Table { slots: Vec::new(), weak: Vec::new(), kind: K::default() }
    }
}

impl<K: Kind> Foreign for Table<K> {
    const NAME: &'static str = K::NAME;
    const VERSION: &'static str = K::VERSION;
}

impl<K: Kind> Subject for Table<K> {
    fn name(&self) -> String {
        K::NAME.to_string()
    }

    fn abilities(&self) -> Abilities {
        K::ABILITIES
    }

    fn resize(&mut self, slots: usize) {
        self.slots.resize_with(slots, || None);
    }

    #[inline]
    fn make(&mut self, to: Slot, edges: usize) {
        self.slots[to] = Some(K::make(edges));
    }

    #[inline]
    fn copy(&mut self, to: Slot, from: Slot) {
        self.slots[to] = self.slots[from].clone();
    }

    #[inline]
    fn clear(&mut self, slot: Slot) {
        self.slots[slot] = None;
    }

    #[inline]
    fn link(&mut self, object: Slot, edge: usize, target: Slot) {
        if let Some(object) = &self.slots[object] {
            drop(K::replace(object, edge, self.slots[target].clone()));
        }
    }

    #[inline]
    fn unlink(&mut self, object: Slot, edge: usize) {
        if let Some(object) = &self.slots[object] {
            drop(K::replace(object, edge, None));
        }
    }

    #[inline]
    fn follow(&mut self, to: Slot, object: Slot, edge: usize) {
        self.slots[to] = self.slots[object].as_ref().and_then(|object| K::edge(object, edge));
    }

    #[inline]
    fn is_empty(&self, slot: Slot) -> bool {
        self.slots[slot].is_none()
    }

    fn resize_weak(&mut self, weak: usize) {
        self.weak.resize_with(weak, || None);
    }

    #[inline]
    fn watch(&mut self, weak: usize, object: Slot) {
        self.weak[weak] = self.slots[object].as_ref().and_then(K::downgrade);
    }

    #[inline]
    fn recall(&mut self, to: Slot, weak: usize) {
        self.slots[to] = self.weak[weak].as_ref().and_then(K::upgrade);
    }

    fn collect(&mut self) {
        self.kind.collect();
    }

    #[inline]
    fn safepoint(&mut self) {
        self.kind.safepoint();
    }

    fn heap_bytes(&self) -> Option<usize> {
        None
    }

    fn live_objects(&self) -> Option<usize> {
        K::live_objects()
    }

    fn take_pauses(&mut self) -> Option<Vec<Pause>> {
        None
    }
}
