//! The operations: what a program can ask of a memory manager.
//!
//! A program is a flat list of operations. Each has one line of Python (see [`crate::text`]), one byte
//! sequence (see [`crate::bytes`]) and one meaning (see `docs/language.md`, and `gleaner-model` for the
//! meaning written out as code).
//!
//! Words. A *node* is an object with 0 to 4 fields `f0`…`f3`, each holding a node or nil, and one more
//! field `ref` that holds a weak reference or nil. A *ref* is a weak reference object. Every variable
//! holds nil at worst: nil swallows whatever is asked of it (a store into nil does nothing, a load from nil
//! is nil), so no operation can fail for want of an object, and any sequence of operations is a program.
//!
//! Invariant: nothing here ever sees an address.

/// The number of node variables in the global frame (`a`…`h`) and in each function frame (`p`…`w`).
pub const NODE_VARS: u8 = 8;
/// The number of ref variables in the global frame (`ra`…`rd`) and in each function frame (`rp`…`rs`).
pub const REF_VARS: u8 = 4;
/// The largest number of fields of a node.
pub const MAX_FIELDS: u8 = 4;
/// The largest number of function frames open at once.
pub const MAX_DEPTH: usize = 8;
/// A node takes at most this many refs with a callback in its life; asking for more gives nil.
///
/// CPython tells watchers through a tuple of twice their number, and beyond a tuple of 19 its free lists
/// end and the collector's counts begin to depend on the driver's own temporaries.
pub const MAX_WATCHERS: u8 = 8;

/// A variable of one kind (nodes or refs): one of the global frame's or one of the current frame's.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Var {
    /// A variable of the global frame; visible from every frame.
    Global(u8),
    /// A variable of the innermost function frame; there is none at module level.
    Local(u8),
}

/// What a node does when it is finalized. The event is always logged first.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Finalizer {
    /// The node has no finalizer at all; nothing is logged.
    #[default]
    None,
    /// Logs only.
    Log,
    /// Appends itself to the list of saved nodes.
    Resurrect,
    /// Allocates a node of one field, without finalizer, and stores it in its own field 0.
    Allocate,
    /// Clears its own fields `f0`…`f3` and `ref`, in this order, then drops the newest saved node.
    Drop,
    /// Raises; reported as unraisable.
    Raise,
    /// Collects generation 2 and logs the answer.
    Collect,
}

/// What the callback of a ref does. The event is always logged first.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Callback {
    /// Logs only.
    Log,
    /// Collects generation 2 and logs the answer.
    Collect,
    /// Allocates a node without fields and appends it to the saved nodes.
    Allocate,
    /// Raises; reported as unraisable.
    Raise,
}

/// One operation.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Op {
    /// `a = node(2)` or `a = node(2, "resurrect")`: a new node of `fields` fields.
    Alloc {
        /// Where it goes.
        dst: Var,
        /// 0 to [`MAX_FIELDS`].
        fields: u8,
        /// Its finalizer.
        finalizer: Finalizer,
    },
    /// `b = a`
    Copy {
        /// Written.
        dst: Var,
        /// Read.
        src: Var,
    },
    /// `del a`
    Delete {
        /// Unbound.
        var: Var,
    },
    /// `a.f0 = b`; a field that the node does not have ignores it.
    Store {
        /// The node.
        node: Var,
        /// The field.
        field: u8,
        /// The value.
        src: Var,
    },
    /// `a.f0 = nil`
    Clear {
        /// The node.
        node: Var,
        /// The field.
        field: u8,
    },
    /// `b = a.f0`
    Load {
        /// Written.
        dst: Var,
        /// The node.
        node: Var,
        /// The field.
        field: u8,
    },
    /// Opens a function frame: in text, the body of a `def` and its call.
    Push,
    /// Closes the innermost frame: its node variables die in order `p`…`w`, then its ref variables.
    Pop,
    /// `ra = ref(a)` or `ra = ref(a, "log")`
    Ref {
        /// Written.
        dst: Var,
        /// The referent.
        node: Var,
        /// With a callback a new ref is made; without, the node's plain ref is reused (PY-41).
        callback: Option<Callback>,
    },
    /// `b = ra()`
    Deref {
        /// A node variable, written.
        dst: Var,
        /// A ref variable, read.
        src: Var,
    },
    /// `rb = ra`
    CopyRef {
        /// Written.
        dst: Var,
        /// Read.
        src: Var,
    },
    /// `del ra`
    DeleteRef {
        /// Unbound.
        var: Var,
    },
    /// `a.ref = ra`
    StoreRef {
        /// The node.
        node: Var,
        /// The ref.
        src: Var,
    },
    /// `a.ref = nil`
    ClearRef {
        /// The node.
        node: Var,
    },
    /// `ra = a.ref`
    LoadRef {
        /// Written.
        dst: Var,
        /// The node.
        node: Var,
    },
    /// `a = saved()`: pops the newest saved (resurrected) node, or nil.
    Saved {
        /// Written.
        dst: Var,
    },
    /// `collect(2)`; a generation of 3 is the invalid one (PY-7).
    Collect {
        /// 0 to 3.
        generation: u8,
    },
    /// `enable()`
    Enable,
    /// `disable()`
    Disable,
    /// `isenabled()`
    IsEnabled,
    /// `set_threshold(5, 2, 2)`
    SetThreshold {
        /// For generations 0, 1 and 2.
        thresholds: [u16; 3],
    },
    /// `get_threshold()`
    GetThreshold,
    /// `freeze()`
    Freeze,
    /// `unfreeze()`
    Unfreeze,
    /// `get_freeze_count()`: frozen nodes and refs.
    FreezeCount,
    /// `get_count()`
    Count,
    /// `get_stats()`
    Stats,
    /// `which(a)`: the node's number, or -1 for nil.
    Which {
        /// Read.
        var: Var,
    },
    /// `which(ra)`: the ref's number, or -1 for nil.
    WhichRef {
        /// Read.
        var: Var,
    },
    /// `getrefcount(a)`: without the reference of the call itself; -1 for nil.
    Refcount {
        /// Read.
        var: Var,
    },
    /// `getrefcount(ra)`
    RefcountRef {
        /// Read.
        var: Var,
    },
    /// `getweakrefcount(a)`; 0 for nil.
    WeakrefCount {
        /// Read.
        var: Var,
    },
    /// `is_tracked(a)`; 0 for nil.
    IsTracked {
        /// Read.
        var: Var,
    },
    /// `is_finalized(a)`; 0 for nil.
    IsFinalized {
        /// Read.
        var: Var,
    },
    /// `alive(ra)`: whether the referent lives; 0 for nil.
    Alive {
        /// Read.
        src: Var,
    },
    /// `census()`: every tracked object with generation, refcount and what it refers to.
    Census,
}
