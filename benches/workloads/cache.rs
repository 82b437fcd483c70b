//! A growing cache that is asked through weak references.
//!
//! Every fourth operation adds an entry with its payload and watches it; when the cache is full, the oldest entry goes. The
//! others ask for a random one of the entries added last, half of which are dead once the cache is full, through its weak
//! reference. It shows what weak references cost when there are as many as objects, and many of them dead:
//! `weakref.WeakValueDictionary`, interning tables.

use super::{About, NOTHING, end};
use crate::meter::{Meter, Phase};
use crate::random::Random;
use crate::subject::{Abilities, Subject};

/// Operations for each entry added.
const OPERATIONS_PER_ENTRY: usize = 4;
/// Entries added for each that the cache holds.
const GENERATIONS: usize = 4;

pub(super) const ABOUT: About = About {
    name: "cache",
    summary: "a cache grows, evicts its oldest entries, and is asked at random through weak references",
    objects: 400_000,
    needs: Abilities { weak: true, ..NOTHING },
};

pub(super) fn run<S: Subject + ?Sized>(subject: &mut S, objects: usize, meter: &mut Meter<'_>) {
    meter.begin_phase(Phase::Build, subject);
    let mut random = Random::new();
    let capacity = objects / 2;
    let watches = 2 * capacity;
    let (entry, payload) = (capacity, capacity + 1);
    subject.resize(capacity + 2);
    subject.resize_weak(watches);

    meter.begin_phase(Phase::Work, subject);
    for added in 0..GENERATIONS * capacity {
        subject.make(entry, 2);
        subject.make(payload, 2);
        subject.link(entry, 0, payload);
        subject.copy(added % capacity, entry);
        subject.watch(added % watches, entry);
        subject.safepoint();
        for _ in 1..OPERATIONS_PER_ENTRY {
            subject.recall(entry, random.below(watches.min(added + 1)));
            subject.follow(payload, entry, 0);
            subject.safepoint();
        }
        subject.clear(entry);
        subject.clear(payload);
        meter.made(2);
        meter.ops(OPERATIONS_PER_ENTRY);
    }
    meter.live(2 * capacity);
    end(subject, meter);
}
