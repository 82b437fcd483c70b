//! Deep recursion.
//!
//! A frame refers to its caller and to its locals, which hold a value of their own and the caller's locals. A recursion goes
//! down and comes back frame by frame; then it goes down again, and all frames die at once, as when an exception nobody
//! keeps ends it. It shows the price of a call, and whether a long chain of deaths ends the process: recursive descent,
//! generators that delegate, linked lists.

use super::{About, NOTHING, end};
use crate::meter::{Meter, Phase};
use crate::subject::{Abilities, Slot, Subject};

/// Objects of a call: frame, locals, value.
const CALL: usize = 3;

const TOP: Slot = 0;
const FRAME: Slot = 1;
const LOCALS: Slot = 2;
const VALUE: Slot = 3;
const SLOTS: usize = 4;

pub(super) const ABOUT: About = About {
    name: "recursion",
    summary: "a deep recursion returns frame by frame, a second one dies at once; an operation is a call",
    objects: 900_000,
    needs: Abilities { deep: true, ..NOTHING },
};

pub(super) fn run<S: Subject + ?Sized>(subject: &mut S, objects: usize, meter: &mut Meter<'_>) {
    meter.begin_phase(Phase::Build, subject);
    let calls = objects / CALL;
    subject.resize(SLOTS);

    meter.begin_phase(Phase::Work, subject);
    descend(subject, calls, meter);
    for _ in 0..calls {
        subject.follow(TOP, TOP, 0);
    }
    descend(subject, calls, meter);
    subject.clear(TOP);
    meter.live(0);
    end(subject, meter);
}

fn descend<S: Subject + ?Sized>(subject: &mut S, calls: usize, meter: &mut Meter<'_>) {
    for _ in 0..calls {
        subject.make(LOCALS, 3);
        subject.make(VALUE, 2);
        subject.link(LOCALS, 0, VALUE);
        subject.follow(VALUE, TOP, 1);
        subject.link(LOCALS, 1, VALUE);
        subject.make(FRAME, 2);
        subject.link(FRAME, 0, TOP);
        subject.link(FRAME, 1, LOCALS);
        subject.copy(TOP, FRAME);
        subject.safepoint();
        meter.op();
    }
    for slot in FRAME..SLOTS {
        subject.clear(slot);
    }
    meter.made(calls * CALL);
    meter.live(calls * CALL);
}
