//! Death by count, depth first: finalizer, refs, callbacks, fields. PY-31, PY-32, PY-43, PY-44.

use gleaner_program::transcript::{CALLBACK, FINALIZED, UNRAISABLE};
use gleaner_program::{Callback, Finalizer};

use crate::graph::{Id, Kind, NIL, Place, REF_EDGE};
use crate::tasks::{Destination, Model, Order, Task};

impl Model<'_> {
    /// One reference to an object is gone: it dies if that was the last.
    pub(crate) fn release(&mut self, id: Id) {
        if id == NIL || self.graph.is_referenced(id) || self.graph.place(id) == Place::Untracked {
            return;
        }
        match self.graph.object(id).kind {
            Kind::Ref { .. } => {
                self.graph.untrack(id);
                self.graph.clear_ref(id);
                self.tasks.push(Task::Free);
            }
            Kind::Node { finalizer, .. }
                if finalizer != Finalizer::None && !self.graph.object(id).finalized =>
            {
                // CPython takes a dying object off its list, and puts it on the youngest for its finalizer.
                self.graph.track(id, Place::Young);
                self.graph.temporaries.push(id);
                self.tasks.push(Task::Finalized(id));
                self.finalize(id);
            }
            Kind::Node { .. } => self.dismantle(id),
        }
    }

    /// A dying node's finalizer has returned: has it been resurrected?
    pub(crate) fn end_finalizer(&mut self, node: Id) {
        self.graph.remove_temporary(node);
        self.graph.object_mut(node).finalized = true;
        if !self.graph.is_referenced(node) {
            self.dismantle(node);
        }
    }

    /// Clears the refs to a node, tells them, clears its edges and frees it.
    fn dismantle(&mut self, node: Id) {
        self.graph.untrack(node);
        let refs: Vec<Id> = self.graph.refs_to(node).collect();
        self.tasks.push(Task::Free);
        self.tasks.push(Task::Clear(node, 0));
        for &to in &refs {
            self.graph.clear_ref(to);
        }
        let telling: Vec<Id> = refs.into_iter().filter(|&to| self.graph.callback(to).is_some()).collect();
        // While several are told, all of them are kept alive.
        if telling.len() > 1 {
            self.graph.temporaries.extend(&telling);
            self.tasks.extend(telling.iter().map(|&to| Task::Drop(to)));
        }
        self.tasks.extend(telling.iter().rev().map(|&to| Task::Tell(to)));
    }

    /// Clears a node's edges from `edge` on; each value is released, and has died, before the next.
    pub(crate) fn clear_edges(&mut self, node: Id, edge: usize) {
        for at in edge..=REF_EDGE {
            let value = std::mem::replace(&mut self.graph.edges[node as usize][at], NIL);
            if value != NIL {
                self.tasks.push(Task::Clear(node, at + 1));
                self.release(value);
                return;
            }
        }
    }

    /// Calls a node's finalizer.
    pub(crate) fn finalize(&mut self, node: Id) {
        self.log(&[FINALIZED, i64::from(self.graph.object(node).number)]);
        match self.graph.finalizer(node) {
            Finalizer::None | Finalizer::Log => {}
            Finalizer::Resurrect => self.graph.saved.push(node),
            Finalizer::Allocate => self.allocate(Order {
                kind: Kind::Node { fields: 1, finalizer: Finalizer::None },
                referent: NIL,
                destination: Destination::Field(node),
            }),
            Finalizer::Drop => self.tasks.extend([Task::DropSaved, Task::Clear(node, 0)]),
            Finalizer::Raise => self.log(&[UNRAISABLE]),
            Finalizer::Collect => self.tasks.extend([Task::Answer, Task::Collect(2)]),
        }
    }

    /// Calls a ref's callback.
    pub(crate) fn tell(&mut self, to: Id) {
        self.graph.temporaries.push(to);
        self.tasks.push(Task::Drop(to));
        self.log(&[CALLBACK, i64::from(self.graph.object(to).number)]);
        match self.graph.callback(to).expect("a ref with callback") {
            Callback::Log => {}
            Callback::Collect => self.tasks.extend([Task::Answer, Task::Collect(2)]),
            Callback::Allocate => self.allocate(Order {
                kind: Kind::Node { fields: 0, finalizer: Finalizer::None },
                referent: NIL,
                destination: Destination::Saved,
            }),
            Callback::Raise => self.log(&[UNRAISABLE]),
        }
    }
}
