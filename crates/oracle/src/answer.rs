//! What became of one program on one machine, panics included.
//!
//! A machine under test may panic, and the shrinker makes it panic a thousand times. So panics are caught, and the
//! panic hook keeps quiet about those that happen inside [`ask`]; all others go to the hook that was there before.

use std::cell::{Cell, RefCell};
use std::error::Error;
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind, set_hook, take_hook};
use std::sync::Once;

use gleaner_program::{Environment, Program, Transcript};

use crate::machine::Machine;

/// What became of a program on a machine.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Answer {
    /// It ran to its end.
    Said(Transcript),
    /// The machine returned an error.
    Refused(String),
    /// The machine panicked.
    Panicked(String),
}

thread_local! {
    static ASKING: Cell<bool> = const { Cell::new(false) };
    static HEARD: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Runs a program on a machine and catches its panic.
///
/// A machine that panicked is in an unknown state: make a new one.
pub fn ask(machine: &mut dyn Machine, program: &Program, environment: &Environment) -> Answer {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = take_hook();
        set_hook(Box::new(move |info| if ASKING.get() { hear(info) } else { before(info) }));
    });
    ASKING.set(true);
    let caught = catch_unwind(AssertUnwindSafe(|| machine.run(program, environment)));
    ASKING.set(false);
    match caught {
        Ok(Ok(transcript)) => Answer::Said(transcript),
        Ok(Err(error)) => Answer::Refused(chain(&error)),
        Err(_) => Answer::Panicked(HEARD.take().unwrap_or_else(|| "without a message".to_string())),
    }
}

/// Returns an error and its causes, on one line.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text.replace('\n', " ")
}

/// Remembers a panic's message. The last one counts: a machine may catch panics of its own before.
fn hear(info: &PanicHookInfo<'_>) {
    let message = info.payload_as_str().unwrap_or("without a message").replace('\n', " ");
    let place = info.location().map(|place| format!(" at {}:{}", file_name(place.file()), place.line()));
    HEARD.set(Some(message + &place.unwrap_or_default()));
}

/// Returns the last parts of a path from `crates` on, so that no report names a machine's folders.
fn file_name(path: &str) -> &str {
    let start = path.rfind("crates/").or_else(|| path.rfind('/').map(|slash| slash + 1));
    &path[start.unwrap_or(0)..]
}
