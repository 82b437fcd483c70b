//! Every program up to a length, over a small alphabet.
//!
//! What random search finds rarely, exhaustive search of small programs finds surely, and where it finds
//! nothing up to a length, nothing is there. The alphabets hold few variables and one field; finalizer and
//! callback are parameters, one kind at a time.
//!
//! No program comes twice, by construction: an operation is used only where repair leaves it alone, and a
//! variable only once all lower ones of its kind and frame have been bound (the others are renamings).
//!
//! | alphabet | letters | programs up to 4 | up to 5 | up to 6 | up to 7 | up to 8 |
//! |---|---|---|---|---|---|---|
//! | [`cycles`] | 15 | 1 565 | 15 394 | 163 705 | 1 848 312 | 21 813 385 |
//! | [`generations`] | 11 | 2 439 | 19 844 | 171 213 | 1 546 958 | 14 484 623 |
//! | [`frames`] | 12 | 1 159 | 10 878 | 107 264 | 1 085 618 | 11 159 054 |
//!
//! At a microsecond an operation, up to 5 takes a fraction of a second (for tests), up to 7 some 15 seconds
//! for an alphabet. The enumeration itself takes 0.2 µs a program.

use crate::bindings::Bindings;
use crate::op::{Callback, Finalizer, Op, Var};
use crate::operands::Role;
use crate::program::Program;

const A: Var = Var::Global(0);
const B: Var = Var::Global(1);
const P: Var = Var::Local(0);

/// Letters for two nodes that may form cycles, one ref, and a full collection.
#[must_use]
pub fn cycles(finalizer: Finalizer, callback: Option<Callback>) -> Vec<Op> {
    vec![
        Op::Alloc { dst: A, fields: 1, finalizer },
        Op::Alloc { dst: B, fields: 1, finalizer },
        Op::Store { node: A, field: 0, src: A },
        Op::Store { node: A, field: 0, src: B },
        Op::Store { node: B, field: 0, src: A },
        Op::Clear { node: A, field: 0 },
        Op::Delete { var: A },
        Op::Delete { var: B },
        Op::Ref { dst: A, node: A, callback },
        Op::Ref { dst: A, node: B, callback },
        Op::StoreRef { node: A, src: A },
        Op::DeleteRef { var: A },
        Op::Deref { dst: A, src: A },
        Op::Saved { dst: A },
        Op::Collect { generation: 2 },
    ]
}

/// Letters for automatic collections and for survivors that grow old.
#[must_use]
pub fn generations(finalizer: Finalizer) -> Vec<Op> {
    vec![
        Op::SetThreshold { thresholds: [1, 1, 1] },
        Op::Alloc { dst: A, fields: 1, finalizer },
        Op::Alloc { dst: B, fields: 1, finalizer },
        Op::Store { node: A, field: 0, src: A },
        Op::Store { node: B, field: 0, src: A },
        Op::Delete { var: A },
        Op::Copy { dst: A, src: B },
        Op::Collect { generation: 0 },
        Op::Collect { generation: 1 },
        Op::Freeze,
        Op::Unfreeze,
    ]
}

/// Letters for function frames: what dies at a return, and in which order.
#[must_use]
pub fn frames(finalizer: Finalizer) -> Vec<Op> {
    vec![
        Op::Push,
        Op::Pop,
        Op::Alloc { dst: A, fields: 1, finalizer },
        Op::Alloc { dst: P, fields: 1, finalizer },
        Op::Copy { dst: A, src: P },
        Op::Copy { dst: P, src: A },
        Op::Store { node: P, field: 0, src: P },
        Op::Store { node: A, field: 0, src: P },
        Op::Delete { var: A },
        Op::Delete { var: P },
        Op::Saved { dst: P },
        Op::Collect { generation: 2 },
    ]
}

/// An iterator over all programs up to a length; each ends with a census, after which open frames are closed.
///
/// ```
/// use gleaner_program::exhaustive::{Exhaustive, cycles};
/// use gleaner_program::{Finalizer, Op};
///
/// let programs: Vec<_> = Exhaustive::new(cycles(Finalizer::None, None), 1).collect();
/// // Nothing; a node; what else can stand first.
/// assert_eq!(programs[0].ops(), [Op::Census]);
/// assert_eq!(programs.len(), 4);
/// ```
#[derive(Clone, Debug)]
pub struct Exhaustive {
    letters: Vec<Op>,
    longest: usize,
    /// The path to the program that came last: for each operation its letter.
    path: Vec<usize>,
    /// The bindings before each operation of the path, and after the last; empty before the first program.
    states: Vec<State>,
}

#[derive(Clone, Debug)]
struct State {
    bindings: Bindings,
    /// How many global nodes and refs have ever been bound.
    bound: [u8; 2],
}

impl Exhaustive {
    /// Returns all programs of at most `longest` of the letters, besides the final census.
    #[must_use]
    pub fn new(letters: Vec<Op>, longest: usize) -> Exhaustive {
        Exhaustive { letters, longest, path: Vec::with_capacity(longest), states: Vec::new() }
    }

    /// Extends the path by the first letter from `from` on that can stand there.
    fn extend(&mut self, from: usize) -> bool {
        let Some(state) = self.states.last() else { return false };
        for (letter, &op) in self.letters.iter().enumerate().skip(from) {
            if let Some(next) = state.after(op) {
                self.path.push(letter);
                self.states.push(next);
                return true;
            }
        }
        false
    }

    fn program(&self) -> Program {
        let census = std::iter::once(Op::Census);
        Program::new(self.path.iter().map(|&letter| self.letters[letter]).chain(census))
    }
}

impl State {
    /// Returns the state after `op`, if it can stand here as it is.
    fn after(&self, op: Op) -> Option<State> {
        let mut next = self.clone();
        if next.bindings.admit(op) != Some(op) {
            return None;
        }
        let mut in_order = true;
        op.each_var(|operand| {
            if let (Role::Write, Var::Global(index)) = (operand.role, operand.var) {
                let bound = &mut next.bound[operand.kind as usize];
                in_order &= index <= *bound;
                *bound = (*bound).max(index + 1);
            }
        });
        in_order.then_some(next)
    }
}

impl std::iter::FusedIterator for Exhaustive {}

impl Iterator for Exhaustive {
    type Item = Program;

    /// Depth first: a program before its continuations, letters in order.
    fn next(&mut self) -> Option<Program> {
        if self.states.is_empty() {
            self.states.push(State { bindings: Bindings::new(), bound: [0; 2] });
            return Some(self.program());
        }
        let mut from = if self.path.len() < self.longest { 0 } else { usize::MAX };
        while !self.extend(from) {
            let Some(letter) = self.path.pop() else {
                // Without letters nothing follows, however often it is asked for.
                self.letters.clear();
                return None;
            };
            self.states.pop();
            from = letter + 1;
        }
        Some(self.program())
    }
}
