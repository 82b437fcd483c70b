//! Instructions of another process, counted by callgrind where valgrind is on the PATH. They are exact where times are
//! noisy.

use std::io;
use std::process::{Command, ExitStatus, Stdio};

/// Why there is no count.
#[derive(Debug, thiserror::Error)]
pub enum CountError {
    /// Valgrind did not start.
    #[error("valgrind does not start: {0}")]
    Start(#[source] io::Error),
    /// The command failed, as allocators do that reserve more address space than valgrind has.
    #[error("it does not run under valgrind ({0})")]
    Failed(ExitStatus),
    /// Valgrind did not say.
    #[error("valgrind did not count")]
    Silent,
}

/// Returns whether valgrind is there.
#[must_use]
pub fn available() -> bool {
    let asked =
        Command::new("valgrind").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    asked.is_ok_and(|status| status.success())
}

/// Returns the instructions of a command; only those of functions with a certain name, and of what they call, if one is
/// given.
///
/// # Errors
/// The command failed, or valgrind did not count.
pub fn count(command: &Command, function: Option<&str>) -> Result<u64, CountError> {
    let mut counted = Command::new("valgrind");
    counted.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]);
    counted.args(function.map(|name| format!("--toggle-collect=*{name}*")));
    counted.arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => counted.env(name, value),
            None => counted.env_remove(name),
        };
    }
    let output = counted.stdin(Stdio::null()).output().map_err(CountError::Start)?;
    if !output.status.success() {
        return Err(CountError::Failed(output.status));
    }
    let text = String::from_utf8_lossy(&output.stderr);
    let line = text.lines().find_map(|line| line.split_once("Collected :"));
    line.and_then(|(_, number)| number.trim().parse().ok()).ok_or(CountError::Silent)
}

/// Returns the middle of some numbers, and 0 of none.
pub fn median(numbers: impl IntoIterator<Item = f64>) -> f64 {
    let mut numbers: Vec<f64> = numbers.into_iter().collect();
    numbers.sort_by(f64::total_cmp);
    let middle = numbers.len() / 2;
    match numbers.len() {
        0 => 0.0,
        length if length % 2 == 1 => numbers[middle],
        _ => (numbers[middle - 1] + numbers[middle]) / 2.0,
    }
}
