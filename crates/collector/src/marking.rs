//! A pass over the whole heap by side tables: which objects does nothing outside reach?
//!
//! 1. *count*: go through all objects in order of address, enter their counts in the side tables, and take off there the
//!    references from objects to objects;
//! 2. *root*: look at what is left, in the tables alone. An object of whose references some are left is referred to from
//!    outside: from a variable, a handle, a frame. It is a root, and marked (both: `counting.rs`);
//! 3. *mark*: as long as there is a page with grey objects, look at those of the page, in order of address, and mark what
//!    they refer to;
//! 4. what is not marked now is unreachable.
//!
//! There is no stack: the grey bits are the queue, and the pages with grey objects stand in line. A random graph fills a
//! page's bits faster than its turn comes, so its objects are read in order of address, which the memory likes; and the
//! memory for all of it is known at the start: a page stands in line once at most. Where few pages do, as with a list, the
//! objects that the visitor has at hand are looked at first.
//!
//! Every phase can stop after each object, or a few small ones, and go on later ([`Pace`]); what makes that sound while the program runs in
//! between is told in `strategies/paced.rs`. The *subjects* are the objects with stamps above `floor` (what is frozen) and
//! up to `ceiling` (what is new since the pass began), but for those of an era that the pass has begun itself (`era.rs`).

use core::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use gleaner_object::side::ones;
use gleaner_object::{Address, Chunk, Edges, Header, Side, Sides, Visit, record_of};
use hashbrown::HashMap;

use crate::pace::Pace;
use crate::space::{Region, Space, Span};
use crate::table::{Table, ask_for, trace_row};
use crate::{NoRoom, header};

/// How many pages in line are few: then objects at hand are looked at before pages.
const SHORT: usize = 16;

/// How many objects are looked at before the time is, if it is limited.
const CHASE: u32 = 8;

/// The number of the last table: two bytes, less one for those who count from one.
const MOST_TABLES: u32 = 0xFFFE;

/// A pass over the whole heap.
pub(crate) struct Marking {
    pub(crate) sides: Rc<Sides>,
    pub(crate) floor: u32,
    pub(crate) ceiling: u32,
    /// The era that subjects enter when they are counted; zero, if they keep their stamps.
    pub(crate) era: u32,
    /// The tables; none where a chunk has gone.
    pub(crate) tables: Vec<Option<Table>>,
    /// The pages in line, each as the number of its table times 64 and its own.
    line: RefCell<VecDeque<u32>>,
    /// The subjects whose references do not fit in a byte, each as the number of its table times 2^16 and its entry.
    pub(crate) many: RefCell<Vec<u32>>,
    /// How often the byte of such a subject has wrapped.
    pub(crate) wraps: RefCell<HashMap<Address, u32>>,
    cursor: RefCell<Cursor>,
    /// Objects entered.
    pub(crate) subjects: Cell<u64>,
    /// Whether their stamps have ascended so far, and the last.
    pub(crate) ascending: Cell<bool>,
    pub(crate) last: Cell<u32>,
    /// There was no memory to note something down.
    pub(crate) full: Cell<bool>,
}

/// Where a walk stands.
#[derive(Default)]
struct Cursor {
    table: usize,
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
        sides: &Rc<Sides>,
        space: &dyn Space,
        floor: u32,
        ceiling: u32,
    ) -> Result<Marking, NoRoom> {
        let mut marking = Marking::bare(sides, floor, ceiling);
        let mut result = Ok(());
        space.each_region(&mut |region| {
            if result.is_ok() {
                result = marking.add(region);
            }
        });
        result.map(|()| marking)
    }

    /// Begins a pass without any side table.
    pub(crate) fn bare(sides: &Rc<Sides>, floor: u32, ceiling: u32) -> Marking {
        Marking {
            sides: sides.clone(),
            floor,
            ceiling,
            era: 0,
            tables: Vec::new(),
            line: RefCell::default(),
            many: RefCell::default(),
            wraps: RefCell::default(),
            cursor: RefCell::default(),
            subjects: Cell::new(0),
            ascending: Cell::new(true),
            last: Cell::new(0),
            full: Cell::new(false),
        }
    }

    /// Hangs a side table on a chunk.
    ///
    /// # Errors
    /// [`NoRoom`] if there is no memory.
    pub(crate) fn add(&mut self, region: Region) -> Result<(), NoRoom> {
        self.tables.try_reserve(1).map_err(|_| NoRoom)?;
        self.line.get_mut().try_reserve(64 * (self.tables.len() + 1)).map_err(|_| NoRoom)?;
        let number = self.tables.len() as u32;
        if number > MOST_TABLES {
            return Err(NoRoom);
        }
        // SAFETY: C1, C3: the chunk is there as long as the pass, or `forget` is called.
        let side = unsafe { self.sides.hang(number, region.chunk, region.grid) }.ok_or(NoRoom)?;
        self.tables.push(Some(Table { region, side, pages: Cell::new(0) }));
        Ok(())
    }

    /// Tells whether an object's stamp makes it a subject; once it has entered the pass's era, it does no longer.
    #[inline(always)]
    pub(crate) fn concerns(&self, header: &Header) -> bool {
        self.is_in_range(header) && header.stamp() != self.era
    }

    #[inline(always)]
    fn is_in_range(&self, header: &Header) -> bool {
        header.stamp().wrapping_sub(self.floor + 1) < self.ceiling - self.floor
    }

    /// Walks over the blocks from where the walk stands, up to 64 side by side at a time. `visit` gets the table, the first
    /// block, the bytes from one to the next, and a bit for each that may hold an object; it returns those it has not seen
    /// to, if the time is up. Returns whether the walk is over; the next begins at the start.
    pub(crate) fn walk(
        &self,
        space: &dyn Space,
        mut visit: impl FnMut(&Table, Address, usize, u64) -> u64,
    ) -> bool {
        let cursor = &mut *self.cursor.borrow_mut();
        while let Some(table) = self.tables.get(cursor.table) {
            let Some(table) = table else {
                *cursor = Cursor { table: cursor.table + 1, ..Cursor::default() };
                continue;
            };
            let spans = cursor.spans.get_or_insert_with(|| {
                let mut spans = Vec::with_capacity(64);
                space.each_span(table.region.chunk, &mut |span| {
                    table.enter_span(&span);
                    spans.push(span);
                });
                spans
            });
            while let Some(span) = spans.get(cursor.span) {
                while cursor.word < span.words() {
                    let first = span.block(cursor.word * 64);
                    let taken = span.taken(cursor.word) & !cursor.done;
                    let left = if taken == 0 { 0 } else { visit(table, first, span.stride, taken) };
                    if left != 0 {
                        cursor.done = !left;
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
            cursor.table += 1;
        }
        *cursor = Cursor::default();
        true
    }

    /// Returns those of some blocks that are subjects.
    #[inline(always)]
    pub(crate) fn subjects_among(&self, first: Address, stride: usize, taken: u64) -> u64 {
        let mut subjects = 0;
        for number in ones(taken) {
            // SAFETY: C1: a block that is not free begins with a header.
            let header = unsafe { first.byte_add(number * stride).as_ref() };
            subjects |= u64::from(self.concerns(header)) << number;
        }
        subjects
    }

    /// Calls `visit` with every subject, from where the walk stands; returns whether the walk is over.
    pub(crate) fn each_subject(&self, space: &dyn Space, pace: &Pace, visit: impl Fn(Address)) -> bool {
        self.walk(space, |_, first, stride, taken| {
            let mut subjects = self.subjects_among(first, stride, taken);
            while subjects != 0 && !pace.is_spent() {
                let number = subjects.trailing_zeros() as usize;
                subjects &= subjects - 1;
                // SAFETY: C1: the block is one of the row's.
                visit(unsafe { first.byte_add(number * stride) });
                pace.spend(1);
            }
            subjects
        })
    }

    /// Tells whether the subjects counted lie in the order of their stamps.
    pub(crate) fn is_ascending(&self) -> bool {
        self.ascending.get()
    }

    /// Returns the last stamp below those of the subjects, and their last.
    pub(crate) fn range(&self) -> (u32, u32) {
        (self.floor, self.ceiling)
    }

    /// Calls `visit` with every table and the number of each of its words, from where the last call has stopped; returns
    /// whether that was all.
    pub(crate) fn each_word(&self, pace: &Pace, mut visit: impl FnMut(&Table, usize)) -> bool {
        let cursor = &mut *self.cursor.borrow_mut();
        while let Some(table) = self.tables.get(cursor.table) {
            if let Some(table) = table {
                while cursor.word < table.side().words() {
                    if pace.is_spent() {
                        return false;
                    }
                    let page = table.side().page_of(cursor.word * 64);
                    let last = table.side().page_of(cursor.word * 64 + 63).min(63);
                    let pages = table.pages.get() >> page;
                    if pages == 0 {
                        break;
                    }
                    if pages & (u64::MAX >> (63 - (last - page))) == 0 {
                        cursor.word = (table.side().page(last).1 / 64).max(cursor.word + 1);
                        continue;
                    }
                    visit(table, cursor.word);
                    pace.spend(4);
                    cursor.word += 1;
                }
            }
            cursor.word = 0;
            cursor.table += 1;
        }
        *cursor = Cursor::default();
        true
    }

    /// Lets a page stand in line, if it does not.
    #[inline]
    pub(crate) fn queue(&self, side: &Side, page: usize) {
        if !side.is_queued(page) {
            side.set_queued(page, true);
            // There is room: every page stands in line once at most.
            self.line.borrow_mut().push_back(side.number() << 6 | page as u32);
        }
    }

    /// Marks one object, if it is of this pass and was not marked.
    pub(crate) fn mark_one(&self, object: Address) {
        if let Some((side, entry)) = self.sides.find(object)
            && side.mark(entry)
        {
            self.queue(side, side.page_of(entry));
        }
    }

    /// Marks an object and, at once, what it refers to.
    pub(crate) fn mark_now(&self, object: Address) {
        self.mark_one(object);
        let mut flush = |edges: &[Address]| edges.iter().for_each(|edge| self.mark_one(*edge));
        // SAFETY: O1, O2: it has not been freed, nor its value dropped.
        unsafe { (record_of(object).trace)(object, &mut Edges::new(&mut flush)) };
    }

    /// Marks what the grey objects reach; returns whether there are none left.
    pub(crate) fn mark(&self, pace: &Pace) -> bool {
        let mut flush = |marked: &[Address]| {
            for &object in marked {
                if let Some((side, entry)) = self.sides.find(object) {
                    self.queue(side, side.page_of(entry));
                }
            }
        };
        let mut edges = Edges::new(&mut flush);
        loop {
            if pace.is_spent() {
                // What is at hand stands in line with its page when the list goes.
                return false;
            }
            if let Some(object) = edges.pop() {
                self.trace_marked(object, &mut edges, pace);
                continue;
            }
            let place = self.line.borrow_mut().pop_front();
            let Some(place) = place else { return true };
            let Some(table) = &self.tables[(place >> 6) as usize] else { continue };
            let few = self.line.borrow().len() < SHORT;
            let visit = if few { Visit::Mark } else { Visit::MarkPage };
            self.mark_page(table, (place & 63) as usize, visit, &mut edges, pace);
            if !few {
                edges.flush();
            }
        }
    }

    /// Looks at a marked object, unless its page's turn has come meanwhile, and at what it leads to.
    #[inline]
    fn trace_marked(&self, object: Address, edges: &mut Edges<'_>, pace: &Pace) {
        let Some((side, entry)) = self.sides.find(object) else { return };
        if side.begin_trace(entry) {
            let most = if pace.is_limited() { CHASE } else { u32::MAX };
            // SAFETY: O1, O2: a tracked object; C2: what dies meanwhile is set aside.
            let traced = unsafe { record_of(object).typed.chase(&self.sides, object, most, edges) };
            pace.spend(traced + edges.take_seen());
        }
    }

    /// Looks at the grey objects of a page; if the time is up before all were seen, the page stands in line again.
    fn mark_page(&self, table: &Table, page: usize, visit: Visit, edges: &mut Edges<'_>, pace: &Pace) {
        let side = table.side();
        side.set_queued(page, false);
        let (first, end) = side.page(page);
        for word in first / 64..end.div_ceil(64) {
            if word * 64 + 64 < end {
                ask_for(table, word + 1, side.grey(word + 1));
            }
            loop {
                let grey = side.grey_of_page(word, page);
                if grey == 0 {
                    break;
                }
                let lowest = grey.trailing_zeros();
                side.set_traced(word, grey);
                let row = table.object(word * 64 + lowest as usize);
                let unseen =
                    trace_row(&self.sides, table, visit, (row, side.unit()), grey >> lowest, edges, pace);
                if unseen != 0 {
                    side.set_untraced(word, unseen << lowest);
                    self.queue(side, page);
                    return;
                }
            }
        }
    }

    /// Calls `visit` with the subjects that are not marked, from where the last call has stopped; returns whether that was all.
    ///
    /// # Errors
    /// [`NoRoom`], if `visit` returns it.
    pub(crate) fn each_unmarked(
        &self,
        pace: &Pace,
        mut visit: impl FnMut(Address) -> Result<(), NoRoom>,
    ) -> Result<bool, NoRoom> {
        let mut result = Ok(());
        let over = self.each_word(pace, |table, word| {
            if result.is_ok() {
                let unmarked = table.side().unmarked(word);
                pace.spend(unmarked.count_ones());
                result = table.each_object(word, unmarked, &mut visit);
            }
        });
        result.map(|()| over)
    }

    /// Returns the number of subjects that are not marked.
    pub(crate) fn count_unmarked(&self) -> usize {
        let words = |table: &Table| {
            (0..table.side().words()).map(|word| table.side().unmarked(word).count_ones()).sum::<u32>()
        };
        self.tables.iter().flatten().map(|table| words(table) as usize).sum()
    }

    /// Tells whether an object is a subject and not marked.
    pub(crate) fn is_unmarked(&self, object: Address) -> bool {
        self.is_in_range(header(&object))
            && self.sides.find(object).is_some_and(|(side, entry)| side.is_unmarked(entry))
    }

    /// Takes an object that has died out of its table.
    pub(crate) fn leaves(&self, object: Address) {
        if let Some((side, entry)) = self.sides.find(object) {
            side.leave(entry);
        }
    }

    /// Takes down side tables; returns whether those were all.
    pub(crate) fn take_down(&mut self, pace: &Pace) -> bool {
        while let Some(table) = self.tables.pop() {
            if let Some(table) = table {
                // SAFETY: C3: hung by `add`, and out of the tables now.
                unsafe { self.sides.take_down(table.side, table.region.chunk) };
            }
            if pace.is_over() {
                return self.tables.is_empty();
            }
        }
        true
    }

    /// Forgets the chunk of a large object, which is about to go.
    pub(crate) fn forget(&mut self, object: Address) {
        let chunk = Chunk::of(object);
        for table in &mut self.tables {
            if let Some(gone) = table.take_if(|table| table.region.chunk.as_ptr().cast_const() == chunk) {
                // SAFETY: C3: hung by `add`, and out of the tables now.
                unsafe { self.sides.take_down(gone.side, gone.region.chunk) };
            }
        }
    }
}

impl Drop for Marking {
    fn drop(&mut self) {
        for table in self.tables.drain(..).flatten() {
            // SAFETY: C3: hung by `add`, and this is the pass's end.
            unsafe { self.sides.take_down(table.side, table.region.chunk) };
        }
    }
}
