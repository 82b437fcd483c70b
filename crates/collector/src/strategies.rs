//! The strategies, one file each.

mod generational;
mod mark_sweep;
mod refcount_only;

pub use generational::Generational;
pub use mark_sweep::MarkSweep;
pub use refcount_only::RefcountOnly;
