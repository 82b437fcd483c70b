//! What a machine says: a flat sequence of integers, so that a million of them compare in no time.
//!
//! Each observation is a tag followed by its arguments. A *number* names a node or a ref: both draw from one
//! counter in the order in which their constructors *return*, beginning with 0. An object that a collection
//! meets before it has its number (it is being made) is reported under the next number.
//!
//! A *mark* is `number << 2 | generation`.

use crate::observation::Observation;

/// `FINALIZED number`: a finalizer began.
pub const FINALIZED: i64 = 1;
/// `CALLBACK number`: the callback of a ref began.
pub const CALLBACK: i64 = 2;
/// `UNRAISABLE`: the finalizer or callback that began last raised.
pub const UNRAISABLE: i64 = 3;
/// `COLLECTION generation collected n mark*n`: a pass ended; the marks of all tracked, unfrozen nodes
/// and refs, ascending.
pub const COLLECTION: i64 = 4;
/// `ANSWER n value*n`: what the operation answered.
pub const ANSWER: i64 = 5;
/// `CENSUS n (mark refcount k edge*k)*n`: ascending by mark. A node of n fields has n + 1 edges, the last
/// being its `ref`; a ref has one, its referent; an edge is a number, or -1.
pub const CENSUS: i64 = 6;
/// `FAILED`: the operation found no memory; it has done nothing.
pub const FAILED: i64 = 7;

/// The observations of one run, and where each operation's begin.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Transcript {
    /// The observations, flat.
    pub tokens: Vec<i64>,
    /// `starts[i]` is the length of `tokens` when operation `i` began; the epilogue is the last entry.
    /// Empty if the machine cannot tell (CPython).
    pub starts: Vec<u32>,
    /// `live[i]` is the number of objects that were not freed yet when operation `i` began. Empty if the machine
    /// cannot tell.
    pub live: Vec<u32>,
}

/// Returns one readable line for each observation; what is no observation ends the list as a line that says so.
///
/// ```
/// use gleaner_program::transcript::render;
///
/// let tokens = [4, 1, 2, 2, 0 << 2 | 2, 3 << 2 | 1, 5, 1, 2];
/// assert_eq!(render(&tokens), [
///     "collection of generation 1: 2 collected; survivors 0 in 2, 3 in 1",
///     "answer 2",
/// ]);
/// ```
#[must_use]
pub fn render(mut tokens: &[i64]) -> Vec<String> {
    std::iter::from_fn(|| Observation::take(&mut tokens)).map(|observation| observation.to_string()).collect()
}
