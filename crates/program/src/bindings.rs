//! Which variables are bound, operation by operation.
//!
//! Bindings are static: they follow from the operations alone. A set of variables of one kind is a word of
//! bits, globals first, then the locals of the current frame; the whole state of a frame is two words.
//!
//! A local variable that a function uses anywhere is bound to nil at its start, and one that it does not use
//! is never asked for: so every local counts as bound until a `del`.

use crate::op::{MAX_DEPTH, NODE_VARS, Op, REF_VARS, Var};
use crate::operands::{Kind, Operand, Role};

/// All locals of a frame, before any `del`.
const FRESH: Scope = Scope { nodes: (1 << NODE_VARS) - 1, refs: (1 << REF_VARS) - 1 };
const UNBOUND: Scope = Scope { nodes: 0, refs: 0 };

/// The bound variables of one frame, a bit each.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Scope {
    nodes: u16,
    refs: u16,
}

impl Scope {
    #[inline]
    fn of(&mut self, kind: Kind) -> &mut u16 {
        match kind {
            Kind::Node => &mut self.nodes,
            Kind::Ref => &mut self.refs,
        }
    }
}

/// The variables bound before the next operation.
#[derive(Clone, Debug)]
pub(crate) struct Bindings {
    globals: Scope,
    locals: [Scope; MAX_DEPTH],
    depth: usize,
}

// A mask takes an index modulo the number of variables.
const _: () = assert!(NODE_VARS.is_power_of_two() && REF_VARS.is_power_of_two());

/// The number of variables of `kind` in each frame.
#[inline]
pub(crate) const fn count(kind: Kind) -> u8 {
    match kind {
        Kind::Node => NODE_VARS,
        Kind::Ref => REF_VARS,
    }
}

impl Bindings {
    /// Returns the state at the start of a program: nothing bound, no frame open.
    pub(crate) fn new() -> Bindings {
        Bindings { globals: UNBOUND, locals: [UNBOUND; MAX_DEPTH], depth: 0 }
    }

    /// Returns the number of open frames.
    pub(crate) fn depth(&self) -> usize {
        self.depth
    }

    /// Opens a frame; false, and nothing done, if [`MAX_DEPTH`] are open.
    pub(crate) fn push(&mut self) -> bool {
        let room = self.depth < MAX_DEPTH;
        if room {
            self.locals[self.depth] = FRESH;
            self.depth += 1;
        }
        room
    }

    /// Closes the innermost frame; false, and nothing done, at module level.
    pub(crate) fn pop(&mut self) -> bool {
        let open = self.depth > 0;
        self.depth -= usize::from(open);
        open
    }

    /// Returns the bound variables of `kind` as bits: globals, then locals above them.
    #[inline]
    fn bound(&self, kind: Kind) -> u16 {
        let (mut globals, mut locals) = (self.globals, UNBOUND);
        if let Some(innermost) = self.depth.checked_sub(1) {
            locals = self.locals[innermost];
        }
        *globals.of(kind) | *locals.of(kind) << count(kind)
    }

    /// Returns whether `var` may be read.
    pub(crate) fn is_bound(&self, kind: Kind, var: Var) -> bool {
        self.bound(kind) >> position(kind, var) & 1 == 1
    }

    /// Does what `operand` does to the bindings; its variable must exist here (see [`Self::nearest`]).
    #[inline]
    fn apply(&mut self, operand: Operand) {
        let (scope, index) = match operand.var {
            Var::Global(index) => (&mut self.globals, index),
            Var::Local(index) => (&mut self.locals[self.depth - 1], index),
        };
        let (bits, bit) = (scope.of(operand.kind), 1 << index);
        match operand.role {
            Role::Read => {}
            Role::Write => *bits |= bit,
            Role::Delete => *bits &= !bit,
        }
    }

    /// Returns the variable that `operand` stands for here: its index modulo what exists, a local at module
    /// level being a global; and if it must be bound but is not, the next bound one, cyclically, locals after
    /// globals. `None` if none is bound.
    #[inline]
    fn nearest(&self, operand: Operand) -> Option<Var> {
        let kind = operand.kind;
        let var = match operand.var {
            Var::Local(index) if self.depth > 0 => Var::Local(index & (count(kind) - 1)),
            Var::Global(index) | Var::Local(index) => Var::Global(index & (count(kind) - 1)),
        };
        if operand.role == Role::Write {
            return Some(var);
        }
        let (bound, at, width) = (u32::from(self.bound(kind)), position(kind, var), 2 * count(kind));
        if bound == 0 {
            return None;
        }
        // The ring written twice, so that a shift is a rotation.
        let steps = ((bound | bound << width) >> at).trailing_zeros() as u8;
        Some(variable(kind, (at + steps) & (width - 1)))
    }

    /// Returns `op` repaired for this place, and does what it does to the bindings; `None`, and nothing done,
    /// if it cannot stand here.
    #[inline]
    pub(crate) fn admit(&mut self, op: Op) -> Option<Op> {
        match op {
            Op::Push => return self.push().then_some(op),
            Op::Pop => return self.pop().then_some(op),
            _ => {}
        }
        // Reads come before writes: whoever finds nothing bound has written nothing yet.
        op.map_vars(|operand| {
            let var = self.nearest(operand)?;
            self.apply(Operand { var, ..operand });
            Some(var)
        })
    }
}

/// Returns the place of `var` in the bits of [`Bindings::bound`].
#[inline]
fn position(kind: Kind, var: Var) -> u8 {
    match var {
        Var::Global(index) => index,
        Var::Local(index) => index + count(kind),
    }
}

/// Returns the variable at a place in the bits of [`Bindings::bound`].
#[inline]
fn variable(kind: Kind, position: u8) -> Var {
    match position.checked_sub(count(kind)) {
        Some(index) => Var::Local(index),
        None => Var::Global(position),
    }
}
