//! Putting the allocator in its place.
//!
//! 1. Is this process a Python that Gleaner can work in? If not, nothing happens.
//! 2. What each domain had is kept: foreign blocks go there.
//! 3. One table of functions is chosen, by the settings.
//! 4. `PyMem_SetAllocator`, for `mem` and `obj`.
//! 5. If statistics or a trace were asked for, a function for the exit.
//!
//! It is done once in a process. If something has replaced the allocator since, installing again could make two allocators
//! each the other's previous one, so that is refused.

use std::panic;
use std::sync::Mutex;

use crate::functions::{self, ALL, MEDIUM, SMALL};
use crate::python::{Domain, Functions, Previous, Python, Unfit};
use crate::recorder;
use crate::report;
use crate::settings::{Large, Settings};

/// The domains that are replaced.
const DOMAINS: [Domain; 2] = [Domain::Mem, Domain::Obj];

/// What was installed, if it was.
static INSTALLED: Mutex<Option<Installed>> = Mutex::new(None);

#[derive(Clone, Copy)]
struct Installed {
    python: Python,
    /// `malloc` of the table that was chosen for each domain, by which it is recognised.
    malloc: [usize; DOMAINS.len()],
}

/// How installing went.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Outcome {
    /// It was done.
    Done,
    /// It had been done before, and the allocator is in its place.
    Already,
    /// It had been done before, and something else has taken the place since.
    Replaced,
    /// There is no Python in this process.
    NoPython,
    /// There is one in which Gleaner cannot work.
    Unfit(Unfit),
}

/// Installs the allocator.
pub(crate) fn install() -> Outcome {
    let mut installed = lock();
    if let Some(installed) = *installed {
        return if is_current(installed) { Outcome::Already } else { Outcome::Replaced };
    }
    let python = match Python::find() {
        None => return Outcome::NoPython,
        Some(Err(unfit)) => return Outcome::Unfit(unfit),
        Some(Ok(python)) => python,
    };
    let choose = choose_tables(&python);
    // Known before CPython calls any of the functions.
    let mut malloc = [0; DOMAINS.len()];
    for (index, domain) in DOMAINS.into_iter().enumerate() {
        let previous: &'static Previous = Box::leak(Box::new(Previous(python.allocator(domain))));
        let functions = choose[index](previous);
        malloc[index] = functions.malloc as usize;
        // SAFETY: the table passes foreign blocks on to the previous allocator and is in a library that stays (C1, C3, C4).
        unsafe { python.set_allocator(domain, functions) };
    }
    *installed = Some(Installed { python, malloc });
    Outcome::Done
}

/// Returns which table of functions the settings ask for, for each domain.
fn choose_tables(python: &Python) -> [fn(&'static Previous) -> Functions; DOMAINS.len()] {
    let settings = Settings::get();
    if let Some(file) = &settings.trace {
        match recorder::begin(file, python) {
            Ok(()) => return [recorder::table; DOMAINS.len()],
            Err(error) => eprintln!("gleaner: no trace: {}: {error}", file.display()),
        }
    }
    match settings.large {
        Large::Own => [functions::table::<ALL, b'm'>, functions::table::<ALL, b'o'>],
        Large::Medium => [functions::table::<MEDIUM, b'm'>, functions::table::<MEDIUM, b'o'>],
        Large::Previous => [functions::table::<SMALL, b'm'>, functions::table::<SMALL, b'o'>],
    }
}

/// Returns the Python that the allocator was installed in, and whether it is still in its place.
pub(crate) fn installed() -> Option<(Python, bool)> {
    lock().map(|installed| (installed.python, is_current(installed)))
}

/// Whether CPython's domains have the functions that were installed.
fn is_current(installed: Installed) -> bool {
    DOMAINS.map(|domain| installed.python.allocator(domain).malloc as usize) == installed.malloc
}

/// Locks what is known. A panic of another thread leaves it as it was.
fn lock() -> std::sync::MutexGuard<'static, Option<Installed>> {
    INSTALLED.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Runs when the library is loaded: before `main` if it was preloaded.
extern "C" fn constructor() {
    let done = panic::catch_unwind(|| {
        match Python::find() {
            // Who loads the library late says when to install.
            Some(Ok(python)) if python.is_initialized() => return,
            None => return,
            _ => {}
        }
        match install() {
            Outcome::Unfit(Unfit::TooOld) => {
                report::warn("this Python is older than 3.11 and goes without Gleaner")
            }
            Outcome::Unfit(Unfit::FreeThreaded) => {
                report::warn("this Python has no global lock and goes without Gleaner");
            }
            _ => report::at_exit(),
        }
    });
    if done.is_err() {
        eprintln!("gleaner: installing failed; CPython goes on with what it has");
    }
}

// The loader calls what stands in this section. `#[used]` keeps it, though nothing in the program mentions it.
#[cfg(target_os = "linux")]
#[used]
// SAFETY: a function of C's calling convention that ignores the arguments it gets is what this section is made of (C4).
#[unsafe(link_section = ".init_array")]
static CONSTRUCTOR: extern "C" fn() = constructor;
