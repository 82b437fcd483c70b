//! The benchmark game's binary trees.
//!
//! A tree that stretches the heap is made and dropped; one of half its size stays; beside it, trees of growing depth are
//! made, walked and dropped in shrinking numbers. It shows what short-lived acyclic objects cost, with a walk that copies
//! references: it is what many allocators and collectors are known by, and resembles symbolic computation.

use super::{About, NOTHING, end, trees};
use crate::meter::{Meter, Phase};
use crate::subject::{Slot, Subject};

const MIN_DEPTH: u32 = 4;

const STAYS: Slot = 0;
const TREE: Slot = 1;

pub(super) const ABOUT: About = About {
    name: "binary-trees",
    summary: "the benchmark game's binary trees, made, walked and dropped; an operation is a node",
    objects: (2 << 16) - 1,
    needs: NOTHING,
};

pub(super) fn run<S: Subject + ?Sized>(subject: &mut S, objects: usize, meter: &mut Meter<'_>) {
    meter.begin_phase(Phase::Build, subject);
    let max_depth = trees::depth(objects).max(MIN_DEPTH + 2);
    subject.resize(1 + trees::slots(max_depth + 1));
    grow_and_walk(subject, max_depth + 1, meter);
    trees::bottom_up(subject, TREE, max_depth);
    subject.copy(STAYS, TREE);
    subject.clear(TREE);
    meter.made(trees::size(max_depth));
    meter.live(trees::size(max_depth));

    meter.begin_phase(Phase::Work, subject);
    for depth in (MIN_DEPTH..=max_depth).step_by(2) {
        for _ in 0..1 << (max_depth - depth + MIN_DEPTH) {
            grow_and_walk(subject, depth, meter);
            meter.ops(trees::size(depth));
        }
    }
    end(subject, meter);
}

fn grow_and_walk<S: Subject + ?Sized>(subject: &mut S, depth: u32, meter: &mut Meter<'_>) {
    trees::bottom_up(subject, TREE, depth);
    let nodes = trees::count(subject, TREE);
    assert_eq!(nodes, trees::size(depth), "every node of a tree can be reached");
    subject.clear(TREE);
    meter.made(nodes);
}
