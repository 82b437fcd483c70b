//! Death by count, and what finalizers and callbacks do: L2, L4, L5.

use gleaner_program::{Callback, Finalizer, Observation};

use super::Law;
use super::operations::Order;
use super::world::{Checked, Fate, Judge};
use crate::graph::{Id, Kind, NIL, REF_EDGE};

impl Judge<'_> {
    /// One reference to an object is gone: it dies if that was the last.
    pub(super) fn release(&mut self, id: Id) -> Checked {
        if id == NIL || matches!(self.fate(id), Fate::Dying | Fate::Dead) {
            return Ok(());
        }
        if !self.graph.is_referenced(id) && self.fate(id) == Fate::Live {
            return self.die(id);
        }
        self.doubt(id);
        self.hear_of_doubtful(id)
    }

    /// What only garbage holds, garbage that may be gone, may die of the reference that is gone: reads what is said of it and
    /// of what it refers to. A collection by somebody who is told may end the doubt about it before all has been said.
    fn hear_of_doubtful(&mut self, id: Id) -> Checked {
        let mut held = vec![false; self.fates.len()];
        loop {
            if self.fate(id) == Fate::Doubtful {
                self.add_held(id, &mut held);
            }
            let about = match self.said.peek() {
                Some(Observation::Finalized(number)) => self.find(number)?,
                Some(Observation::Callback(number)) => self.graph.referents[self.find(number)? as usize],
                _ => NIL,
            };
            if about == NIL || self.fate(about) != Fate::Doubtful || held.get(about as usize) != Some(&true) {
                break;
            }
            if !self.is_event() || !self.choose() {
                break;
            }
            self.hear_event()?;
        }
        Ok(())
    }

    /// Adds an object and all that it reaches.
    fn add_held(&self, from: Id, held: &mut Vec<bool>) {
        held.resize(self.fates.len(), false);
        let mut seen = vec![false; self.fates.len()];
        let mut gray = vec![from];
        while let Some(id) = gray.pop() {
            if id != NIL && !seen[id as usize] {
                seen[id as usize] = true;
                held[id as usize] = true;
                gray.extend(self.graph.edges[id as usize]);
            }
        }
    }

    /// An object of which it is certain that nothing refers to it dies.
    fn die(&mut self, id: Id) -> Checked {
        if let Kind::Ref { .. } = self.graph.object(id).kind {
            self.growth.due -= 1;
            self.kill(id);
            return Ok(());
        }
        if !self.may_be_finalized(id) {
            return self.dismantle(id);
        }
        if self.said.peek() != Some(Observation::Finalized(self.number(id))) {
            return self.unexpected(&format!("the finalizer of {}", self.number(id)));
        }
        self.said.next();
        self.graph.object_mut(id).finalized = true;
        // A dying object is taken off its list, and is young for its finalizer.
        self.frozen[id as usize] = false;
        self.graph.temporaries.push(id);
        self.finalize(id)?;
        self.graph.remove_temporary(id);
        if self.graph.is_referenced(id) {
            self.doubt(id);
            return self.hear_of_doubtful(id);
        }
        self.dismantle(id)
    }

    /// Returns whether an object's finalizer is still to run.
    pub(super) fn may_be_finalized(&self, id: Id) -> bool {
        self.graph.finalizer(id) != Finalizer::None && !self.graph.object(id).finalized
    }

    /// Clears the refs to a node, hears that they are told, clears its edges.
    pub(super) fn dismantle(&mut self, node: Id) -> Checked {
        self.fates[node as usize] = Fate::Dying;
        let refs: Vec<Id> = self.graph.refs_to(node).collect();
        refs.iter().for_each(|&to| self.graph.clear_ref(to));
        let telling: Vec<Id> = refs.into_iter().filter(|&to| self.graph.callback(to).is_some()).collect();
        // While several are told, all of them are kept alive, if they are.
        let several = if telling.len() > 1 { &telling[..] } else { &[] };
        let (held, perhaps): (Vec<Id>, Vec<Id>) =
            several.iter().copied().partition(|&to| self.fate(to) == Fate::Live);
        self.graph.temporaries.extend(&held);
        let before = self.perhaps.len();
        self.perhaps.extend(perhaps);
        for &to in &telling {
            if self.said.peek() == Some(Observation::Callback(self.number(to))) {
                self.tell(to)?;
            } else if self.fate(to) == Fate::Live && !self.unsure[to as usize] {
                return self.unexpected(&format!("the callback of {}", self.number(to)));
            }
        }
        // Who was kept perhaps may have turned out to be there: nobody keeps him any longer.
        for to in self.perhaps.split_off(before) {
            if self.fate(to) == Fate::Live {
                self.release(to)?;
            }
        }
        for to in held {
            self.graph.remove_temporary(to);
            self.release(to)?;
        }
        self.clear_edges(node)?;
        self.growth.due -= 1;
        self.kill(node);
        Ok(())
    }

    /// Clears a node's edges in order; each value is released, and has died, before the next.
    fn clear_edges(&mut self, node: Id) -> Checked {
        for edge in 0..=REF_EDGE {
            let value = std::mem::replace(&mut self.graph.edges[node as usize][edge], NIL);
            self.release(value)?;
        }
        Ok(())
    }

    /// Does what a node's finalizer does.
    pub(super) fn finalize(&mut self, node: Id) -> Checked {
        match self.graph.finalizer(node) {
            Finalizer::None | Finalizer::Log => Ok(()),
            Finalizer::Resurrect => {
                self.graph.saved.push(node);
                Ok(())
            }
            Finalizer::Allocate => {
                self.allocate(Order::of_user_code(1), |judge, new| judge.store(node, 0, new))
            }
            Finalizer::Drop => {
                self.clear_edges(node)?;
                let newest = self.graph.saved.pop().unwrap_or(NIL);
                self.release(newest)
            }
            Finalizer::Raise => self.expect_raised(),
            Finalizer::Collect => self.collect(2).map(drop),
        }
    }

    /// Hears a callback, and does what it does.
    pub(super) fn tell(&mut self, to: Id) -> Checked {
        self.said.next();
        self.graph.temporaries.push(to);
        self.settle();
        match self.graph.callback(to) {
            None => return self.breach(Law::L5, format!("{} has no callback", self.number(to))),
            Some(Callback::Log) => {}
            Some(Callback::Collect) => drop(self.collect(2)?),
            Some(Callback::Allocate) => {
                self.allocate(Order::of_user_code(0), |judge, new| {
                    judge.graph.saved.push(new);
                    Ok(())
                })?;
            }
            Some(Callback::Raise) => self.expect_raised()?,
        }
        self.graph.remove_temporary(to);
        self.release(to)
    }

    pub(super) fn expect_raised(&mut self) -> Checked {
        match self.said.peek() {
            Some(Observation::Unraisable) => {
                self.said.next();
                Ok(())
            }
            _ => self.unexpected("an exception"),
        }
    }
}
