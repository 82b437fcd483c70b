//! CPU time of this thread: what a machine costs, whatever else the computer does.

use rustix::time::{ClockId, clock_gettime};

/// Returns the CPU time, in seconds, that this thread has used so far.
pub(crate) fn thread_cpu_seconds() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}
