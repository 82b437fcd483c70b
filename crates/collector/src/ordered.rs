//! A pass over the whole heap by side tables, in the order of the stamps: what CPython's `deduce_unreachable` decides, and in
//! which order it lists the survivors, without a word of an object being written.
//!
//! Counting is as in `marking`, in the order of addresses. Then CPython walks its list once. An object that something outside
//! refers to, or that an object before it has reached, is reachable, and shows what it refers to; any other is put *aside*.
//! What is aside and reached later is *rescued*, and goes to the end of the list. That walk is made here over the entries of
//! the tables:
//!
//! ```text
//!  marked           held from outside, or reached
//!  traced           put aside when the walk came by
//!  newly marked, and aside before: rescued
//! ```
//!
//! The objects of a young heap lie in the order of their stamps, and the tables are simply gone through. Of any other heap a
//! list is made first: an entry's number, at its stamp's place. Under strategies whose order nobody asks for the tables are
//! always gone through, and what would be rescued stands in line with its page instead of being read at random.

use core::cell::{Cell, RefCell};

use gleaner_object::edges::prefetch;
use gleaner_object::{Address, Edges, Sides, Visit, record_of};

use crate::marking::Marking;
use crate::pace::Pace;
use crate::space::Space;
use crate::table::Table;
use crate::{NoRoom, header};

/// How many objects ahead memory is asked for.
const AHEAD: usize = 12;

/// The entries of a pass in the order of their stamps: each as one more than the number of its table times 2^16 and its own;
/// zero, where a stamp's object has left.
type Order = Vec<u32>;

impl Marking {
    /// Marks, in the order of the stamps, what is reachable; returns what was rescued, in order. The objects must have been
    /// counted.
    ///
    /// # Errors
    /// [`NoRoom`] if there is no memory.
    pub(crate) fn mark_in_order(&self, space: &dyn Space) -> Result<Vec<Address>, NoRoom> {
        self.hold();
        let rescued = RefCell::new(Vec::new());
        let full = Cell::new(false);
        let mut flush = |edges: &[Address]| {
            let mut rescued = rescued.borrow_mut();
            if rescued.try_reserve(edges.len()).is_err() {
                full.set(true);
            } else {
                rescued.extend_from_slice(edges);
            }
        };
        let mut edges = Edges::new(&mut flush);
        if self.is_ascending() {
            self.tables.iter().flatten().for_each(|table| walk_table(&self.sides, table, &mut edges));
        } else {
            self.walk_list(&self.order(space)?, &mut edges);
        }
        let mut next = 0;
        loop {
            let (object, soon) = {
                let rescued = rescued.borrow();
                (rescued.get(next).copied(), rescued.get(next + AHEAD).copied())
            };
            if let Some(soon) = soon {
                prefetch(soon);
            }
            if let Some(object) = object {
                // SAFETY: O1, O2: a subject; C2: what dies meanwhile is set aside.
                unsafe {
                    record_of(object).typed.row(&self.sides, Visit::Rescue, (object, 0), 1, &mut edges)
                };
                next += 1;
                continue;
            }
            edges.flush();
            if next == rescued.borrow().len() {
                break;
            }
        }
        drop(edges);
        if full.get() { Err(NoRoom) } else { Ok(rescued.into_inner()) }
    }

    /// Marks what is reachable, in whatever order is fast: what is reached before a walk in order of address comes by, then,
    /// page by page, the rest. The objects must have been counted.
    pub(crate) fn mark_all(&self) {
        self.hold();
        let mut flush = |passed: &[Address]| {
            for &object in passed {
                if let Some((side, entry)) = self.sides.find(object) {
                    side.set_untraced(entry / 64, 1 << (entry % 64));
                    self.queue(side, side.page_of(entry));
                }
            }
        };
        let mut edges = Edges::new(&mut flush);
        self.tables.iter().flatten().for_each(|table| walk_table(&self.sides, table, &mut edges));
        drop(edges);
        let pace = Pace::unlimited();
        // What was put aside may still be reached.
        self.each_word(&pace, |table, word| table.side().set_untraced(word, table.side().unmarked(word)));
        self.mark(&pace);
    }

    /// Lists the subjects by their stamps.
    fn order(&self, space: &dyn Space) -> Result<Order, NoRoom> {
        let (floor, ceiling) = self.range();
        let mut order: Order = Vec::new();
        order.try_reserve_exact((ceiling - floor) as usize).map_err(|_| NoRoom)?;
        order.resize((ceiling - floor) as usize, 0);
        let order = RefCell::new(order);
        self.each_subject(space, &Pace::unlimited(), |object| {
            if let Some((side, entry)) = self.sides.find(object) {
                let place = header(&object).stamp() - floor - 1;
                order.borrow_mut()[place as usize] = (side.number() << 16 | entry as u32) + 1;
            }
        });
        Ok(order.into_inner())
    }

    fn walk_list(&self, order: &Order, edges: &mut Edges<'_>) {
        let place = |number: u32| {
            let number = number.checked_sub(1)?;
            Some((self.tables.get((number >> 16) as usize)?.as_ref()?, (number & 0xFFFF) as usize))
        };
        for (index, &number) in order.iter().enumerate() {
            if let Some((table, entry)) = order.get(index + AHEAD).and_then(|number| place(*number)) {
                prefetch(table.object(entry));
            }
            let Some((table, entry)) = place(number) else { continue };
            let (word, bit) = (entry / 64, 1 << (entry % 64));
            if table.side().marked(word) & bit == 0 {
                table.side().set_traced(word, bit);
            } else {
                show(&self.sides, table, entry, edges);
            }
        }
    }
}

/// Walks over the subjects of a table in the order of their addresses.
fn walk_table(sides: &Sides, table: &Table, edges: &mut Edges<'_>) {
    for word in (0..table.side().words()).filter(|word| table.side().subjects(*word) != 0) {
        // SAFETY: O1, O2: subjects, of the type of their region; C2: what dies meanwhile is set aside.
        unsafe { table.region.record.typed.in_order(sides, table.side(), table.region.chunk, word, edges) };
    }
}

/// Shows what the object of an entry refers to.
#[inline]
fn show(sides: &Sides, table: &Table, entry: usize, edges: &mut Edges<'_>) {
    // SAFETY: O1, O2: a subject, of the type of its region; C2: what dies meanwhile is set aside.
    unsafe { table.region.record.typed.row(sides, Visit::Rescue, (table.object(entry), 0), 1, edges) };
}
