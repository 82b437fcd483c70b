//! Faults that a run injects: allocations that fail, finalizers and callbacks that raise.

use gleaner_program::{Callback, Environment, Finalizer, Op, Policy, Profile, Program, Slices};

use crate::environments::MINORS;
use crate::seeds::Dice;

/// Which faults.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Faults {
    /// None.
    #[default]
    None,
    /// One allocation of the program fails. Not for CPython, whose allocations are not only the program's.
    Oom,
    /// Finalizers and callbacks raise: in the heap, they panic.
    Panic,
    /// Either, both or none, as each program's seed says.
    All,
}

impl Faults {
    /// All of them, with the names of the command line.
    pub const ALL: [(&'static str, Faults); 4] =
        [("none", Faults::None), ("oom", Faults::Oom), ("panic", Faults::Panic), ("all", Faults::All)];
}

/// What a seed says besides the program: the faults and the rules it runs under.
pub(crate) struct Conditions {
    profile: Profile,
    foreign: u64,
    fail_at: Option<u64>,
    slices: Slices,
}

impl Conditions {
    /// Returns the environment of these conditions under a strategy.
    pub(crate) fn under(&self, policy: Policy) -> Environment {
        let Conditions { profile, foreign, fail_at, slices } = *self;
        // Only one strategy works in slices: whatever others are drawn says nothing of them.
        let slices = if policy == Policy::Paced { slices } else { Slices::Long };
        Environment { profile, policy, foreign, fail_at, slices }
    }
}

/// Draws the conditions of a program, and the program as the faults leave it.
pub(crate) fn draw(seed: u64, program: Program, faults: Faults) -> (Program, Conditions) {
    let mut dice = Dice::of(seed);
    let minor = MINORS.start() + dice.below(u64::from(MINORS.end() - MINORS.start() + 1)) as u8;
    // Mostly as many foreign objects as CPython has; else so few that full collections are not put off.
    let foreign = [5000, 5000, 0, 20][dice.below(4) as usize];
    let (oom, panic) = match faults {
        Faults::None => (false, false),
        Faults::Oom => (true, false),
        Faults::Panic => (false, true),
        Faults::All => (dice.below(2) == 0, dice.below(2) == 0),
    };
    let program = if panic { raising(&program, &mut dice) } else { program };
    let fail_at = oom.then(|| dice.below(1 + allocations(&program)));
    let slices = [Slices::Long, Slices::Short][dice.below(2) as usize];
    (program, Conditions { profile: Profile::of(minor), foreign, fail_at, slices })
}

/// Takes from a program what gives up a cycle in slices: collections that it asks for itself, freezing. What is left runs
/// twice over, so that cycles of many slices get through.
pub(crate) fn left_alone(program: &Program) -> Program {
    let asks = |op: &&Op| matches!(op, Op::Collect { .. } | Op::Freeze | Op::Unfreeze | Op::Disable);
    let calm = |op: &Op| match *op {
        Op::Alloc { dst, fields, finalizer: Finalizer::Collect } => {
            Op::Alloc { dst, fields, finalizer: Finalizer::Log }
        }
        Op::Ref { dst, node, callback: Some(Callback::Collect) } => {
            Op::Ref { dst, node, callback: Some(Callback::Log) }
        }
        other => other,
    };
    let once = || program.iter().filter(|op| !asks(op)).map(calm);
    once().chain(once()).collect()
}

fn allocations(program: &Program) -> u64 {
    program.iter().filter(|op| matches!(op, Op::Alloc { .. } | Op::Ref { .. })).count() as u64
}

/// Makes two thirds of the finalizers and callbacks raise.
fn raising(program: &Program, dice: &mut Dice) -> Program {
    let raise = |op: &Op| match *op {
        Op::Alloc { dst, fields, .. } if dice.below(3) > 0 => {
            Op::Alloc { dst, fields, finalizer: Finalizer::Raise }
        }
        Op::Ref { dst, node, callback: Some(_) } if dice.below(3) > 0 => {
            Op::Ref { dst, node, callback: Some(Callback::Raise) }
        }
        other => other,
    };
    program.iter().map(raise).collect()
}
