//! One dead ring.
//!
//! All nodes form one cycle, which dies as a whole when its only root goes. It shows whether the cost of freeing depends on
//! the size of a cycle, and whether a long chain of deaths ends the process: a long doubly linked list or a graph that is
//! dropped at once.

use super::{About, NOTHING, end, make_ring};
use crate::meter::{Meter, Phase};
use crate::subject::{Abilities, Subject};

pub(super) const ABOUT: About = About {
    name: "dead-ring",
    summary: "one collection of a dead ring; an operation is an object freed",
    objects: 1_000_000,
    needs: Abilities { cycles: true, deep: true, ..NOTHING },
};

pub(super) fn run<S: Subject + ?Sized>(subject: &mut S, objects: usize, meter: &mut Meter<'_>) {
    meter.begin_phase(Phase::Build, subject);
    make_ring(subject, objects, meter);
    meter.live(objects);

    meter.begin_phase(Phase::Work, subject);
    subject.resize(0);
    subject.collect();
    meter.ops(objects);
    meter.live(0);
    end(subject, meter);
}
