//! The kinds of operation: their names, their order, one operation of each.

use crate::op::{Finalizer, Op, Var};

const V: Var = Var::Global(0);

impl Op {
    /// The names of all kinds of operation.
    pub const KINDS: [&'static str; 36] = [
        "alloc",
        "copy",
        "delete",
        "store",
        "clear",
        "load",
        "push",
        "pop",
        "ref",
        "deref",
        "copy_ref",
        "delete_ref",
        "store_ref",
        "clear_ref",
        "load_ref",
        "saved",
        "collect",
        "enable",
        "disable",
        "is_enabled",
        "set_threshold",
        "get_threshold",
        "freeze",
        "unfreeze",
        "freeze_count",
        "count",
        "stats",
        "which",
        "which_ref",
        "refcount",
        "refcount_ref",
        "weakref_count",
        "is_tracked",
        "is_finalized",
        "alive",
        "census",
    ];

    /// One operation of each kind, its operands all the first of theirs, in the order of [`Op::KINDS`].
    pub const EXAMPLES: [Op; Op::KINDS.len()] = [
        Op::Alloc { dst: V, fields: 0, finalizer: Finalizer::None },
        Op::Copy { dst: V, src: V },
        Op::Delete { var: V },
        Op::Store { node: V, field: 0, src: V },
        Op::Clear { node: V, field: 0 },
        Op::Load { dst: V, node: V, field: 0 },
        Op::Push,
        Op::Pop,
        Op::Ref { dst: V, node: V, callback: None },
        Op::Deref { dst: V, src: V },
        Op::CopyRef { dst: V, src: V },
        Op::DeleteRef { var: V },
        Op::StoreRef { node: V, src: V },
        Op::ClearRef { node: V },
        Op::LoadRef { dst: V, node: V },
        Op::Saved { dst: V },
        Op::Collect { generation: 0 },
        Op::Enable,
        Op::Disable,
        Op::IsEnabled,
        Op::SetThreshold { thresholds: [0; 3] },
        Op::GetThreshold,
        Op::Freeze,
        Op::Unfreeze,
        Op::FreezeCount,
        Op::Count,
        Op::Stats,
        Op::Which { var: V },
        Op::WhichRef { var: V },
        Op::Refcount { var: V },
        Op::RefcountRef { var: V },
        Op::WeakrefCount { var: V },
        Op::IsTracked { var: V },
        Op::IsFinalized { var: V },
        Op::Alive { src: V },
        Op::Census,
    ];

    /// Returns the name of the operation's kind.
    ///
    /// ```
    /// # use gleaner_program::Op;
    /// assert_eq!(Op::IsEnabled.kind(), "is_enabled");
    /// assert!(Op::KINDS.contains(&"alloc"));
    /// ```
    #[must_use]
    pub fn kind(&self) -> &'static str {
        Op::KINDS[self.kind_index()]
    }

    /// Returns the place of the operation's kind in [`Op::KINDS`].
    #[must_use]
    pub fn kind_index(&self) -> usize {
        match self {
            Op::Alloc { .. } => 0,
            Op::Copy { .. } => 1,
            Op::Delete { .. } => 2,
            Op::Store { .. } => 3,
            Op::Clear { .. } => 4,
            Op::Load { .. } => 5,
            Op::Push => 6,
            Op::Pop => 7,
            Op::Ref { .. } => 8,
            Op::Deref { .. } => 9,
            Op::CopyRef { .. } => 10,
            Op::DeleteRef { .. } => 11,
            Op::StoreRef { .. } => 12,
            Op::ClearRef { .. } => 13,
            Op::LoadRef { .. } => 14,
            Op::Saved { .. } => 15,
            Op::Collect { .. } => 16,
            Op::Enable => 17,
            Op::Disable => 18,
            Op::IsEnabled => 19,
            Op::SetThreshold { .. } => 20,
            Op::GetThreshold => 21,
            Op::Freeze => 22,
            Op::Unfreeze => 23,
            Op::FreezeCount => 24,
            Op::Count => 25,
            Op::Stats => 26,
            Op::Which { .. } => 27,
            Op::WhichRef { .. } => 28,
            Op::Refcount { .. } => 29,
            Op::RefcountRef { .. } => 30,
            Op::WeakrefCount { .. } => 31,
            Op::IsTracked { .. } => 32,
            Op::IsFinalized { .. } => 33,
            Op::Alive { .. } => 34,
            Op::Census => 35,
        }
    }
}
