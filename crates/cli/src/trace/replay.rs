//! `gleaner trace replay`: traces on allocators, each replay in a process of its own, in turns.

use std::fs::File;
use std::io::{BufWriter, IsTerminal};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use gleaner_peers::instructions::{self, median as middle};
use gleaner_peers::python::LibPython;
use gleaner_peers::replay::{HOT, Measured};
use gleaner_trace::Script;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use serde_json::json;
use tempfile::TempDir;

use super::{damaged, open};
use crate::options::TraceReplay;
use crate::{Verdict, output};

/// The allocator that is none: what it costs is the harness, and is subtracted from the others.
const NULL: &str = "null";

/// The allocator that is loaded from a Python.
const PYMALLOC: &str = "pymalloc";

/// A trace, ready to be replayed.
struct Trace {
    name: String,
    script: PathBuf,
    pairs: u64,
}

/// An allocator, and the library that it comes from, if it is loaded.
struct Subject {
    name: String,
    library: Option<LibPython>,
}

/// What the command prints of a trace on an allocator. Of `null` it is the harness, of the others what is left without.
#[derive(Serialize)]
struct Row {
    trace: String,
    allocator: String,
    /// Processor time of an allocation and its free; half of this where only one is in the trace.
    ns_per_pair: f64,
    instructions_per_pair: Option<f64>,
    page_faults: u64,
    /// Resident bytes above those before the replay.
    peak_rss: u64,
    end_rss: u64,
    /// Of all rounds, so that noise can be judged.
    ns_per_pair_min: f64,
    ns_per_pair_max: f64,
}

/// Runs the command.
pub(crate) fn run(options: &TraceReplay, json: bool) -> Result<Verdict> {
    let (subjects, mut notes) = subjects(options)?;
    let folder = tempfile::tempdir().context("no temporary folder")?;
    // All files first: bad input is told before anything runs.
    let traces = options.files.iter().enumerate();
    let traces = traces.map(|(index, path)| prepare(path, &folder, index)).collect::<Result<Vec<_>>>()?;
    let counting = !options.no_instructions && instructions::available();
    if !counting && !options.no_instructions {
        notes.push("no instruction counts: valgrind is not on the PATH".to_string());
    }
    let bar = bar(traces.len() * subjects.len() * (options.rounds as usize + usize::from(counting)));
    let mut rows = Vec::new();
    for trace in &traces {
        rows.extend(compare(trace, &subjects, options.rounds, counting, &bar, &mut notes)?);
    }
    bar.finish_and_clear();
    if json {
        output::print_json(&json!({ "rounds": options.rounds, "rows": rows, "notes": notes }))?;
    } else {
        output::print(&text(&rows, &notes))?;
    }
    Ok(Verdict::Well)
}

/// Returns who takes part, `null` first, and what is to be said about those who do not.
fn subjects(options: &TraceReplay) -> Result<(Vec<Subject>, Vec<String>)> {
    let built: Vec<&str> = gleaner_peers::ALL.iter().map(|allocator| allocator.name()).collect();
    let all = options.allocator.iter().any(|name| name == "all");
    let mut wanted: Vec<&str> = vec![NULL];
    let named = options.allocator.iter().map(String::as_str).filter(|&name| name != "all");
    for name in if all { [&built[..], &[PYMALLOC]].concat() } else { named.collect() } {
        if !wanted.contains(&name) {
            wanted.push(name);
        }
    }
    let (mut subjects, mut notes) = (Vec::new(), Vec::new());
    for name in wanted {
        let library = match name {
            PYMALLOC => match LibPython::of(&options.python) {
                Ok(library) => {
                    notes.push(format!("{PYMALLOC} is that of CPython {}", library.version));
                    Some(library)
                }
                Err(error) if all => {
                    notes.push(format!("no {PYMALLOC}: {error}"));
                    continue;
                }
                Err(error) => return Err(error.into()),
            },
            NULL => None,
            _ if built.contains(&name) => None,
            _ => bail!(
                "no allocator {name} in this build; there are {}, {PYMALLOC}, {NULL}, all",
                built.join(", ")
            ),
        };
        subjects.push(Subject { name: name.to_string(), library });
    }
    Ok((subjects, notes))
}

/// Reads a trace, checks it, and writes it down as the child wants it.
fn prepare(path: &Path, folder: &TempDir, index: usize) -> Result<Trace> {
    let script = Script::read(&mut open(path)?).map_err(|error| damaged(path, &error))?;
    if script.pairs() == 0 {
        bail!("{}: the trace is empty", path.display());
    }
    let file = folder.path().join(index.to_string());
    let written = File::create(&file).and_then(|file| script.save(&mut BufWriter::new(file)));
    written.with_context(|| format!("{}: cannot be written", file.display()))?;
    let name = path.file_stem().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    Ok(Trace { name, script: file, pairs: script.pairs() })
}

/// Replays a trace on all allocators, in turns.
fn compare(
    trace: &Trace,
    subjects: &[Subject],
    rounds: u32,
    counting: bool,
    bar: &ProgressBar,
    notes: &mut Vec<String>,
) -> Result<Vec<Row>> {
    let mut measured: Vec<Vec<Measured>> = subjects.iter().map(|_| Vec::new()).collect();
    for _ in 0..rounds {
        for (subject, results) in subjects.iter().zip(&mut measured) {
            bar.set_message(format!("{} on {}", trace.name, subject.name));
            results.push(replay(trace, subject)?);
            bar.inc(1);
        }
    }
    let mut counts = vec![None; subjects.len()];
    if counting {
        for (subject, count) in subjects.iter().zip(&mut counts) {
            bar.set_message(format!("{} on {}, instructions", trace.name, subject.name));
            match instructions::count(&command(trace, subject)?, Some(HOT)) {
                Ok(counted) => *count = Some(counted),
                // snmalloc, for one, reserves more address space than valgrind has.
                Err(error) => {
                    let note = format!("no instructions of {}: {error}", subject.name);
                    if !notes.contains(&note) {
                        notes.push(note);
                    }
                }
            }
            bar.inc(1);
        }
    }
    let (harness, harness_count) = (measured[0].clone(), counts[0]);
    let rows = subjects.iter().zip(&measured).zip(&counts).map(|((subject, results), &count)| {
        let is_harness = subject.name == NULL;
        let without = |value: f64, of: f64| if is_harness { value } else { (value - of).max(0.0) };
        let pairs = trace.pairs as f64;
        let time = |one: &Measured| one.nanoseconds as f64 / pairs;
        let harness_time = median(&harness, time);
        let memory = |of: fn(&Measured) -> u64| {
            let above = |one: &Measured| of(one).saturating_sub(one.start_rss) as f64;
            without(median(results, above), median(&harness, above)) as u64
        };
        let times = || results.iter().map(|one| without(time(one), harness_time));
        Row {
            trace: trace.name.clone(),
            allocator: subject.name.clone(),
            ns_per_pair: without(median(results, time), harness_time),
            instructions_per_pair: count
                .zip(harness_count)
                .map(|(count, harness)| without(count as f64, harness as f64) / pairs),
            page_faults: without(
                median(results, |one| one.page_faults as f64),
                median(&harness, |one| one.page_faults as f64),
            ) as u64,
            // The kernel counts the peak a little late.
            peak_rss: memory(|one| one.peak_rss).max(memory(|one| one.end_rss)),
            end_rss: memory(|one| one.end_rss),
            ns_per_pair_min: times().fold(f64::INFINITY, f64::min),
            ns_per_pair_max: times().fold(0.0, f64::max),
        }
    });
    Ok(rows.collect())
}

/// Returns the command that replays a trace on an allocator and prints what it took.
fn command(trace: &Trace, subject: &Subject) -> Result<Command> {
    let program = std::env::current_exe().context("this program cannot find itself")?;
    let mut command = Command::new(program);
    command.args(["trace", "child", "--allocator", &subject.name, "--script"]).arg(&trace.script);
    if let Some(library) = &subject.library {
        command.arg("--libpython").arg(&library.library).env("PYTHONHOME", &library.home);
    }
    command.env_remove("LD_PRELOAD").env_remove("PYTHONMALLOC").env_remove("PYTHONDEVMODE");
    Ok(command)
}

fn replay(trace: &Trace, subject: &Subject) -> Result<Measured> {
    let output = command(trace, subject)?.stdin(Stdio::null()).output();
    let output = output.context("this program cannot start itself")?;
    let failed = || {
        let said = String::from_utf8_lossy(&output.stderr);
        let said = said.lines().last().unwrap_or_default();
        format!("{} on {}: {}: {said}", trace.name, subject.name, output.status)
    };
    anyhow::ensure!(output.status.success(), failed());
    serde_json::from_slice(&output.stdout).with_context(failed)
}

fn median(all: &[Measured], of: impl Fn(&Measured) -> f64) -> f64 {
    middle(all.iter().map(of))
}

fn text(rows: &[Row], notes: &[String]) -> String {
    let head = [
        "trace",
        "allocator",
        "ns/pair",
        "(min",
        "max)",
        "instructions/pair",
        "page faults",
        "peak MB",
        "end MB",
    ];
    let mut cells = vec![head.map(str::to_string).to_vec()];
    let megabytes = |bytes: u64| format!("{:.1}", bytes as f64 / 1e6);
    cells.extend(rows.iter().map(|row| {
        let instructions =
            row.instructions_per_pair.map_or_else(|| "-".to_string(), |count| format!("{count:.1}"));
        vec![
            row.trace.clone(),
            row.allocator.clone(),
            format!("{:.1}", row.ns_per_pair),
            format!("({:.1}", row.ns_per_pair_min),
            format!("{:.1})", row.ns_per_pair_max),
            instructions,
            output::grouped(row.page_faults),
            megabytes(row.peak_rss),
            megabytes(row.end_rss),
        ]
    }));
    let mut text = output::table(&cells);
    text.push_str(
        "\nA pair is an allocation and its free. null is the harness, which is subtracted from the others.\n",
    );
    for note in notes {
        text.push_str(&format!("{note}\n"));
    }
    text
}

/// Returns a progress bar on a terminal, and none elsewhere.
fn bar(length: usize) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{wide_bar} {pos}/{len} {msg}");
    ProgressBar::new(length as u64).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
