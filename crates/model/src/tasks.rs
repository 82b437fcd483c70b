//! The model's state, and the stack of what has still to happen.

use gleaner_program::transcript::{ANSWER, FAILED, UNRAISABLE};
use gleaner_program::{Environment, Transcript, Trigger};

use crate::graph::{Graph, Id, Kind, NIL, UNNUMBERED};
use crate::pass::{Collector, Pass};

/// What becomes of a new object.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Destination {
    /// It is assigned to a variable.
    Variable(usize),
    /// It is stored in field 0 of the node that is being finalized.
    Field(Id),
    /// It is appended to the saved nodes.
    Saved,
}

/// An object to be made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Order {
    pub(crate) kind: Kind,
    /// For a ref, the node it is to watch.
    pub(crate) referent: Id,
    pub(crate) destination: Destination,
}

/// One thing that has still to happen.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Task {
    /// The stack lets go of an object.
    Drop(Id),
    /// The collection inside the allocation is over: the object comes into being.
    Make(Order),
    /// The constructor returns.
    Deliver(Id, Destination),
    /// `gc.collect(generation)` is called.
    Collect(u8),
    /// The call's result is logged.
    Answer,
    /// The newest saved node is dropped.
    DropSaved,
    /// A function returns: its variables from this one on die.
    Return(usize),
    /// The finalizer of a node that nobody refers to has returned.
    Finalized(Id),
    /// The callback of a ref is called.
    Tell(Id),
    /// A node's edges from this one on are cleared.
    Clear(Id, usize),
    /// The last a dying object does.
    Free,
    /// The pass goes on.
    Pass(Pass),
}

/// A memory manager that runs one program.
#[derive(Debug)]
pub(crate) struct Model<'a> {
    pub(crate) environment: &'a Environment,
    pub(crate) graph: Graph,
    pub(crate) collector: Collector,
    pub(crate) tasks: Vec<Task>,
    pub(crate) transcript: Transcript,
    /// The number of the next object.
    pub(crate) following: u32,
    /// Allocations asked for so far.
    allocations: u64,
}

impl<'a> Model<'a> {
    pub(crate) fn new(environment: &'a Environment) -> Model<'a> {
        Model {
            environment,
            graph: Graph::new(),
            collector: Collector::new(environment.profile.thresholds),
            tasks: Vec::new(),
            transcript: Transcript {
                tokens: Vec::with_capacity(128),
                starts: Vec::with_capacity(128),
                live: Vec::new(),
            },
            following: 0,
            allocations: 0,
        }
    }

    /// Notes where an operation's observations begin.
    pub(crate) fn begin_operation(&mut self) {
        let at = u32::try_from(self.transcript.tokens.len()).expect("fewer than 2^32 tokens");
        self.transcript.starts.push(at);
    }

    pub(crate) fn log(&mut self, tokens: &[i64]) {
        self.transcript.tokens.extend_from_slice(tokens);
    }

    /// Does everything that has still to happen.
    pub(crate) fn settle(&mut self) {
        while let Some(task) = self.tasks.pop() {
            self.step(task);
        }
    }

    fn step(&mut self, task: Task) {
        match task {
            Task::Drop(id) => {
                self.graph.remove_temporary(id);
                self.release(id);
            }
            Task::Make(order) => {
                let id = self.make(order);
                self.deliver(id, order.destination);
            }
            Task::Deliver(id, destination) => self.deliver(id, destination),
            Task::Collect(generation) => self.collect(generation),
            Task::Answer => self.log(&[ANSWER, 1, self.collector.result]),
            Task::DropSaved => {
                let newest = self.graph.saved.pop().unwrap_or(NIL);
                self.release(newest);
            }
            Task::Return(variable) => self.end_variable(variable),
            Task::Finalized(node) => self.end_finalizer(node),
            Task::Tell(to) => self.tell(to),
            Task::Clear(node, edge) => self.clear_edges(node, edge),
            Task::Free => self.collector.counts[0] = self.collector.counts[0].saturating_sub(1),
            Task::Pass(phase) => self.continue_pass(phase),
        }
    }

    /// Asks for an object, and collects if it is one too many.
    pub(crate) fn allocate(&mut self, order: Order) {
        let ordinal = self.allocations;
        self.allocations += 1;
        if self.environment.fail_at == Some(ordinal) {
            let failed = matches!(order.destination, Destination::Variable(_));
            self.log(&[if failed { FAILED } else { UNRAISABLE }]);
            return;
        }
        if let Kind::Ref { callback: Some(_) } = order.kind {
            self.graph.object_mut(order.referent).watchers += 1;
        }
        self.collector.counts[0] += 1;
        let due = self.collector.is_due();
        match self.environment.profile.trigger {
            Trigger::InsideAllocation => self.tasks.push(Task::Make(order)),
            Trigger::AfterAllocation => {
                let id = self.make(order);
                self.tasks.push(Task::Deliver(id, order.destination));
            }
        }
        if due {
            self.collect_automatically();
        }
    }

    /// Makes an object that only the stack refers to.
    fn make(&mut self, order: Order) -> Id {
        let id = self.graph.add(order.kind);
        self.graph.referents[id as usize] = order.referent;
        self.graph.temporaries.push(id);
        id
    }

    /// Gives a new object its number and its place.
    fn deliver(&mut self, id: Id, destination: Destination) {
        debug_assert_eq!(self.graph.object(id).number, UNNUMBERED);
        self.graph.object_mut(id).number = self.following;
        self.following += 1;
        match destination {
            Destination::Variable(variable) => {
                self.graph.remove_temporary(id);
                self.assign(variable, id);
            }
            Destination::Saved => {
                self.graph.remove_temporary(id);
                self.graph.saved.push(id);
            }
            Destination::Field(node) => {
                self.tasks.push(Task::Drop(id));
                self.store(node, 0, id);
            }
        }
    }
}
