//! `gleaner judge`.

use std::collections::VecDeque;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

use anyhow::{Context, Result, bail};
use gleaner_oracle::judge::{self, Difference, Said, Script};
use gleaner_oracle::python::{Python, Version};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use crate::options::Judge;
use crate::{Verdict, output};

/// The strategy of which everything is asked.
pub(crate) const EXACT: &str = "generational";
/// The strategy that frees no cycles, as no Python does.
pub(crate) const NO_CYCLES: &str = "refcount-only";
/// How many scripts run at a time.
const WORKERS: usize = 2;

/// A script on a Python, and on the strategies beside it.
struct Job<'a> {
    script: &'a Script,
    python: usize,
}

/// A Python to judge by.
struct Judging {
    path: PathBuf,
    version: Version,
}

impl Judging {
    fn of(python: &Python) -> Judging {
        Judging { path: python.path().to_owned(), version: python.version() }
    }
}

/// A difference, and where it is.
struct Found {
    script: PathBuf,
    python: String,
    strategy: String,
    difference: Difference,
}

/// Runs the command.
pub(crate) fn run(options: &Judge, json: bool) -> Result<Verdict> {
    let scripts = scripts(&options.files)?;
    let pythons = pythons(&options.python)?;
    let strategies: Vec<String> = if options.strategy == "all" {
        gleaner_python::script::strategy_names()
            .filter(|name| *name != NO_CYCLES)
            .map(str::to_string)
            .collect()
    } else {
        vec![options.strategy.clone()]
    };
    let jobs: VecDeque<Job<'_>> = scripts
        .iter()
        .flat_map(|script| (0..pythons.len()).map(move |python| Job { script, python }))
        .collect();
    let bar = bar(jobs.len());
    let jobs = Mutex::new(jobs);
    let found: Mutex<Vec<Found>> = Mutex::default();
    let runs = Mutex::new(0_usize);
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..WORKERS)
            .map(|_| {
                scope.spawn(|| -> Result<()> {
                    loop {
                        let job = jobs.lock().ok().and_then(|mut jobs| jobs.pop_front());
                        let Some(job) = job else { return Ok(()) };
                        let (more, count) = judge(&job, &pythons[job.python], &strategies)?;
                        if let (Ok(mut found), Ok(mut runs)) = (found.lock(), runs.lock()) {
                            found.extend(more);
                            *runs += count;
                        }
                        bar.inc(1);
                    }
                })
            })
            .collect();
        workers
            .into_iter()
            .try_for_each(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })?;
    bar.finish_and_clear();
    let mut found = found.into_inner().unwrap_or_default();
    found.sort_by(|one, other| {
        (&one.script, &one.python, &one.strategy).cmp(&(&other.script, &other.python, &other.strategy))
    });
    let runs = runs.into_inner().unwrap_or_default();
    tell(&scripts, &pythons, &strategies, runs, &found, json)?;
    Ok(if found.is_empty() { Verdict::Well } else { Verdict::Failed })
}

/// Runs one script.
fn judge(job: &Job<'_>, python: &Judging, strategies: &[String]) -> Result<(Vec<Found>, usize)> {
    let script = job.script;
    let expected =
        judge::run_python(&python.path, script).with_context(|| format!("{}", python.path.display()))?;
    let mut found = Vec::new();
    let mut runs = 0;
    for strategy in strategies.iter().filter(|strategy| *strategy == EXACT || !script.generational) {
        let seen = run_gleaner(script, strategy, &format!("3.{}", python.version.minor))?;
        runs += 1;
        if let Some(difference) = judge::compare(&expected, &seen) {
            found.push(Found {
                script: script.path.clone(),
                python: python.version.to_string(),
                strategy: strategy.clone(),
                difference,
            });
        }
    }
    Ok((found, runs))
}

fn run_gleaner(script: &Script, strategy: &str, profile: &str) -> Result<Said> {
    let gleaner = std::env::current_exe().context("this program's own file")?;
    let mut command = Command::new(gleaner);
    command.args(["run", "--strategy", strategy, "--profile", profile]).arg(&script.path);
    judge::run(command).context("gleaner run")
}

/// The scripts that files and directories hold.
fn scripts(files: &[PathBuf]) -> Result<Vec<Script>> {
    let mut paths = Vec::new();
    for file in files {
        if file.is_dir() {
            let entries =
                std::fs::read_dir(file).with_context(|| format!("{}: cannot be read", file.display()))?;
            let mut inside: Vec<PathBuf> = entries
                .filter_map(|entry| Some(entry.ok()?.path()))
                .filter(|path| path.extension().is_some_and(|extension| extension == "py"))
                .collect();
            inside.sort();
            paths.extend(inside);
        } else {
            paths.push(file.clone());
        }
    }
    if paths.is_empty() {
        bail!("no scripts: name files or a directory that holds some, such as corpora/python");
    }
    paths.iter().map(|path| read(path)).collect()
}

fn read(path: &Path) -> Result<Script> {
    Script::read(path).with_context(|| format!("{}: cannot be read", path.display()))
}

fn pythons(paths: &[PathBuf]) -> Result<Vec<Judging>> {
    if paths.is_empty() {
        return match Python::find() {
            Some(python) => Ok(vec![Judging::of(&python)]),
            None => {
                bail!("there is no CPython 3.11 or newer on PATH to judge by; name one with --python PATH")
            }
        };
    }
    paths.iter().map(|path| Ok(Judging::of(&Python::at(path)?))).collect()
}

fn tell(
    scripts: &[Script],
    pythons: &[Judging],
    strategies: &[String],
    runs: usize,
    found: &[Found],
    json: bool,
) -> Result<()> {
    let versions: Vec<String> = pythons.iter().map(|python| python.version.to_string()).collect();
    if json {
        let differences: Vec<_> = found
            .iter()
            .map(|found| {
                json!({
                    "script": found.script,
                    "python": found.python,
                    "strategy": found.strategy,
                    "line": found.difference.line,
                    "expected": found.difference.expected,
                    "seen": found.difference.seen,
                })
            })
            .collect();
        return output::print_json(&json!({
            "scripts": scripts.len(),
            "pythons": versions,
            "strategies": strategies,
            "runs": runs,
            "differences": differences,
        }));
    }
    let mut rows = Vec::new();
    for found in found {
        let name =
            found.script.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        let Difference { line, expected, seen } = &found.difference;
        rows.push(vec![
            name,
            format!("python {} / {}", found.python, found.strategy),
            format!("line {line}: python {expected:?}, gleaner {seen:?}"),
        ]);
    }
    let varying = scripts.iter().filter(|script| script.varies).count();
    output::print(&format!(
        "{}{} scripts ({varying} where versions differ), python {}, {} strategies: {runs} runs, {} differences\n",
        output::table(&rows),
        scripts.len(),
        versions.join(", "),
        strategies.len(),
        found.len()
    ))
}

/// A progress bar on a terminal, and none elsewhere.
fn bar(length: usize) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{wide_bar} {pos}/{len} scripts");
    ProgressBar::new(length as u64).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
