//! The command line.

use std::ffi::OsString;
use std::ops::RangeInclusive;
use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Args, Parser, Subcommand};
use gleaner_oracle::Faults;
use gleaner_oracle::environments::POLICIES;
use gleaner_oracle::python::{Python, PythonError};

/// Memory management like Python's, and the harness that tries to break it.
///
/// Without a command, runs `stress` for 20 seconds.
#[derive(Parser, Debug)]
#[command(name = "gleaner", version, after_help = "Example: gleaner stress --seconds 60 --json")]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    /// The seed of everything random; drawn, and printed, if not given
    #[arg(long, global = true, value_name = "N")]
    pub(crate) seed: Option<u64>,
    /// Print one JSON object on standard output and nothing else there
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// Generate programs, run them on every machine, compare
    #[command(after_help = "Example: gleaner stress --seconds 60 --strategy generational --faults all")]
    Stress(Stress),
    /// Run programs or recordings; print observations, or where machines part
    #[command(after_help = "Example: gleaner replay corpora/programs/*.py")]
    Replay(Replay),
    /// Minimise a program on which machines part
    #[command(after_help = "Example: gleaner shrink failing.py -o small.py")]
    Shrink(Shrink),
    /// Run a script in a subset of Python on the heap
    #[command(after_help = "Example: gleaner run --profile 3.13 --strategy paced script.py")]
    Run(Run),
    /// Draw names, objects and references when a script has come to a line
    #[command(
        after_help = "Examples:\n  gleaner explain script.py --at 12 -o heap.html\n  gleaner explain script.py --why Node"
    )]
    Explain(Explain),
    /// Run scripts on the heap and on real Pythons, and compare what they print
    #[command(after_help = "Example: gleaner judge corpora/python --strategy all --python python3.13")]
    Judge(Judge),
    /// Compare strategies, Pythons and other crates: time, pauses, memory
    #[command(after_help = COMPARE_HELP)]
    Compare(Compare),
    /// One measurement of `compare`, in this process
    #[command(hide = true)]
    CompareChild(CompareChild),
    /// Record what a program asks of its allocator, and replay it on allocators
    #[command(
        subcommand,
        arg_required_else_help = false,
        after_help = "Example: gleaner trace replay corpora/traces/*.gtrace --json"
    )]
    Trace(Trace),
}

const COMPARE_HELP: &str = "Examples:
  gleaner compare --workload churn,live-ring --html page.html
  gleaner compare --strategy generational --python python3 --json
Example: gleaner compare --workload tree --sizes --rounds 1

Workloads and their sizes: gleaner compare --list";

/// The longest run: a year.
const SECONDS: RangeInclusive<u64> = 1..=31_536_000;

#[derive(Args, Debug, Default)]
pub(crate) struct Stress {
    /// Scripts of Python's object layer, with objects of all types, beside CPython; those that part go to corpora/python
    #[arg(long, conflicts_with_all = ["threads", "faults"])]
    pub(crate) scripts: bool,
    /// Stop after so many seconds [default: 20, if --programs is not given]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(SECONDS))]
    pub(crate) seconds: Option<u64>,
    /// Stop after so many programs; each goes to CPython
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=u64::MAX / 2))]
    pub(crate) programs: Option<u64>,
    /// The heap's strategy [default: all]
    #[arg(long, value_name = "NAME", value_parser = strategies())]
    pub(crate) strategy: Option<String>,
    /// Threads, each with its own CPython [default: half the processors]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) threads: Option<u16>,
    /// Faults to inject [default: none]
    #[arg(long, value_name = "KIND", value_parser = names(Faults::ALL.map(|(name, _)| name)))]
    pub(crate) faults: Option<String>,
    /// Where divergences are saved [default: corpora/regressions; with --bug the temporary folder]
    #[arg(long, value_name = "FOLDER")]
    pub(crate) regressions: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) machines: Machines,
}

#[derive(Args, Debug)]
pub(crate) struct Replay {
    /// Programs in the Python subset, or recordings
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Print what this machine says: heap/STRATEGY, model, or python
    #[arg(long, value_name = "NAME", value_parser = machines())]
    pub(crate) machine: Option<String>,
    /// The rules of Python 3.N [default: all when comparing; the newest with --machine]
    #[arg(long, value_name = "3.N", value_parser = names(["3.11", "3.12", "3.13", "3.14", "3.15"]))]
    pub(crate) profile: Option<String>,
    #[command(flatten)]
    pub(crate) machines: Machines,
}

#[derive(Args, Debug)]
pub(crate) struct Shrink {
    /// The program
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Where the smaller program goes
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: PathBuf,
    /// Attempts
    #[arg(long, value_name = "N", default_value_t = 20_000, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) budget: u32,
    #[command(flatten)]
    pub(crate) machines: Machines,
}

#[derive(Args, Debug)]
pub(crate) struct Compare {
    /// Workloads, separated by commas, or all
    #[arg(long, value_name = "NAME", default_value = "all", value_delimiter = ',')]
    pub(crate) workload: Vec<String>,
    /// The heap's strategies, separated by commas, or all
    #[arg(long, value_name = "NAME", default_value = "all", value_delimiter = ',')]
    pub(crate) strategy: Vec<String>,
    /// Compare with other crates, too: those of this build
    #[arg(long)]
    pub(crate) peers: bool,
    /// Compare with this Python, too; may be given several times
    #[arg(long, value_name = "PATH")]
    pub(crate) python: Vec<PathBuf>,
    /// Sizes, separated by commas [default: each workload's own]
    #[arg(long, value_name = "N", value_delimiter = ',', value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) objects: Vec<u32>,
    /// Sizes from ten thousand to ten million objects: how cost grows
    #[arg(long, visible_alias = "cost", conflicts_with = "objects")]
    pub(crate) sizes: bool,
    /// How often each is measured; medians count
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub(crate) rounds: u16,
    /// The processor time that one measurement may take
    #[arg(long, value_name = "N", default_value_t = 120, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) cpu_seconds: u32,
    /// Write a page with charts
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
    /// Print the workloads, their sizes and what they do
    #[arg(long)]
    pub(crate) list: bool,
}

#[derive(Args, Debug)]
pub(crate) struct CompareChild {
    #[arg(long)]
    pub(crate) workload: String,
    #[arg(long)]
    pub(crate) subject: String,
    #[arg(long)]
    pub(crate) objects: usize,
    #[arg(long)]
    pub(crate) cpu_seconds: u64,
    #[arg(long)]
    pub(crate) timed: bool,
    #[arg(long, requires = "script")]
    pub(crate) python: Option<PathBuf>,
    #[arg(long)]
    pub(crate) script: Option<PathBuf>,
}

#[derive(Subcommand, Debug)]
pub(crate) enum Trace {
    /// Run a command that runs CPython; write down what it asks of its allocator
    #[command(after_help = "Example: gleaner trace record -o pip.gtrace -- python3 -m pip list\n\n\
        The first CPython that the command starts is recorded. With --json its standard output goes to standard error.")]
    Record(TraceRecord),
    /// Replay traces on allocators: time, instructions, memory
    #[command(
        after_help = "Example: gleaner trace replay corpora/traces/*.gtrace --allocator gleaner,glibc --json"
    )]
    Replay(TraceReplay),
    /// Print what kind of program a trace is of
    #[command(after_help = "Example: gleaner trace info pip.gtrace --json")]
    Info(TraceInfo),
    /// One replay, in this process
    #[command(hide = true)]
    Child(TraceChild),
}

#[derive(Args, Debug)]
pub(crate) struct TraceRecord {
    /// Where the trace goes
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: PathBuf,
    /// The command and its arguments
    #[arg(required = true, last = true, value_name = "CMD")]
    pub(crate) command: Vec<OsString>,
}

#[derive(Args, Debug)]
pub(crate) struct TraceReplay {
    /// Traces
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Allocators, separated by commas, or all
    #[arg(long, value_name = "NAME", default_value = "all", value_delimiter = ',')]
    pub(crate) allocator: Vec<String>,
    /// Replays of each trace on each allocator; their median counts
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) rounds: u32,
    /// Do not count instructions, which takes long
    #[arg(long)]
    pub(crate) no_instructions: bool,
    /// The Python whose shared library pymalloc comes from
    #[arg(long, value_name = "PATH", default_value = "python3")]
    pub(crate) python: PathBuf,
}

#[derive(Args, Debug)]
pub(crate) struct TraceInfo {
    /// A trace
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
}

#[derive(Args, Debug)]
pub(crate) struct TraceChild {
    #[arg(long)]
    pub(crate) allocator: String,
    #[arg(long)]
    pub(crate) script: PathBuf,
    #[arg(long)]
    pub(crate) libpython: Option<PathBuf>,
}

/// Options about the machines themselves.
#[derive(Args, Debug, Default)]
pub(crate) struct Machines {
    /// The CPython to compare with, or `none` [default: the first on the PATH that will do]
    #[arg(long, value_name = "PATH")]
    pub(crate) python: Option<PathBuf>,
    /// The mistake to make in every heap
    #[cfg(feature = "seeded-bugs")]
    #[arg(long, value_name = "NAME", value_parser = names(gleaner_oracle::seeded::Bug::ALL.map(|(name, _)| name)))]
    pub(crate) bug: Option<String>,
}

impl Machines {
    /// Returns the CPython that was asked for, or the one at hand, if any.
    ///
    /// # Errors
    /// What was asked for is no CPython that will do.
    pub(crate) fn python(&self) -> Result<Option<Python>, PythonError> {
        match &self.python {
            Some(path) if path.as_os_str() == "none" => Ok(None),
            Some(path) => Python::at(path).map(Some),
            None => Ok(Python::find()),
        }
    }

    /// Returns the mistake to make.
    #[cfg(feature = "seeded-bugs")]
    pub(crate) fn bug(&self) -> Option<gleaner_oracle::seeded::Bug> {
        let all = gleaner_oracle::seeded::Bug::ALL;
        all.iter().find(|(name, _)| Some(*name) == self.bug.as_deref()).map(|&(_, bug)| bug)
    }

    /// Makes the mistake in the heaps of this thread.
    pub(crate) fn arm(&self) {
        #[cfg(feature = "seeded-bugs")]
        gleaner_oracle::seeded::arm(self.bug());
    }
}

fn names(all: impl IntoIterator<Item = &'static str>) -> PossibleValuesParser {
    PossibleValuesParser::new(all)
}

fn strategies() -> PossibleValuesParser {
    names(POLICIES.iter().map(|(name, _)| *name).chain(["all"]))
}

fn machines() -> PossibleValuesParser {
    names([
        "heap/refcount-only",
        "heap/mark-sweep",
        "heap/generational",
        "heap/full",
        "heap/recycler",
        "heap/incremental",
        "heap/paced",
        "model",
        "python",
    ])
}

/// `gleaner run`.
#[derive(Args, Debug)]
pub(crate) struct Run {
    #[command(flatten)]
    pub(crate) script: ScriptOptions,
    /// Tell on standard error what each statement changes: names, objects, counts, generations
    #[arg(long, conflicts_with = "snapshot")]
    pub(crate) explain: bool,
    /// Tell on standard error, at the program's end, which kinds of objects hold the memory: bytes as `sys.getsizeof` tells
    /// them; retained is what would be free without them
    #[arg(long, conflicts_with_all = ["snapshot", "explain"])]
    pub(crate) holdings: bool,
    /// Write the heap at the program's end, for Chrome's DevTools (Memory, Load)
    #[arg(long, value_name = "FILE.heapsnapshot")]
    pub(crate) snapshot: Option<PathBuf>,
}

/// `gleaner explain`.
#[derive(Args, Debug)]
pub(crate) struct Explain {
    #[command(flatten)]
    pub(crate) script: ScriptOptions,
    /// Look before this line runs for the first time; at the end, if not given
    #[arg(long, value_name = "LINE")]
    pub(crate) at: Option<u32>,
    /// Tell why the object of this name is alive, other than by its name; of a class's name, why an instance is
    #[arg(long, value_name = "NAME")]
    pub(crate) why: Option<String>,
    /// Where to draw: .svg, or .html with a legend
    #[arg(short, long, value_name = "FILE", conflicts_with = "why")]
    pub(crate) output: Option<PathBuf>,
}

/// A script, and how it is run.
#[derive(Args, Debug)]
pub(crate) struct ScriptOptions {
    /// The script; `-` reads standard input
    pub(crate) file: PathBuf,
    /// The collector's strategy
    #[arg(long, value_name = "NAME", default_value = "generational",
        value_parser = PossibleValuesParser::new(gleaner_python::script::strategy_names()))]
    pub(crate) strategy: String,
    /// The Python whose constants and rules hold
    #[arg(long, value_name = "VERSION", default_value = "3.15",
        value_parser = PossibleValuesParser::new(["classic", "3.11", "3.12", "3.13", "3.14", "3.15"]))]
    pub(crate) profile: String,
}

/// `gleaner judge`.
#[derive(Args, Debug)]
pub(crate) struct Judge {
    /// Scripts, or directories of them
    #[arg(default_value = "corpora/python")]
    pub(crate) files: Vec<PathBuf>,
    /// The collector's strategy; all but refcount-only with `all`
    #[arg(long, value_name = "NAME|all", default_value = "all",
        value_parser = PossibleValuesParser::new(gleaner_python::script::strategy_names().chain(["all"])))]
    pub(crate) strategy: String,
    /// A Python to judge by, again for more; the one on PATH if not given
    #[arg(long, value_name = "PATH")]
    pub(crate) python: Vec<PathBuf>,
}
