//! The operations, one by one.

use std::rc::Rc;

use gleaner::{AnyRef, Heap, Ref, Weak, WeakReference};
use gleaner_program::op::{MAX_WATCHERS, NODE_VARS, REF_VARS};
use gleaner_program::transcript::{ANSWER, CENSUS, FAILED};
use gleaner_program::{Callback, Environment, Op, Transcript, Var};

use super::node::Node;
use super::world::World;

/// The variables of one frame.
#[derive(Default)]
struct Frame {
    nodes: [Option<Ref<Node>>; NODE_VARS as usize],
    refs: [Option<Ref<WeakReference>>; REF_VARS as usize],
}

/// A program in execution.
pub(super) struct Execution {
    heap: Heap,
    world: Rc<World>,
    frames: Vec<Frame>,
    starts: Vec<u32>,
    live: Vec<u32>,
    /// Whether what only the machine knows is told, for the contract.
    tells: bool,
}

impl Execution {
    pub(super) fn new(heap: Heap, environment: &Environment) -> Execution {
        let world = World::new(&heap, environment);
        let (frames, tells) = (vec![Frame::default()], !environment.policy.is_exact());
        Execution { heap, world, frames, starts: Vec::new(), live: Vec::new(), tells }
    }

    /// Notes that the next operation begins.
    pub(super) fn begin(&mut self) {
        self.starts.push(self.world.tokens.borrow().len() as u32);
        self.live.push(self.heap.live_objects() as u32);
    }

    pub(super) fn check(&self) {
        self.heap.check();
    }

    pub(super) fn execute(&mut self, op: Op) {
        match op {
            Op::Push => self.frames.push(Frame::default()),
            Op::Pop => self.pop(),
            Op::Alloc { dst, fields, finalizer } => match self.world.node(&self.heap, fields, finalizer) {
                Ok(node) => self.bind(dst, Some(node)),
                Err(_) => self.world.say(&[FAILED]),
            },
            Op::Copy { dst, src } => self.bind(dst, self.node(src)),
            Op::Delete { var } => self.bind(var, None),
            Op::Store { node, field, src } => self.store(node, field, self.node(src)),
            Op::Clear { node, field } => self.store(node, field, None),
            Op::Load { dst, node, field } => {
                let loaded = self.node(node).and_then(|node| node.field(field)?.get());
                self.bind(dst, loaded);
            }
            Op::Ref { dst, node, callback } => self.make_ref(dst, node, callback),
            Op::Deref { dst, src } => {
                let referent =
                    self.weak(src).and_then(Weak::<Node>::from_object).and_then(|weak| weak.upgrade());
                if self.tells {
                    self.world.answer(referent.as_ref().map_or(-1, |node| node.number.get()));
                }
                self.bind(dst, referent);
            }
            Op::CopyRef { dst, src } => self.bind_ref(dst, self.weak(src)),
            Op::DeleteRef { var } => self.bind_ref(var, None),
            Op::StoreRef { node, src } => self.store_ref(node, self.weak(src)),
            Op::ClearRef { node } => self.store_ref(node, None),
            Op::LoadRef { dst, node } => {
                let loaded = self.node(node).and_then(|node| node.weak.get());
                self.bind_ref(dst, loaded);
            }
            Op::Saved { dst } => {
                let newest = self.world.saved.borrow_mut().pop();
                self.bind(dst, newest);
            }
            _ => self.control(op),
        }
    }

    /// The operations on the collector.
    fn control(&mut self, op: Op) {
        match op {
            Op::Collect { generation } => {
                let found = self.heap.collect_generation(usize::from(generation));
                self.world.answer(found.map_or(-1, |found| found as i64));
            }
            Op::Enable => self.heap.enable(),
            Op::Disable => self.heap.disable(),
            Op::IsEnabled => self.world.answer(i64::from(self.heap.is_enabled())),
            Op::SetThreshold { thresholds } => self.heap.set_threshold(thresholds.map(u32::from)),
            Op::GetThreshold => self.answer_all(self.heap.get_threshold().map(i64::from)),
            Op::Freeze => self.heap.freeze(),
            Op::Unfreeze => self.heap.unfreeze(),
            Op::FreezeCount => self.world.answer(self.heap.get_freeze_count() as i64),
            Op::Count => self.answer_all(self.heap.get_count().map(i64::from)),
            Op::Stats => {
                let stats = self.heap.get_stats();
                self.answer_all::<9>(std::array::from_fn(|index| {
                    let generation = stats[index / 3];
                    [generation.collections, generation.collected, generation.uncollectable][index % 3] as i64
                }));
            }
            _ => self.ask(op),
        }
    }

    /// The questions.
    fn ask(&mut self, op: Op) {
        let flag = |node: Option<Ref<Node>>, ask: fn(&AnyRef) -> bool| {
            i64::from(node.is_some_and(|node| ask(node.as_any())))
        };
        let answer = match op {
            Op::Which { var } => self.node(var).map_or(-1, |node| node.number.get()),
            Op::WhichRef { var } => self.weak(var).map_or(-1, |weak| weak.hash().get()),
            Op::Refcount { var } => self.node(var).map_or(-1, |node| i64::from(node.refcount()) - 1),
            Op::RefcountRef { var } => self.weak(var).map_or(-1, |weak| i64::from(weak.refcount()) - 1),
            Op::WeakrefCount { var } => {
                self.node(var).map_or(0, |node| self.heap.weakref_count(&node) as i64)
            }
            Op::IsTracked { var } => flag(self.node(var), AnyRef::is_tracked),
            Op::IsFinalized { var } => flag(self.node(var), AnyRef::is_finalized),
            Op::Alive { src } => i64::from(self.weak(src).is_some_and(|weak| weak.referent().is_some())),
            _ => return self.census(),
        };
        self.world.answer(answer);
    }

    fn answer_all<const N: usize>(&self, values: [i64; N]) {
        self.world.say(&[ANSWER, N as i64]);
        self.world.say(&values);
    }

    fn census(&self) {
        let mut entries = Vec::new();
        for generation in 0..3_i64 {
            for object in self.heap.get_objects(Some(generation as usize)).unwrap_or_default() {
                let mut entry =
                    vec![self.world.number(&object) << 2 | generation, i64::from(object.refcount()) - 1];
                let edges = self.edges(&object);
                entry.push(edges.len() as i64);
                entry.extend(edges);
                entries.push(entry);
            }
        }
        entries.sort_unstable();
        self.world.say(&[CENSUS, entries.len() as i64]);
        entries.iter().for_each(|entry| self.world.say(entry));
    }

    fn edges(&self, object: &AnyRef) -> Vec<i64> {
        let Some(node) = object.downcast_ref::<Node>() else {
            let weak = object.clone().downcast::<WeakReference>().ok();
            let referent = weak.and_then(Weak::<Node>::from_object).and_then(|weak| weak.upgrade());
            return vec![referent.map_or(-1, |node| node.number.get())];
        };
        let fields = node.fields[..usize::from(node.len)].iter();
        let mut edges: Vec<i64> =
            fields.map(|slot| slot.get().map_or(-1, |node| node.number.get())).collect();
        edges.push(node.weak.get().map_or(-1, |weak| weak.hash().get()));
        edges
    }

    fn make_ref(&mut self, dst: Var, node: Var, callback: Option<Callback>) {
        let Some(node) = self.node(node) else { return self.bind_ref(dst, None) };
        if callback.is_some() && node.watchers.get() == MAX_WATCHERS {
            return self.bind_ref(dst, None);
        }
        match self.world.weak(&self.heap, &node, callback) {
            Ok(weak) => {
                node.watchers.set(node.watchers.get() + u8::from(callback.is_some()));
                if self.tells && callback.is_none() {
                    self.world.answer(weak.hash().get());
                }
                self.bind_ref(dst, Some(weak));
            }
            Err(_) => self.world.say(&[FAILED]),
        }
    }

    fn store(&self, node: Var, field: u8, value: Option<Ref<Node>>) {
        if let Some(node) = self.node(node)
            && let Some(slot) = node.field(field)
        {
            slot.put(value);
        }
    }

    fn store_ref(&self, node: Var, value: Option<Ref<WeakReference>>) {
        if let Some(node) = self.node(node) {
            node.weak.put(value);
        }
    }

    /// Closes the innermost frame: its variables die in order.
    fn pop(&mut self) {
        if let Some(mut frame) = self.frames.pop() {
            frame.nodes.iter_mut().for_each(|node| drop(node.take()));
            frame.refs.iter_mut().for_each(|weak| drop(weak.take()));
        }
    }

    /// Runs the epilogue.
    pub(super) fn finish(mut self) -> Transcript {
        while self.frames.len() > 1 {
            self.pop();
        }
        self.heap.disable();
        self.pop();
        self.heap.unfreeze();
        for _ in 0..10 {
            self.drop_saved();
            let found = self.heap.collect();
            self.world.answer(found as i64);
            if found == 0 && self.world.saved.borrow().is_empty() {
                break;
            }
        }
        self.census();
        let Execution { heap, world, starts, live, .. } = self;
        let tokens = world.tokens.take();
        // What is left (nothing, if the strategy finds cycles) dies unheard; what a finalizer saves even then is let go
        // with a handle at hand, whose end collects once more.
        drop(heap);
        while let Some(node) = { world.saved.borrow_mut().pop() } {
            let heap = node.heap();
            drop(node);
            drop(heap);
        }
        Transcript { tokens, starts, live }
    }

    fn drop_saved(&self) {
        while let Some(node) = { self.world.saved.borrow_mut().pop() } {
            drop(node);
        }
    }

    fn frame(&self, var: Var) -> (&Frame, usize) {
        match var {
            Var::Global(slot) => (&self.frames[0], usize::from(slot)),
            Var::Local(slot) => (&self.frames[self.frames.len() - 1], usize::from(slot)),
        }
    }

    fn frame_mut(&mut self, var: Var) -> (&mut Frame, usize) {
        let last = self.frames.len() - 1;
        match var {
            Var::Global(slot) => (&mut self.frames[0], usize::from(slot)),
            Var::Local(slot) => (&mut self.frames[last], usize::from(slot)),
        }
    }

    fn node(&self, var: Var) -> Option<Ref<Node>> {
        let (frame, slot) = self.frame(var);
        frame.nodes[slot].clone()
    }

    fn weak(&self, var: Var) -> Option<Ref<WeakReference>> {
        let (frame, slot) = self.frame(var);
        frame.refs[slot].clone()
    }

    fn bind(&mut self, var: Var, value: Option<Ref<Node>>) {
        let (frame, slot) = self.frame_mut(var);
        let old = std::mem::replace(&mut frame.nodes[slot], value);
        drop(old);
    }

    fn bind_ref(&mut self, var: Var, value: Option<Ref<WeakReference>>) {
        let (frame, slot) = self.frame_mut(var);
        let old = std::mem::replace(&mut frame.refs[slot], value);
        drop(old);
    }
}
