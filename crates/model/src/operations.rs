//! The operations and the epilogue.

use gleaner_program::op::MAX_WATCHERS;
use gleaner_program::transcript::ANSWER;
use gleaner_program::{Callback, Op, Var};

use crate::graph::{FRAME, Id, Kind, NIL, Place, REF_EDGE};
use crate::tasks::{Destination, Model, Order, Task};

impl Model<'_> {
    /// Does one operation and everything that follows from it.
    pub(crate) fn execute(&mut self, op: Op) {
        match op {
            Op::Alloc { dst, fields, finalizer } => self.allocate(Order {
                kind: Kind::Node { fields, finalizer },
                referent: NIL,
                destination: Destination::Variable(self.node(dst)),
            }),
            Op::Copy { dst, src } => self.assign(self.node(dst), self.value(self.node(src))),
            Op::CopyRef { dst, src } => self.assign(self.reference(dst), self.value(self.reference(src))),
            Op::Delete { var } => self.assign(self.node(var), NIL),
            Op::DeleteRef { var } => self.assign(self.reference(var), NIL),
            Op::Store { node, field, src } => {
                self.store(self.value(self.node(node)), usize::from(field), self.value(self.node(src)));
            }
            Op::Clear { node, field } => self.store(self.value(self.node(node)), usize::from(field), NIL),
            Op::Load { dst, node, field } => {
                self.assign(self.node(dst), self.load(self.value(self.node(node)), usize::from(field)));
            }
            Op::StoreRef { node, src } => {
                self.store(self.value(self.node(node)), REF_EDGE, self.value(self.reference(src)));
            }
            Op::ClearRef { node } => self.store(self.value(self.node(node)), REF_EDGE, NIL),
            Op::LoadRef { dst, node } => {
                self.assign(self.reference(dst), self.load(self.value(self.node(node)), REF_EDGE));
            }
            Op::Ref { dst, node, callback } => {
                self.make_ref(self.reference(dst), self.value(self.node(node)), callback)
            }
            Op::Deref { dst, src } => {
                self.assign(self.node(dst), self.referent(self.value(self.reference(src))))
            }
            Op::Push => self.graph.variables.extend([NIL; FRAME]),
            Op::Pop => self.end_variable(self.graph.variables.len() - FRAME),
            Op::Saved { dst } => {
                let newest = self.graph.saved.pop().unwrap_or(NIL);
                self.assign(self.node(dst), newest);
            }
            Op::Collect { generation } => self.tasks.extend([Task::Answer, Task::Collect(generation)]),
            Op::Enable => self.collector.enabled = true,
            Op::Disable => self.collector.enabled = false,
            Op::SetThreshold { thresholds } => self.collector.thresholds = thresholds.map(u32::from),
            Op::Freeze => self.freeze(),
            Op::Unfreeze => self.unfreeze(),
            Op::Census => self.census(),
            _ => self.inspect(op),
        }
        self.settle();
    }

    /// Answers the operations that only ask.
    fn inspect(&mut self, op: Op) {
        let value = match op {
            Op::GetThreshold => return self.answer(&self.collector.thresholds.map(i64::from)),
            Op::Count => return self.answer(&self.collector.counts.map(i64::from)),
            Op::Stats => return self.answer(self.collector.stats.clone().as_flattened()),
            Op::IsEnabled => i64::from(self.collector.enabled),
            Op::FreezeCount => self.graph.members(Place::Frozen).count() as i64,
            Op::Which { var } => self.number(self.value(self.node(var))),
            Op::WhichRef { var } => self.number(self.value(self.reference(var))),
            Op::Refcount { var } => self.refcount(self.value(self.node(var))),
            Op::RefcountRef { var } => self.refcount(self.value(self.reference(var))),
            Op::WeakrefCount { var } => match self.value(self.node(var)) {
                NIL => 0,
                node => self.graph.refs_to(node).count() as i64,
            },
            Op::IsTracked { var } => i64::from(self.value(self.node(var)) != NIL),
            Op::IsFinalized { var } => match self.value(self.node(var)) {
                NIL => 0,
                node => i64::from(self.graph.object(node).finalized),
            },
            Op::Alive { src } => i64::from(self.referent(self.value(self.reference(src))) != NIL),
            _ => unreachable!("an operation that does something: {op:?}"),
        };
        self.answer(&[value]);
    }

    fn answer(&mut self, values: &[i64]) {
        self.transcript.tokens.extend([ANSWER, values.len() as i64]);
        self.transcript.tokens.extend_from_slice(values);
    }

    /// Returns where a node variable is.
    fn node(&self, var: Var) -> usize {
        match var {
            Var::Global(index) => usize::from(index),
            Var::Local(index) => self.graph.variables.len() - FRAME + usize::from(index),
        }
    }

    /// Returns where a ref variable is.
    fn reference(&self, var: Var) -> usize {
        self.node(var) + usize::from(gleaner_program::op::NODE_VARS)
    }

    fn value(&self, variable: usize) -> Id {
        self.graph.variables[variable]
    }

    /// Returns what a node holds, nil for nil.
    fn load(&self, node: Id, edge: usize) -> Id {
        if node == NIL { NIL } else { self.graph.edges[node as usize][edge] }
    }

    /// Returns the node that a ref refers to, nil for nil.
    fn referent(&self, to: Id) -> Id {
        if to == NIL { NIL } else { self.graph.referents[to as usize] }
    }

    /// Takes a reference to the value, then releases what the variable held.
    pub(crate) fn assign(&mut self, variable: usize, value: Id) {
        let held = std::mem::replace(&mut self.graph.variables[variable], value);
        self.release(held);
    }

    /// As `assign`, for an edge; ignored by nil and by a node without that field.
    pub(crate) fn store(&mut self, node: Id, edge: usize, value: Id) {
        if node == NIL {
            return;
        }
        let has = match self.graph.object(node).kind {
            Kind::Node { fields, .. } => edge == REF_EDGE || edge < usize::from(fields),
            Kind::Ref { .. } => false,
        };
        if has {
            let held = std::mem::replace(&mut self.graph.edges[node as usize][edge], value);
            self.release(held);
        }
    }

    /// Ends the innermost frame's variables from this one on, then the frame.
    pub(crate) fn end_variable(&mut self, variable: usize) {
        for at in variable..self.graph.variables.len() {
            if self.value(at) != NIL {
                self.tasks.push(Task::Return(at + 1));
                self.assign(at, NIL);
                return;
            }
        }
        self.graph.variables.truncate(self.graph.variables.len() - FRAME);
    }

    /// Makes a ref, or takes the plain one that there is (PY-41).
    fn make_ref(&mut self, variable: usize, node: Id, callback: Option<Callback>) {
        let spent = node != NIL && callback.is_some() && self.graph.object(node).watchers == MAX_WATCHERS;
        if node == NIL || spent {
            return self.assign(variable, NIL);
        }
        let plain = self.graph.refs_to(node).find(|&to| self.graph.callback(to).is_none());
        match plain {
            Some(plain) if callback.is_none() => self.assign(variable, plain),
            _ => self.allocate(Order {
                kind: Kind::Ref { callback },
                referent: node,
                destination: Destination::Variable(variable),
            }),
        }
    }

    fn refcount(&self, id: Id) -> i64 {
        if id == NIL { -1 } else { self.graph.count(id) as i64 }
    }

    /// PY-30: everything tracked to the permanent generation.
    fn freeze(&mut self) {
        for generation in 0..3 {
            self.graph.merge(Place::generation(generation), Place::Frozen);
        }
        self.collector.counts = [0; 3];
        self.collector.thawed = false;
    }

    /// PY-30: the permanent generation to the oldest.
    fn unfreeze(&mut self) {
        self.graph.merge(Place::Frozen, Place::Old);
        self.collector.thawed = true;
    }

    /// What every machine does after the last operation; see `docs/language.md`.
    pub(crate) fn epilogue(&mut self) {
        self.collector.enabled = false;
        for variable in 0..FRAME {
            self.assign(variable, NIL);
            self.settle();
        }
        self.unfreeze();
        for _ in 0..10 {
            while !self.graph.saved.is_empty() {
                self.tasks.push(Task::DropSaved);
                self.settle();
            }
            self.tasks.extend([Task::Answer, Task::Collect(2)]);
            self.settle();
            if self.collector.result == 0 && self.graph.saved.is_empty() {
                break;
            }
        }
        self.census();
    }
}
