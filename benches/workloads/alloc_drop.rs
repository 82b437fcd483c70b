//! An object is made and dropped, again and again.
//!
//! The shortest life there is, in the tightest loop: what an object costs that no collector ever sees. Boxed integers and
//! temporary tuples live like this.

use super::{About, NOTHING, end};
use crate::meter::{Meter, Phase};
use crate::subject::Subject;

pub(super) const ABOUT: About = About {
    name: "alloc-drop",
    summary: "an object is made and dropped",
    objects: 10_000_000,
    needs: NOTHING,
};

pub(super) fn run<S: Subject + ?Sized>(subject: &mut S, objects: usize, meter: &mut Meter<'_>) {
    meter.begin_phase(Phase::Build, subject);
    subject.resize(1);

    meter.begin_phase(Phase::Work, subject);
    for _ in 0..objects {
        subject.make(0, 2);
        subject.clear(0);
        subject.safepoint();
        meter.op();
    }
    meter.made(objects);
    end(subject, meter);
}
