//! A reference is copied and dropped, again and again.
//!
//! What every assignment and every argument costs: the count for those that count, a barrier or nothing for others. Here the
//! size is the number of operations.

use super::{About, NOTHING, end};
use crate::meter::{Meter, Phase};
use crate::subject::Subject;

pub(super) const ABOUT: About = About {
    name: "clone-drop",
    summary: "a reference is copied and dropped; the size is the number of operations",
    objects: 30_000_000,
    needs: NOTHING,
};

pub(super) fn run<S: Subject + ?Sized>(subject: &mut S, objects: usize, meter: &mut Meter<'_>) {
    meter.begin_phase(Phase::Build, subject);
    subject.resize(2);
    subject.make(0, 2);
    meter.made(1);
    meter.live(1);

    meter.begin_phase(Phase::Work, subject);
    for _ in 0..objects {
        subject.copy(1, 0);
        subject.clear(1);
        subject.safepoint();
        meter.op();
    }
    end(subject, meter);
}
