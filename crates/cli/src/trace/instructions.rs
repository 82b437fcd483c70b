//! Instructions of a replay, counted by callgrind where valgrind is on the PATH. They are exact where times are noisy.

use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use gleaner_peers::replay::HOT;

/// Returns whether valgrind is there.
pub(crate) fn available() -> bool {
    let asked =
        Command::new("valgrind").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    asked.is_ok_and(|status| status.success())
}

/// Returns the instructions of the replay alone in a run of this command.
///
/// # Errors
/// The command failed, or valgrind did not count.
pub(crate) fn count(command: &Command) -> Result<u64> {
    let mut counted = Command::new("valgrind");
    counted.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]);
    counted.arg(format!("--toggle-collect=*{HOT}*"));
    counted.arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            counted.env(name, value);
        }
    }
    let output = counted.stdin(Stdio::null()).output().context("valgrind does not start")?;
    let text = String::from_utf8_lossy(&output.stderr);
    anyhow::ensure!(output.status.success(), "it does not run under valgrind ({})", output.status);
    let line = text.lines().find_map(|line| line.split_once("Collected :"));
    line.and_then(|(_, number)| number.trim().parse().ok()).context("valgrind did not count instructions")
}
