//! What the program is answered: L8.

use gleaner_program::op::Var;
use gleaner_program::{Observation, Op};

use super::Law;
use super::world::{Checked, Fate, Judge};
use crate::graph::{Id, Kind, NIL, REF_EDGE};

impl Judge<'_> {
    /// Reads an answer of which only one is true.
    pub(super) fn expect_answer(&mut self, values: &[i64]) -> Checked {
        match self.said.peek() {
            Some(Observation::Answer(said)) if said == values => {
                self.said.next();
                Ok(())
            }
            _ => self.unexpected(&format!("the answer {values:?}")),
        }
    }

    /// Reads an answer of one number between two.
    fn expect_between(&mut self, least: usize, most: usize) -> Checked {
        match self.said.peek() {
            Some(Observation::Answer(&[value])) if (least as i64..=most as i64).contains(&value) => {
                self.said.next();
                Ok(())
            }
            _ => self.unexpected(&format!("an answer from {least} to {most}")),
        }
    }

    /// Checks what the operations are answered that only ask.
    pub(super) fn inspect(&mut self, op: Op) -> Checked {
        let flag = |yes: bool| [i64::from(yes)];
        match op {
            Op::GetThreshold => self.expect_answer(&self.thresholds.map(i64::from)),
            Op::IsEnabled => self.expect_answer(&flag(self.enabled)),
            Op::Stats => {
                let stats = self.stats;
                match self.said.peek() {
                    Some(Observation::Answer(said)) if said == stats.as_flattened() => {
                        self.said.next();
                        Ok(())
                    }
                    next => self.breach(Law::L11, format!("statistics {next:?}, but {stats:?} was reported")),
                }
            }
            Op::Count => match self.said.peek() {
                // Which passes a strategy counts is its own affair.
                Some(Observation::Answer(said))
                    if said.len() == 3 && said.iter().all(|&count| count >= 0) =>
                {
                    self.said.next();
                    Ok(())
                }
                _ => self.unexpected("three counts"),
            },
            Op::FreezeCount => {
                let frozen = |fate: Fate| {
                    self.ids().filter(|&id| self.frozen[id as usize] && self.fate(id) == fate).count()
                };
                let (sure, doubtful) = (frozen(Fate::Live), frozen(Fate::Doubtful));
                self.expect_between(sure, sure + doubtful)
            }
            Op::Which { var } => self.expect_answer(&[self.number(self.value(self.node(var)))]),
            Op::WhichRef { var } => self.expect_answer(&[self.number(self.value(self.reference(var)))]),
            Op::Refcount { var } => self.expect_count(self.value(self.node(var))),
            Op::RefcountRef { var } => self.expect_count(self.value(self.reference(var))),
            Op::WeakrefCount { var } => self.expect_weak_count(self.value(self.node(var))),
            Op::IsTracked { var } => self.expect_answer(&flag(self.value(self.node(var)) != NIL)),
            Op::IsFinalized { var } => {
                let node = self.value(self.node(var));
                self.expect_answer(&flag(node != NIL && self.graph.object(node).finalized))
            }
            Op::Alive { src } => self.expect_alive(src),
            _ => self.census(),
        }
    }

    /// References from what may be gone may be gone.
    fn expect_count(&mut self, id: Id) -> Checked {
        match id {
            NIL => self.expect_answer(&[-1]),
            _ => self.expect_between(self.count_sure(id), self.graph.count(id)),
        }
    }

    fn expect_weak_count(&mut self, node: Id) -> Checked {
        if node == NIL {
            return self.expect_answer(&[0]);
        }
        let refs: Vec<Id> = self.graph.refs_to(node).collect();
        let sure = |to: &&Id| self.fate(**to) == Fate::Live && !self.unsure[**to as usize];
        self.expect_between(refs.iter().filter(sure).count(), refs.len())
    }

    fn expect_alive(&mut self, src: Var) -> Checked {
        let to = self.value(self.reference(src));
        let node = if to == NIL { NIL } else { self.graph.referents[to as usize] };
        let dead = self.said.peek() == Some(Observation::Answer(&[0]));
        if node != NIL && dead {
            if !self.is_in_doubt(to, node) {
                let (to, node) = (self.number(to), self.number(node));
                return self.breach(Law::L1, format!("{to} has lost {node}, which is alive"));
            }
            self.graph.clear_ref(to);
        }
        self.expect_answer(&[i64::from(node != NIL && !dead)])
    }

    /// Reads a list of all objects, with their counts and what they refer to. To be listed is to be touched: a cycle under way
    /// keeps what the list has shown.
    pub(super) fn census(&mut self) -> Checked {
        let Some(Observation::Census(mut body)) = self.said.peek() else {
            return self.unexpected("a census");
        };
        let mut listed = vec![false; self.fates.len()];
        while let [mark, count, edges, rest @ ..] = body {
            let id = self.find(mark >> 2)?;
            let exists = matches!(self.fate(id), Fate::Live | Fate::Doubtful) && !self.frozen[id as usize];
            if !exists || listed[id as usize] {
                return self.breach(Law::L7, format!("{} is listed", mark >> 2));
            }
            listed[id as usize] = true;
            self.overdue.get_mut(id as usize).into_iter().for_each(|overdue| *overdue = false);
            let (edges, rest) = rest.split_at(*edges as usize);
            body = rest;
            let most = self.graph.count(id) as i64;
            if !(self.count_sure(id) as i64..=most).contains(count) {
                return self.breach(Law::L8, format!("{} has {most} references, not {count}", mark >> 2));
            }
            if !self.are_edges(id, edges) {
                return self.breach(Law::L8, format!("{} does not refer to {edges:?}", mark >> 2));
            }
        }
        let missing = self
            .ids()
            .find(|&id| self.fate(id) == Fate::Live && !self.frozen[id as usize] && !listed[id as usize]);
        if let Some(id) = missing {
            return self.breach(Law::L1, format!("{} is not listed", self.number(id)));
        }
        self.said.next();
        Ok(())
    }

    /// Returns whether an object refers to these, as far as that is certain.
    fn are_edges(&self, id: Id, said: &[i64]) -> bool {
        let edges = self.graph.edges[id as usize];
        match self.graph.object(id).kind {
            Kind::Node { fields, .. } => {
                let known = edges[..usize::from(fields)].iter().chain([&edges[REF_EDGE]]);
                known.map(|&to| self.number(to)).eq(said.iter().copied())
            }
            Kind::Ref { .. } => {
                let node = self.graph.referents[id as usize];
                let cleared = node != NIL && self.is_in_doubt(id, node) && said == [-1];
                cleared || said == [self.number(node)]
            }
        }
    }
}
