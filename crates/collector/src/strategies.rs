//! The strategies, one file each.

mod full;
mod generational;
mod incremental;
mod mark_sweep;
mod paced;
mod recycler;
mod refcount_only;

pub use full::Full;
pub use generational::Generational;
pub use incremental::Incremental;
pub use mark_sweep::MarkSweep;
pub use paced::Paced;
pub use recycler::Recycler;
pub use refcount_only::RefcountOnly;
