//! Live objects in order of allocation.
//!
//! A ring of two-edge nodes, linked in the order in which they were made, held by one root. Several full collections find
//! that everything lives. It shows what a collector pays per live object when memory is friendly: tables and syntax trees
//! that were loaded at once look like this.

use super::{About, NOTHING, collect_live, end, make_ring};
use crate::meter::{Meter, Phase};
use crate::subject::{Abilities, Subject};

pub(super) const ABOUT: About = About {
    name: "live-ring",
    summary: "full collections of a live ring in order of allocation; an operation is an object looked at",
    objects: 1_000_000,
    needs: Abilities { cycles: true, deep: true, ..NOTHING },
};

pub(super) fn run<S: Subject + ?Sized>(subject: &mut S, objects: usize, meter: &mut Meter<'_>) {
    meter.begin_phase(Phase::Build, subject);
    make_ring(subject, objects, meter);
    meter.live(objects);

    collect_live(subject, objects, meter);
    end(subject, meter);
}
