//! What the kernel knows of this process: processor time and resident memory.

use std::fs::{self, File};
use std::io::Read;

/// Returns the processor time of all threads, in nanoseconds.
#[must_use]
pub fn cpu_nanoseconds() -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: writes to the structure, which lives (P4). Not rustix's, which valgrind does not survive.
    let failed = unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &raw mut time) };
    if failed == 0 { time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64 } else { 0 }
}

/// Returns how often the kernel had to map a page for this process.
#[must_use]
pub fn page_faults() -> u64 {
    let mut usage = std::mem::MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: writes to the structure, which lives; zeros are a value of it, too (P4).
    let usage = unsafe {
        libc::getrusage(libc::RUSAGE_SELF, usage.as_mut_ptr());
        usage.assume_init()
    };
    usage.ru_minflt as u64
}

/// Returns the resident bytes, exactly: the page tables are walked.
#[must_use]
pub fn resident() -> u64 {
    field("/proc/self/smaps_rollup", "Rss:").or_else(|| field("/proc/self/status", "VmRSS:")).unwrap_or(0)
}

/// Returns the most resident bytes since [`reset_peak`].
#[must_use]
pub fn peak() -> u64 {
    field("/proc/self/status", "VmHWM:").unwrap_or(0)
}

/// Begins a new peak at what is resident now. Where the kernel does not let us, the peak is that since the start.
pub fn reset_peak() {
    // Best effort, as said above.
    let _ = fs::write("/proc/self/clear_refs", "5");
}

/// Gives back what the C library and Gleaner hold and do not use, so that it is not counted for whoever is measured.
pub fn trim() {
    gleaner_allocator::global::trim();
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: may be called at any time, from any thread, as the manual says (P4).
    unsafe {
        libc::malloc_trim(0);
    }
}

/// Returns a field of kibibytes, in bytes. Allocates nothing: it is called between an allocator's blocks.
fn field(file: &str, name: &str) -> Option<u64> {
    let mut buffer = [0; 8192];
    let mut file = File::open(file).ok()?;
    let mut length = 0;
    while length < buffer.len() {
        match file.read(&mut buffer[length..]) {
            Ok(0) => break,
            Ok(read) => length += read,
            Err(_) => return None,
        }
    }
    let text = str::from_utf8(&buffer[..length]).ok()?;
    let rest = text.lines().find_map(|line| line.strip_prefix(name))?;
    Some(rest.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024)
}
