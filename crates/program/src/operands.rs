//! One walk over the variables of an operation, so that repair, text, generation and shrinking need not
//! know the shape of every operation.

use crate::op::{Op, Var};

/// What a variable holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A node or nil.
    Node,
    /// A ref or nil.
    Ref,
}

/// What an operation does with a variable.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// Reads it: it must be bound.
    Read,
    /// Binds it.
    Write,
    /// Unbinds it: it must be bound.
    Delete,
}

/// One variable of an operation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Operand {
    /// What it holds.
    pub kind: Kind,
    /// What the operation does with it.
    pub role: Role,
    /// Which it is.
    pub var: Var,
}

impl Op {
    /// Returns the operation with each variable replaced by what `f` makes of it, or `None` as soon as `f` does.
    ///
    /// Reads come before writes, as in execution.
    #[inline]
    pub fn map_vars(self, mut f: impl FnMut(Operand) -> Option<Var>) -> Option<Op> {
        use Kind::{Node, Ref};
        use Role::{Delete, Read, Write};
        let mut of = |kind, role, var| f(Operand { kind, role, var });
        Some(match self {
            Op::Alloc { dst, fields, finalizer } => {
                Op::Alloc { dst: of(Node, Write, dst)?, fields, finalizer }
            }
            Op::Copy { dst, src } => {
                let src = of(Node, Read, src)?;
                Op::Copy { dst: of(Node, Write, dst)?, src }
            }
            Op::Delete { var } => Op::Delete { var: of(Node, Delete, var)? },
            Op::Store { node, field, src } => {
                let src = of(Node, Read, src)?;
                Op::Store { node: of(Node, Read, node)?, field, src }
            }
            Op::Clear { node, field } => Op::Clear { node: of(Node, Read, node)?, field },
            Op::Load { dst, node, field } => {
                let node = of(Node, Read, node)?;
                Op::Load { dst: of(Node, Write, dst)?, node, field }
            }
            Op::Ref { dst, node, callback } => {
                let node = of(Node, Read, node)?;
                Op::Ref { dst: of(Ref, Write, dst)?, node, callback }
            }
            Op::Deref { dst, src } => {
                let src = of(Ref, Read, src)?;
                Op::Deref { dst: of(Node, Write, dst)?, src }
            }
            Op::CopyRef { dst, src } => {
                let src = of(Ref, Read, src)?;
                Op::CopyRef { dst: of(Ref, Write, dst)?, src }
            }
            Op::DeleteRef { var } => Op::DeleteRef { var: of(Ref, Delete, var)? },
            Op::StoreRef { node, src } => {
                let src = of(Ref, Read, src)?;
                Op::StoreRef { node: of(Node, Read, node)?, src }
            }
            Op::ClearRef { node } => Op::ClearRef { node: of(Node, Read, node)? },
            Op::LoadRef { dst, node } => {
                let node = of(Node, Read, node)?;
                Op::LoadRef { dst: of(Ref, Write, dst)?, node }
            }
            Op::Saved { dst } => Op::Saved { dst: of(Node, Write, dst)? },
            Op::Which { var } => Op::Which { var: of(Node, Read, var)? },
            Op::WhichRef { var } => Op::WhichRef { var: of(Ref, Read, var)? },
            Op::Refcount { var } => Op::Refcount { var: of(Node, Read, var)? },
            Op::RefcountRef { var } => Op::RefcountRef { var: of(Ref, Read, var)? },
            Op::WeakrefCount { var } => Op::WeakrefCount { var: of(Node, Read, var)? },
            Op::IsTracked { var } => Op::IsTracked { var: of(Node, Read, var)? },
            Op::IsFinalized { var } => Op::IsFinalized { var: of(Node, Read, var)? },
            Op::Alive { src } => Op::Alive { src: of(Ref, Read, src)? },
            Op::Push
            | Op::Pop
            | Op::Collect { .. }
            | Op::Enable
            | Op::Disable
            | Op::IsEnabled
            | Op::SetThreshold { .. }
            | Op::GetThreshold
            | Op::Freeze
            | Op::Unfreeze
            | Op::FreezeCount
            | Op::Count
            | Op::Stats
            | Op::Census => self,
        })
    }

    /// Calls `f` with each variable of the operation, reads before writes.
    #[inline]
    pub fn each_var(&self, mut f: impl FnMut(Operand)) {
        let same = self.map_vars(|operand| {
            f(operand);
            Some(operand.var)
        });
        debug_assert_eq!(same, Some(*self));
    }
}
