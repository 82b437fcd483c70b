//! What is reported at the end of a collection: who is left, how much was found, how far the heap has grown. L1, L3, L6, L7,
//! L9, L10.

use gleaner_program::{Observation, Slices};

use super::Law;
use super::passes::Pass;
use super::world::{Checked, Fate, Judge};
use crate::graph::Id;

/// How far the heap has grown, for L10.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Growth {
    /// The objects that the last cycle or full pass has left.
    left: u64,
    /// Objects made since the last pass.
    pub(super) made: u64,
    /// Objects made less deaths by count, since the count of generation 0 was zeroed last: the count is no smaller.
    pub(super) due: i64,
    /// What all collections together have returned.
    collected: u64,
}

impl Growth {
    /// By how much the heap may grow until a cycle is over.
    fn most(&self) -> u64 {
        (self.left / 10).max(Slices::SLACK)
    }

    /// How many objects there are between two passes over the young, if the threshold does not say more.
    pub(super) fn young(&self) -> u64 {
        self.most() / 4
    }
}

impl Judge<'_> {
    /// Reads the report of the collection under way, which is over. A complete one has looked at everything, if it is of
    /// generation 2.
    pub(super) fn hear_report(&mut self, complete: bool) -> Checked {
        let Some(Observation::Collection { generation, collected, marks }) = self.said.peek() else {
            return self.unexpected("a report");
        };
        let pass = self.pass.take().unwrap_or_default();
        let complete = complete && generation == 2;
        if self.is_sliced() && generation < 2 {
            if !marks.is_empty() {
                return self.breach(Law::L11, "a list of objects in the middle of a cycle");
            }
        } else {
            self.hear_survivors(marks, complete.then_some(&pass))?;
        }
        if let (true, Some(number)) = (complete, pass.late) {
            return self.breach(Law::L6, format!("the callback of {number} came after finalizers"));
        }
        self.check_found(collected, &pass)?;
        let Some(stats) = usize::try_from(generation).ok().and_then(|index| self.stats.get_mut(index)) else {
            return self.breach(Law::L11, format!("a collection of generation {generation}"));
        };
        stats[0] += 1;
        stats[1] += collected;
        if generation == 2 {
            // The object that an allocation is about to make counts already.
            self.growth.left = self.fates.len() as u64 - self.dead + 1;
        }
        if generation == 2 || pass.automatic || self.is_automatic() {
            self.growth.made = 0;
        }
        self.growth.due = 0;
        self.said.next();
        Ok(())
    }

    /// Compares the number of objects collected with the garbage that there was.
    fn check_found(&mut self, collected: i64, pass: &Pass) -> Checked {
        let Ok(found) = u64::try_from(collected) else {
            return self.breach(Law::L9, format!("{collected} objects collected"));
        };
        self.growth.collected += found;
        let doubtful = self.fates.iter().filter(|&&fate| fate == Fate::Doubtful).count() as u64;
        // What is freed in slices may have died long before it is counted.
        let (all, most) = match self.is_sliced() {
            true => (self.growth.collected, self.dead + doubtful),
            false => (found, self.dead - pass.dead),
        };
        if all > most {
            return self.breach(Law::L9, format!("{all} objects collected, and at most {most} were garbage"));
        }
        Ok(())
    }

    /// Reads which objects there still are; all others are dead. A complete pass leaves none of its garbage.
    fn hear_survivors(&mut self, marks: &[i64], complete: Option<&Pass>) -> Checked {
        let mut listed = vec![false; self.fates.len()];
        for &mark in marks {
            let id = self.find(mark >> 2)?;
            if listed[id as usize] || matches!(self.fate(id), Fate::Dead | Fate::Dying) || mark & 3 > 2 {
                return self.breach(Law::L7, format!("{} is listed", mark >> 2));
            }
            listed[id as usize] = true;
        }
        let reached = self.reach(false);
        let generously = self.reach(true);
        for id in self.ids() {
            let (at, number) = (id as usize, self.number(id));
            let overdue = self.is_sliced() && self.overdue.get(at) == Some(&true);
            let left = overdue || complete.is_some_and(|pass| pass.garbage.get(at) == Some(&true));
            let left = left && !generously[at];
            match self.fate(id) {
                Fate::Live | Fate::Doubtful if listed[at] => {
                    if left {
                        return self.breach(Law::L3, format!("{number} was unreachable, and is still there"));
                    }
                    if self.fate(id) == Fate::Doubtful {
                        self.revive(id, &reached);
                    }
                }
                Fate::Live | Fate::Doubtful if !self.frozen[at] => self.bury_unseen(id, &reached)?,
                _ => {}
            }
        }
        self.overdue = generously.iter().map(|reached| !reached).collect();
        self.settle_frozen(&reached)
    }

    /// What is frozen is not listed. It dies by count alone: when only garbage has referred to it that is gone now.
    fn settle_frozen(&mut self, reached: &[bool]) -> Checked {
        let doubtful = |judge: &Self, id: &Id| judge.fate(*id) == Fate::Doubtful;
        while let Some(id) = self.ids().find(|id| doubtful(self, id) && !self.graph.is_referenced(*id)) {
            self.bury_unseen(id, reached)?;
        }
        // With slices it may have died before it was frozen.
        for id in self.ids() {
            if doubtful(self, &id) && !self.is_sliced() {
                self.revive(id, reached);
            }
        }
        Ok(())
    }

    /// The bound of `paced`, when an operation begins.
    pub(super) fn check_growth(&self, live: u64) -> Checked {
        let left = self.growth.left;
        let most = left + self.growth.most() + self.growth.made;
        if self.has_long_slices() && live > most {
            return self.breach(
                Law::L10,
                format!(
                    "{live} objects where {most} may be: the last cycle has left {left}, {} are new",
                    self.growth.made
                ),
            );
        }
        Ok(())
    }
}
