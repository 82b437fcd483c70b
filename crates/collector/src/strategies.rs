//! The strategies, one file each.

mod full;
mod generational;
mod mark_sweep;
mod paced;
mod refcount_only;

pub use full::Full;
pub use generational::Generational;
pub use mark_sweep::MarkSweep;
pub use paced::Paced;
pub use refcount_only::RefcountOnly;
