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

/// Writes a line to standard error and aborts.
pub(crate) fn end(what: fmt::Arguments<'_>) -> ! {
    // If nobody can be told, the end comes all the same.
    let _ = StandardError.write_fmt(format_args!("gleaner: {what}\n"));
    std::process::abort()
}
