//! A pass over the whole heap by side tables: which objects does nothing outside reach?
//!
//! 1. *count*: go through all objects in order of address, and count in the side tables the references from objects to
//!    objects;
//! 2. *root*: go through them again. One with more references than were counted is referred to from outside: from a
//!    variable, a handle, a frame. It is a root: marked, and grey;
//! 3. *mark*: as long as there is a page with grey objects, look at those of the page, in order of address, and make grey
//!    what they refer to and was not marked;
//! 4. what is not marked now is unreachable.
//!
//! No stack and no queue of objects: the grey bits are the queue, and the pages with grey objects stand in line. A random
//! graph fills a page's bits faster than its turn comes, so its objects are read in order of address, which the memory
//! likes; and the memory for all of it is known at the start. A page stands in line once at most.
//!
//! Every phase can stop after each object and go on later ([`Pace`]); what makes that sound while the program runs in
//! between is told in `strategies/paced.rs`. The *subjects* are the objects with stamps above `floor` (what is frozen) and
//! up to `ceiling` (what is new since the pass began).

use core::cell::{Cell, RefCell};
use core::ptr::NonNull;
use std::collections::VecDeque;

use gleaner_object::edges::prefetch;
use gleaner_object::{Address, Chunk, Header, TypeRecord, Visitor};
use gleaner_refcount::{count, is_immortal};
use hashbrown::HashMap;

use crate::pace::Pace;
use crate::side::Side;
use crate::space::{Region, Space, Span};
use crate::{NoRoom, header};

/// A pass over the whole heap.
pub(crate) struct Marking {
    owner: *const (),
    floor: u32,
    ceiling: u32,
    /// The tables; none where a chunk has gone.
    sides: Vec<Option<(Region, NonNull<Side>)>>,
    /// The pages in line, each as the number of its table times 64 and its own.
    line: RefCell<VecDeque<u32>>,
    /// The page at the head of the line that was begun: where to go on.
    begun: Cell<Option<(u32, usize)>>,
    /// The references beyond 255 that objects have, and the last of these objects.
    overflow: RefCell<HashMap<Address, u32>>,
    cursor: RefCell<Cursor>,
    /// Objects looked at in the phase of counting.
    pub(crate) subjects: Cell<u64>,
    /// There was no memory for an overflow.
    full: Cell<bool>,
}

/// Where a walk over all objects stands.
#[derive(Default)]
struct Cursor {
    region: usize,
    spans: Option<Vec<Span>>,
    span: usize,
    word: usize,
    /// The blocks of the word that were seen to.
    done: u64,
}

impl Marking {
    /// Begins a pass: hangs a side table on every chunk.
    ///
    /// # Errors
    /// [`NoRoom`] if there is no memory.
    pub(crate) fn new(
        owner: *const (),
        space: &dyn Space,
        floor: u32,
        ceiling: u32,
    ) -> Result<Marking, NoRoom> {
        let mut marking = Marking {
            owner,
            floor,
            ceiling,
            sides: Vec::new(),
            line: RefCell::default(),
            begun: Cell::new(None),
            overflow: RefCell::default(),
            cursor: RefCell::default(),
            subjects: Cell::new(0),
            full: Cell::new(false),
        };
        let mut result = Ok(());
        space.each_region(&mut |region| {
            if result.is_ok() {
                result = marking.add(region);
            }
        });
        result.map(|()| marking)
    }

    fn add(&mut self, region: Region) -> Result<(), NoRoom> {
        self.sides.try_reserve(1).map_err(|_| NoRoom)?;
        self.line.get_mut().try_reserve(64 * (self.sides.len() + 1)).map_err(|_| NoRoom)?;
        let side = Side::hang(self.owner, self.sides.len() as u32, &region)?;
        self.sides.push(Some((region, side)));
        Ok(())
    }

    /// Tells whether an object's stamp makes it a subject.
    #[inline(always)]
    pub(crate) fn concerns(&self, header: &Header) -> bool {
        let stamp = header.stamp();
        stamp > self.floor && stamp <= self.ceiling
    }

    /// Walks over the subjects from where the walk stands, a batch at a time; `visit` gets the type, the table, and the
    /// batch, and returns how many of it it has seen to: fewer than all if the time is up. Returns whether the walk is
    /// over; the next begins at the start.
    fn walk(
        &self,
        space: &dyn Space,
        mut visit: impl FnMut(&'static TypeRecord, &Side, &[Address]) -> usize,
    ) -> bool {
        let cursor = &mut *self.cursor.borrow_mut();
        while let Some(table) = self.sides.get(cursor.region) {
            let Some((region, side)) = table else {
                *cursor = Cursor { region: cursor.region + 1, ..Cursor::default() };
                continue;
            };
            // SAFETY: C3: the tables of a pass are there until it ends.
            let side = unsafe { side.as_ref() };
            let spans = cursor.spans.get_or_insert_with(|| {
                let mut spans = Vec::with_capacity(64);
                space.each_span(region.chunk, &mut |span| spans.push(span));
                spans
            });
            while let Some(span) = spans.get(cursor.span) {
                while cursor.word < span.words() {
                    let mut batch = [NonNull::<Header>::dangling(); 64];
                    let mut numbers = [0_u8; 64];
                    let mut taken = span.taken(cursor.word) & !cursor.done;
                    let mut len = 0;
                    while taken != 0 {
                        let number = taken.trailing_zeros();
                        taken &= taken - 1;
                        let object = span.block(cursor.word * 64 + number as usize);
                        // Written whether it is a subject or not, and counted only if it is: no branch to guess.
                        batch[len] = object;
                        numbers[len] = number as u8;
                        len += usize::from(self.concerns(header(&object)));
                    }
                    let seen = visit(region.record, side, &batch[..len]);
                    if seen < len {
                        cursor.done |= (1_u64 << numbers[seen]) - 1;
                        return false;
                    }
                    cursor.done = 0;
                    cursor.word += 1;
                }
                cursor.word = 0;
                cursor.span += 1;
            }
            cursor.span = 0;
            cursor.spans = None;
            cursor.region += 1;
        }
        *cursor = Cursor::default();
        true
    }

    /// Calls `visit` with every subject, from where the walk stands; returns whether the walk is over.
    pub(crate) fn each_subject(&self, space: &dyn Space, pace: &Pace, visit: impl Fn(Address)) -> bool {
        self.walk(space, |_, _, batch| {
            for (index, object) in batch.iter().enumerate() {
                if pace.is_spent() {
                    return index;
                }
                visit(*object);
                pace.spend(1);
            }
            batch.len()
        })
    }

    /// Counts references between objects; returns whether the phase is over.
    ///
    /// # Errors
    /// [`NoRoom`] if there is no memory.
    pub(crate) fn count(&self, space: &dyn Space, pace: &Pace) -> Result<bool, NoRoom> {
        let last = Cell::new((NonNull::<Header>::dangling(), 0));
        let mut flush = |edges: &[Address]| {
            for &edge in edges {
                if let Some((side, entry)) = Side::of(self.owner, edge)
                    && side.count(entry)
                {
                    self.overflow(&last, edge);
                }
            }
            pace.spend(edges.len() as u32);
        };
        let mut visitor = Visitor::new(&mut flush);
        let over = self.walk(space, |record, _, batch| {
            let seen = trace_batch(record, batch, &mut visitor, pace);
            self.subjects.set(self.subjects.get() + seen as u64);
            seen
        });
        drop(visitor);
        self.settle(last.get());
        if self.full.get() { Err(NoRoom) } else { Ok(over) }
    }

    /// Counts a reference to an object that has 255 already. Such objects come often or never, so the last one's count is
    /// kept at hand.
    #[cold]
    fn overflow(&self, last: &Cell<(Address, u32)>, object: Address) {
        let (address, number) = last.get();
        if address == object {
            last.set((address, number + 1));
        } else {
            self.settle((address, number));
            last.set((object, 1));
        }
    }

    fn settle(&self, (object, number): (Address, u32)) {
        if number == 0 {
            return;
        }
        let mut overflow = self.overflow.borrow_mut();
        if overflow.try_reserve(1).is_err() {
            self.full.set(true);
        } else {
            *overflow.entry(object).or_insert(0) += number;
        }
    }

    /// Marks the roots, those subjects that more refers to than was counted, and those that `also` names; returns whether
    /// the phase is over.
    pub(crate) fn root(&self, space: &dyn Space, pace: &Pace, also: impl Fn(&Header) -> bool) -> bool {
        self.walk(space, |_, side, batch| {
            for (index, &object) in batch.iter().enumerate() {
                if pace.is_spent() {
                    return index;
                }
                let header = header(&object);
                let entry = side.entry(Chunk::offset(object));
                let counted = u32::from(side.counted(entry));
                let outside = if counted < 255 {
                    count(header) > counted
                } else {
                    let more = self.overflow.borrow().get(&object).copied().unwrap_or(0);
                    count(header) > counted + more
                };
                if outside || is_immortal(header) || also(header) {
                    self.grey(side, entry);
                }
                pace.spend(1);
            }
            batch.len()
        })
    }

    #[inline(always)]
    fn grey(&self, side: &Side, entry: usize) {
        if let Some(page) = side.mark(entry) {
            // There is room: every page stands in line once at most.
            self.line.borrow_mut().push_back(side.number << 6 | page as u32);
        }
    }

    /// Marks one object, if it is of this pass and was not marked.
    pub(crate) fn mark_one(&self, object: Address) {
        if let Some((side, entry)) = Side::of(self.owner, object) {
            self.grey(side, entry);
        }
    }

    /// Marks what the grey objects reach; returns whether there are none left.
    pub(crate) fn mark(&self, pace: &Pace) -> bool {
        let mut flush = |edges: &[Address]| {
            for &edge in edges {
                if let Some((side, entry)) = Side::of(self.owner, edge) {
                    self.grey(side, entry);
                }
            }
            pace.spend(edges.len() as u32);
        };
        let mut visitor = Visitor::new(&mut flush);
        loop {
            let next = self.begun.take().or_else(|| Some((self.line.borrow_mut().pop_front()?, 0)));
            let Some((place, word)) = next else { return true };
            let Some((region, side)) = &self.sides[(place >> 6) as usize] else { continue };
            // SAFETY: C3: the tables of a pass are there until it ends.
            let side = unsafe { side.as_ref() };
            let page = (place & 63) as usize;
            if word == 0 {
                side.queued.set(side.queued.get() & !(1 << page));
            }
            if let Some(word) = self.mark_page(region, side, page, word, &mut visitor, pace) {
                self.begun.set(Some((place, word)));
                return false;
            }
            visitor.flush();
            if pace.is_spent() {
                return false;
            }
        }
    }

    /// Looks at the grey objects of a page, from a word on; returns the word to go on with if the time is up.
    fn mark_page(
        &self,
        region: &Region,
        side: &Side,
        page: usize,
        from: usize,
        visitor: &mut Visitor<'_>,
        pace: &Pace,
    ) -> Option<usize> {
        let (first, entries) = side.page(page);
        let words = entries.div_ceil(64);
        // What is asked for in one turn is looked at in the next.
        let mut batch = [NonNull::<Header>::dangling(); 64];
        let mut len = 0;
        for word in from..=words {
            let ready = core::mem::replace(&mut len, 0);
            let objects = batch;
            if word < words {
                let mut grey = side.take_grey(first / 64 + word, first, entries);
                while grey != 0 {
                    let entry = (first / 64 + word) * 64 + grey.trailing_zeros() as usize;
                    grey &= grey - 1;
                    // SAFETY: C1, C3: what is marked is an object of the chunk.
                    let object = unsafe { side.object(region.chunk, entry) };
                    prefetch(object);
                    batch[len] = object;
                    len += 1;
                }
            }
            let seen = trace_batch(region.record, &objects[..ready], visitor, pace);
            if seen < ready {
                for object in objects[seen..ready].iter().chain(&batch[..len]) {
                    side.regrey(side.entry(Chunk::offset(*object)));
                }
                visitor.flush();
                return Some(word - 1);
            }
        }
        None
    }

    /// Appends the subjects that are not marked to a list, in order of address; returns whether the phase is over.
    ///
    /// # Errors
    /// [`NoRoom`] if there is no memory.
    pub(crate) fn unmarked(&self, space: &dyn Space, into: &mut Vec<Address>) -> Result<(), NoRoom> {
        let mut result = Ok(());
        self.walk(space, |_, side, batch| {
            for &object in batch {
                if !side.is_marked(side.entry(Chunk::offset(object))) {
                    match into.try_reserve(1) {
                        Ok(()) => into.push(object),
                        Err(_) => result = Err(NoRoom),
                    }
                }
            }
            batch.len()
        });
        result
    }

    /// Tells whether an object is a subject and not marked.
    pub(crate) fn is_unmarked(&self, object: Address) -> bool {
        self.concerns(header(&object))
            && Side::of(self.owner, object).is_some_and(|(side, entry)| !side.is_marked(entry))
    }

    /// Forgets the chunk of a large object, which is about to go.
    pub(crate) fn forget(&mut self, object: Address) {
        let chunk = Chunk::of(object);
        for table in &mut self.sides {
            if let Some((region, side)) = table.take_if(|(region, _)| region.chunk.as_ptr().cast_const() == chunk) {
                // SAFETY: C3: hung by `add`, and out of the tables now.
                unsafe { Side::take_down(side, region.chunk) };
            }
        }
    }
}

/// Shows the edges of some objects of a type; returns of how many: fewer than all if the time is up.
fn trace_batch(
    record: &'static TypeRecord,
    objects: &[Address],
    visitor: &mut Visitor<'_>,
    pace: &Pace,
) -> usize {
    if !pace.is_limited() {
        // SAFETY: O1, O2: these are tracked objects of the type; C2: what dies meanwhile is set aside.
        unsafe { (record.trace_all)(objects, visitor) };
        return objects.len();
    }
    for (index, &object) in objects.iter().enumerate() {
        if pace.is_spent() {
            return index;
        }
        // SAFETY: as above.
        unsafe { (record.trace)(object, visitor) };
        pace.spend(1);
    }
    objects.len()
}

impl Drop for Marking {
    fn drop(&mut self) {
        for (region, side) in self.sides.drain(..).flatten() {
            // SAFETY: C3: hung by `add`, and this is the pass's end.
            unsafe { Side::take_down(side, region.chunk) };
        }
    }
}
