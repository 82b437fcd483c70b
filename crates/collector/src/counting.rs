//! Who is referred to from outside? The first half of a pass by side tables.
//!
//! A byte for each object: its count is added when the walk comes by, and one is taken off for each reference that an object
//! shows, before or after. What is above zero at the end is held from outside. A count of more than 127 is not added. The
//! byte of such an object counts down alone, and how often it wraps is noted down; there are few of them, and before the bytes
//! are looked at, what was taken off them is compared with their counts one by one.

use gleaner_object::side::ones;
use gleaner_object::{Address, Edges, Side, Visit};
use gleaner_refcount::{count, count_in_a_byte};

use crate::marking::Marking;
use crate::pace::Pace;
use crate::space::Space;
use crate::table::{Table, trace_row};
use crate::{NoRoom, header};

impl Marking {
    /// Enters every subject in its table, and takes off the references between objects; returns whether the phase is over.
    ///
    /// # Errors
    /// [`NoRoom`] if there is no memory.
    pub(crate) fn count(&self, space: &dyn Space, pace: &Pace) -> Result<bool, NoRoom> {
        let mut flush = |wrapped: &[Address]| wrapped.iter().for_each(|object| self.wrapped(*object));
        let mut edges = Edges::new(&mut flush);
        let over = self.walk(space, |table, first, stride, taken| {
            let subjects = match self.era {
                0 => self.subjects_in_order(first, stride, taken),
                _ => self.subjects_among(first, stride, taken),
            };
            let left =
                trace_row(&self.sides, table, Visit::Count, (first, stride), subjects, &mut edges, pace);
            // What is left has its turn later, and enters then: once.
            self.enter(table, first, stride, subjects & !left);
            left
        });
        drop(edges);
        if self.full.get() { Err(NoRoom) } else { Ok(over) }
    }

    /// Enters subjects of some blocks side by side in the table.
    #[inline(always)]
    fn enter(&self, table: &Table, first: Address, stride: usize, subjects: u64) {
        self.subjects.set(self.subjects.get() + u64::from(subjects.count_ones()));
        let side = table.side();
        let mut many = 0;
        let mut expect = |number: usize, entry: usize, object: Address| match count_in_a_byte(header(&object))
        {
            Some(count) => side.expect(entry, count),
            None => many |= 1 << number,
        };
        // SAFETY: C1: a block that is not free begins with a header.
        let object = |number: usize| unsafe { first.byte_add(number * stride) };
        if stride == side.unit() {
            let entry = side.entry(first);
            side.enter_from(entry, subjects);
            ones(subjects).for_each(|number| expect(number, entry + number, object(number)));
        } else {
            for number in ones(subjects) {
                let entry = side.entry(object(number));
                side.enter(entry / 64, 1 << (entry % 64));
                expect(number, entry, object(number));
            }
        }
        for number in ones(many) {
            self.enter_many(side, side.entry(object(number)));
        }
        if self.era != 0 {
            ones(subjects).for_each(|number| header(&object(number)).set_stamp(self.era));
        }
    }

    /// Returns those of some blocks that are subjects, and looks whether their stamps ascend.
    #[inline(never)]
    fn subjects_in_order(&self, first: Address, stride: usize, taken: u64) -> u64 {
        let (first_stamp, stamps) = (self.floor + 1, self.ceiling - self.floor);
        let (mut ascending, mut last) = (self.ascending.get(), self.last.get());
        if taken == u64::MAX {
            // Most rows are full of subjects.
            let (mut all, mut in_order, mut before) = (true, ascending, last);
            for number in 0..64 {
                // SAFETY: C1: a block that is not free begins with a header.
                let stamp = unsafe { first.byte_add(number * stride).as_ref() }.stamp();
                all &= stamp.wrapping_sub(first_stamp) < stamps;
                in_order &= stamp > before;
                before = stamp;
            }
            if all {
                self.ascending.set(in_order);
                self.last.set(before);
                return taken;
            }
        }
        let mut subjects = 0;
        for number in ones(taken) {
            // SAFETY: C1: a block that is not free begins with a header.
            let stamp = unsafe { first.byte_add(number * stride).as_ref() }.stamp();
            if stamp.wrapping_sub(first_stamp) < stamps {
                subjects |= 1 << number;
                ascending &= stamp > last;
                last = stamp;
            }
        }
        self.ascending.set(ascending);
        self.last.set(last);
        subjects
    }

    /// Notes down a subject whose count is not added.
    #[cold]
    fn enter_many(&self, side: &Side, entry: usize) {
        let mut many = self.many.borrow_mut();
        if many.try_reserve(1).is_err() {
            self.full.set(true);
        } else {
            many.push(side.number() << 16 | entry as u32);
        }
    }

    /// Notes down that the byte of an object has wrapped.
    fn wrapped(&self, object: Address) {
        let mut wraps = self.wraps.borrow_mut();
        if wraps.try_reserve(1).is_err() {
            self.full.set(true);
        } else {
            *wraps.entry(object).or_insert(0) += 1;
        }
    }

    /// Marks the roots: those subjects that are referred to from outside. Returns whether the phase is over.
    pub(crate) fn root(&self, pace: &Pace) -> bool {
        self.root_many(pace)
            && self.each_word(pace, |table, word| {
                let held = self.mark_held(table, word);
                table.side().parts(word, held).for_each(|(page, _)| self.queue(table.side(), page));
            })
    }

    /// Marks the roots, without letting pages stand in line.
    pub(crate) fn hold(&self) {
        let pace = Pace::unlimited();
        self.root_many(&pace);
        self.each_word(&pace, |table, word| {
            self.mark_held(table, word);
        });
    }

    /// Marks the roots of a word, and returns them: without those with many references.
    fn mark_held(&self, table: &Table, word: usize) -> u64 {
        let held = table.side().held_from_outside(word);
        table.side().mark_word(word, held);
        held
    }

    /// Marks the roots among those with many references; returns whether these are all.
    fn root_many(&self, pace: &Pace) -> bool {
        loop {
            if pace.is_spent() {
                return false;
            }
            let Some(place) = self.many.borrow_mut().pop() else { return true };
            pace.spend(1);
            let (number, entry) = (place >> 16, (place & 0xFFFF) as usize);
            // It may have died since it was entered, and its chunk may have gone.
            if let Some(table) = &self.tables[number as usize]
                && table.side().is_subject(entry)
            {
                let object = table.object(entry);
                let wraps = self.wraps.borrow().get(&object).copied().unwrap_or(0);
                let inside = 256 * i64::from(wraps) - i64::from(table.side().settle(entry));
                if i64::from(count(header(&object))) > inside {
                    self.mark_one(object);
                }
            }
        }
    }
}
