//! An object is watched and recalled, again and again.
//!
//! What a weak reference costs when it is made and asked at once: observers, back pointers of trees. Here the size is the
//! number of operations.

use super::{About, NOTHING, end};
use crate::meter::{Meter, Phase};
use crate::subject::{Abilities, Subject};

pub(super) const ABOUT: About = About {
    name: "weak-upgrade",
    summary: "an object is watched and recalled; the size is the number of operations",
    objects: 10_000_000,
    needs: Abilities { weak: true, ..NOTHING },
};

pub(super) fn run<S: Subject + ?Sized>(subject: &mut S, objects: usize, meter: &mut Meter<'_>) {
    meter.begin_phase(Phase::Build, subject);
    subject.resize(2);
    subject.resize_weak(1);
    subject.make(0, 2);
    meter.made(1);
    meter.live(1);

    meter.begin_phase(Phase::Work, subject);
    for _ in 0..objects {
        subject.watch(0, 0);
        subject.recall(1, 0);
        subject.clear(1);
        subject.safepoint();
        meter.op();
    }
    end(subject, meter);
}
