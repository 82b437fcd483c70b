//! The data of a running pass, and the first half of every deduction: counts less internal references.

use core::cell::RefCell;

use gleaner_object::edges::prefetch;
use gleaner_object::{Address, Flags, Header, Visitor};

use crate::NoRoom;

/// How many subjects ahead memory is asked for.
const AHEAD: usize = 12;

/// Objects in order, with holes.
pub(crate) type Objects = Vec<Option<Address>>;

/// What a pass decides about.
pub struct Pass {
    /// The subjects in order; a hole is one that was moved to `tentative`.
    pub subjects: Vec<Option<Address>>,
    /// What was held unreachable when its turn came, in order.
    pub tentative: Vec<Address>,
    /// What of that was found reachable after all, in the order of discovery.
    pub rescued: Vec<Address>,
}

impl Pass {
    pub(crate) fn new(subjects: Vec<Option<Address>>) -> Pass {
        Pass { subjects, tentative: Vec::new(), rescued: Vec::new() }
    }

    /// Copies every subject's count to its `gc_refs` (CPython's `update_refs`).
    pub fn update_refs(&self) {
        for (index, subject) in self.subjects.iter().enumerate() {
            self.prefetch(index);
            let Some(subject) = subject else { continue };
            let header = header(subject);
            header.insert(Flags::COLLECTING);
            header.gc_refs().set(header.count().get());
        }
    }

    /// Takes off every subject's `gc_refs` the references that come from subjects (CPython's `subtract_refs`): what
    /// is left over are references from outside.
    pub fn subtract_refs(&self) {
        let mut flush = |edges: &[Address]| {
            for edge in edges {
                let header = header(edge);
                if header.flags().has(Flags::COLLECTING) {
                    // A trace that shows an edge twice takes off too much; it stops at zero.
                    header.gc_refs().set(header.gc_refs().get().saturating_sub(1));
                }
            }
        };
        let mut visitor = Visitor::new(&mut flush);
        for (index, subject) in self.subjects.iter().enumerate() {
            self.prefetch(index);
            if let Some(subject) = subject {
                trace(*subject, &mut visitor);
            }
        }
        visitor.flush();
    }

    /// Moves a subject to the tentatively unreachable.
    ///
    /// # Errors
    /// [`NoRoom`] if there is no memory.
    pub fn doubt(&mut self, index: usize) -> Result<(), NoRoom> {
        self.tentative.try_reserve(1).map_err(|_| NoRoom)?;
        if let Some(subject) = self.subjects[index].take() {
            header(&subject).insert(Flags::UNREACHABLE);
            self.tentative.push(subject);
        }
        Ok(())
    }

    /// Asks for the memory of a subject that comes up soon.
    #[inline]
    pub fn prefetch(&self, index: usize) {
        if let Some(Some(soon)) = self.subjects.get(index + AHEAD) {
            prefetch(*soon);
        }
    }

    /// Splits the subjects, with no flag left on any: survivors in order, then the condemned.
    pub(crate) fn split(mut self) -> Result<(Objects, Objects), Pass> {
        let mut condemned = Vec::new();
        let rescued = self.rescued.len();
        if condemned.try_reserve(self.tentative.len() - rescued).is_err()
            || self.subjects.try_reserve(rescued).is_err()
        {
            return Err(self);
        }
        for subject in self.subjects.iter().flatten() {
            header(subject).remove(PASSING);
        }
        for object in &self.tentative {
            if header(object).flags().has(Flags::UNREACHABLE) {
                condemned.push(Some(*object));
            }
            header(object).remove(PASSING);
        }
        self.subjects.extend(self.rescued.iter().copied().map(Some));
        Ok((self.subjects, condemned))
    }

    /// Abandons the pass: every subject, in some order, with no flag left.
    pub(crate) fn abandon(mut self) -> Vec<Option<Address>> {
        // What was moved left holes behind, one each: they are filled in order, so no memory is needed.
        let mut doubtful = self.tentative.iter();
        for subject in &mut self.subjects {
            if subject.is_none() {
                *subject = doubtful.next().copied();
            }
            if let Some(subject) = subject {
                header(subject).remove(PASSING);
            }
        }
        self.subjects
    }
}

const PASSING: Flags = Flags::COLLECTING.with(Flags::UNREACHABLE);

/// Shows the edges of a subject.
#[inline]
pub fn trace(subject: Address, visitor: &mut Visitor<'_>) {
    // SAFETY: O1, O2: a subject is tracked, and what is tracked has neither been dropped nor freed; what dies during
    // a pass is set aside.
    unsafe { (subject.as_ref().record().trace)(subject, visitor) };
}

/// Returns the header of a subject, or of what one refers to.
#[inline]
pub fn header(object: &Address) -> &Header {
    // SAFETY: O1, O5: tracked objects and what they own a reference to have not been freed.
    unsafe { object.as_ref() }
}

/// A list that grows while it is walked: edges are appended by a visitor's closure, which shares it with the walker.
pub(crate) type Shared<T> = RefCell<Vec<T>>;
