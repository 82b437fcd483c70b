//! GCBench, by Ellis, Kovac and Boehm.
//!
//! A tree that stretches the heap is made and dropped; a tree and a large array stay; beside them, trees of growing depth
//! are made in shrinking numbers, from the root down, which writes to older objects, and from the leaves up, which does not.
//! It is the classic of the field, made to resemble the lifetimes of real programs. The tree that stays has at most
//! `objects` nodes; at the default size all is as in the original.

use super::{About, NOTHING, end, trees};
use crate::meter::{Meter, Phase};
use crate::subject::{Slot, Subject};

const MIN_DEPTH: u32 = 4;
/// How much deeper the tree is that stretches the heap than the one that stays.
const STRETCH: u32 = 2;

const STAYS: Slot = 0;
const ARRAY: Slot = 1;
const TREE: Slot = 2;

pub(super) const ABOUT: About = About {
    name: "gcbench",
    summary: "Boehm's GCBench: short-lived trees beside a long-lived tree and array; an operation is a node",
    objects: (2 << 16) - 1,
    needs: NOTHING,
};

pub(super) fn run<S: Subject + ?Sized>(subject: &mut S, objects: usize, meter: &mut Meter<'_>) {
    meter.begin_phase(Phase::Build, subject);
    let max_depth = trees::depth(objects).max(MIN_DEPTH);
    let stretch = max_depth + STRETCH;
    subject.resize(2 + trees::slots(stretch));
    trees::bottom_up(subject, TREE, stretch);
    subject.clear(TREE);
    trees::top_down(subject, TREE, max_depth);
    subject.copy(STAYS, TREE);
    subject.clear(TREE);
    subject.make(ARRAY, 4 * objects);
    meter.made(trees::size(stretch) + trees::size(max_depth) + 1);
    meter.live(trees::size(max_depth) + 1);

    meter.begin_phase(Phase::Work, subject);
    for depth in (MIN_DEPTH..=max_depth).step_by(2) {
        let trees = 2 * trees::size(stretch) / trees::size(depth);
        for _ in 0..trees {
            trees::top_down(subject, TREE, depth);
            subject.clear(TREE);
        }
        for _ in 0..trees {
            trees::bottom_up(subject, TREE, depth);
            subject.clear(TREE);
        }
        meter.ops(2 * trees * trees::size(depth));
        meter.made(2 * trees * trees::size(depth));
    }
    end(subject, meter);
}
