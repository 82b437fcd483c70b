//! The end of the process, for a program that has spoilt the process's allocator. Says why without allocating.

use core::fmt::{self, Write};

struct StandardError;

impl Write for StandardError {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut rest = text.as_bytes();
        while !rest.is_empty() {
            // SAFETY: the bytes are those of a string.
            let written = unsafe { libc::write(2, rest.as_ptr().cast(), rest.len()) };
            let Ok(written @ 1..) = usize::try_from(written) else { return Err(fmt::Error) };
            rest = &rest[written..];
        }
        Ok(())
    }
}

/// Writes to standard error.
pub(crate) fn say(what: fmt::Arguments<'_>) {
    // If nobody can be told, there is nobody to tell that either.
    let _ = StandardError.write_fmt(what);
}

/// Writes a line to standard error and aborts.
pub(crate) fn end(what: fmt::Arguments<'_>) -> ! {
    say(format_args!("gleaner: {what}\n"));
    std::process::abort()
}

/// Writes a line to standard error and ends the process as one that was called wrongly. Nothing else runs.
pub(crate) fn leave(what: fmt::Arguments<'_>) -> ! {
    say(format_args!("gleaner: {what}\n"));
    // SAFETY: it has no conditions.
    unsafe { libc::_exit(2) }
}
