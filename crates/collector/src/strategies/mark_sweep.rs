//! The tutorial's algorithm: start from the roots, mark what they reach, sweep the rest. Every pass is over the whole
//! heap.
//!
//! A root is a reference from outside: a variable of a frame, a handle on the stack, anything that is not shown by a
//! `trace`. Roots are not registered anywhere; they are found by difference. Counts less internal references leave,
//! for each object, the number of references that no other object explains: where that is not zero, there is a root.
//! A pass is due when what has come anew exceeds the threshold and a quarter of what survived the last pass (the rule
//! of free-threaded CPython): passes over everything then take amortised linear time.
//!
//! From the roots the marker goes depth first with a stack of its own.

use core::cell::RefCell;

use gleaner_object::{Address, Flags, Visitor};

use crate::NoRoom;
use crate::pass::{Pass, Shared, header, trace};
use crate::strategy::{Facts, Pressure, Strategy};

/// Marks from the roots, always the whole heap.
#[derive(Clone, Copy, Debug, Default)]
pub struct MarkSweep;

const FACTS: Facts = Facts {
    name: "mark-sweep",
    finds_cycles: true,
    generational: false,
    summary: "whole heap, marked from the roots, swept in order",
};

impl Strategy for MarkSweep {
    fn facts(&self) -> &'static Facts {
        &FACTS
    }

    fn due(&self, pressure: &Pressure) -> Option<usize> {
        let new = pressure.counts[0];
        (new > pressure.thresholds[0] && u64::from(new) > pressure.long_lived_total / 4).then_some(2)
    }

    fn scope(&self, _: usize) -> Option<usize> {
        Some(2)
    }

    fn deduce(&self, pass: &mut Pass) -> Result<(), NoRoom> {
        pass.update_refs();
        pass.subtract_refs();
        let stack = Shared::default();
        roots(pass, &stack)?;
        mark(&stack)?;
        sweep(pass)
    }
}

/// Finds the roots; everything else is white.
fn roots(pass: &Pass, stack: &Shared<Address>) -> Result<(), NoRoom> {
    let mut stack = stack.borrow_mut();
    for (index, subject) in pass.subjects.iter().enumerate() {
        pass.prefetch(index);
        let Some(subject) = subject else { continue };
        if header(subject).gc_refs().get() == 0 {
            header(subject).insert(Flags::UNREACHABLE);
        } else {
            stack.try_reserve(1).map_err(|_| NoRoom)?;
            stack.push(*subject);
        }
    }
    Ok(())
}

/// Marks all that is reached from the stack.
fn mark(stack: &Shared<Address>) -> Result<(), NoRoom> {
    let room = RefCell::new(Ok(()));
    let mut flush = |edges: &[Address]| {
        let mut stack = stack.borrow_mut();
        for edge in edges {
            if !header(edge).flags().has(Flags::UNREACHABLE) {
                continue;
            }
            if stack.try_reserve(1).is_err() {
                *room.borrow_mut() = Err(NoRoom);
                return;
            }
            header(edge).remove(Flags::UNREACHABLE);
            stack.push(*edge);
        }
    };
    let mut visitor = Visitor::new(&mut flush);
    loop {
        let next = stack.borrow_mut().pop();
        match next {
            Some(object) => trace(object, &mut visitor),
            None => {
                visitor.flush();
                if stack.borrow().is_empty() {
                    break;
                }
            }
        }
    }
    drop(visitor);
    room.into_inner()
}

/// Moves what is still white away.
fn sweep(pass: &mut Pass) -> Result<(), NoRoom> {
    for index in 0..pass.subjects.len() {
        pass.prefetch(index);
        if pass.subjects[index].is_some_and(|subject| header(&subject).flags().has(Flags::UNREACHABLE)) {
            pass.doubt(index)?;
        }
    }
    Ok(())
}
