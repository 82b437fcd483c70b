//! What a workload runs on: a memory manager behind a table of roots.
//!
//! Some collectors hand out counted pointers, some rooted handles, some none at all outside a closure. What all of them
//! can do is keep a table of roots and carry out one small operation on its slots. So a workload is written once, against
//! slots, and every subject pays for the same table.

/// A slot of the table of roots: what it refers to lives.
pub type Slot = usize;

/// A memory manager that a workload runs on.
///
/// Every operation on an empty slot does nothing, but that what would be filled from it is emptied; an operation that
/// fills a slot or an edge lets go of what was in it. Weak references have a table and numbers of their own.
pub trait Subject {
    /// Its name in tables and JSON: `gleaner/STRATEGY`, `python/VERSION`, or a crate's name.
    fn name(&self) -> String;

    /// What it can do.
    fn abilities(&self) -> Abilities;

    /// Makes the table of roots this long; new slots are empty, slots beyond the end let go.
    fn resize(&mut self, slots: usize);

    /// Makes an object of `edges` empty edges. Two edges are the common case and have a type of their own.
    fn make(&mut self, to: Slot, edges: usize);

    /// Lets one slot refer to what another does.
    fn copy(&mut self, to: Slot, from: Slot);

    /// Empties a slot.
    fn clear(&mut self, slot: Slot);

    /// Lets an edge of an object refer to another object.
    fn link(&mut self, object: Slot, edge: usize, target: Slot);

    /// Empties an edge.
    fn unlink(&mut self, object: Slot, edge: usize);

    /// Lets a slot refer to what an edge of an object refers to; empties it if that is nothing.
    fn follow(&mut self, to: Slot, object: Slot, edge: usize);

    /// Tells whether a slot is empty.
    fn is_empty(&self, slot: Slot) -> bool;

    /// Makes the table of weak references this long; new ones watch nothing, those beyond the end are let go.
    fn resize_weak(&mut self, weak: usize);

    /// Makes the weak reference of that number watch an object; lets go of what it watched before. It watches nothing
    /// if the slot is empty.
    fn watch(&mut self, weak: usize, object: Slot);

    /// Lets a slot refer to a weak reference's object; empties it if that is dead.
    fn recall(&mut self, to: Slot, weak: usize);

    /// Collects everything that can be collected, now.
    fn collect(&mut self);

    /// Is called after each operation of a workload: a subject that collects only when asked decides here whether to, as
    /// its authors would have it.
    fn safepoint(&mut self);

    /// Returns the bytes that the subject has from the system for its objects, if it knows.
    fn heap_bytes(&self) -> Option<usize>;

    /// Returns how many objects have not been freed, if the subject counts them; weak references do not count.
    fn live_objects(&self) -> Option<usize> {
        None
    }

    /// Returns the collector's pauses since the last call, in order, if the subject can tell. What `collect` takes is none: it
    /// was asked for.
    fn take_pauses(&mut self) -> Option<Vec<Pause>>;
}

/// A time in which the collector ran and the workload did not, on the CPU clock of the thread.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pause {
    /// When it began, in nanoseconds.
    pub start_ns: u64,
    /// How long it was, in nanoseconds.
    pub length_ns: u64,
}

/// What a subject can do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Abilities {
    /// It frees cycles.
    pub cycles: bool,
    /// It has weak references.
    pub weak: bool,
    /// Its objects die without recursion over the heap, so that long chains do not end the process.
    pub deep: bool,
}
