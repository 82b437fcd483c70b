//! What a pass by side tables does to objects of one type: loops in which the compiler knows the type, and what is done with
//! each edge. A pass calls one of them through a pointer for many objects, and not for each.

use core::ptr::NonNull;

use crate::edges::{Count, Edges, Look, Looking, Mark, MarkPage, Rescue, Visit};
use crate::header::Address;
use crate::record::TypeRecord;
use crate::shelf::{Chunk, shelf_of};
use crate::side::{Side, ones};
use crate::sides::Sides;
use crate::trace::Trace;

/// Shows the references of some of 64 objects side by side.
type Row = unsafe fn(&Sides, Address, usize, u64, &mut Edges<'_>);

/// The loops for a type.
pub struct Typed {
    rows: [Row; 4],
    chase: unsafe fn(&Sides, Address, u32, &mut Edges<'_>) -> u32,
    in_order: unsafe fn(&Sides, &Side, NonNull<Chunk>, usize, &mut Edges<'_>),
}

impl Typed {
    pub(crate) const fn of<T: Trace>() -> Typed {
        Typed {
            rows: [row::<T, Count>, row::<T, Mark>, row::<T, MarkPage>, row::<T, Rescue>],
            chase: chase::<T>,
            in_order: in_order::<T>,
        }
    }

    /// Shows every reference of each of those of 64 objects side by side, so many bytes apart, whose bit is set, in order.
    ///
    /// # Safety
    /// O1 and O2 must hold for each of them, of the type, and their values must not have been dropped.
    #[inline]
    pub unsafe fn row(
        &self,
        sides: &Sides,
        visit: Visit,
        (first, stride): (Address, usize),
        which: u64,
        edges: &mut Edges<'_>,
    ) {
        // SAFETY: by contract.
        unsafe { self.rows[visit as usize](sides, first, stride, which, edges) };
    }

    /// Shows the references of a grey object that [`Side::begin_trace`] has been asked about, marks what they refer to, and
    /// goes on with the grey objects among that, the last first, as long as they are of the same type, for at most so many
    /// objects. What it does not come to is kept. Returns the number of objects.
    ///
    /// # Safety
    /// O1 and O2 must hold for the object, of the type, and for all that have a table of the pass.
    #[inline]
    pub unsafe fn chase(&self, sides: &Sides, first: Address, most: u32, edges: &mut Edges<'_>) -> u32 {
        // SAFETY: by contract.
        unsafe { (self.chase)(sides, first, most, edges) }
    }

    /// Goes through the subjects of a word in order: those that are marked, also by one just before, show their references,
    /// to be rescued; the others are noted as traced.
    ///
    /// # Safety
    /// O1 and O2 must hold for each of them, of the type; the table hangs on the chunk.
    #[inline]
    pub unsafe fn in_order(
        &self,
        sides: &Sides,
        side: &Side,
        chunk: NonNull<Chunk>,
        word: usize,
        edges: &mut Edges<'_>,
    ) {
        // SAFETY: by contract.
        unsafe { (self.in_order)(sides, side, chunk, word, edges) };
    }
}

unsafe fn row<T: Trace, L: Look>(
    sides: &Sides,
    first: Address,
    stride: usize,
    which: u64,
    edges: &mut Edges<'_>,
) {
    let mut visitor = Looking::<L>::new(sides, edges);
    for number in ones(which) {
        // SAFETY: by the caller; the object lies in the row.
        unsafe { TypeRecord::value::<T>(first.byte_add(number * stride)) }.trace(&mut visitor);
    }
    visitor.end();
}

unsafe fn chase<T: Trace>(sides: &Sides, first: Address, most: u32, edges: &mut Edges<'_>) -> u32 {
    // SAFETY: O2 by the caller.
    let shelf = unsafe { shelf_of(first) };
    let (mut object, mut traced) = (first, 0);
    loop {
        let mut visitor = Looking::<Mark>::new(sides, edges);
        // SAFETY: by the caller; what lies on the same shelf is of the type.
        unsafe { TypeRecord::value::<T>(object) }.trace(&mut visitor);
        visitor.end();
        traced += 1;
        object = loop {
            let Some(next) = edges.pop() else { return traced };
            // SAFETY: O2 by the caller: what was marked has a table.
            if traced >= most || !core::ptr::eq(shelf, unsafe { shelf_of(next) }) {
                edges.take_back_pop();
                return traced;
            }
            if sides.find(next).is_some_and(|(side, entry)| side.begin_trace(entry)) {
                break next;
            }
        };
    }
}

unsafe fn in_order<T: Trace>(
    sides: &Sides,
    side: &Side,
    chunk: NonNull<Chunk>,
    word: usize,
    edges: &mut Edges<'_>,
) {
    let mut visitor = Looking::<Rescue>::new(sides, edges);
    // SAFETY: by the caller.
    unsafe { side.each_in_order(chunk, word, |object| TypeRecord::value::<T>(object).trace(&mut visitor)) };
    visitor.end();
}

#[cfg(test)]
mod tests {
    use core::cell::Cell;
    use std::collections::HashSet;

    use super::*;
    use crate::edges::Visitor;
    use crate::header::{Flags, Header};
    use crate::shelf::Yard;
    use crate::side::Grid;

    /// An object with two references.
    struct Node([Cell<Option<Address>>; 2]);

    impl Trace for Node {
        fn trace(&self, visitor: &mut impl Visitor) {
            self.0.iter().filter_map(Cell::get).for_each(|edge| visitor.edge(edge));
        }
    }

    fn node(yard: &Yard<Node>) -> Address {
        yard.put(Header::new(1, Flags::default()), Node([const { Cell::new(None) }; 2]))
    }

    /// Two lists, one after the other held by the first's head, are chased to their ends, whoever is asked how often; what a
    /// chase does not come to is kept, and so is what lies elsewhere.
    #[test]
    fn a_chase_keeps_what_it_does_not_come_to() {
        for most in [1, 2, 3, 7, u32::MAX] {
            let (yard, other) = (Yard::<Node>::new(), Yard::<Node>::new());
            let nodes: Vec<Address> =
                (0..20).map(|number| node(if number == 12 { &other } else { &yard })).collect();
            // SAFETY: the yards are there until the end, and all objects in them are nodes.
            let edges_of = |object: Address| unsafe { &TypeRecord::value::<Node>(object).0 };
            nodes.windows(2).for_each(|pair| edges_of(pair[0])[0].set(Some(pair[1])));
            edges_of(nodes[0])[1].set(Some(nodes[15]));
            let chunks: HashSet<_> = nodes.iter().map(|node| Chunk::of(*node)).collect();
            let grid = Grid { page_shift: 14, unit: 16 };
            let sides = Sides::default();
            let hung: Vec<_> = chunks
                .into_iter()
                .map(|chunk| {
                    let chunk = NonNull::new(chunk.cast_mut()).unwrap();
                    // SAFETY: the yards are there until the tables are taken down.
                    (unsafe { sides.hang(0, chunk, grid) }.unwrap(), chunk)
                })
                .collect();
            let mut flush = |_: &[Address]| unreachable!("so few are never flushed");
            let mut edges = Edges::new(&mut flush);
            let (mut chases, mut traced) = (0, 0);
            let mut next = Some(nodes[0]);
            while let Some(object) = next {
                let (side, entry) = sides.find(object).unwrap();
                assert!(side.mark(entry) == (chases == 0), "what is kept is marked");
                if side.begin_trace(entry) {
                    chases += 1;
                    // SAFETY: all are nodes.
                    let some = unsafe { Typed::of::<Node>().chase(&sides, object, most, &mut edges) };
                    assert!(some <= most);
                    traced += some;
                }
                next = edges.pop();
            }
            assert_eq!(traced, 20, "at most {most} at a time");
            assert!(chases >= if most == u32::MAX { 3 } else { 20 / most });
            for (side, chunk) in hung {
                // SAFETY: hung above, and nobody uses them any more.
                unsafe { sides.take_down(side, chunk) };
            }
        }
    }
}
