//! The workloads: what collectors are compared on, each written once against [`Subject`].
//!
//! A workload builds a graph (`Phase::Build`), does what it is about (`Phase::Work`) and lets everything go
//! (`Phase::End`). It says how many objects it made and how many of them live, so that a subject that frees too much or
//! too little is caught. Random choices come from [`Random`] and are the same in every run; the
//! same graphs are in `benches/python/workloads`.

mod alloc_drop;
mod binary_trees;
mod cache;
mod churn;
mod clone_drop;
mod closures;
mod dead_pairs;
mod dead_ring;
mod gcbench;
mod hub;
mod live_random;
mod live_ring;
mod recursion;
mod requests;
mod tree;
mod trees;
mod weak_upgrade;

use crate::meter::{Meter, Phase};
use crate::random::Random;
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
    LiveRandom = live_random,
    Tree = tree,
    DeadPairs = dead_pairs,
    DeadRing = dead_ring,
    Churn = churn,
    Hub = hub,
    Requests = requests,
    Cache = cache,
    Closures = closures,
    Recursion = recursion,
    BinaryTrees = binary_trees,
    GcBench = gcbench,
    AllocDrop = alloc_drop,
    CloneDrop = clone_drop,
    WeakUpgrade = weak_upgrade,
}

/// How often what lives is collected.
const COLLECTIONS: usize = 5;

/// What a workload needs of a subject.
const NOTHING: Abilities = Abilities { cycles: false, weak: false, deep: false };

/// Makes a number of two-edge objects, one in each of the first slots.
fn make_nodes<S: Subject + ?Sized>(subject: &mut S, objects: usize, meter: &mut Meter<'_>) {
    for slot in 0..objects {
        subject.make(slot, 2);
        subject.safepoint();
    }
    meter.made(objects);
}

/// Makes a ring in the first slots, in order: the first edge of each refers to the next.
fn make_ring<S: Subject + ?Sized>(subject: &mut S, objects: usize, meter: &mut Meter<'_>) {
    subject.resize(objects);
    make_nodes(subject, objects, meter);
    for slot in 0..objects {
        subject.link(slot, 0, (slot + 1) % objects);
    }
    subject.resize(1);
}

/// Makes a graph that the first slot holds: the first edges of all nodes form one random cycle, the second ones are random.
fn make_random_graph<S: Subject + ?Sized>(subject: &mut S, objects: usize, meter: &mut Meter<'_>) {
    subject.resize(objects);
    make_nodes(subject, objects, meter);
    let mut random = Random::new();
    let order = random.permutation(objects);
    for index in 0..objects {
        subject.link(order[index], 0, order[(index + 1) % objects]);
        subject.link(order[index], 1, random.below(objects));
    }
    subject.resize(1);
}

/// Full collections of what lives; an operation is an object looked at.
fn collect_live<S: Subject + ?Sized>(subject: &mut S, objects: usize, meter: &mut Meter<'_>) {
    meter.begin_phase(Phase::Work, subject);
    for _ in 0..COLLECTIONS {
        subject.collect();
        meter.ops(objects);
    }
}

/// Lets everything go and collects it: the last phase of every workload.
fn end<S: Subject + ?Sized>(subject: &mut S, meter: &mut Meter<'_>) {
    meter.begin_phase(Phase::End, subject);
    subject.resize(0);
    subject.resize_weak(0);
    subject.collect();
    meter.live(0);
}
