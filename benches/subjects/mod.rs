//! The subjects of this workspace: Gleaner's heap under any strategy, and std's `Rc` as the yardstick without cycles.

mod gleaner;
mod rc;
pub mod table;

use self::table::Table;

/// A heap under a strategy, with its table of roots.
pub type GleanerSubject = Table<gleaner::Gleaner>;
/// A table of `Rc`s.
pub type RcSubject = Table<rc::StdRc>;
