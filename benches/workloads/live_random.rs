//! Live objects in random order.
//!
//! The first edges of all nodes form one random cycle, so that everything can be reached from the one root that is kept;
//! the second edges are random. Several full collections find that everything lives. Every step of a trace is a cache
//! miss unless the collector knows better: the heap of a server that has run for a week looks like this.

use super::{About, NOTHING, end, make_nodes};
use crate::meter::{Meter, Phase};
use crate::random::Random;
use crate::subject::{Abilities, Subject};

/// Full collections in the work phase.
const COLLECTIONS: usize = 5;

pub(super) const ABOUT: About = About {
    name: "live-random",
    summary: "full collections of a live random graph; an operation is an object looked at",
    objects: 1_000_000,
    needs: Abilities { cycles: true, deep: true, ..NOTHING },
};

pub(super) fn run<S: Subject + ?Sized>(subject: &mut S, objects: usize, meter: &mut Meter<'_>) {
    meter.begin_phase(Phase::Build, subject);
    subject.resize(objects);
    make_nodes(subject, objects, meter);
    let mut random = Random::new();
    let order = random.permutation(objects);
    for index in 0..objects {
        subject.link(order[index], 0, order[(index + 1) % objects]);
        subject.link(order[index], 1, random.below(objects));
    }
    drop(order);
    subject.resize(1);
    meter.live(objects);

    meter.begin_phase(Phase::Work, subject);
    for _ in 0..COLLECTIONS {
        subject.collect();
        meter.ops(objects);
    }
    end(subject, meter);
}
