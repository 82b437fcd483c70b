//! Recording: the same functions, each of which also tells a trace what it did.
//!
//! One lock holds the writer and is held around each request, so that the trace has them in the order in which the blocks
//! changed hands. Every request is served by Gleaner, whatever its size, so that the trace has all of them.
//!
//! Only the process that began the trace writes it. A child of a fork inherits a lock that perhaps nobody will ever
//! unlock, and a file that is the parent's: it does not touch either. Another Python that the program starts finds the file
//! locked and does not record.

use core::ffi::c_void;
use core::sync::atomic::{AtomicBool, Ordering};
use std::fs::{File, TryLockError};
use std::io::{self, BufWriter};
use std::panic::{self, AssertUnwindSafe};
use std::path::Path;
use std::sync::{Mutex, MutexGuard};

use gleaner_trace::{Meta, Writer};

use gleaner_allocator::global::API;

use crate::functions::{self, ALL};
use crate::python::{Functions, Previous, Python};
use crate::report;

/// The trace, from `begin` to `finish`.
static WRITER: Mutex<Option<Writer<BufWriter<File>>>> = Mutex::new(None);
/// Whether this process is a child of the one that records.
static FORKED: AtomicBool = AtomicBool::new(false);

/// Begins a trace in a file.
pub(crate) fn begin(path: &Path, python: &Python) -> io::Result<()> {
    let file = File::options().create(true).write(true).truncate(false).open(path)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::Error(error)) => return Err(error),
        Err(TryLockError::WouldBlock) => {
            return Err(io::Error::other(
                "another process writes it (%p in its name is the process's number)",
            ));
        }
    }
    file.set_len(0)?;
    let command = std::env::args_os().map(|argument| argument.to_string_lossy().into_owned()).collect();
    let meta = Meta { command, runtime: format!("CPython {}", python.version()) };
    let writer = Writer::new(BufWriter::new(file), &meta)?;
    // SAFETY: the function is this library's, which stays (C4), and stores to an atomic only.
    if unsafe { libc::pthread_atfork(None, None, Some(in_child)) } != 0 {
        return Err(io::Error::other("no memory"));
    }
    *WRITER.lock().map_err(|_| io::Error::other("a recording failed before"))? = Some(writer);
    Ok(())
}

extern "C" fn in_child() {
    // Relaxed: the child has one thread.
    FORKED.store(true, Ordering::Relaxed);
}

/// Ends the trace, if this process has one.
pub(crate) fn finish() {
    let Some(mut writer) = lock() else { return };
    let Some(writer) = writer.take() else { return };
    if let Err(error) = writer.finish() {
        report::say(&format!("the trace is not complete: {error}"));
    }
}

/// Returns the functions that record, for a domain that had `previous`.
pub(crate) fn table(previous: &'static Previous) -> Functions {
    Functions { malloc, calloc, realloc, free, ..functions::table::<ALL, API>(previous) }
}

/// Locks the trace, if it is this process's.
fn lock() -> Option<MutexGuard<'static, Option<Writer<BufWriter<File>>>>> {
    // Relaxed: the thread that forked reads its own store.
    if FORKED.load(Ordering::Relaxed) { None } else { WRITER.lock().ok() }
}

/// Does a request under the lock, and tells the trace.
fn record<R: Copy>(request: impl FnOnce() -> R, told: impl FnOnce(&mut Writer<BufWriter<File>>, R)) -> R {
    let mut guard = lock();
    let answer = request();
    if let Some(writer) = guard.as_deref_mut().and_then(Option::as_mut) {
        let result = panic::catch_unwind(AssertUnwindSafe(|| told(writer, answer)));
        if result.is_err()
            && let Some(guard) = guard.as_deref_mut()
        {
            // What a panic left must not be written, and its file's end will be missing, which readers say.
            core::mem::forget(guard.take());
        }
    }
    answer
}

unsafe extern "C" fn malloc(ctx: *mut c_void, size: usize) -> *mut c_void {
    // SAFETY: as here (C1).
    let request = || unsafe { functions::malloc::<ALL, API>(ctx, size) };
    record(request, |writer, block| writer.malloc(block.addr(), size))
}

unsafe extern "C" fn calloc(ctx: *mut c_void, count: usize, size: usize) -> *mut c_void {
    // SAFETY: as here (C1).
    let request = || unsafe { functions::calloc::<ALL, API>(ctx, count, size) };
    // If the product is too large there is no block, and nothing is told.
    record(request, |writer, block| writer.calloc(block.addr(), count.wrapping_mul(size)))
}

unsafe extern "C" fn realloc(ctx: *mut c_void, block: *mut c_void, size: usize) -> *mut c_void {
    // SAFETY: as here (C1).
    let request = || unsafe { functions::realloc::<ALL, API>(ctx, block, size) };
    let old = block.addr();
    record(request, |writer, new| match old {
        0 => writer.malloc(new.addr(), size),
        _ => writer.realloc(old, new.addr(), size),
    })
}

unsafe extern "C" fn free(ctx: *mut c_void, block: *mut c_void) {
    let old = block.addr();
    // SAFETY: as here (C1).
    record(|| unsafe { functions::free::<API>(ctx, block) }, |writer, ()| writer.free(old));
}
