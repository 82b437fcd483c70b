//! Modules full of closures.
//!
//! A module refers to its functions; a function refers to its module and to a closure, which refers to cells; a cell refers
//! to a function: its own, which may call itself, the next one's, and a random one's. Modules are replaced in random order,
//! so that each dies as one web of cycles at a random age. It shows what garbage costs that is tangled and old: decorators,
//! callbacks, reloaded plug-ins, notebooks whose cells are run again.

use super::{About, NOTHING, end};
use crate::meter::{Meter, Phase};
use crate::random::Random;
use crate::subject::{Abilities, Slot, Subject};

/// Functions of a module.
const FUNCTIONS: usize = 16;
/// Cells of a closure.
const CELLS: usize = 3;
/// Objects of a module: itself, and function, closure and cell for each function.
const WEB: usize = 1 + 3 * FUNCTIONS;
/// How often each module is replaced, on average.
const ROUNDS: usize = 4;

pub(super) const ABOUT: About = About {
    name: "closures",
    summary: "modules of closures that refer to each other, replaced at random; an operation is a function made",
    objects: 490_000,
    needs: Abilities { cycles: true, ..NOTHING },
};

pub(super) fn run<S: Subject + ?Sized>(subject: &mut S, objects: usize, meter: &mut Meter<'_>) {
    meter.begin_phase(Phase::Build, subject);
    let mut random = Random::new();
    let modules = (objects / WEB).max(1);
    let scratch = modules;
    subject.resize(modules + 3 + FUNCTIONS);
    for module in 0..modules {
        make_module(subject, module, scratch, &mut random);
    }
    meter.made(modules * WEB);
    meter.live(modules * WEB);

    meter.begin_phase(Phase::Work, subject);
    for _ in 0..ROUNDS * modules {
        let module = random.below(modules);
        make_module(subject, module, scratch, &mut random);
        meter.ops(FUNCTIONS);
        meter.made(WEB);
    }
    end(subject, meter);
}

/// Makes a module in its slot, and lets go of what was there.
fn make_module<S: Subject + ?Sized>(subject: &mut S, module: Slot, scratch: Slot, random: &mut Random) {
    let (function, closure, target, cells) = (scratch, scratch + 1, scratch + 2, scratch + 3);
    subject.make(module, FUNCTIONS);
    for index in 0..FUNCTIONS {
        subject.make(function, 2);
        subject.make(cells + index, 2);
        subject.link(cells + index, 0, function);
        subject.link(function, 0, module);
        subject.link(module, index, function);
        subject.safepoint();
    }
    for index in 0..FUNCTIONS {
        subject.make(closure, CELLS);
        subject.link(closure, 0, cells + index);
        subject.link(closure, 1, cells + (index + 1) % FUNCTIONS);
        subject.link(closure, 2, cells + random.below(FUNCTIONS));
        subject.follow(target, module, index);
        subject.link(target, 1, closure);
        subject.safepoint();
    }
}
