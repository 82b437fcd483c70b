//! Running a text as one of a stranger's: within limits, on this thread, with the heap checked.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};

use gleaner::StrategyKind;
use gleaner_python::profile::Profile;
use gleaner_python::script::{Options, Script};
use gleaner_python::vm::Limits;

/// The stack that a program may use: little, so that it is used up sometimes.
const STACK: usize = 1 << 20;

/// The panics so far, also those that somebody caught.
static PANICS: AtomicU64 = AtomicU64::new(0);

/// Runs something on a stack that is large enough for a program in a build without optimisation.
pub(crate) fn on_a_large_stack(work: impl FnOnce() + Send + 'static) {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        PANICS.fetch_add(1, Ordering::Relaxed);
        hook(info);
    }));
    let thread = std::thread::Builder::new()
        .stack_size(gleaner_python::compile::STACK + (8 << 20))
        .spawn(work)
        .expect("a thread");
    if let Err(panic) = thread.join() {
        std::panic::resume_unwind(panic);
    }
}

/// What a stranger's program may use.
#[must_use]
pub(crate) fn limits() -> Limits {
    Limits {
        operations: Cell::new(20_000),
        objects: 20_000,
        bytes: 1 << 20,
        large: Cell::new(16 << 20),
        output: Cell::new(1 << 20),
        files: false,
    }
}

/// Runs a text if it compiles, under a strategy and a version that a byte chooses; returns whether it did.
///
/// # Errors
/// With what went wrong and the text, if something panicked.
pub(crate) fn text(text: &str, choice: u8, name: &str) -> Result<bool, String> {
    let choice = usize::from(choice);
    let strategies = StrategyKind::ALL;
    let options = Options {
        profile: Profile::ALL[choice % Profile::ALL.len()],
        strategy: strategies[choice / Profile::ALL.len() % strategies.len()],
        stack: STACK,
    };
    let before = PANICS.load(Ordering::Relaxed);
    let ran = std::panic::catch_unwind(|| match Script::compile_here(text) {
        Ok(script) => script.run_checked(options, limits()).map(|_| true),
        Err(_) => Ok(false),
    });
    let panics = PANICS.load(Ordering::Relaxed) - before;
    match ran {
        Ok(Ok(compiled)) if panics == 0 => Ok(compiled),
        _ => Err(format!("{name}: {panics} panics, {options:?}\n{text}")),
    }
}
