//! What a program's nodes share: the observations, the saved nodes, the counter of numbers.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use gleaner::{AnyRef, CollectionInfo, Heap, OutOfMemory, Phase, Ref, Slot, WeakReference};
use gleaner_program::transcript::{ANSWER, COLLECTION, UNRAISABLE};
use gleaner_program::{Callback, Environment, Finalizer, Policy};

use super::node::Node;

/// What nodes, finalizers and callbacks share.
#[derive(Default)]
pub(super) struct World {
    pub(super) tokens: RefCell<Vec<i64>>,
    pub(super) saved: RefCell<Vec<Ref<Node>>>,
    pub(super) next: Cell<i64>,
    allocations: Cell<u64>,
    fail_at: Option<u64>,
    /// Whether the collector works in slices.
    sliced: bool,
}

impl World {
    /// Makes a world on a heap, and listens to the heap.
    pub(super) fn new(heap: &Heap, environment: &Environment) -> Rc<World> {
        let sliced = environment.policy == Policy::Paced;
        let world = Rc::new(World { fail_at: environment.fail_at, sliced, ..World::default() });
        let listener = world.clone();
        heap.set_unraisable_hook(move |_, _| listener.say(&[UNRAISABLE]));
        let listener = world.clone();
        heap.add_callback(move |heap, phase, info| {
            if phase == Phase::Stop {
                listener.say_collection(heap, info);
            }
        });
        world
    }

    pub(super) fn say(&self, tokens: &[i64]) {
        self.tokens.borrow_mut().extend_from_slice(tokens);
    }

    pub(super) fn answer(&self, value: i64) {
        self.say(&[ANSWER, 1, value]);
    }

    fn say_collection(&self, heap: &Heap, info: &CollectionInfo) {
        let mut marks = Vec::new();
        // While a cycle may be under way nobody lists the objects: that would be a touch, and save all of them.
        let generations = if self.sliced && info.generation < 2 { 0..0 } else { 0..3 };
        for generation in generations {
            for object in heap.get_objects(Some(generation)).unwrap_or_default() {
                marks.push(self.number(&object) << 2 | generation as i64);
            }
        }
        marks.sort_unstable();
        self.say(&[COLLECTION, info.generation as i64, info.collected as i64, marks.len() as i64]);
        self.say(&marks);
    }

    /// Returns an object's number; one that is only being made will get the next.
    pub(super) fn number(&self, object: &AnyRef) -> i64 {
        let number = match object.downcast_ref::<Node>() {
            Some(node) => node.number.get(),
            None => object.downcast_ref::<WeakReference>().map_or(-1, |weak| weak.hash().get()),
        };
        if number < 0 { self.next.get() } else { number }
    }

    pub(super) fn take_number(&self) -> i64 {
        self.next.replace(self.next.get() + 1)
    }

    /// Makes a node and gives it its number.
    pub(super) fn node(
        self: &Rc<World>,
        heap: &Heap,
        fields: u8,
        finalizer: Finalizer,
    ) -> Result<Ref<Node>, OutOfMemory> {
        self.about_to_allocate(heap);
        let node = heap.alloc(Node {
            world: self.clone(),
            number: Cell::new(-1),
            watchers: Cell::new(0),
            finalizer,
            len: fields,
            fields: [const { Slot::empty() }; 4],
            weak: Slot::empty(),
        })?;
        node.number.set(self.take_number());
        Ok(node)
    }

    /// Makes a ref, or finds the plain one that there is, and gives it its number.
    pub(super) fn weak(
        self: &Rc<World>,
        heap: &Heap,
        node: &Ref<Node>,
        callback: Option<Callback>,
    ) -> Result<Ref<WeakReference>, OutOfMemory> {
        let weak = match callback {
            None => {
                if heap.existing_weak(node).is_none() {
                    self.about_to_allocate(heap);
                }
                heap.weak(node)?
            }
            Some(callback) => {
                self.about_to_allocate(heap);
                let world = self.clone();
                heap.weak_with_callback(node, move |weak| super::node::called_back(&world, &weak, callback))?
            }
        };
        let weak = weak.object().clone();
        if weak.hash().get() < 0 {
            weak.hash().set(self.take_number());
        }
        Ok(weak)
    }

    /// Counts an allocation that is going to happen, and lets it fail if it is the one.
    fn about_to_allocate(&self, heap: &Heap) {
        let index = self.allocations.replace(self.allocations.get() + 1);
        if self.fail_at == Some(index) {
            heap.fail_next_allocation();
        }
    }
}
