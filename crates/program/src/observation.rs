//! Transcripts for people: tokens as observations, observations as lines.
//!
//! A transcript may come from anywhere, a file included: what is not an observation is shown as it is, and
//! ends the reading, because where the next one would begin is then unknown.

use std::fmt;

use crate::transcript::{ANSWER, CALLBACK, CENSUS, COLLECTION, FAILED, FINALIZED, UNRAISABLE};

/// One observation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Observation<'a> {
    /// A finalizer began, of the node of this number.
    Finalized(i64),
    /// The callback of the ref of this number began.
    Callback(i64),
    /// The finalizer or callback that began last raised.
    Unraisable,
    /// A pass ended.
    Collection {
        /// The oldest generation collected.
        generation: i64,
        /// How many objects it found unreachable.
        collected: i64,
        /// The marks of the survivors.
        marks: &'a [i64],
    },
    /// What an operation answered.
    Answer(&'a [i64]),
    /// The objects, each as mark, refcount, number of edges, edges.
    Census(&'a [i64]),
    /// The operation found no memory.
    Failed,
    /// What is left of a transcript and is no observation: an unknown tag, or one cut short.
    Malformed(&'a [i64]),
}

impl<'a> Observation<'a> {
    /// Takes the first observation off `tokens`; `None` if there are none.
    ///
    /// ```
    /// use gleaner_program::observation::Observation;
    ///
    /// let mut tokens = &[1, 7, 5, 1, 0][..];
    /// assert_eq!(Observation::take(&mut tokens), Some(Observation::Finalized(7)));
    /// assert_eq!(Observation::take(&mut tokens), Some(Observation::Answer(&[0])));
    /// assert_eq!(Observation::take(&mut tokens), None);
    /// ```
    pub fn take(tokens: &mut &'a [i64]) -> Option<Observation<'a>> {
        let all = *tokens;
        if all.is_empty() {
            return None;
        }
        match Self::well_formed(all) {
            Some((observation, length)) => {
                *tokens = &all[length..];
                Some(observation)
            }
            None => {
                *tokens = &[];
                Some(Observation::Malformed(all))
            }
        }
    }

    /// Reads the first observation of `tokens` and its length.
    fn well_formed(tokens: &'a [i64]) -> Option<(Observation<'a>, usize)> {
        let (&tag, rest) = tokens.split_first()?;
        match tag {
            FINALIZED => Some((Observation::Finalized(*rest.first()?), 2)),
            CALLBACK => Some((Observation::Callback(*rest.first()?), 2)),
            UNRAISABLE => Some((Observation::Unraisable, 1)),
            COLLECTION => {
                let marks = counted(rest, 2)?;
                Some((
                    Observation::Collection { generation: rest[0], collected: rest[1], marks },
                    4 + marks.len(),
                ))
            }
            ANSWER => {
                let values = counted(rest, 0)?;
                Some((Observation::Answer(values), 2 + values.len()))
            }
            CENSUS => {
                let objects = usize::try_from(*rest.first()?).ok()?;
                let body = &rest[1..];
                // Each object takes tokens, so that a large count ends with the tokens.
                let length =
                    (0..objects).try_fold(0, |at, _| Some(at + 3 + counted(body.get(at..)?, 2)?.len()))?;
                Some((Observation::Census(&body[..length]), 2 + length))
            }
            FAILED => Some((Observation::Failed, 1)),
            _ => None,
        }
    }
}

/// Returns the tokens that follow their count, which stands at `at`.
fn counted(tokens: &[i64], at: usize) -> Option<&[i64]> {
    let count = usize::try_from(*tokens.get(at)?).ok()?;
    tokens[at + 1..].get(..count)
}

impl fmt::Display for Observation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Observation::Finalized(number) => write!(f, "finalizer of {number}"),
            Observation::Callback(number) => write!(f, "callback of {number}"),
            Observation::Unraisable => f.write_str("which raised"),
            Observation::Collection { generation, collected, marks } => {
                write!(f, "collection of generation {generation}: {collected} collected; survivors")?;
                let places = marks.iter().map(|&mark| Place(mark).to_string());
                list(f, " ", ", ", places)
            }
            Observation::Answer(values) => {
                f.write_str("answer")?;
                list(f, " ", " ", values.iter().map(i64::to_string))
            }
            Observation::Census(body) => {
                f.write_str("census:")?;
                let mut rest = *body;
                let objects = std::iter::from_fn(|| {
                    let edges = counted(rest, 2)?;
                    let (mark, refcount) = (rest[0], rest[1]);
                    rest = &rest[3 + edges.len()..];
                    let edges: Vec<String> = edges.iter().map(|&edge| Edge(edge).to_string()).collect();
                    Some(format!("{}, refcount {refcount} -> {}", Place(mark), edges.join(" ")))
                });
                list(f, " ", "; ", objects)
            }
            Observation::Failed => f.write_str("no memory"),
            Observation::Malformed(tokens) => {
                f.write_str("malformed:")?;
                list(f, " ", " ", tokens.iter().map(i64::to_string))
            }
        }
    }
}

/// Writes the items, or "none".
fn list(
    f: &mut fmt::Formatter<'_>,
    before: &str,
    between: &str,
    items: impl Iterator<Item = String>,
) -> fmt::Result {
    let mut lead = before;
    let mut any = false;
    for item in items {
        write!(f, "{lead}{item}")?;
        (lead, any) = (between, true);
    }
    if any { Ok(()) } else { write!(f, "{before}none") }
}

/// A mark.
struct Place(i64);

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in {}", self.0 >> 2, self.0 & 3)
    }
}

/// What an edge leads to.
struct Edge(i64);

impl fmt::Display for Edge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == -1 { f.write_str("nil") } else { write!(f, "{}", self.0) }
    }
}
