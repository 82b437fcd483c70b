//! Live objects in random order.
//!
//! The first edges of all nodes form one random cycle, so that everything can be reached from the one root that is kept;
//! the second edges are random. Several full collections find that everything lives. Every step of a trace is a cache
//! miss unless the collector knows better: the heap of a server that has run for a week looks like this.

use super::{About, NOTHING, collect_live, end, make_random_graph};
use crate::meter::{Meter, Phase};
use crate::subject::{Abilities, Subject};

pub(super) const ABOUT: About = About {
    name: "live-random",
    summary: "full collections of a live random graph; an operation is an object looked at",
    objects: 1_000_000,
    needs: Abilities { cycles: true, deep: true, ..NOTHING },
};

pub(super) fn run<S: Subject + ?Sized>(subject: &mut S, objects: usize, meter: &mut Meter<'_>) {
    meter.begin_phase(Phase::Build, subject);
    make_random_graph(subject, objects, meter);
    meter.live(objects);

    collect_live(subject, objects, meter);
    end(subject, meter);
}
