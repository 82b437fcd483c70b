//! Runs in child processes, and what becomes of them.

use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use crate::child::{Measured, Order, Report};
use crate::python::{self, clean};
use crate::subjects::Participant;

/// How often the memory of a child is looked at.
const SAMPLE: Duration = Duration::from_millis(2);

/// How many times its processor time a child may take by the clock on the wall: others want the processor, too.
const PATIENCE: u32 = 10;

/// How a run ended.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// It was measured.
    Ok {
        /// What it took.
        measured: Box<Measured>,
        /// The resident bytes above the baseline, on average over time, if it ran long enough to be looked at.
        mean_bytes: Option<f64>,
    },
    /// The subject lacks an ability.
    Unable(String),
    /// The process died.
    Crashed(String),
    /// It took too much time.
    Timeout(String),
}

impl Outcome {
    pub(crate) fn measured(&self) -> Option<&Measured> {
        match self {
            Outcome::Ok { measured, .. } => Some(measured),
            _ => None,
        }
    }

    pub(crate) fn mean_bytes(&self) -> Option<f64> {
        match self {
            Outcome::Ok { mean_bytes, .. } => *mean_bytes,
            _ => None,
        }
    }
}

/// Why nothing can be run at all.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// No process starts.
    #[error("this program cannot start itself")]
    Start(#[source] std::io::Error),
    /// No folder for Python's scripts.
    #[error("no folder for the workloads in Python")]
    Folder(#[source] std::io::Error),
}

/// Starts runs.
pub(crate) struct Runner {
    program: PathBuf,
    cpu_seconds: u64,
    /// The workloads in Python, one file each.
    scripts: PathBuf,
}

impl Runner {
    /// Makes a runner. The program is started as `PROGRAM compare-child ...`.
    pub(crate) fn new(program: PathBuf, cpu_seconds: u64, scripts: &Path) -> Runner {
        Runner { program, cpu_seconds, scripts: scripts.to_path_buf() }
    }

    /// Runs a workload once.
    pub(crate) fn run(&self, participant: &Participant, order: &Order) -> Result<Outcome, RunError> {
        let mut command = Command::new(&self.program);
        clean(&mut command).args(["compare-child", "--workload", &order.workload]);
        command.args(["--subject", &order.subject, "--objects", &order.objects.to_string()]);
        command.args(["--cpu-seconds", &self.cpu_seconds.to_string()]);
        if order.timed {
            command.arg("--timed");
        }
        if let Participant::Python(python) = participant {
            command.arg("--python").arg(&python.path);
            command.arg("--script").arg(self.scripts.join(python::script(&order.workload)));
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = command.spawn().map_err(RunError::Start)?;
        let ended = self.watch(child).map_err(RunError::Start)?;
        Ok(self.outcome(&ended, matches!(participant, Participant::Python(_))))
    }

    /// Waits for a child and looks at its memory meanwhile.
    fn watch(&self, mut child: Child) -> std::io::Result<Ended> {
        let limit = Duration::from_secs(self.cpu_seconds) * PATIENCE;
        let statm = format!("/proc/{}/statm", child.id());
        let (mut out, mut err) = (child.stdout.take(), child.stderr.take());
        thread::scope(|scope| {
            let (done, is_done) = mpsc::channel::<()>();
            let out = scope.spawn(move || {
                // When nobody can write any more, the child is gone, or about to be.
                let text = read(out.as_mut());
                drop(done);
                text
            });
            let err = scope.spawn(move || read(err.as_mut()));
            let begun = Instant::now();
            let mut samples = Vec::new();
            let mut hung = false;
            while is_done.recv_timeout(SAMPLE) == Err(RecvTimeoutError::Timeout) {
                samples.extend(resident(&statm));
                if begun.elapsed() > limit && !hung {
                    hung = true;
                    child.kill()?;
                }
            }
            let status = child.wait()?;
            let [out, err] = [out, err].map(|thread| thread.join().unwrap_or_default());
            Ok(Ended { status, out, err, samples, hung })
        })
    }

    fn outcome(&self, ended: &Ended, python: bool) -> Outcome {
        if ended.hung {
            let seconds = self.cpu_seconds * u64::from(PATIENCE);
            return Outcome::Timeout(format!("not done after {seconds} s"));
        }
        // SIGXCPU: the processor time is used up.
        if ended.status.signal() == Some(rustix::process::Signal::XCPU.as_raw()) {
            return Outcome::Timeout(format!("not done after {} s of processor time", self.cpu_seconds));
        }
        if ended.status.success() {
            let report = if python {
                python::measured(&ended.out).map(|measured| Report::Measured(Box::new(measured)))
            } else {
                serde_json::from_str(&ended.out)
            };
            match report {
                Ok(Report::Measured(measured)) => {
                    let mean_bytes = mean(&ended.samples, &measured);
                    return Outcome::Ok { measured, mean_bytes };
                }
                Ok(Report::Unable(reason)) => return Outcome::Unable(reason),
                Err(error) => return Outcome::Crashed(format!("it answers nonsense: {error}")),
            }
        }
        Outcome::Crashed(reason(ended))
    }
}

/// What is left of a child.
struct Ended {
    status: ExitStatus,
    out: String,
    err: String,
    /// Its resident bytes, again and again.
    samples: Vec<u64>,
    hung: bool,
}

fn read(pipe: Option<&mut impl Read>) -> String {
    let mut bytes = Vec::new();
    // What cannot be read is missing, and the child's answer is nonsense then.
    let _ = pipe.map(|pipe| pipe.read_to_end(&mut bytes));
    String::from_utf8_lossy(&bytes).into_owned()
}

fn resident(statm: &str) -> Option<u64> {
    let text = std::fs::read_to_string(statm).ok()?;
    let pages: u64 = text.split_whitespace().nth(1)?.parse().ok()?;
    Some(pages * rustix::param::page_size() as u64)
}

/// Returns the average of what was resident above the baseline; until it is reached, the process starts.
fn mean(samples: &[u64], measured: &Measured) -> Option<f64> {
    let above = |&bytes: &u64| bytes.checked_sub(measured.baseline_bytes).filter(|&bytes| bytes > 0);
    let samples: Vec<u64> = samples.iter().filter_map(above).collect();
    (!samples.is_empty()).then(|| samples.iter().sum::<u64>() as f64 / samples.len() as f64)
}

/// Says why a child died: what the Rust run time or Python says of it, or the signal.
fn reason(ended: &Ended) -> String {
    let overflow = ended.err.lines().any(|line| line.contains("has overflowed its stack"));
    if overflow {
        return "stack overflow".to_string();
    }
    let said = ended.err.lines().rev().find(|line| !line.trim().is_empty());
    match said {
        Some(line) => format!("{}: {}", ended.status, line.trim()),
        None => ended.status.to_string(),
    }
}
