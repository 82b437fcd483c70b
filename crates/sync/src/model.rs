//! The doors as a model sees them: loom.

pub use loom::sync::{Arc, Mutex, MutexGuard};
pub use loom::{hint, thread};

/// Atomic types and their orderings.
pub mod atomic {
    pub use loom::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, AtomicU64, AtomicUsize, Ordering, fence};
}

/// Cells whose accesses loom watches.
pub mod cell {
    pub use loom::cell::UnsafeCell;
}
