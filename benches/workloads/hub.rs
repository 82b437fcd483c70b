//! One object that refers to all others, after each of them was replaced in random order.
//!
//! A wide object has an edge to every node, and every node one back. All nodes are replaced once, in random order, so that
//! neighbours in the wide object are far apart in memory; then their second edges are set at random, and full collections
//! find that everything lives. It shows what scattered children of a large container cost: a dictionary of a million
//! entries that has been in use for long.

use super::{About, NOTHING, collect_live, end};
use crate::meter::{Meter, Phase};
use crate::random::Random;
use crate::subject::{Abilities, Slot, Subject};

const HUB: Slot = 0;
const NODE: Slot = 1;
const OTHER: Slot = 2;

pub(super) const ABOUT: About = About {
    name: "hub",
    summary: "full collections of a wide object whose children were replaced at random; an operation is an object looked at",
    objects: 1_000_000,
    needs: Abilities { cycles: true, deep: true, ..NOTHING },
};

pub(super) fn run<S: Subject + ?Sized>(subject: &mut S, objects: usize, meter: &mut Meter<'_>) {
    meter.begin_phase(Phase::Build, subject);
    subject.resize(3);
    subject.make(HUB, objects);
    let mut random = Random::new();
    for edge in (0..objects).chain(random.permutation(objects)) {
        subject.make(NODE, 2);
        subject.link(NODE, 0, HUB);
        subject.link(HUB, edge, NODE);
        subject.safepoint();
    }
    for edge in 0..objects {
        subject.follow(NODE, HUB, edge);
        subject.follow(OTHER, HUB, random.below(objects));
        subject.link(NODE, 1, OTHER);
    }
    subject.resize(1);
    meter.made(2 * objects + 1);
    meter.live(objects + 1);

    collect_live(subject, objects + 1, meter);
    end(subject, meter);
}
