//! A table of roots for every memory manager whose pointers may lie in a `Vec`.

use crate::subject::{Abilities, Pause, Slot, Subject};

/// A memory manager's pointers.
pub trait Kind {
    /// The name in tables.
    const NAME: &'static str;
    /// What it can do.
    const ABILITIES: Abilities;

    /// A pointer that keeps its object alive.
    type Pointer: Clone;
    /// A pointer that does not; `NoWeak` if there is no such thing.
    type Weak;

    /// Returns the name in tables, where one type has several.
    fn name(&self) -> String {
        Self::NAME.to_string()
    }

    /// Returns what it can do, where that is not the same for all of the type.
    fn abilities(&self) -> Abilities {
        Self::ABILITIES
    }

    /// Makes an object of that many empty edges.
    fn make(&self, edges: usize) -> Self::Pointer;

    /// Returns what an edge refers to.
    fn edge(object: &Self::Pointer, edge: usize) -> Option<Self::Pointer>;

    /// Sets an edge. What it referred to is dropped when no cell is borrowed any more.
    fn set(object: &Self::Pointer, edge: usize, target: Option<Self::Pointer>);

    /// Makes a weak pointer, if there are such.
    fn downgrade(&self, object: &Self::Pointer) -> Option<Self::Weak> {
        let _ = object;
        None
    }

    /// Returns a weak pointer's object, if it lives.
    fn upgrade(&self, weak: &Self::Weak) -> Option<Self::Pointer> {
        let _ = weak;
        None
    }

    /// Collects everything.
    fn collect(&mut self);

    /// Collects if it is time to.
    fn safepoint(&mut self) {}

    /// Returns the bytes from the system, if they are known.
    fn heap_bytes(&self) -> Option<usize> {
        None
    }

    /// Returns how many objects have not been freed, if that is counted, with so many weak pointers in the table.
    fn live_objects(&self, weak: usize) -> Option<usize> {
        let _ = weak;
        None
    }

    /// Returns the pauses since the last call, if they are known.
    fn take_pauses(&mut self) -> Option<Vec<Pause>> {
        None
    }
}

/// The weak pointer of who has none.
pub enum NoWeak {}

/// The table.
pub struct Table<K: Kind> {
    slots: Vec<Option<K::Pointer>>,
    weak: Vec<Option<K::Weak>>,
    kind: K,
}

impl<K: Kind> Table<K> {
    /// Makes an empty table.
    pub fn of(kind: K) -> Self {
        Table { slots: Vec::new(), weak: Vec::new(), kind }
    }

    /// Returns whose pointers they are.
    pub fn kind(&self) -> &K {
        &self.kind
    }
}

impl<K: Kind + Default> Default for Table<K> {
    fn default() -> Self {
        Table::of(K::default())
    }
}

impl<K: Kind> Subject for Table<K> {
    fn name(&self) -> String {
        self.kind.name()
    }

    fn abilities(&self) -> Abilities {
        self.kind.abilities()
    }

    fn resize(&mut self, slots: usize) {
        self.slots.resize_with(slots, || None);
    }

    #[inline]
    fn make(&mut self, to: Slot, edges: usize) {
        self.slots[to] = Some(self.kind.make(edges));
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
            K::set(object, edge, self.slots[target].clone());
        }
    }

    #[inline]
    fn unlink(&mut self, object: Slot, edge: usize) {
        if let Some(object) = &self.slots[object] {
            K::set(object, edge, None);
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
        self.weak[weak] = self.slots[object].as_ref().and_then(|object| self.kind.downgrade(object));
    }

    #[inline]
    fn recall(&mut self, to: Slot, weak: usize) {
        self.slots[to] = self.weak[weak].as_ref().and_then(|weak| self.kind.upgrade(weak));
    }

    fn collect(&mut self) {
        self.kind.collect();
    }

    #[inline]
    fn safepoint(&mut self) {
        self.kind.safepoint();
    }

    fn heap_bytes(&self) -> Option<usize> {
        self.kind.heap_bytes()
    }

    fn live_objects(&self) -> Option<usize> {
        self.kind.live_objects(self.weak.iter().flatten().count())
    }

    fn take_pauses(&mut self) -> Option<Vec<Pause>> {
        self.kind.take_pauses()
    }
}
