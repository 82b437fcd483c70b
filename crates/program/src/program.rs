//! A program: a sequence of operations that mean something as they stand.
//!
//! **Repair.** Any sequence of operations becomes a program, and a program becomes itself. Operation by
//! operation, with the bindings before it known (module `bindings`):
//!
//! 1. A field, a number of fields, a generation and a variable's index are taken modulo what exists; a local
//!    variable at module level is the global one of the same index.
//! 2. An unbound variable that is read or deleted becomes the next bound one of its kind, cyclically, the
//!    locals after the globals; if none is bound the operation is dropped.
//! 3. A `Push` beyond [`MAX_DEPTH`](crate::op::MAX_DEPTH) and a `Pop` at module level are dropped.
//! 4. Frames that are open at the end are closed.

use crate::bindings::Bindings;
use crate::op::{MAX_FIELDS, Op};

/// A repaired sequence of operations.
///
/// ```
/// use gleaner_program::{Op, Program, Var};
///
/// let (a, b) = (Var::Global(0), Var::Global(1));
/// // Nothing is bound: there is nothing to copy. Then `b` is unbound, and `a` the next that is not.
/// let program = Program::new([
///     Op::Copy { dst: b, src: a },
///     Op::Saved { dst: a },
///     Op::Which { var: b },
///     Op::Push,
/// ]);
/// assert_eq!(program.ops(), [Op::Saved { dst: a }, Op::Which { var: a }, Op::Push, Op::Pop]);
/// assert_eq!(Program::new(program.ops().iter().copied()), program);
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Program {
    /// Repaired: `Program::new(ops)` holds the same operations.
    ops: Vec<Op>,
}

impl Program {
    /// Makes a program of any operations, by repair.
    ///
    /// # Complexity
    /// Linear.
    pub fn new(ops: impl IntoIterator<Item = Op>) -> Program {
        let ops = ops.into_iter();
        let mut repaired = Vec::with_capacity(ops.size_hint().0);
        let mut bindings = Bindings::new();
        repaired.extend(ops.filter_map(|op| bindings.admit(in_range(op))));
        repaired.extend((0..bindings.depth()).map(|_| Op::Pop));
        Program { ops: repaired }
    }

    /// Returns the operations.
    #[must_use]
    pub fn ops(&self) -> &[Op] {
        &self.ops
    }

    /// Returns the number of operations.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ops.len()
    }

    /// Returns whether there is no operation.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ops.is_empty()
    }

    /// Iterates over the operations.
    pub fn iter(&self) -> std::slice::Iter<'_, Op> {
        self.ops.iter()
    }

    /// Iterates over the operations, each with the number of frames open when it begins.
    ///
    /// ```
    /// # use gleaner_program::{Op, Program};
    /// let program = Program::new([Op::Push, Op::Census, Op::Pop, Op::Count]);
    /// let depths: Vec<usize> = program.frames().map(|(depth, _)| depth).collect();
    /// assert_eq!(depths, [0, 1, 1, 0]);
    /// ```
    pub fn frames(&self) -> impl Iterator<Item = (usize, &Op)> {
        self.ops.iter().scan(0, |depth: &mut usize, op| {
            let before = *depth;
            match op {
                Op::Push => *depth += 1,
                Op::Pop => *depth -= 1,
                _ => {}
            }
            Some((before, op))
        })
    }
}

impl<'a> IntoIterator for &'a Program {
    type Item = &'a Op;
    type IntoIter = std::slice::Iter<'a, Op>;

    fn into_iter(self) -> Self::IntoIter {
        self.ops.iter()
    }
}

impl FromIterator<Op> for Program {
    fn from_iter<T: IntoIterator<Item = Op>>(ops: T) -> Program {
        Program::new(ops)
    }
}

/// Takes the fields, their number and the generation modulo what exists.
#[inline]
fn in_range(op: Op) -> Op {
    match op {
        Op::Alloc { dst, fields, finalizer } => {
            Op::Alloc { dst, fields: fields % (MAX_FIELDS + 1), finalizer }
        }
        Op::Store { node, field, src } => Op::Store { node, field: field % MAX_FIELDS, src },
        Op::Clear { node, field } => Op::Clear { node, field: field % MAX_FIELDS },
        Op::Load { dst, node, field } => Op::Load { dst, node, field: field % MAX_FIELDS },
        Op::Collect { generation } => Op::Collect { generation: generation % 4 },
        _ => op,
    }
}
