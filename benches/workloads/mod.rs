//! The workloads: what collectors are compared on, each written once against [`Subject`].
//!
//! A workload builds a graph (`Phase::Build`), does what it is about (`Phase::Work`) and lets everything go
//! (`Phase::End`). It says how many objects it made and how many of them live, so that a subject that frees too much or
//! too little is caught. Random choices come from [`Random`](crate::random::Random) and are the same in every run; the
//! same graphs are in `benches/python/workloads`.

mod live_ring;

use crate::meter::Meter;
use crate::subject::{Abilities, Subject};

/// What is known of a workload before it runs.
#[derive(Clone, Copy, Debug)]
struct About {
    name: &'static str,
    summary: &'static str,
    objects: usize,
    needs: Abilities,
}

/// A workload.
#[derive(Clone, Copy, Debug)]
pub struct Workload {
    about: About,
    which: Which,
}

impl Workload {
    /// Returns its name on the command line.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.about.name
    }

    /// Returns what it does, in one line.
    #[must_use]
    pub fn summary(&self) -> &'static str {
        self.about.summary
    }

    /// Returns its default size in objects.
    #[must_use]
    pub fn objects(&self) -> usize {
        self.about.objects
    }

    /// Returns what a subject must be able to do to run it; `deep` matters from some thousand objects on.
    #[must_use]
    pub fn needs(&self) -> Abilities {
        self.about.needs
    }

    /// Tells whether a subject can run it at any size.
    #[must_use]
    pub fn suits(&self, abilities: Abilities) -> bool {
        let needs = self.about.needs;
        abilities.cycles >= needs.cycles && abilities.weak >= needs.weak && abilities.deep >= needs.deep
    }
}

/// Finds a workload by its name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Workload> {
    all().iter().find(|workload| workload.name() == name)
}

/// Returns all workloads.
#[must_use]
pub fn all() -> &'static [Workload] {
    &ALL
}

/// Writes down the list of workloads once: the variants, the table and who runs what.
macro_rules! workloads {
    ($($variant:ident = $module:ident),* $(,)?) => {
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        enum Which {
            $($variant),*
        }

        static ALL: [Workload; [$(Which::$variant),*].len()] =
            [$(Workload { about: $module::ABOUT, which: Which::$variant }),*];

        impl Workload {
            /// Runs it. The code is made for each subject, so that small operations cost no indirect call.
            pub fn run<S: Subject + ?Sized>(&self, subject: &mut S, objects: usize, meter: &mut Meter<'_>) {
                match self.which {
                    $(Which::$variant => $module::run(subject, objects, meter)),*
                }
                meter.finish(subject);
            }
        }
    };
}

workloads! {
    LiveRing = live_ring,
}
