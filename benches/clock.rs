//! The clock of all that is measured here.

use rustix::time::{ClockId, clock_gettime};

/// Returns the processor time of this thread, in nanoseconds.
#[must_use]
pub fn thread_ns() -> u64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec.cast_unsigned() * 1_000_000_000 + time.tv_nsec.cast_unsigned()
}
