//! The subjects of this workspace: Gleaner's heap under any strategy, and std's `Rc` as the yardstick without cycles.

mod gleaner;
mod rc;

pub use self::gleaner::GleanerSubject;
pub use self::rc::RcSubject;
