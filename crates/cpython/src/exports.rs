//! What C, or Python's ctypes, can call.
//!
//! ```python
//! import ctypes
//! gleaner = ctypes.PyDLL("libgleaner_cpython.so")  # PyDLL, not CDLL: it keeps the global lock
//! gleaner.gleaner_install()
//! ```

use core::ffi::{c_char, c_int};
use std::panic;

use crate::install::{self, Outcome};
use crate::report;

/// Installs the allocator in the running Python. Blocks that exist already stay with the allocator they came from.
///
/// The caller holds the global lock, so that nobody allocates meanwhile.
///
/// Returns 1 if it was installed now, 0 if it was before, -1 if this process is no Python that Gleaner can work in, -2 if
/// it was installed before and something else has taken its place since.
#[unsafe(no_mangle)]
pub extern "C" fn gleaner_install() -> c_int {
    let outcome = panic::catch_unwind(|| {
        let outcome = install::install();
        if outcome == Outcome::Done {
            report::at_exit();
        }
        outcome
    });
    match outcome {
        Ok(Outcome::Done) => 1,
        Ok(Outcome::Already) => 0,
        Ok(Outcome::NoPython | Outcome::Unfit(_)) | Err(_) => -1,
        Ok(Outcome::Replaced) => -2,
    }
}

/// Returns 1 if CPython's domains `mem` and `obj` are served by this allocator, else 0.
#[unsafe(no_mangle)]
pub extern "C" fn gleaner_installed() -> c_int {
    let current = panic::catch_unwind(|| install::installed().is_some_and(|(_, current)| current));
    c_int::from(current.unwrap_or(false))
}

/// Writes the statistics into a buffer of `length` bytes, as text or, if `json` is not 0, as JSON; what has no room is left
/// out, and a nul ends it. Returns the length of all of it, without the nul, as `snprintf` does.
///
/// # Safety
/// `buffer` is null, or there are `length` writable bytes at it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gleaner_stats(buffer: *mut c_char, length: usize, json: c_int) -> usize {
    let statistics = panic::catch_unwind(|| if json == 0 { report::text() } else { report::json() });
    let statistics = statistics.unwrap_or_default();
    if !buffer.is_null() && length > 0 {
        let copied = statistics.len().min(length - 1);
        // SAFETY: there is room for that and the nul (C5).
        unsafe {
            core::ptr::copy_nonoverlapping(statistics.as_ptr(), buffer.cast::<u8>(), copied);
            buffer.add(copied).write(0);
        }
    }
    statistics.len()
}
