//! A test in a process of its own.

use std::env;
use std::panic;
use std::process::{self, Command, Output};

/// Set in the child.
const CHILD: &str = "GLEANER_TEST_CHILD";

/// Runs the test of that name in a process of its own, where it does the job; returns how that process ended.
pub(crate) fn child(test: &str, job: impl FnOnce()) -> Output {
    if env::var_os(CHILD).is_some_and(|name| name == test) {
        // The usual hook allocates, and where memory is short it would wait for itself.
        panic::set_hook(Box::new(|panic| {
            eprintln!("{panic}");
            // SAFETY: the process ends at once, whatever its other threads do.
            unsafe { libc::_exit(101) };
        }));
        job();
        process::exit(0);
    }
    let this = env::current_exe().expect("a test knows its binary");
    let arguments = [test, "--exact", "--nocapture", "--test-threads=1", "--include-ignored"];
    // One arena of the system's allocator: each takes 64 MiB of address space.
    let mut command = Command::new(this);
    command.args(arguments).env(CHILD, test).env("MALLOC_ARENA_MAX", "1");
    command.output().expect("a test can be run again")
}

/// Runs the test of that name in a process of its own, which must end well.
pub(crate) fn in_child(test: &str, job: impl FnOnce()) {
    let output = child(test, job);
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    print!("{text}");
    assert!(output.status.success(), "{test} in a process of its own: {}", output.status);
}
