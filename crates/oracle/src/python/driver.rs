//! One Python process that runs batches: of programs, `batch()` of `corpora/prelude.py`, or of scripts, `scripts.py`.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::PythonError;

/// What runs programs.
pub(super) const PROGRAMS: &str = include_str!("../../../../corpora/prelude.py");
/// What runs scripts.
pub(super) const SCRIPTS: &str = include_str!("scripts.py");
/// How many bytes of a broken process's last words are kept.
const LAST_WORDS: usize = 2000;

/// How a process fails.
#[derive(Debug)]
pub(super) enum Failure {
    /// It ended, with this on its standard error.
    Died(String),
    /// It did not answer in time, and was killed.
    Hung,
}

/// A running process.
#[derive(Debug)]
pub(super) struct Driver {
    child: Child,
    /// None once writing has failed: the process is dead.
    input: Option<ChildStdin>,
    /// The lines of its output, which a thread reads.
    lines: Receiver<String>,
    /// Reads its standard error to the end.
    errors: Option<JoinHandle<String>>,
    cpu: Duration,
}

impl Driver {
    /// Starts a process that runs batches as this text does.
    pub(super) fn start(path: &Path, text: &str) -> Result<Driver, PythonError> {
        let mut child = Command::new(path)
            .args(["-I", "-S", "-c", text, "--batch"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|source| PythonError::NotExecutable { path: path.to_owned(), source })?;
        let input = child.stdin.take();
        let (sender, lines) = channel();
        let output = BufReader::new(child.stdout.take().expect("piped"));
        thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        let mut stderr = child.stderr.take().expect("piped");
        let errors = thread::spawn(move || {
            let mut said = Vec::new();
            // What can be read is kept; why no more can be read does not matter.
            let _ = stderr.read_to_end(&mut said);
            let tail = said.len().saturating_sub(LAST_WORDS);
            String::from_utf8_lossy(&said[tail..]).trim().to_owned()
        });
        Ok(Driver { child, input, lines, errors: Some(errors), cpu: Duration::ZERO })
    }

    /// Returns the processor time used, as of the last batch.
    pub(super) fn cpu(&self) -> Duration {
        self.cpu
    }

    /// Writes a batch. A process that does not take it is found dead when the answers are read.
    pub(super) fn write(&mut self, texts: &[String]) {
        let batch = texts.join("\0");
        if let Some(input) = &mut self.input {
            let written = write!(input, "{}\n{batch}", batch.len()).and_then(|()| input.flush());
            if written.is_err() {
                self.input = None;
            }
        }
    }

    /// Reads one line for each program; kills a process that does not give them in time.
    pub(super) fn read(&mut self, programs: usize, timeout: Duration) -> Result<Vec<String>, Failure> {
        let deadline = Instant::now() + timeout;
        let mut answers = Vec::with_capacity(programs + 1);
        while answers.len() < programs + 1 {
            match self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(line) => answers.push(line),
                Err(RecvTimeoutError::Timeout) => {
                    self.end();
                    return Err(Failure::Hung);
                }
                Err(RecvTimeoutError::Disconnected) => return Err(Failure::Died(self.end())),
            }
        }
        let nanoseconds = answers.pop().and_then(|line| line.parse().ok());
        self.cpu = nanoseconds.map_or(self.cpu, Duration::from_nanos);
        Ok(answers)
    }

    /// Ends the process; returns its last words.
    fn end(&mut self) -> String {
        self.input = None;
        // Both fail only if the process is gone already.
        let _ = self.child.kill();
        let status = self.child.wait().map_or_else(|error| error.to_string(), |status| status.to_string());
        let said = self.errors.take().and_then(|errors| errors.join().ok()).unwrap_or_default();
        if said.is_empty() { status } else { said }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.end();
    }
}
