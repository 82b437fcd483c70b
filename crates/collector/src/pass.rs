//! A pass under way: what strategies put together from the parts of this crate.

use gleaner_object::{Address, Flags};

use crate::marking::Marking;
use crate::pace::Pace;
use crate::tracking::Tracking;
use crate::trial::{Trial, Verdict};
use crate::unlisted::{Unlisted, goes_with_its_object};
use crate::{NoRoom, header, order};

/// What becomes of the survivors of a trial.
#[derive(Clone, Copy, PartialEq, Eq)]
enum After {
    /// All of them belong to the generation behind the one that the pass has reached.
    Promoted,
    /// The same, and all have new stamps.
    StampedAnew,
    /// Each belongs to the generation behind its own.
    Older,
    /// All are old.
    Old,
}

/// What can be seen of how the condemned of a pass go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Audience {
    /// Everything: they are asked for in order.
    Ordered,
    /// They are asked for one by one, in any order.
    Unordered,
    /// Nothing.
    Nobody,
}

/// A pass over a generation and all younger ones.
pub struct Pass<'a> {
    tracking: &'a Tracking,
    /// The generation.
    pub generation: usize,
    /// The generation whose survivors the pass's survivors are: its own, or the oldest, if the pass was over the whole heap.
    pub reach: usize,
    /// What becomes of survivors.
    after: After,
    /// What can be seen of how the condemned go.
    pub(crate) audience: Audience,
    /// What the pass has found unreachable, in order, flagged so.
    pub condemned: Vec<Address>,
    /// The same, if it is not listed.
    pub(crate) unlisted: Option<Unlisted>,
    /// How many objects it has looked at.
    pub candidates: u64,
    /// How many of them survive.
    pub survivors: u64,
    /// The next stamp when a pass by side tables has begun.
    new: u32,
}

impl<'a> Pass<'a> {
    pub(crate) fn new(tracking: &'a Tracking, generation: usize) -> Pass<'a> {
        Pass {
            tracking,
            generation,
            reach: generation,
            after: After::Promoted,
            audience: Audience::Ordered,
            condemned: Vec::new(),
            unlisted: None,
            candidates: 0,
            survivors: 0,
            new: 0,
        }
    }

    /// Decides about the generation that the pass reaches, by trial deletion in the order of its lists, as CPython does;
    /// survivors go to the next generation.
    ///
    /// # Errors
    /// [`NoRoom`] if there is no memory: everything survives.
    ///
    /// # Panics
    /// If a `trace` panics: everything survives.
    pub fn by_trial(&mut self) -> Result<(), NoRoom> {
        let (subjects, stamps) = self.tracking.take(self.reach)?;
        let new = self.tracking.next.get();
        self.candidates = subjects.len() as u64;
        let mut trial = Abandon(self, Trial::new(subjects, stamps), new);
        trial.1.run()?;
        let verdict = trial.1.verdict()?;
        trial.settle(verdict);
        Ok(())
    }

    /// Decides about the young and the middle ones, by trial deletion, for a strategy with bounds. Middle survivors are old
    /// then, and the young middle, or all are old. In which order they survive nobody knows.
    ///
    /// # Errors
    /// [`NoRoom`] if there is no memory: everything survives.
    ///
    /// # Panics
    /// If a `trace` panics: everything survives.
    pub fn by_age(&mut self, all_are_old: bool) -> Result<(), NoRoom> {
        self.reach = 1;
        self.after = if all_are_old { After::Old } else { After::Older };
        let outcome = self.by_trial();
        self.reach = 0;
        outcome
    }

    /// Takes the young, in order: nobody has them then but the caller, who is to decide about them.
    ///
    /// # Errors
    /// [`NoRoom`] if there is no memory.
    pub fn take_young(&self) -> Result<Vec<Address>, NoRoom> {
        Ok(self.tracking.take(1)?.0)
    }

    /// Decides about a region: some objects and all that they reach, in the order in which they are found. Stops adding of
    /// `more` when the region has `enough` objects. Survivors are old, with new stamps: what else knows of them by their old
    /// ones forgets them so. They are returned, in order.
    ///
    /// # Errors
    /// [`NoRoom`] if there is no memory: everything survives.
    ///
    /// # Panics
    /// If a `trace` panics: everything survives.
    pub fn by_region(
        &mut self,
        first: Vec<Address>,
        mut more: impl FnMut() -> Option<Address>,
        enough: usize,
    ) -> Result<Vec<Address>, NoRoom> {
        let new = self.tracking.next.get();
        let mut trial = Abandon(self, Trial::default(), new);
        trial.0.reach = 2;
        trial.0.after = After::StampedAnew;
        for object in first {
            trial.1.claim(object)?;
        }
        loop {
            trial.1.reach_out(trial.0.tracking)?;
            if trial.1.len() >= enough {
                break;
            }
            let Some(next) = more() else { break };
            trial.1.claim(next)?;
        }
        trial.0.candidates = trial.1.len() as u64;
        trial.1.run()?;
        let verdict = trial.1.verdict()?;
        let survivors = verdict.survivors.iter().chain(&verdict.rescued).copied().collect();
        trial.settle(verdict);
        Ok(survivors)
    }

    /// Takes everything that is not frozen, in order.
    ///
    /// # Errors
    /// [`NoRoom`] if there is no memory.
    pub fn take_all(&self) -> Result<Vec<Address>, NoRoom> {
        Ok(self.tracking.take(2)?.0)
    }

    /// Decides about the whole heap by side tables; survivors are old.
    ///
    /// # Errors
    /// [`NoRoom`] if there is no memory: everything survives, in its place.
    ///
    /// # Panics
    /// If a `trace` panics: the same.
    pub fn by_marking(&mut self) -> Result<(), NoRoom> {
        let marking = self.marking()?;
        marking.mark_all();
        self.end_marking(marking, Vec::new())
    }

    /// Decides about the whole heap by side tables, with what [`Pass::by_trial`] finds.
    ///
    /// # Errors
    /// [`NoRoom`] if there is no memory: everything survives, in its place.
    ///
    /// # Panics
    /// If a `trace` panics: the same.
    pub fn by_marking_in_order(&mut self) -> Result<(), NoRoom> {
        self.tracking.put_in_order()?;
        let marking = self.marking()?;
        let rescued = marking.mark_in_order(&*self.tracking.space)?;
        self.end_marking(marking, rescued)
    }

    /// Begins a pass by side tables: counts.
    fn marking(&mut self) -> Result<Marking, NoRoom> {
        self.tracking.retire();
        self.new = self.tracking.next.get();
        let (floor, ceiling) = self.tracking.range();
        let space = &*self.tracking.space;
        let marking = Marking::new(&self.tracking.sides, space, floor, ceiling)?;
        marking.count(space, &Pace::unlimited())?;
        Ok(marking)
    }

    /// Ends a pass by side tables: what is not marked is condemned, what was rescued goes to the end of the survivors.
    fn end_marking(&mut self, marking: Marking, rescued: Vec<Address>) -> Result<(), NoRoom> {
        let count = marking.count_unmarked();
        self.candidates = marking.subjects.get();
        if count > 0
            && self.audience == Audience::Nobody
            && !marking.tables.iter().flatten().any(goes_with_its_object)
        {
            marking.each_unmarked(&Pace::unlimited(), |object| {
                header(&object).insert(Flags::UNREACHABLE);
                Ok(())
            })?;
            self.unlisted = Some(Unlisted::new(marking, count));
            self.promote_all_but(count, &rescued);
            return Ok(());
        }
        let mut found = Vec::new();
        found.try_reserve_exact(count).map_err(|_| NoRoom)?;
        marking.each_unmarked(&Pace::unlimited(), |object| {
            header(&object).insert(Flags::UNREACHABLE);
            found.push(object);
            Ok(())
        })?;
        let sorted = self.audience != Audience::Ordered || marking.is_ascending();
        drop(marking);
        if !sorted && let Err(no_room) = sort_by_stamps(&mut found) {
            found.iter().for_each(|object| header(object).remove(Flags::UNREACHABLE));
            return Err(no_room);
        }
        self.condemned = found;
        self.promote_all_but(count, &rescued);
        Ok(())
    }

    /// Makes the survivors of a pass by side tables old: all but so many.
    fn promote_all_but(&mut self, condemned: usize, rescued: &[Address]) {
        self.survivors = self.candidates - condemned as u64;
        self.reach = 2;
        self.tracking.promote(2, &[], rescued, self.new);
    }
}

fn sort_by_stamps(objects: &mut [Address]) -> Result<(), NoRoom> {
    let mut stamps = Vec::new();
    stamps.try_reserve_exact(objects.len()).map_err(|_| NoRoom)?;
    stamps.extend(objects.iter().map(|object| header(object).stamp()));
    order::sort(objects, &mut stamps)
}

/// A trial that ends one way or another: when it is dropped unsettled, every subject survives.
struct Abandon<'a, 'b>(&'a mut Pass<'b>, Trial, u32);

impl Abandon<'_, '_> {
    fn settle(&mut self, verdict: Verdict) {
        let pass = &mut *self.0;
        pass.survivors = (verdict.survivors.len() + verdict.rescued.len()) as u64;
        let Verdict { mut survivors, mut rescued, .. } = verdict;
        match pass.after {
            After::Promoted => pass.tracking.promote(pass.reach, &survivors, &rescued, self.2),
            After::StampedAnew => {
                survivors.append(&mut rescued);
                pass.tracking.promote(pass.reach, &[], &survivors, self.2);
            }
            After::Older => pass.tracking.grow_older(survivors, rescued, false, self.2),
            After::Old => pass.tracking.grow_older(survivors, rescued, true, self.2),
        }
        pass.condemned = verdict.condemned;
    }
}

impl Drop for Abandon<'_, '_> {
    fn drop(&mut self) {
        if self.1.is_open() {
            let verdict = self.1.abandon();
            self.settle(verdict);
        }
    }
}
