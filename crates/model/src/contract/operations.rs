//! The operations and the epilogue, executed on the judge's graph.

use gleaner_program::op::{MAX_WATCHERS, NODE_VARS};
use gleaner_program::{Callback, Finalizer, Observation, Op, Program, Trigger, Var};

use super::Law;
use super::world::{Checked, Fate, Judge};
use crate::graph::{FRAME, Id, Kind, NIL, REF_EDGE};

/// An object to be made.
pub(super) struct Order {
    kind: Kind,
    referent: Id,
    /// Whether a failure is an exception, in user code, or what the operation answers.
    raises: bool,
}

impl Order {
    pub(super) fn node(fields: u8, finalizer: Finalizer) -> Order {
        Order { kind: Kind::Node { fields, finalizer }, referent: NIL, raises: false }
    }

    /// A node that a finalizer or a callback makes.
    pub(super) fn of_user_code(fields: u8) -> Order {
        Order { raises: true, ..Order::node(fields, Finalizer::None) }
    }
}

impl Judge<'_> {
    /// Reads the whole transcript.
    pub(super) fn hear(&mut self, program: &Program) -> Checked {
        for (index, &op) in program.iter().enumerate() {
            self.begin(index)?;
            self.execute(op)?;
            self.end()?;
        }
        self.begin(program.len())?;
        self.epilogue()?;
        self.end()
    }

    fn begin(&mut self, index: usize) -> Checked {
        if let Some(live) = self.said.begin(index) {
            self.check_live(live)?;
            self.check_growth(live)?;
        }
        Ok(())
    }

    /// An operation is over, and so is what was said of it.
    fn end(&mut self) -> Checked {
        if self.said.peek().is_some() { self.unexpected("nothing more") } else { Ok(()) }
    }

    fn execute(&mut self, op: Op) -> Checked {
        match op {
            Op::Alloc { dst, fields, finalizer } => {
                let at = self.node(dst);
                self.allocate(Order::node(fields, finalizer), |judge, new| judge.assign(at, new))
            }
            Op::Copy { dst, src } => self.assign(self.node(dst), self.value(self.node(src))),
            Op::CopyRef { dst, src } => self.assign(self.reference(dst), self.value(self.reference(src))),
            Op::Delete { var } => self.assign(self.node(var), NIL),
            Op::DeleteRef { var } => self.assign(self.reference(var), NIL),
            Op::Store { node, field, src } => {
                self.store(self.value(self.node(node)), usize::from(field), self.value(self.node(src)))
            }
            Op::Clear { node, field } => self.store(self.value(self.node(node)), usize::from(field), NIL),
            Op::Load { dst, node, field } => {
                self.assign(self.node(dst), self.load(self.value(self.node(node)), usize::from(field)))
            }
            Op::StoreRef { node, src } => {
                self.store(self.value(self.node(node)), REF_EDGE, self.value(self.reference(src)))
            }
            Op::ClearRef { node } => self.store(self.value(self.node(node)), REF_EDGE, NIL),
            Op::LoadRef { dst, node } => {
                self.assign(self.reference(dst), self.load(self.value(self.node(node)), REF_EDGE))
            }
            Op::Ref { dst, node, callback } => {
                self.make_ref(self.reference(dst), self.value(self.node(node)), callback)
            }
            Op::Deref { dst, src } => self.deref(self.node(dst), self.value(self.reference(src))),
            Op::Push => {
                self.graph.variables.extend([NIL; FRAME]);
                Ok(())
            }
            Op::Pop => self.pop(),
            Op::Saved { dst } => {
                let newest = self.graph.saved.pop().unwrap_or(NIL);
                self.assign(self.node(dst), newest)
            }
            _ => self.control(op),
        }
    }

    /// The operations on the collector.
    fn control(&mut self, op: Op) -> Checked {
        match op {
            Op::Collect { generation } => return self.collect(generation).map(drop),
            Op::Enable => self.enabled = true,
            Op::Disable => self.enabled = false,
            Op::SetThreshold { thresholds } => self.thresholds = thresholds.map(u32::from),
            Op::Freeze => {
                for id in self.ids() {
                    self.frozen[id as usize] |= matches!(self.fate(id), Fate::Live | Fate::Doubtful);
                }
                self.growth.due = 0;
            }
            Op::Unfreeze => self.frozen.fill(false),
            _ => return self.inspect(op),
        }
        Ok(())
    }

    /// Returns where a node variable is.
    pub(super) fn node(&self, var: Var) -> usize {
        match var {
            Var::Global(index) => usize::from(index),
            Var::Local(index) => self.graph.variables.len() - FRAME + usize::from(index),
        }
    }

    /// Returns where a ref variable is.
    pub(super) fn reference(&self, var: Var) -> usize {
        self.node(var) + usize::from(NODE_VARS)
    }

    pub(super) fn value(&self, variable: usize) -> Id {
        self.graph.variables[variable]
    }

    fn load(&self, node: Id, edge: usize) -> Id {
        if node == NIL { NIL } else { self.graph.edges[node as usize][edge] }
    }

    /// Takes a reference to the value, then releases what the variable held.
    fn assign(&mut self, variable: usize, value: Id) -> Checked {
        let held = std::mem::replace(&mut self.graph.variables[variable], value);
        self.release(held)
    }

    /// As `assign`, for an edge; ignored by nil and by a node without that field.
    pub(super) fn store(&mut self, node: Id, edge: usize, value: Id) -> Checked {
        let has = node != NIL
            && match self.graph.object(node).kind {
                Kind::Node { fields, .. } => edge == REF_EDGE || edge < usize::from(fields),
                Kind::Ref { .. } => false,
            };
        if !has {
            return Ok(());
        }
        let held = std::mem::replace(&mut self.graph.edges[node as usize][edge], value);
        self.release(held)
    }

    /// Ends the innermost frame's variables, in order.
    fn pop(&mut self) -> Checked {
        let first = self.graph.variables.len() - FRAME;
        for variable in first..first + FRAME {
            self.assign(variable, NIL)?;
        }
        self.graph.variables.truncate(first);
        Ok(())
    }

    /// Makes a ref, or takes the plain one that there is; which, is told.
    fn make_ref(&mut self, variable: usize, node: Id, callback: Option<Callback>) -> Checked {
        let spent = node != NIL && callback.is_some() && self.graph.object(node).watchers == MAX_WATCHERS;
        if node == NIL || spent {
            return self.assign(variable, NIL);
        }
        let order = Order { kind: Kind::Ref { callback }, referent: node, raises: false };
        if callback.is_some() {
            self.graph.object_mut(node).watchers += 1;
            return self.allocate(order, |judge, new| judge.assign(variable, new));
        }
        let plain = self.graph.refs_to(node).find(|&to| self.graph.callback(to).is_none());
        if let Some(plain) = plain {
            let sure = self.fate(plain) == Fate::Live && !self.unsure[plain as usize];
            if sure || self.said.peek() == Some(Observation::Answer(&[self.number(plain)])) {
                self.expect_answer(&[self.number(plain)])?;
                self.unsure[plain as usize] = false;
                return self.exchange(variable, plain);
            }
            self.graph.clear_ref(plain);
        }
        self.allocate(order, |judge, new| {
            judge.expect_answer(&[judge.number(new)])?;
            judge.assign(variable, new)
        })
    }

    /// Assigns what was in doubt and is there.
    fn exchange(&mut self, variable: usize, value: Id) -> Checked {
        let held = std::mem::replace(&mut self.graph.variables[variable], value);
        self.settle();
        self.release(held)
    }

    /// Takes a weak reference's referent; whether there is one is told.
    fn deref(&mut self, variable: usize, to: Id) -> Checked {
        let node = if to == NIL { NIL } else { self.graph.referents[to as usize] };
        if node == NIL {
            if let Some(Observation::Answer(&[number])) = self.said.peek()
                && number >= 0
            {
                return self.breach(Law::L7, format!("a weak reference that is cleared returns {number}"));
            }
            self.expect_answer(&[-1])?;
            return self.assign(variable, NIL);
        }
        if self.is_in_doubt(to, node) && self.said.peek() == Some(Observation::Answer(&[-1])) {
            self.said.next();
            self.graph.clear_ref(to);
            return self.assign(variable, NIL);
        }
        if self.said.peek() == Some(Observation::Answer(&[-1])) {
            let (to, node) = (self.number(to), self.number(node));
            return self.breach(Law::L1, format!("{to} has lost {node}, which is alive"));
        }
        self.expect_answer(&[self.number(node)])?;
        self.exchange(variable, node)?;
        self.unsure[to as usize] = false;
        Ok(())
    }

    /// Returns whether a ref may have been cleared: with its referent, or as garbage itself.
    pub(super) fn is_in_doubt(&self, to: Id, node: Id) -> bool {
        let doubtful = |id| self.fate(id) == Fate::Doubtful;
        self.unsure[to as usize] || doubtful(node) || doubtful(to)
    }

    /// Makes an object, hears of the collection that this may set off, and binds it.
    pub(super) fn allocate(&mut self, order: Order, bind: impl FnOnce(&mut Self, Id) -> Checked) -> Checked {
        let ordinal = self.allocations;
        self.allocations += 1;
        if self.environment.fail_at == Some(ordinal) {
            return self.expect_no_memory(&order);
        }
        self.growth.due += 1;
        let inside = self.environment.profile.trigger == Trigger::InsideAllocation;
        if inside {
            self.collect_automatically()?;
        }
        let id = self.make(&order);
        if !inside {
            let before = std::mem::replace(&mut self.making, id);
            self.collect_automatically()?;
            self.making = before;
        }
        self.graph.object_mut(id).number = self.numbers.len() as u32;
        self.numbers.push(id);
        bind(self, id)?;
        self.graph.remove_temporary(id);
        self.release(id)
    }

    /// Makes an object that only the stack refers to.
    fn make(&mut self, order: &Order) -> Id {
        let id = self.graph.add(order.kind);
        self.graph.referents[id as usize] = order.referent;
        self.graph.temporaries.push(id);
        self.fates.push(Fate::Live);
        self.frozen.push(false);
        self.unsure.push(false);
        self.growth.made += 1;
        id
    }

    /// The allocation fails: an operation says so, user code raises.
    fn expect_no_memory(&mut self, order: &Order) -> Checked {
        let failure = if order.raises { Observation::Unraisable } else { Observation::Failed };
        match self.said.peek() {
            Some(said) if said == failure => {
                self.said.next();
                if let Kind::Ref { callback: Some(_) } = order.kind {
                    self.graph.object_mut(order.referent).watchers -= 1;
                }
                Ok(())
            }
            _ => self.unexpected("a failure"),
        }
    }

    fn epilogue(&mut self) -> Checked {
        self.enabled = false;
        for variable in 0..FRAME {
            self.assign(variable, NIL)?;
        }
        self.frozen.fill(false);
        for _ in 0..10 {
            while let Some(newest) = self.graph.saved.pop() {
                self.release(newest)?;
            }
            let found = self.collect(2)?;
            if found == 0 && self.graph.saved.is_empty() {
                break;
            }
        }
        self.census()
    }
}
