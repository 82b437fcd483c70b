//! The reference: `docs/language.md` written out as code, as plainly as it can be said.
//!
//! A program's world is a `graph`: objects in the order of their making, the places that hold references, and
//! the collector's lists. Whatever can be derived is derived when it is asked for: an object's reference count is
//! counted over all places, the refs to a node are looked up among all objects, and what a collection finds
//! unreachable is recomputed from nothing. The heap under test does none of this, and shares no line with it.
//!
//! **Control.** Python code runs at awkward moments: a finalizer in the middle of a death in the middle of a
//! collection that an allocation in a callback has set off. CPython nests these on the C stack. Here they are
//! `Task`s on an explicit stack, so that nothing recurses over the program's graph: what has to happen next
//! is on top, and a step takes one off and may put several on.
//!
//! ```text
//!  operation ─► release ─► finalizer ─► still unreferenced? ─► refs cleared, callbacks ─► fields ─► freed   [death]
//!            └► allocate ─► over the threshold? ─► pass ─► number ─► bind                                   [tasks]
//!  pass: deduce ─► refs ─► callbacks ─► finalizers ─► deduce again ─► clear ─► report                       [pass]
//! ```
//!
//! Order matters, since finalizers and callbacks see what came before them; it is CPython's exactly, list
//! operation for list operation.
//!
//! Some strategies collect what nobody predicts; the [`contract`] says what holds of them all the same.
//!
//! Not modelled: CPython's trashcan (a chain of more than 50 nodes that die of each other is taken apart in
//! instalments, which changes the order of deaths beside it), and its limit on recursion.
//!
//! Invariant: the model never sees an address, and stores no count.
#![forbid(unsafe_code)]

pub mod contract;
mod death;
mod graph;
mod observe;
mod operations;
mod pass;
mod tasks;

use gleaner_program::{Environment, Program, Transcript};

use crate::tasks::Model;

/// Runs a program, and says what a correct memory manager would have said. Policies that are not exact have a
/// [`contract`] instead: of those this says what would be said if nothing were collected.
///
/// ```
/// use gleaner_model::run;
/// use gleaner_program::{Environment, Finalizer, Op, Program, Var, transcript};
///
/// let a = Var::Global(0);
/// let program =
///     Program::new([Op::Alloc { dst: a, fields: 1, finalizer: Finalizer::Log }, Op::Delete { var: a }]);
/// let said = run(&program, &Environment::default());
/// // Deleting the only variable finalizes node 0; the epilogue then collects nothing and lists nothing.
/// let deletion = &said.tokens[said.starts[1] as usize..said.starts[2] as usize];
/// assert_eq!(deletion, [transcript::FINALIZED, 0]);
/// ```
///
/// # Complexity
/// A death takes time linear in the number of objects ever made, for its count is counted; so does a pass.
#[must_use]
pub fn run(program: &Program, environment: &Environment) -> Transcript {
    let mut model = Model::new(environment);
    for &op in program {
        model.begin_operation();
        model.execute(op);
    }
    model.begin_operation();
    model.epilogue();
    model.transcript
}
