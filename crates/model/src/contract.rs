//! The contract: laws for machines of which it is not said what they collect when.
//!
//! The model predicts some machines word for word. Others choose what they look at by what the program has touched, or by a
//! clock; these are held to laws. The judge of a transcript executes the program on a graph of its own and reads along.
//! Whatever the counts demand has to be there, word for word. Where a collector may have worked the transcript says what it
//! did, and the judge says whether it was allowed to.
//!
//! * **L1** Nothing reachable dies: neither its finalizer nor the callback of a weak reference to it runs, a weak reference to
//!   it returns it, a report lists it, its memory is not freed.
//! * **L2** What loses its last reference dies at once: finalizer, callbacks and the same of what it held, in the order of
//!   death by count, within the operation. No more objects are left than that leaves.
//! * **L3** A collection of everything leaves nothing that was unreachable when it began and is not saved. Passes of `recycler`
//!   are always over everything; so is a cycle of `paced`, but for what finalizers have touched. Short slices hide when
//!   a cycle began: after the end of the one before.
//! * **L4** A finalizer runs once in an object's life, and before the object dies.
//! * **L5** A callback runs once, when the referent has died and not before, the newest of a referent first; it does run, unless
//!   its weak reference is garbage itself.
//! * **L6** In a collection of everything the callbacks come before the finalizers of the garbage (PY-36).
//! * **L7** Dead things never come back.
//! * **L8** What the program is answered about reachable things is true: counts of references and of weak references,
//!   numbers, switches.
//! * **L9** A collection returns no more than the garbage there was.
//! * **L10** `paced` keeps its bound: since its last cycle or full pass the heap has grown by no more than a tenth, or the slack
//!   if that is more, and what was made since the last pass; and a pass comes when as many are new as the first threshold
//!   says, or a quarter of what it may grow by, if that is more. With the shortest slices a cycle may lag behind the program without end, and
//!   nothing is promised; nor while automatic collection is off.
//! * **L11** The books agree: a collection that is asked for is reported, and the statistics add up to what was reported.
//!
//! **Doubt.** A collector that frees in slices does not say when. So whatever is unreachable where it may have worked is in
//! *doubt*: it may be dead or not, until a report lists it or leaves it out, an answer tells, or the number of live objects
//! does. What is in doubt is held to the laws as to events (L1, L4, L5, L7), but none are demanded of it.
//!
//! **Readings.** Now and then an event has two explanations: a finalizer of the pass under way, or of a death by count in the
//! middle of another finalizer. A transcript is lawful if one reading of it is; so the judge tries the next reading
//! where one fails.
//!
//! Invariant: no line of the heap's code is in here, and the laws do not say how a collector works.

mod answers;
mod deaths;
mod operations;
mod passes;
mod reader;
mod reports;
mod world;

use std::fmt;

use gleaner_program::{Environment, Program, Transcript};

use world::Judge;

/// How many readings of a transcript are tried.
const READINGS: u32 = 4096;
/// The longest program that any thread's stack will do for.
const SHORT: usize = 500;
/// What a death in the middle of another takes of the stack, at most.
const FRAMES: usize = 1 << 13;

/// A law of the contract.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "the module says them")]
pub enum Law {
    L1,
    L2,
    L3,
    L4,
    L5,
    L6,
    L7,
    L8,
    L9,
    L10,
    L11,
}

impl fmt::Display for Law {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = match self {
            Law::L1 => "nothing reachable dies",
            Law::L2 => "what loses its last reference dies at once",
            Law::L3 => "a collection of everything leaves no garbage",
            Law::L4 => "a finalizer runs once, and before the death",
            Law::L5 => "a callback runs once, after the death, the newest first",
            Law::L6 => "callbacks come before finalizers",
            Law::L7 => "dead things never come back",
            Law::L8 => "answers are true",
            Law::L9 => "no more is collected than there was",
            Law::L10 => "garbage is bounded",
            Law::L11 => "the books agree",
        };
        write!(f, "{self:?}, {words}")
    }
}

/// A law that was broken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Breach {
    /// The law.
    pub law: Law,
    /// The index of the token that broke it, or before which one is missing.
    pub at: usize,
    /// What is wrong, in words.
    pub what: String,
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.law, self.what)
    }
}

/// Judges what a machine has said of a program. The environment's policy is one that is not exact.
///
/// # Errors
/// The first law that is broken, in the reading that gets furthest.
///
/// # Complexity
/// As the model, but for each reading; more than one is rare.
///
/// # Panics
/// If there is no memory for a thread: a long program gets one of its own, with a stack to match, since the judge
/// recurses as deep as objects die of each other.
pub fn judge(program: &Program, environment: &Environment, said: &Transcript) -> Result<(), Breach> {
    if program.len() <= SHORT {
        return read(program, environment, said);
    }
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(program.len() * FRAMES);
        let judge = thread.spawn_scoped(scope, || read(program, environment, said)).expect("a thread");
        judge.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// Reads a transcript in every way there is, until one is lawful.
fn read(program: &Program, environment: &Environment, said: &Transcript) -> Result<(), Breach> {
    let mut choices = Vec::new();
    let mut furthest: Option<Breach> = None;
    for _ in 0..READINGS {
        let mut judge = Judge::new(environment, said, std::mem::take(&mut choices));
        let Err(breach) = judge.hear(program) else { return Ok(()) };
        choices = judge.into_choices();
        if furthest.as_ref().is_none_or(|known| breach.at > known.at) {
            furthest = Some(breach);
        }
        // The next reading: the last choice that was no becomes yes, and those after it are open again.
        while choices.last() == Some(&true) {
            choices.pop();
        }
        match choices.last_mut() {
            Some(last) => *last = true,
            None => break,
        }
    }
    furthest.map_or(Ok(()), Err)
}
