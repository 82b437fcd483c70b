//! `gleaner stress`.

use std::hash::{BuildHasher, RandomState};
use std::io::IsTerminal;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};
use gleaner_oracle::environments::POLICIES;
use gleaner_oracle::python::Python;
use gleaner_oracle::stress::{Found, Report, Stress};
use gleaner_oracle::{Faults, regression};
use gleaner_program::Op;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use crate::output::{self, grouped, table};
use crate::{Verdict, options, scripts};

/// How long a run is if nobody says.
pub(crate) const SECONDS: u64 = 20;

/// Runs the command.
pub(crate) fn run(options: &options::Stress, seed: Option<u64>, json: bool) -> Result<Verdict> {
    if options.scripts {
        return scripts::run(options, seed, json);
    }
    let python = options.machines.python()?;
    let stress = plan(options, seed, python.as_ref());
    let compared_with = match (&python, stress.compared_python()) {
        (Some(python), Some(path)) => format!("CPython {} ({})", python.version(), path.display()),
        (Some(_), None) => "no CPython: it has no other strategy than generational".to_string(),
        (None, _) => "no CPython: none on the PATH that will do, or none wanted (--python PATH)".to_string(),
    };
    // Each thread starts its own.
    drop(python);
    let bar = bar(stress.time, stress.programs);
    let report = stress.run(|progress| {
        bar.set_position(match stress.programs {
            Some(limit) if stress.time.is_none() => progress.programs.min(limit),
            _ => progress.elapsed.as_secs(),
        });
        bar.set_message(format!("{} programs", grouped(progress.programs)));
    });
    bar.finish_and_clear();
    let report = report?;
    let saved = report.found.iter().map(|found| save(options, found)).collect::<Result<Vec<_>>>()?;
    if json {
        output::print_json(&as_json(&report, &saved, &compared_with, options)?)?;
    } else {
        output::print(&summary(&report, &saved, &compared_with, options))?;
    }
    Ok(if report.divergences == 0 { Verdict::Well } else { Verdict::Failed })
}

fn plan(options: &options::Stress, seed: Option<u64>, python: Option<&Python>) -> Stress {
    let seconds = options.seconds.or_else(|| options.programs.is_none().then_some(SECONDS));
    let strategy = options.strategy.as_deref().unwrap_or("all");
    let policies = POLICIES.iter().filter(|(name, _)| strategy == "all" || strategy == *name);
    let faults = options.faults.as_deref().unwrap_or("none");
    let processors = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let threads = options.threads.map_or(processors / 2, usize::from);
    Stress {
        // 32 bits: JSON readers that know only floating-point numbers keep it.
        seed: seed.unwrap_or_else(|| RandomState::new().hash_one(0) >> 32),
        time: seconds.map(Duration::from_secs),
        programs: options.programs,
        policies: policies.map(|&(_, policy)| policy).collect(),
        threads: NonZeroUsize::new(threads).unwrap_or(NonZeroUsize::MIN),
        faults: Faults::ALL
            .iter()
            .find(|(name, _)| *name == faults)
            .map_or(Faults::None, |&(_, faults)| faults),
        python: python.map(|python| python.path().to_path_buf()),
        #[cfg(feature = "seeded-bugs")]
        bug: options.machines.bug(),
    }
}

/// Returns a progress bar on a terminal, and none elsewhere.
pub(crate) fn bar(time: Option<Duration>, programs: Option<u64>) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let length = time.map(|time| time.as_secs()).or(programs);
    let style = ProgressStyle::with_template("{wide_bar} {pos}/{len} {msg}");
    ProgressBar::new(length.unwrap_or(0)).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// Returns the command that repeats a divergence.
fn repeat(options: &options::Stress, found: &Found) -> String {
    let mut command = format!("gleaner stress --seed {} --programs 1", found.seed);
    if let Some(strategy) = &options.strategy {
        command.push_str(&format!(" --strategy {strategy}"));
    }
    if let Some(faults) = &options.faults {
        command.push_str(&format!(" --faults {faults}"));
    }
    #[cfg(feature = "seeded-bugs")]
    if let Some(bug) = &options.machines.bug {
        command.push_str(&format!(" --bug {bug}"));
    }
    command
}

fn save(options: &options::Stress, found: &Found) -> Result<PathBuf> {
    let folder = options.regressions.clone().unwrap_or_else(|| {
        #[cfg(feature = "seeded-bugs")]
        if options.machines.bug.is_some() {
            return std::env::temp_dir().join("gleaner-seeded-bugs");
        }
        PathBuf::from("corpora/regressions")
    });
    let origin = format!("Found by: {}", repeat(options, found));
    regression::save(&folder, &found.divergence, &origin)
        .with_context(|| format!("{}: cannot save a divergence", folder.display()))
}

fn as_json(
    report: &Report,
    saved: &[PathBuf],
    compared_with: &str,
    options: &options::Stress,
) -> Result<serde_json::Value> {
    let found = report.found.iter().zip(saved).map(|(found, path)| {
        let mut value = output::divergence(&found.divergence);
        value["seed"] = json!(found.seed);
        value["repeat"] = json!(repeat(options, found));
        value["file"] = json!(path);
        value["operations_before"] = json!(found.operations_before);
        value
    });
    let found: Vec<_> = found.collect();
    let mut value = serde_json::to_value(report)?;
    value["compared_with"] = json!(compared_with);
    value["found"] = json!(found);
    Ok(value)
}

fn summary(report: &Report, saved: &[PathBuf], compared_with: &str, options: &options::Stress) -> String {
    let mut rows = vec![
        ["machine", "version", "operations", "CPU s", "operations per CPU s"].map(str::to_string).to_vec(),
    ];
    rows.extend(report.machines.iter().map(|row| {
        let rate = if row.cpu_seconds > 0.0 { row.operations as f64 / row.cpu_seconds } else { 0.0 };
        let seconds = format!("{:.2}", row.cpu_seconds);
        vec![row.name.clone(), row.version.clone(), grouped(row.operations), seconds, grouped(rate as u64)]
    }));
    let kinds = report.operation_kinds.values().filter(|&&count| count > 0).count();
    let mut text =
        format!("seed {}, {:.1} s, compared with {compared_with}\n\n", report.seed, report.seconds);
    text.push_str(&table(&rows));
    let per_second = |count: u64| grouped((count as f64 / report.seconds.max(1e-9)) as u64);
    let totals = [
        ("programs", grouped(report.programs), format!("{} per second", per_second(report.programs))),
        ("operations", grouped(report.operations), format!("{} per second", per_second(report.operations))),
        (
            "heap against model",
            grouped(report.heap_against_model_per_cpu_second as u64),
            "operations per CPU second of both".to_string(),
        ),
        (
            "all but CPython",
            grouped(report.operations_per_own_cpu_second as u64),
            "operations per CPU second of this process".to_string(),
        ),
        ("operation kinds", format!("{kinds}"), format!("of {}", Op::KINDS.len())),
        ("divergences", report.divergences.to_string(), String::new()),
    ];
    let width = totals.iter().map(|(_, number, _)| number.len()).max().unwrap_or(0);
    text.push('\n');
    for (name, number, unit) in &totals {
        text.push_str(format!("{name:<20}{number:>width$}  {unit}").trim_end());
        text.push('\n');
    }
    for (found, path) in report.found.iter().zip(saved) {
        text.push_str(&format!(
            "\n{}\nthe smallest program found ({} operations, of {}):\n\n{}\nrepeat: {}\nsaved:  {}\n",
            found.divergence,
            found.divergence.program.len(),
            found.operations_before,
            found.divergence.program.to_python(),
            repeat(options, found),
            path.display(),
        ));
    }
    text
}
