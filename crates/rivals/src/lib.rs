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
//! tag takes one word an object, and only with `bacon_rajan_cc` does malloc give more for it (16 bytes).
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
#[cfg(feature = "foreign")]
mod table;

use gleaner_benches::subject::Subject;

/// A crate's collector.
#[derive(Clone, Copy, Debug)]
pub struct Rival {
    /// The crate's name; what stands behind a slash is the module of it.
    pub name: &'static str,
    /// The crate's version.
    pub version: &'static str,
    /// Makes a subject with an empty table.
    pub make: fn() -> Box<dyn Subject>,
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

#[cfg(not(feature = "foreign"))]
const ALL: &[Rival] = &[];

#[cfg(feature = "foreign")]
const ALL: &[Rival] = &[
    gc_arena::RIVAL,
    table::rival::<boa_gc::BoaGc>(),
    table::rival::<gc::RustGc>(),
    table::rival::<rust_cc::RustCc>(),
    table::rival::<bacon_rajan_cc::BaconRajan>(),
    table::rival::<gcmodule::GcModule>(),
    table::rival::<dumpster::Unsync>(),
    table::rival::<dumpster::Sync>(),
];
