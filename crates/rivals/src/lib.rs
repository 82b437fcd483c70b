//! Other crates' garbage collectors, as subjects of the workloads.
//!
//! ```text
//!  workload ─► Subject ─┬─ Table<K>: a Vec of counted or rooted pointers ─► boa_gc, gc, rust-cc, bacon_rajan_cc,
//!                       │                                                   gcmodule, dumpster (twice)
//!                       └─ an arena whose root object holds the table ────► gc-arena
//! ```
//!
//! Each is used as its authors use it: their cells, their derive macros, their defaults, and its own idea of when to
//! collect. Those that collect only when asked are asked in `safepoint`; the file of each says how. An object is an
//! enum of two edges or any number of them: pointers to several types would take two words an edge in all of them, the
//! tag takes one word an object at most, and only with `bacon_rajan_cc` and `rust-cc` does malloc give 16 bytes more for it.
//! (An edge or slot of `gc` and `dumpster` takes two words without our doing: their pointers have no niche.)
//!
//! Without the feature `foreign` none of them is compiled, and [`all`] is empty.
//!
//! All but gc-arena keep their heap in thread locals (`dumpster/sync` in the process): two subjects of one kind in a
//! thread share it. Measure each in a process of its own. All but those whose abilities say `deep` recurse over the
//! heap when they collect or drop: give them a large stack.
//!
//! Pauses and bytes are not told: no crate has hooks, and all allocate with the system's malloc. What a call took, the
//! caller measures.
//!
//! # Invariants of unsafe code
//!
//! * **V1** Whoever writes a slot of gc-arena's table without `Gc::write` calls a forward barrier with the new pointer
//!   in the same `mutate`.

#[cfg(feature = "foreign")]
mod bacon_rajan_cc;
#[cfg(feature = "foreign")]
mod boa_gc;
#[cfg(feature = "foreign")]
mod dumpster;
#[cfg(feature = "foreign")]
mod edges;
#[cfg(feature = "foreign")]
mod gc;
#[cfg(feature = "foreign")]
mod gc_arena;
#[cfg(feature = "foreign")]
mod gcmodule;
#[cfg(feature = "foreign")]
mod pace;
#[cfg(feature = "foreign")]
mod rust_cc;

use gleaner_benches::subject::Subject;
#[cfg(feature = "foreign")]
use gleaner_benches::subjects::table::{Kind, Table};

/// A crate's collector.
#[derive(Clone, Copy, Debug)]
pub struct Rival {
    /// The crate's name; what stands behind a slash is the module of it.
    pub name: &'static str,
    /// The crate's version.
    pub version: &'static str,
    /// Makes a subject with an empty table. Each operation on it is an indirect call: measure with [`Rival::visit`].
    pub make: fn() -> Box<dyn Subject>,
    which: Which,
}

/// What is done with a subject of a type that only the rival knows.
pub trait Visit {
    /// What comes of it.
    type Output;

    /// Takes a subject with an empty table. The code is made for each.
    fn visit<S: Subject + 'static>(self, subject: S) -> Self::Output;
}

/// A subject of a crate.
#[cfg(feature = "foreign")]
trait Foreign: Subject + Default + 'static {
    const NAME: &'static str;
    const VERSION: &'static str;
}

/// Which version of a crate the pointers are of.
#[cfg(feature = "foreign")]
trait Version {
    const VERSION: &'static str;
}

#[cfg(feature = "foreign")]
impl<K: Kind + Version + Default + 'static> Foreign for Table<K> {
    const NAME: &'static str = K::NAME;
    const VERSION: &'static str = K::VERSION;
}

/// Returns the rivals of this build.
#[must_use]
pub fn all() -> &'static [Rival] {
    ALL
}

/// Returns the rival of that name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Rival> {
    ALL.iter().find(|rival| rival.name == name)
}

/// Writes down the list of rivals once.
macro_rules! rivals {
    ($($which:ident = $subject:ty),* $(,)?) => {
        #[derive(Clone, Copy, Debug)]
        enum Which {
            $($which),*
        }

        const ALL: &[Rival] = &[$(Rival {
            name: <$subject>::NAME,
            version: <$subject>::VERSION,
            make: || Box::new(<$subject>::default()),
            which: Which::$which,
        }),*];

        impl Rival {
            /// Makes a subject with an empty table and hands it over.
            #[cfg_attr(not(feature = "foreign"), expect(unused_variables, reason = "there is no rival to visit"))]
            pub fn visit<V: Visit>(&self, visitor: V) -> V::Output {
                match self.which {
                    $(Which::$which => visitor.visit(<$subject>::default())),*
                }
            }
        }
    };
}

#[cfg(not(feature = "foreign"))]
rivals!();

#[cfg(feature = "foreign")]
rivals! {
    GcArena = gc_arena::GcArena,
    BoaGc = Table<boa_gc::BoaGc>,
    Gc = Table<gc::RustGc>,
    RustCc = Table<rust_cc::RustCc>,
    BaconRajan = Table<bacon_rajan_cc::BaconRajan>,
    GcModule = Table<gcmodule::GcModule>,
    DumpsterUnsync = Table<dumpster::Unsync>,
    DumpsterSync = Table<dumpster::Sync>,
}
