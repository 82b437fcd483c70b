//! A real CPython as a machine, by the batch.
//!
//! One process of `python3 -I -S` executes `corpora/prelude.py`, which is compiled in. A batch of programs goes
//! to its standard input as text, one line of integers per program comes back. [`Python::send`] returns as soon
//! as the batch is written, so that the caller can run other machines on it before [`Python::receive`].
//!
//! A process that dies or does not answer in time is replaced, and the batch is given to a new one program by
//! program, to find the one that did it.

mod driver;
mod find;

use std::path::{Path, PathBuf};
use std::time::Duration;

use gleaner_program::{Environment, Policy, Profile, Program, Transcript};

use self::driver::{Driver, Failure};
pub use self::find::Version;
use crate::machine::{Machine, MachineError};

/// Why a Python cannot be used, or has not answered.
#[derive(Debug, thiserror::Error)]
pub enum PythonError {
    /// The file cannot be started.
    #[error("{} cannot be started", path.display())]
    NotExecutable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It does not answer as a Python does.
    #[error("{} is no Python: {said}", path.display())]
    NotPython {
        /// The file.
        path: PathBuf,
        /// The last line it wrote.
        said: String,
    },
    /// It is older than 3.11.
    #[error("{} is Python {version}; 3.11 or newer is needed", path.display())]
    TooOld {
        /// The file.
        path: PathBuf,
        /// Its version.
        version: Version,
    },
    /// It is PyPy or another implementation.
    #[error("{} is {implementation}; only CPython is an oracle", path.display())]
    NotCPython {
        /// The file.
        path: PathBuf,
        /// What it calls itself.
        implementation: String,
    },
    /// It is a build without the global lock, which collects by other rules.
    #[error("{} is a free-threaded build; one with the global lock is needed", path.display())]
    FreeThreaded {
        /// The file.
        path: PathBuf,
    },
    /// The process ended in the middle of a batch.
    #[error("python died{}: {said}", of_program(*program))]
    Died {
        /// The index of the program that did it, if it does it alone.
        program: Option<usize>,
        /// What it last wrote to its standard error.
        said: String,
    },
    /// The process did not answer in time.
    #[error("python did not answer within {} s{}", limit.as_secs_f64(), of_program(*program))]
    Hung {
        /// The index of the program that did it, if it does it alone.
        program: Option<usize>,
        /// The time it had for the batch.
        limit: Duration,
    },
    /// A program raised an exception, or is none.
    #[error("python refused program {program}: {said}")]
    Refused {
        /// Its index.
        program: usize,
        /// The exception.
        said: String,
    },
    /// `receive` without `send`, or `send` without `receive`.
    #[error("batches are sent and received in turn")]
    OutOfTurn,
}

/// Says "at program 3" in an error.
fn of_program(program: Option<usize>) -> String {
    program.map_or_else(String::new, |index| format!(" at program {index}"))
}

/// A CPython that runs programs.
#[derive(Debug)]
pub struct Python {
    path: PathBuf,
    version: Version,
    timeout: Duration,
    /// The part of the machine that is written in Python.
    text: &'static str,
    driver: Option<Driver>,
    /// The batch under way.
    pending: Option<Vec<String>>,
    /// Processor time of processes that are gone.
    past: Duration,
}

impl Python {
    /// The time a batch has, unless `set_timeout` says otherwise.
    pub const TIMEOUT: Duration = Duration::from_secs(60);

    /// Returns the first Python on `PATH` that can be used: `python3`, then the versions from the newest down.
    #[must_use]
    pub fn find() -> Option<Python> {
        find::candidates().into_iter().find_map(|path| Python::at(&path).ok())
    }

    /// Uses the Python at a path.
    ///
    /// # Errors
    /// If it is not an executable, not a Python, too old, not CPython or free-threaded.
    pub fn at(path: &Path) -> Result<Python, PythonError> {
        let version = find::ask(path)?;
        let (path, timeout) = (path.to_owned(), Python::TIMEOUT);
        let (text, driver, pending) = (driver::PROGRAMS, None, None);
        Ok(Python { path, version, timeout, text, driver, pending, past: Duration::ZERO })
    }

    /// Lets it run scripts from here on, and no programs.
    #[must_use]
    pub fn for_scripts(self) -> Python {
        Python { text: driver::SCRIPTS, driver: None, pending: None, ..self }
    }

    /// Hands over a batch of scripts, and starts the process if there is none.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub fn send_scripts(&mut self, texts: &[String]) -> Result<(), PythonError> {
        if self.pending.is_some() {
            return Err(PythonError::OutOfTurn);
        }
        self.hand_over(texts)?;
        self.pending = Some(texts.to_vec());
        Ok(())
    }

    /// Waits for what the scripts of a batch have printed, in order.
    ///
    /// # Errors
    /// As [`receive`](Self::receive).
    pub fn receive_scripts(&mut self) -> Result<Vec<String>, PythonError> {
        self.receive_lines()?.iter().enumerate().map(|(index, line)| unhex(index, line)).collect()
    }

    /// Returns the path it was found at.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns its version.
    #[must_use]
    pub fn version(&self) -> Version {
        self.version
    }

    /// Returns its rules.
    #[must_use]
    pub fn profile(&self) -> Profile {
        Profile::of(self.version.minor)
    }

    /// Sets the time each batch has to be answered in.
    pub fn set_timeout(&mut self, timeout: Duration) {
        self.timeout = timeout;
    }

    /// Returns the processor time that its processes have used, as of the last batch received.
    #[must_use]
    pub fn cpu_seconds(&self) -> f64 {
        let current = self.driver.as_ref().map_or(Duration::ZERO, Driver::cpu);
        (self.past + current).as_secs_f64()
    }

    /// Runs a batch of programs and waits for it.
    ///
    /// # Errors
    /// As [`send`](Self::send) and [`receive`](Self::receive).
    pub fn run_batch(&mut self, programs: &[&Program]) -> Result<Vec<Transcript>, PythonError> {
        self.send(programs)?;
        self.receive()
    }

    /// Hands over a batch, and starts the process if there is none.
    ///
    /// # Errors
    /// If the process cannot be started or the previous batch has not been received. A process that dies is
    /// reported by `receive`.
    pub fn send(&mut self, programs: &[&Program]) -> Result<(), PythonError> {
        let texts: Vec<String> = programs.iter().map(|program| program.to_python()).collect();
        self.send_scripts(&texts)
    }

    /// Waits for the batch's transcripts, in order. They have no `starts`.
    ///
    /// # Errors
    /// If nothing was sent, the process dies or hangs (the next `send` starts a new one), or a program raises.
    pub fn receive(&mut self) -> Result<Vec<Transcript>, PythonError> {
        self.receive_lines()?.iter().enumerate().map(|(index, line)| parse(index, line)).collect()
    }

    /// Waits for the lines of a batch, one for each text; finds out which of them broke the process, if one has.
    fn receive_lines(&mut self) -> Result<Vec<String>, PythonError> {
        let texts = self.pending.take().ok_or(PythonError::OutOfTurn)?;
        self.collect_answers(texts.len()).map_err(|failure| self.blame(failure, &texts))
    }

    /// Returns what an environment asks for that this Python does not have.
    fn lacks(&self, environment: &Environment) -> Option<String> {
        if environment.policy != Policy::Generational {
            Some(format!("under the policy {:?}", environment.policy))
        } else if environment.profile != self.profile() {
            Some(format!("by the rules of Python 3.{}", environment.profile.minor))
        } else {
            environment.fail_at.map(|_| "with a failing allocation".to_owned())
        }
    }

    /// Writes a batch to the process.
    fn hand_over(&mut self, texts: &[String]) -> Result<(), PythonError> {
        if self.driver.is_none() {
            self.driver = Some(Driver::start(&self.path, self.text)?);
        }
        let driver = self.driver.as_mut().expect("just started");
        driver.write(texts);
        Ok(())
    }

    /// Reads the lines of a batch; drops a process that does not give them.
    fn collect_answers(&mut self, programs: usize) -> Result<Vec<String>, Failure> {
        let driver = self.driver.as_mut().ok_or_else(|| Failure::Died(String::new()))?;
        let answers = driver.read(programs, self.timeout);
        if answers.is_err() {
            self.past += driver.cpu();
            self.driver = None;
        }
        answers
    }

    /// Finds out which program of a batch breaks the process.
    fn blame(&mut self, failure: Failure, texts: &[String]) -> PythonError {
        let (program, failure) = (0..texts.len())
            .find_map(|index| {
                let alone = std::slice::from_ref(&texts[index]);
                self.hand_over(alone).ok()?;
                Some((Some(index), self.collect_answers(1).err()?))
            })
            .unwrap_or((None, failure));
        match failure {
            Failure::Died(said) => PythonError::Died { program, said },
            Failure::Hung => PythonError::Hung { program, limit: self.timeout },
        }
    }
}

/// Reads a line of the driver.
fn parse(program: usize, line: &str) -> Result<Transcript, PythonError> {
    let refused = |said: &str| PythonError::Refused { program, said: said.to_owned() };
    if let Some(message) = line.strip_prefix("! ") {
        return Err(refused(message));
    }
    let tokens = line.split_ascii_whitespace().map(str::parse).collect::<Result<_, _>>();
    tokens
        .map(|tokens| Transcript { tokens, starts: Vec::new(), live: Vec::new() })
        .map_err(|_| refused(line))
}

/// Reads a line of the driver of scripts.
fn unhex(program: usize, line: &str) -> Result<String, PythonError> {
    let digits = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    let bytes: Option<Vec<u8>> = line.as_bytes().chunks(2).map(digits).collect();
    let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    text.ok_or_else(|| PythonError::Refused { program, said: line.to_owned() })
}

impl Machine for Python {
    fn name(&self) -> String {
        format!("python/{}", self.version)
    }

    fn run(&mut self, program: &Program, environment: &Environment) -> Result<Transcript, MachineError> {
        if let Some(what) = self.lacks(environment) {
            return Err(MachineError::new(format!("{} cannot run {what}", self.name())));
        }
        let transcripts = self.run_batch(&[program]).map_err(|error| MachineError::new(error.to_string()))?;
        transcripts.into_iter().next().ok_or_else(|| MachineError::new("no answer"))
    }
}
