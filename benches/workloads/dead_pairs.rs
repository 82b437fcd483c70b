//! Dead cycles of two.
//!
//! Pairs of nodes that refer to each other, held by one slot each until the work begins, so that no collection frees them
//! before it is asked to. It shows what it costs to find and free the smallest cycle: a parent and its child, an exception
//! and its frame, a node of a doubly linked list.

use super::{About, NOTHING, end};
use crate::meter::{Meter, Phase};
use crate::subject::{Abilities, Subject};

pub(super) const ABOUT: About = About {
    name: "dead-pairs",
    summary: "one collection of dead cycles of two; an operation is an object freed",
    objects: 1_000_000,
    needs: Abilities { cycles: true, ..NOTHING },
};

pub(super) fn run<S: Subject + ?Sized>(subject: &mut S, objects: usize, meter: &mut Meter<'_>) {
    meter.begin_phase(Phase::Build, subject);
    let pairs = objects / 2;
    let second = pairs;
    subject.resize(pairs + 1);
    for first in 0..pairs {
        subject.make(first, 2);
        subject.make(second, 2);
        subject.link(first, 0, second);
        subject.link(second, 0, first);
        subject.safepoint();
    }
    subject.clear(second);
    meter.made(2 * pairs);
    meter.live(2 * pairs);

    meter.begin_phase(Phase::Work, subject);
    subject.resize(0);
    subject.collect();
    meter.ops(2 * pairs);
    meter.live(0);
    end(subject, meter);
}
