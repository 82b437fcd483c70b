//! `gleaner compare`.

use std::fs::OpenOptions;
use std::hash::{BuildHasher, RandomState};
use std::io::IsTerminal;
use std::path::Path;

use anyhow::{Context, Result, bail};
use gleaner_compare::child::{self, Order};
use gleaner_compare::html::{Machine, page};
use gleaner_compare::plan::COST_SIZES;
use gleaner_compare::python::{self, Python};
use gleaner_compare::{Participant, Plan, select, table, workloads};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use crate::options::{Compare, CompareChild};
use crate::{Verdict, output};

/// Runs the command.
pub(crate) fn run(options: &Compare, seed: Option<u64>, json: bool) -> Result<Verdict> {
    if options.list {
        return list(json);
    }
    let plan = plan(options, seed)?;
    if let Some(path) = &options.html {
        // Before anything is measured: an hour's work is not lost to a folder that is not there.
        writable(path)?;
    }
    let bar = bar(plan.measurements());
    let rows = plan.measure(|done, what| {
        bar.set_position(done as u64);
        bar.set_message(what.to_string());
    });
    bar.finish_and_clear();
    let (rows, machine, notes) = (rows?, Machine::this(), notes(options));
    if let Some(path) = &options.html {
        std::fs::write(path, page(&rows, &machine)).with_context(|| unwritable(path))?;
    }
    if json {
        let (seed, rounds) = (plan.seed, plan.rounds);
        output::print_json(&json!({
            "seed": seed, "rounds": rounds, "machine": machine, "notes": notes, "rows": rows,
        }))?;
    } else {
        let mut cells = vec![table::HEAD.map(str::to_string).to_vec()];
        cells.extend(rows.iter().map(table::cells));
        let mut text = output::table(&cells);
        for (index, line) in table::reasons(&rows).iter().map(String::as_str).chain(notes).enumerate() {
            text.push_str(if index == 0 { "\n" } else { "" });
            text.push_str(&format!("{line}\n"));
        }
        output::print(&text)?;
    }
    Ok(Verdict::Well)
}

/// Returns what is to be said about who did not take part.
fn notes(options: &Compare) -> Vec<&'static str> {
    let alone = options.peers && Participant::peers().len() == 1;
    let note = "no peers but std's Rc: others take part in a build with --features gleaner-cli/peers";
    alone.then_some(note).into_iter().collect()
}

/// Runs one measurement, or becomes the Python that does.
pub(crate) fn child(options: &CompareChild) -> Result<Verdict> {
    child::limit_cpu(options.cpu_seconds).context("no limit of processor time")?;
    if let (Some(python), Some(script)) = (&options.python, &options.script) {
        let error = python::become_it(python, script, options.objects);
        return Err(error).with_context(|| format!("{} cannot be started", python.display()));
    }
    let order = Order {
        workload: options.workload.clone(),
        subject: options.subject.clone(),
        objects: options.objects,
        timed: options.timed,
    };
    let report = child::run(&order).context("no such workload or subject")?;
    output::print(&serde_json::to_string(&report)?)?;
    Ok(Verdict::Well)
}

/// Returns what was asked for, if it is there.
fn plan(options: &Compare, seed: Option<u64>) -> Result<Plan> {
    let mut participants = select::strategies(&options.strategy)?;
    if options.peers {
        participants.extend(Participant::peers());
    }
    for path in &options.python {
        let python = Participant::Python(Python::at(path)?);
        if participants.iter().any(|other| other.name() == python.name()) {
            bail!("{}: another {} takes part already", path.display(), python.name());
        }
        participants.push(python);
    }
    Ok(Plan {
        program: std::env::current_exe().context("this program cannot find itself")?,
        workloads: select::workloads(&options.workload)?,
        participants,
        sizes: if options.sizes { COST_SIZES.to_vec() } else { select::sizes(&options.objects) },
        rounds: usize::from(options.rounds),
        // 32 bits: JSON readers that know only floating-point numbers keep it.
        seed: seed.unwrap_or_else(|| RandomState::new().hash_one(0) >> 32),
        cpu_seconds: options.cpu_seconds.into(),
    })
}

/// Prints the workloads.
fn list(json: bool) -> Result<Verdict> {
    let all = workloads::all();
    if json {
        let all = all.iter().map(|workload| {
            json!({ "name": workload.name(), "objects": workload.objects(), "summary": workload.summary() })
        });
        output::print_json(&json!({ "workloads": all.collect::<Vec<_>>() }))?;
    } else {
        let rows = all.iter().map(|workload| {
            [workload.name(), workload.summary(), &workload.objects().to_string()]
                .map(str::to_string)
                .to_vec()
        });
        output::print(&output::table(&rows.collect::<Vec<_>>()))?;
    }
    Ok(Verdict::Well)
}

/// Fails if a file cannot be written; does not change one that is there.
fn writable(path: &Path) -> Result<()> {
    let there = path.exists();
    OpenOptions::new().append(true).create(true).open(path).with_context(|| unwritable(path))?;
    if !there {
        std::fs::remove_file(path).with_context(|| unwritable(path))?;
    }
    Ok(())
}

fn unwritable(path: &Path) -> String {
    format!("{}: cannot be written", path.display())
}

/// Returns a progress bar on a terminal, and none elsewhere.
fn bar(measurements: usize) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{wide_bar} {pos}/{len} {msg}");
    let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(measurements as u64).with_style(style)
}
