//! A test binary that is run again, as processes that each play a part: misuse ends a process.
//!
//! The binary has an ignored test `parts`, which plays the part that [`part`] names.

#![allow(dead_code, reason = "not every binary that includes this has parts that abort")]

use std::env;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Output};

/// The variable that names what the process that is run again has to do.
const PART: &str = "GLEANER_TEST_PART";
/// The signal that a process dies of that aborts.
const ABORTED: Option<i32> = Some(6);

/// Returns the part that this process has to play.
pub(crate) fn part() -> String {
    env::var(PART).expect("the test is played by others")
}

/// Plays a part in a process with a mode.
pub(crate) fn play(part: &str, mode: &str) -> Output {
    Command::new(env::current_exe().unwrap())
        .args(["--exact", "parts", "--ignored", "--nocapture", "--test-threads", "1"])
        .env(PART, part)
        .env("GLEANER_MODE", mode)
        .output()
        .unwrap()
}

/// Returns what a process said on standard error.
pub(crate) fn error_of(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// Plays a part that ends well; returns what it says on standard error.
pub(crate) fn played_well(part: &str, mode: &str) -> String {
    let output = play(part, mode);
    let error = error_of(&output);
    assert!(output.status.success(), "{part} in {mode}: {error}{}", String::from_utf8_lossy(&output.stdout));
    error
}

/// Plays a part that ends the process; returns its lines, addresses replaced by `0x…`.
pub(crate) fn aborted(part: &str, mode: &str) -> Vec<String> {
    let output = play(part, mode);
    let error = error_of(&output);
    assert_eq!(output.status.signal(), ABORTED, "{part} in {mode}: {error}");
    error.lines().map(without_addresses).collect()
}

/// Replaces numbers of the form 0x… with more than two digits.
fn without_addresses(line: &str) -> String {
    let mut parts = line.split("0x");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let digits = part.bytes().take_while(u8::is_ascii_hexdigit).count();
        text.push_str(if digits > 2 { "0x…" } else { "0x" });
        text.push_str(if digits > 2 { &part[digits..] } else { part });
    }
    text
}
