//! Allocators side by side, on the shapes that allocators are known by.
//!
//! ```text
//! cargo bench -p gleaner-benches --features peers --bench allocators [-- --json]
//! ```
//!
//! * `lifo`: allocate and free one block, again and again.
//! * `batch`, `batch512`: allocate 10 000 blocks, then free them in order; as recorded, and all of 512 bytes.
//! * `churn`: replace a random one of 100 000 live blocks. `churn2`: two threads, each with half of them.
//! * `young`: nine blocks of ten die within sixteen allocations, one replaces one of 100 000.
//! * `producer-consumer`: one thread allocates, another frees.
//! * `larson`: replace blocks that a thread inherits from the one before it. `xmalloc`: batches go by way of a common pile.
//! * `return`: how much of 256 MB is still resident a second after all was freed.
//!
//! Every measurement is a process of its own; allocators take turns; medians count. `null` is the harness, inlined, and
//! is subtracted from the others. `gleaner` is called as C functions are, `gleaner-sized` is inlined and told the sizes. Instructions
//! are the difference between two runs under callgrind. Compare ratios, not nanoseconds of one allocator.

mod report;
mod row;
mod rows;
mod sizes;
mod threads;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, Result, ensure};
use clap::{Parser, ValueEnum};
use gleaner_peers::python::LibPython;
use gleaner_peers::{ALL, instructions};
use report::{Cell, Report};
use row::Row;

/// Allocators side by side.
#[derive(Parser)]
struct Options {
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    /// Measurements of each row on each allocator
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1000))]
    rounds: u32,
    /// Only these rows
    #[arg(long, value_delimiter = ',')]
    rows: Vec<Row>,
    /// Only these allocators
    #[arg(long, value_delimiter = ',')]
    allocators: Vec<String>,
    /// Do not count instructions
    #[arg(long)]
    no_instructions: bool,
    /// The Python whose allocator takes part
    #[arg(long, default_value = "python3")]
    python: PathBuf,
    /// One measurement: the row, the allocator, the pairs
    #[arg(long, hide = true, num_args = 3)]
    child: Option<Vec<String>>,
    #[arg(long, hide = true)]
    libpython: Option<PathBuf>,
    /// Given by cargo
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> ExitCode {
    let options = Options::parse();
    let result = match &options.child {
        Some(what) => child(what, options.libpython.as_deref()),
        None => run(&options),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("allocators: {error:#}");
            ExitCode::from(2)
        }
    }
}

/// Measures, and prints a number.
fn child(what: &[String], library: Option<&Path>) -> Result<()> {
    let [row, allocator, pairs] = what else { anyhow::bail!("--child takes three values") };
    let row = Row::from_str(row, false).map_err(anyhow::Error::msg)?;
    println!("{}", row::measure(row, allocator, library, pairs.parse().context("not a number of pairs")?)?);
    Ok(())
}

/// An allocator, and where it is loaded from.
struct Subject {
    name: String,
    library: Option<LibPython>,
}

impl Subject {
    fn takes_part(&self, row: Row) -> bool {
        match self.name.as_str() {
            "null" => row != Row::Return,
            "gleaner-sized" => row.is_for_one_thread(),
            "pymalloc" => row.is_for_one_thread() && row != Row::Churn2,
            _ => true,
        }
    }

    fn command(&self, row: Row, pairs: u64) -> Result<Command> {
        let mut command = Command::new(std::env::current_exe().context("this program cannot find itself")?);
        let row = row.to_possible_value().context("a row has a name")?;
        command.args(["--child", row.get_name(), &self.name, &pairs.to_string()]);
        if let Some(library) = &self.library {
            command.arg("--libpython").arg(&library.library).env("PYTHONHOME", &library.home);
        }
        command.env_remove("LD_PRELOAD").env_remove("PYTHONMALLOC").stdin(Stdio::null());
        Ok(command)
    }

    fn measure(&self, row: Row) -> Result<f64> {
        let output = self.command(row, row.pairs())?.output().context("this program cannot start itself")?;
        let failed =
            || format!("{} in {row:?}: {}", self.name, String::from_utf8_lossy(&output.stderr).trim());
        ensure!(output.status.success(), failed());
        let number: f64 = String::from_utf8_lossy(&output.stdout).trim().parse().with_context(failed)?;
        Ok(number / row.pairs() as f64)
    }

    /// Returns the instructions of a pair; `None` if it does not run under valgrind.
    fn count(&self, row: Row) -> Result<Option<f64>> {
        const PAIRS: u64 = 200_000;
        let of = |pairs| self.command(row, pairs).map(|command| instructions::count(&command, None).ok());
        let (once, twice) = (of(PAIRS)?, of(2 * PAIRS)?);
        Ok(once.zip(twice).map(|(once, twice)| twice.saturating_sub(once) as f64 / PAIRS as f64))
    }
}

fn run(options: &Options) -> Result<()> {
    let subjects = subjects(options);
    let rows: Vec<Row> =
        if options.rows.is_empty() { Row::value_variants().to_vec() } else { options.rows.clone() };
    let counting = !options.no_instructions && instructions::available();
    let mut report = Report::default();
    for row in rows {
        let taking_part: Vec<&Subject> = subjects.iter().filter(|subject| subject.takes_part(row)).collect();
        let mut times = vec![Vec::new(); taking_part.len()];
        for _ in 0..options.rounds {
            for (subject, times) in taking_part.iter().zip(&mut times) {
                times.push(subject.measure(row)?);
            }
        }
        for (subject, times) in taking_part.iter().zip(times) {
            let count = if counting && row.is_counted() { subject.count(row)? } else { None };
            report.add(row, &subject.name, Cell::new(times, count));
        }
    }
    report.print(options.json)
}

/// Returns who takes part.
fn subjects(options: &Options) -> Vec<Subject> {
    let built = ALL.iter().map(|allocator| allocator.name());
    let names = ["null", "gleaner-sized"].into_iter().chain(built).map(str::to_string);
    let mut subjects: Vec<Subject> = names.map(|name| Subject { name, library: None }).collect();
    match LibPython::of(&options.python) {
        Ok(library) => subjects.push(Subject { name: "pymalloc".to_string(), library: Some(library) }),
        Err(error) => eprintln!("no pymalloc: {error}"),
    }
    let wanted = &options.allocators;
    subjects.retain(|subject| wanted.is_empty() || subject.name == "null" || wanted.contains(&subject.name));
    subjects
}
