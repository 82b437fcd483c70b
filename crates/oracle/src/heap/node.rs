//! The nodes of a program, their finalizers, and the callbacks of their refs.

use std::cell::Cell;
use std::panic::resume_unwind;
use std::rc::Rc;

use gleaner::{Heap, Live, Ref, Released, Slot, Trace, Visitor, WeakReference};
use gleaner_program::transcript::{CALLBACK, FINALIZED};
use gleaner_program::{Callback, Finalizer};

use super::world::World;

/// A node: up to four fields and a ref.
pub(super) struct Node {
    pub(super) world: Rc<World>,
    pub(super) number: Cell<i64>,
    /// Refs with callback made so far.
    pub(super) watchers: Cell<u8>,
    pub(super) finalizer: Finalizer,
    /// How many of the fields it has.
    pub(super) len: u8,
    pub(super) fields: [Slot<Node>; 4],
    pub(super) weak: Slot<WeakReference>,
}

impl Node {
    /// Returns a field, if the node has it.
    pub(super) fn field(&self, index: u8) -> Option<&Slot<Node>> {
        if index < self.len { self.fields.get(usize::from(index)) } else { None }
    }
}

impl Trace for Node {
    // All references are in slots.
    const UNSEEN: bool = false;

    fn trace(&self, visitor: &mut impl Visitor) {
        self.fields.trace(visitor);
        self.weak.trace(visitor);
    }

    fn clear(&self, released: &mut Released<'_>) {
        self.fields.clear(released);
        Trace::clear(&self.weak, released);
    }

    fn finalizes(&self) -> bool {
        self.finalizer != Finalizer::None
    }

    fn finalize(this: Live<'_, Self>) {
        let world = this.world.clone();
        world.say(&[FINALIZED, this.number.get()]);
        match this.finalizer {
            Finalizer::None | Finalizer::Log => {}
            Finalizer::Resurrect => world.saved.borrow_mut().push(Ref::from(this)),
            Finalizer::Allocate => match world.node(&Heap::of(&this), 1, Finalizer::None) {
                Ok(node) => {
                    if let Some(field) = this.field(0) {
                        field.set(&node);
                    }
                }
                Err(error) => resume_unwind(Box::new(error)),
            },
            Finalizer::Drop => {
                this.fields.iter().for_each(Slot::clear);
                this.weak.clear();
                let newest = world.saved.borrow_mut().pop();
                drop(newest);
            }
            Finalizer::Raise => resume_unwind(Box::new("raise")),
            Finalizer::Collect => world.answer(Heap::of(&this).collect() as i64),
        }
    }
}

/// What the callback of a ref does.
pub(super) fn called_back(world: &Rc<World>, weak: &Live<'_, WeakReference>, callback: Callback) {
    world.say(&[CALLBACK, weak.hash().get()]);
    match callback {
        Callback::Log => {}
        Callback::Collect => world.answer(Heap::of(weak).collect() as i64),
        Callback::Allocate => match world.node(&Heap::of(weak), 0, Finalizer::None) {
            Ok(node) => world.saved.borrow_mut().push(node),
            Err(error) => resume_unwind(Box::new(error)),
        },
        Callback::Raise => resume_unwind(Box::new("raise")),
    }
}
