//! A complete binary tree: built, collected while it lives, dropped.
//!
//! No cycles, so counts alone free it, and a collection of it is in vain. It shows what an object costs from its birth to
//! its death when nothing goes wrong: parsed documents and abstract syntax look like this.

use super::{About, NOTHING, end, trees};
use crate::meter::{Meter, Phase};
use crate::subject::Subject;

pub(super) const ABOUT: About = About {
    name: "tree",
    summary: "a binary tree, collected live once, then dropped; an operation is an object",
    objects: (2 << 19) - 1,
    needs: NOTHING,
};

pub(super) fn run<S: Subject + ?Sized>(subject: &mut S, objects: usize, meter: &mut Meter<'_>) {
    meter.begin_phase(Phase::Build, subject);
    let depth = trees::depth(objects);
    let size = trees::size(depth);
    subject.resize(trees::slots(depth));
    trees::bottom_up(subject, 0, depth);
    meter.made(size);
    meter.live(size);

    meter.begin_phase(Phase::Work, subject);
    subject.collect();
    subject.clear(0);
    // A subject without counts frees the tree only now.
    subject.collect();
    meter.ops(size);
    meter.live(0);
    end(subject, meter);
}
