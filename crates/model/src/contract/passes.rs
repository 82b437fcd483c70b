//! What a collector may do, and when it has to: L1, L5, L10, L11.

use gleaner_program::{Observation, Policy, Slices};

use super::Law;
use super::world::{Checked, Fate, Judge};
use crate::graph::{Id, NIL};

/// A collection under way.
#[derive(Clone, Debug, Default)]
pub(super) struct Pass {
    /// What was unreachable when it began: its finalizers run, even if one of them has saved it by then.
    condemned: Vec<bool>,
    /// What has been unreachable since.
    pub(super) garbage: Vec<bool>,
    /// Whether an allocation has set it off.
    pub(super) automatic: bool,
    /// Whether garbage has been finalized.
    finalized: bool,
    /// A callback that came after that.
    pub(super) late: Option<i64>,
    /// How many objects were dead when it began.
    pub(super) dead: u64,
}

impl Judge<'_> {
    /// Returns whether automatic collection is on.
    pub(super) fn is_automatic(&self) -> bool {
        self.enabled && self.thresholds[0] > 0
    }

    /// An allocation: the collector may work, and may have to.
    pub(super) fn collect_automatically(&mut self) -> Checked {
        if !self.is_automatic() || self.pass.is_some() {
            return Ok(());
        }
        let most = u64::from(self.thresholds[0]).max(self.growth.young());
        let must = self.has_long_slices() && self.growth.due > most as i64;
        let mut reports = 0;
        if self.is_sliced() {
            self.doubt_garbage();
        }
        while self.begins_or_goes_on() {
            let Some(Observation::Collection { .. }) = self.said.peek() else {
                self.hear_event()?;
                continue;
            };
            let complete = match self.environment.policy {
                Policy::Paced => self.environment.slices == Slices::Long,
                policy => policy == Policy::Recycler,
            };
            self.hear_report(complete)?;
            reports += 1;
            if !self.is_sliced() {
                break;
            }
        }
        // Only a collector that works in slices ends its work without a report.
        let open = self.pass.take().is_some();
        if open && (!self.is_sliced() || self.has_long_slices()) {
            return self.unexpected("the report of a collection");
        }
        if must && reports == 0 {
            let due = self.growth.due;
            return self.breach(Law::L10, format!("{due} objects more, and no pass"));
        }
        Ok(())
    }

    /// Returns whether the next observation is of a collection that an allocation has set off.
    fn begins_or_goes_on(&mut self) -> bool {
        let report = matches!(self.said.peek(), Some(Observation::Collection { .. }));
        if self.pass.is_some() || !self.is_report_or_event() {
            return report || self.is_event();
        }
        // What a collection may do to garbage, is clear when it has begun; if it has not, nothing is in doubt.
        let fates = self.fates.clone();
        self.begin_pass(true);
        let begun = report || self.is_event();
        if !begun {
            self.fates = fates;
            self.pass = None;
        }
        begun
    }

    /// Returns whether the next observation is of the kinds that collections make.
    fn is_report_or_event(&self) -> bool {
        use Observation::{Callback, Collection, Finalized};
        matches!(self.said.peek(), Some(Collection { .. } | Finalized(_) | Callback(_)))
    }

    /// A call of `collect`; returns its answer.
    pub(super) fn collect(&mut self, generation: u8) -> Checked<i64> {
        if generation > 2 || self.pass.is_some() {
            let answer = if generation > 2 { -1 } else { 0 };
            self.expect_answer(&[answer])?;
            return Ok(answer);
        }
        let mut found = Vec::new();
        self.begin_pass(false);
        loop {
            if self.pass.is_none() && self.is_report_or_event() {
                self.begin_pass(false);
            }
            if let Some(Observation::Collection { generation, collected, .. }) = self.said.peek() {
                let mut ahead = self.said.clone();
                ahead.next();
                let last = matches!(ahead.peek(), Some(Observation::Answer(_)));
                self.hear_report(last)?;
                found.push((generation, collected));
            } else if self.is_event() {
                self.hear_event()?;
            } else {
                break;
            }
        }
        self.pass = None;
        self.check_call(generation, &found)
    }

    /// Compares what a call of `collect` answers with what was reported.
    fn check_call(&mut self, generation: u8, found: &[(i64, i64)]) -> Checked<i64> {
        let asked = match self.environment.policy {
            Policy::Recycler => 2,
            _ => i64::from(generation),
        };
        let reported = found.iter().any(|&(of, _)| of == asked);
        if !reported || !self.is_sliced() && found.len() != 1 {
            let what = format!("one report of a collection of generation {asked}");
            return match self.said.peek() {
                Some(Observation::Answer(_)) => self.breach(Law::L11, format!("there is not {what}")),
                _ => self.unexpected(&what),
            };
        }
        // What ends before the collection begins, or is found beside it, may be reported first.
        let mut sum = 0;
        let sums: Vec<i64> = found
            .iter()
            .rev()
            .map(|&(_, collected)| {
                sum += collected;
                sum
            })
            .collect();
        match self.said.peek() {
            Some(Observation::Answer(&[answer])) if sums.contains(&answer) => {
                self.said.next();
                Ok(answer)
            }
            next => {
                self.breach(Law::L11, format!("{next:?} of a call that is reported to have found {found:?}"))
            }
        }
    }

    /// Begins a collection: what is unreachable now is its garbage.
    fn begin_pass(&mut self, automatic: bool) {
        self.doubt_garbage();
        let garbage = self.reach(true).into_iter().zip(self.ids());
        let garbage: Vec<bool> =
            garbage.map(|(reached, id)| !reached && self.fate(id) == Fate::Doubtful).collect();
        let condemned = garbage.clone();
        self.pass = Some(Pass { condemned, garbage, automatic, dead: self.dead, ..Pass::default() });
    }

    /// Returns whether the next observation is what a collector may do to garbage: a finalizer that has not run, a callback
    /// that has not been called.
    pub(super) fn is_event(&self) -> bool {
        let garbage = |id: Id| {
            let exists = matches!(self.fate(id), Fate::Live | Fate::Doubtful);
            exists && !self.reach(false)[id as usize]
        };
        match self.said.peek() {
            Some(Observation::Finalized(number)) => {
                let condemned = |id: Id| {
                    self.pass.as_ref().is_some_and(|pass| pass.condemned.get(id as usize) == Some(&true))
                };
                self.find(number).is_ok_and(|id| self.may_be_finalized(id) && (garbage(id) || condemned(id)))
            }
            Some(Observation::Callback(number)) => self.find(number).is_ok_and(|to| {
                let referent = self.graph.referents[to as usize];
                referent != NIL && self.graph.callback(to).is_some() && garbage(referent)
            }),
            _ => false,
        }
    }

    /// Reads what happens to garbage.
    pub(super) fn hear_event(&mut self) -> Checked {
        match self.said.peek() {
            Some(Observation::Finalized(number)) => {
                let id = self.find(number)?;
                self.hear_finalizer(id)?;
            }
            Some(Observation::Callback(number)) => {
                let to = self.find(number)?;
                self.hear_callback(to)?;
            }
            _ => return self.unexpected("a finalizer or callback"),
        }
        if self.pass.is_some() {
            self.spare_reachable();
            self.doubt_garbage();
        }
        Ok(())
    }

    fn hear_finalizer(&mut self, id: Id) -> Checked {
        self.said.next();
        let sliced = self.is_sliced();
        let mut touches = false;
        if let Some(pass) = &mut self.pass {
            pass.finalized |= pass.condemned.get(id as usize) == Some(&true);
            // A cycle keeps what its finalizers touch: till the next.
            touches = pass.automatic && sliced;
        }
        self.graph.object_mut(id).finalized = true;
        self.frozen[id as usize] = false;
        self.graph.temporaries.push(id);
        self.settle();
        if touches {
            self.spare_reachable();
        }
        self.finalize(id)?;
        self.graph.remove_temporary(id);
        if !self.graph.is_referenced(id) && self.fate(id) == Fate::Live {
            return self.dismantle(id);
        }
        self.doubt(id);
        Ok(())
    }

    fn hear_callback(&mut self, to: Id) -> Checked {
        let node = self.graph.referents[to as usize];
        let reached = self.reach(false);
        let newer = self.graph.refs_to(node).find(|&other| other > to && self.must_tell(other, &reached));
        if let Some(newer) = newer {
            let (number, newer) = (self.number(to), self.number(newer));
            return self
                .breach(Law::L5, format!("callback of {number} before that of {newer}, which is newer"));
        }
        if let Some(pass) = &mut self.pass
            && pass.finalized
            && pass.condemned.get(node as usize) == Some(&true)
        {
            pass.late.get_or_insert(i64::from(self.graph.object(to).number));
        }
        for other in self.graph.refs_to(node).collect::<Vec<_>>() {
            let told = self.must_tell(other, &reached);
            self.unsure[other as usize] |= !told;
        }
        self.graph.clear_ref(to);
        if self.pass.is_some() {
            return self.tell(to);
        }
        // What dies by its count refers to what it refers to until all have been told, and no longer.
        let edges = self.graph.edges[node as usize];
        self.perhaps.push(node);
        self.tell(to)?;
        self.perhaps.pop();
        if self.fate(node) != Fate::Live {
            edges.into_iter().for_each(|edge| self.doubt(edge));
        }
        Ok(())
    }

    /// What is reachable now is not the garbage of the collection under way, whatever becomes of it.
    fn spare_reachable(&mut self) {
        let reached = self.reach(false);
        if let Some(pass) = &mut self.pass {
            pass.garbage.iter_mut().zip(reached).for_each(|(garbage, reached)| *garbage &= !reached);
        }
    }
}
