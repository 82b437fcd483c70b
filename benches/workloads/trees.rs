//! Binary trees, which several workloads grow.
//!
//! A tree grows in a slot and uses the slots behind it for what is not yet linked: as many as [`slots`] says.

use crate::subject::{Slot, Subject};

/// Returns the depth of the largest complete tree of at most so many nodes; a tree of depth 0 is one node.
pub(super) fn depth(objects: usize) -> u32 {
    (objects + 1).max(2).ilog2() - 1
}

/// Returns the number of nodes of a complete tree.
pub(super) const fn size(depth: u32) -> usize {
    (2 << depth) - 1
}

/// Returns how many slots a tree needs to grow, its own included.
pub(super) const fn slots(depth: u32) -> usize {
    2 * depth as usize + 1
}

/// Grows a tree from its leaves: the children first, then their parent.
pub(super) fn bottom_up<S: Subject + ?Sized>(subject: &mut S, slot: Slot, depth: u32) {
    if depth == 0 {
        subject.make(slot, 2);
        return subject.safepoint();
    }
    bottom_up(subject, slot + 1, depth - 1);
    bottom_up(subject, slot + 2, depth - 1);
    subject.make(slot, 2);
    subject.link(slot, 0, slot + 1);
    subject.link(slot, 1, slot + 2);
    subject.clear(slot + 1);
    subject.clear(slot + 2);
    subject.safepoint();
}

/// Grows a tree from its root: each node gets its children, then they theirs.
pub(super) fn top_down<S: Subject + ?Sized>(subject: &mut S, slot: Slot, depth: u32) {
    subject.make(slot, 2);
    populate(subject, slot, depth);
}

fn populate<S: Subject + ?Sized>(subject: &mut S, slot: Slot, depth: u32) {
    subject.safepoint();
    if depth == 0 {
        return;
    }
    for edge in 0..2 {
        subject.make(slot + 1 + edge, 2);
        subject.link(slot, edge, slot + 1 + edge);
    }
    // The second child grows first, for the first one's slots begin at its own.
    subject.clear(slot + 1);
    populate(subject, slot + 2, depth - 1);
    subject.clear(slot + 2);
    subject.follow(slot + 1, slot, 0);
    populate(subject, slot + 1, depth - 1);
    subject.clear(slot + 1);
}

/// Counts the nodes of a tree by walking it.
pub(super) fn count<S: Subject + ?Sized>(subject: &mut S, slot: Slot) -> usize {
    let mut nodes = 1;
    for edge in 0..2 {
        subject.follow(slot + 1, slot, edge);
        if !subject.is_empty(slot + 1) {
            nodes += count(subject, slot + 1);
            subject.clear(slot + 1);
        }
    }
    nodes
}
