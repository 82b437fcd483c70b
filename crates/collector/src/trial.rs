//! Trial deletion in the order of a list: CPython's `deduce_unreachable`, step by step.
//!
//! The *subjects* stand in the order of their stamps. While the trial runs, each one's stamp gives way to its `gc_refs`:
//! first the count, then what is left of it when the references among subjects are taken off. `move_unreachable` walks
//! the subjects once. One whose `gc_refs` is zero is put aside, tentatively. One with references from outside is reachable,
//! and so is all it refers to: what it refers to and was not reached yet is given a `gc_refs` of one; what was put aside
//! already comes back (it is *rescued*), at the end of the walk. The walk ends when it has caught up with those.
//!
//! What is rescued goes to the end of the list, in the order of rescue: that is CPython's order, and finalizers run in it
//! when their time comes, so it is kept exactly.

use std::cell::{Cell, RefCell};

use gleaner_object::edges::prefetch;
use gleaner_object::{Address, Edges, Flags, MAX_STAMP, shelf_of};
use gleaner_refcount::count;

use crate::tracking::Tracking;
use crate::{NoRoom, header, trace};

/// How many subjects ahead memory is asked for.
const AHEAD: usize = 8;

const PASSING: Flags = Flags::COLLECTING.with(Flags::UNREACHABLE);

/// The subjects of a trial, and what it finds.
#[derive(Default)]
pub(crate) struct Trial {
    subjects: Vec<Address>,
    stamps: Vec<u32>,
    /// How many subjects have shown what they refer to.
    explored: usize,
    /// Which subjects were put aside, in order.
    tentative: Vec<u32>,
    /// What of them came back, in order.
    rescued: Vec<Address>,
}

/// What a trial has found.
#[derive(Default)]
pub(crate) struct Verdict {
    /// The survivors that were never in doubt, in order.
    pub(crate) survivors: Vec<Address>,
    /// The survivors that were, in the order of rescue; their stamps are stale.
    pub(crate) rescued: Vec<Address>,
    /// What nothing outside reaches, in order, flagged unreachable.
    pub(crate) condemned: Vec<Address>,
}

impl Trial {
    /// Makes the trial of some subjects, in order, with their stamps.
    pub(crate) fn new(subjects: Vec<Address>, stamps: Vec<u32>) -> Trial {
        Trial { subjects, stamps, ..Trial::default() }
    }

    /// Tells whether the trial is still to be ended.
    pub(crate) fn is_open(&self) -> bool {
        !self.subjects.is_empty()
    }

    /// Returns the number of subjects.
    pub(crate) fn len(&self) -> usize {
        self.subjects.len()
    }

    /// Makes an object a subject, if it is none yet.
    ///
    /// # Errors
    /// [`NoRoom`] if there is no memory.
    pub(crate) fn claim(&mut self, object: Address) -> Result<(), NoRoom> {
        let header = header(&object);
        if header.flags().has(Flags::COLLECTING) || header.stamp() == 0 {
            return Ok(());
        }
        self.add(object)?;
        header.insert(Flags::COLLECTING);
        Ok(())
    }

    /// Makes subjects of all that subjects reach on this heap and that is not frozen.
    ///
    /// # Errors
    /// [`NoRoom`] if there is no memory.
    pub(crate) fn reach_out(&mut self, tracking: &Tracking) -> Result<(), NoRoom> {
        let found = RefCell::new(Vec::new());
        let mut flush = |edges: &[Address]| found.borrow_mut().extend_from_slice(edges);
        let mut edges = Edges::new(&mut flush);
        while let Some(&subject) = self.subjects.get(self.explored) {
            self.explored += 1;
            trace(subject, &mut edges);
            edges.flush();
            for object in found.borrow_mut().drain(..) {
                // SAFETY: O1, O2, O5: a subject and what it refers to live.
                let here = unsafe { shelf_of(subject).heap == shelf_of(object).heap };
                if here && tracking.may_die(object) {
                    self.claim(object)?;
                }
            }
        }
        Ok(())
    }

    /// Adds a subject behind the others; it is not condemned any more.
    ///
    /// # Errors
    /// [`NoRoom`] if there is no memory.
    pub(crate) fn add(&mut self, object: Address) -> Result<(), NoRoom> {
        self.subjects.try_reserve(1).map_err(|_| NoRoom)?;
        self.stamps.try_reserve(1).map_err(|_| NoRoom)?;
        header(&object).remove(Flags::UNREACHABLE);
        self.subjects.push(object);
        self.stamps.push(header(&object).stamp());
        Ok(())
    }

    /// Decides.
    ///
    /// # Errors
    /// [`NoRoom`] if there is no memory. Until [`Trial::verdict`] or [`Trial::abandon`] is called, also after a panic of
    /// a `trace`, the subjects are without their stamps.
    pub(crate) fn run(&mut self) -> Result<(), NoRoom> {
        self.update_refs();
        self.subtract_refs();
        self.move_unreachable()
    }

    fn update_refs(&self) {
        for (index, subject) in self.subjects.iter().enumerate() {
            self.prefetch(index);
            let header = header(subject);
            header.insert(Flags::COLLECTING);
            header.set_gc_refs(count(header));
        }
    }

    /// Takes off the references that come from subjects: what is left over are references from outside.
    fn subtract_refs(&self) {
        let mut flush = |edges: &[Address]| {
            edges.iter().for_each(|edge| prefetch(*edge));
            for edge in edges {
                let header = header(edge);
                // A trace that shows an edge twice takes off too much; it stops at zero.
                let left = header.gc_refs();
                if header.flags().has(Flags::COLLECTING) && left > 0 && left < MAX_STAMP {
                    header.set_gc_refs(left - 1);
                }
            }
        };
        let mut edges = Edges::new(&mut flush);
        for (index, subject) in self.subjects.iter().enumerate() {
            self.prefetch(index);
            trace(*subject, &mut edges);
        }
        edges.flush();
    }

    fn move_unreachable(&mut self) -> Result<(), NoRoom> {
        let rescued = RefCell::new(core::mem::take(&mut self.rescued));
        let full = Cell::new(false);
        let mut flush = |edges: &[Address]| {
            edges.iter().for_each(|edge| visit_reachable(*edge, &rescued, &full));
        };
        let mut edges = Edges::new(&mut flush);
        for index in 0..self.subjects.len() {
            self.prefetch(index);
            let subject = self.subjects[index];
            let header = header(&subject);
            if header.gc_refs() == 0 {
                self.tentative.try_reserve(1).map_err(|_| NoRoom)?;
                header.insert(Flags::UNREACHABLE);
                self.tentative.push(index as u32);
            } else {
                trace(subject, &mut edges);
                edges.drain(|edge| visit_reachable(edge, &rescued, &full));
            }
        }
        let mut next = 0;
        while let Some(object) = { rescued.borrow().get(next).copied() } {
            trace(object, &mut edges);
            edges.drain(|edge| visit_reachable(edge, &rescued, &full));
            next += 1;
        }
        drop(edges);
        self.rescued = rescued.into_inner();
        if full.get() { Err(NoRoom) } else { Ok(()) }
    }

    #[inline]
    fn prefetch(&self, index: usize) {
        if let Some(soon) = self.subjects.get(index + AHEAD) {
            prefetch(*soon);
        }
    }

    /// Ends the trial: every subject has its stamp again, and no flag but the condemned theirs.
    ///
    /// # Errors
    /// [`NoRoom`] if there is no memory: the trial is then still to be abandoned.
    pub(crate) fn verdict(&mut self) -> Result<Verdict, NoRoom> {
        let mut condemned = Vec::new();
        condemned.try_reserve_exact(self.tentative.len() - self.rescued.len()).map_err(|_| NoRoom)?;
        let mut aside = self.tentative.iter().peekable();
        let mut kept = 0;
        for index in 0..self.subjects.len() {
            let (subject, stamp) = (self.subjects[index], self.stamps[index]);
            self.prefetch(index);
            let header = header(&subject);
            header.set_stamp(stamp);
            header.remove(Flags::COLLECTING);
            if aside.next_if(|&&next| next as usize == index).is_none() {
                self.subjects[kept] = subject;
                kept += 1;
            } else if header.flags().has(Flags::UNREACHABLE) {
                condemned.push(subject);
            }
        }
        self.subjects.truncate(kept);
        Ok(Verdict {
            survivors: core::mem::take(&mut self.subjects),
            rescued: core::mem::take(&mut self.rescued),
            condemned,
        })
    }

    /// Gives the trial up: every subject survives, in its place.
    pub(crate) fn abandon(&mut self) -> Verdict {
        for (subject, &stamp) in self.subjects.iter().zip(&self.stamps) {
            header(subject).set_stamp(stamp);
            header(subject).remove(PASSING);
        }
        Verdict { survivors: core::mem::take(&mut self.subjects), ..Verdict::default() }
    }
}

/// Notes that a subject is referred to by a reachable one.
#[inline(always)]
fn visit_reachable(object: Address, rescued: &RefCell<Vec<Address>>, full: &Cell<bool>) {
    let header = header(&object);
    if header.gc_refs() != 0 || !header.flags().has(Flags::COLLECTING) {
        return;
    }
    if header.flags().has(Flags::UNREACHABLE) {
        let mut rescued = rescued.borrow_mut();
        if rescued.try_reserve(1).is_err() {
            full.set(true);
            return;
        }
        header.remove(Flags::UNREACHABLE);
        rescued.push(object);
    }
    header.set_gc_refs(1);
}
