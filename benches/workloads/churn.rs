//! A live random graph that changes while cycles die beside it.
//!
//! Three of four operations let a random edge of a random live node refer to a random live node; the fourth makes a cycle
//! of two that points into the live graph and lets it go. All live nodes are held by the table. The collector runs when it
//! sees fit. It shows throughput and pauses under steady load: every write is to an old object, every death is of young
//! ones that refer to old ones. An application server with its state in memory looks like this.

use super::{About, NOTHING, end, make_nodes};
use crate::meter::{Meter, Phase};
use crate::random::Random;
use crate::subject::{Abilities, Subject};

/// Operations for each live object.
const ROUNDS: usize = 8;

pub(super) const ABOUT: About = About {
    name: "churn",
    summary: "random edge writes in a live graph (3/4) and new dead cycles that point into it (1/4)",
    objects: 1_000_000,
    needs: Abilities { cycles: true, deep: true, ..NOTHING },
};

pub(super) fn run<S: Subject + ?Sized>(subject: &mut S, objects: usize, meter: &mut Meter<'_>) {
    meter.begin_phase(Phase::Build, subject);
    let mut random = Random::new();
    subject.resize(objects + 2);
    make_nodes(subject, objects, meter);
    for slot in 0..objects {
        subject.link(slot, 0, random.below(objects));
        subject.link(slot, 1, random.below(objects));
    }
    meter.live(objects);

    meter.begin_phase(Phase::Work, subject);
    let (first, second) = (objects, objects + 1);
    for _ in 0..ROUNDS * objects {
        if random.below(4) == 0 {
            subject.make(first, 2);
            subject.make(second, 2);
            subject.link(first, 0, second);
            subject.link(second, 0, first);
            subject.link(first, 1, random.below(objects));
            subject.link(second, 1, random.below(objects));
            subject.clear(first);
            subject.clear(second);
            meter.made(2);
        } else {
            let (object, edge) = (random.below(objects), random.below(2));
            subject.link(object, edge, random.below(objects));
        }
        subject.safepoint();
        meter.op();
    }
    end(subject, meter);
}
