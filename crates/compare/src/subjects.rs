//! Who takes part.
//!
//! A workload is compiled for each subject, so that small operations cost no indirect call. Hence a visitor instead of a
//! trait object.

use gleaner::StrategyKind;
use gleaner_benches::subject::Subject;
use gleaner_benches::subjects::{GleanerSubject, RcSubject};

use crate::python::Python;

/// std's counted pointer, the yardstick without cycles.
pub const RC: &str = "std Rc";

/// Somebody who runs workloads.
#[derive(Clone, Debug)]
pub enum Participant {
    /// A heap of this workspace, under a strategy.
    Gleaner(StrategyKind),
    /// Another crate's pointers.
    Peer(&'static str),
    /// A Python.
    Python(Python),
}

impl Participant {
    /// Returns all of this workspace's.
    #[must_use]
    pub fn strategies() -> Vec<Participant> {
        StrategyKind::ALL.into_iter().map(Participant::Gleaner).collect()
    }

    /// Returns the peers that are compiled in: std's `Rc`, and with the feature `rivals` other crates' collectors.
    #[must_use]
    pub fn peers() -> Vec<Participant> {
        let rivals = gleaner_rivals::all().iter().map(|rival| rival.name);
        std::iter::once(RC).chain(rivals).map(Participant::Peer).collect()
    }

    /// Returns its name: `gleaner/STRATEGY`, `python/VERSION`, or a crate's name.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Participant::Gleaner(kind) => format!("gleaner/{}", kind.facts().name),
            Participant::Peer(name) => (*name).to_string(),
            Participant::Python(python) => format!("python/{}", python.version),
        }
    }

    /// Tells whether it says itself when its collector ran, so that one run finds time and pauses.
    pub(crate) fn tells_pauses(&self) -> bool {
        !matches!(self, Participant::Peer(_))
    }
}

/// What is to be done with a subject.
pub(crate) trait Visitor {
    /// What comes of it.
    type Out;

    /// Does it, with a subject that has made nothing yet.
    fn visit<S: Subject>(self, subject: S) -> Self::Out;
}

/// Does something with the subject of a name; `None` if there is none of that name in this build.
pub(crate) fn with<V: Visitor>(name: &str, visitor: V) -> Option<V::Out> {
    if let Some(strategy) = name.strip_prefix("gleaner/") {
        let kind = StrategyKind::ALL.into_iter().find(|kind| kind.facts().name == strategy)?;
        return Some(visitor.visit(GleanerSubject::new(kind)));
    }
    if name == RC {
        return Some(visitor.visit(RcSubject::default()));
    }
    gleaner_rivals::find(name).map(|rival| rival.visit(Hand(visitor)))
}

/// Hands a rival on to a visitor.
struct Hand<V>(V);

impl<V: Visitor> gleaner_rivals::Visit for Hand<V> {
    type Output = V::Out;

    fn visit<S: Subject + 'static>(self, subject: S) -> V::Out {
        self.0.visit(subject)
    }
}
