//! `gleaner stress --scripts`: generated scripts of Python's object layer, beside a real CPython.

use std::hash::{BuildHasher, RandomState};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use gleaner_oracle::scripts::{self, Found, Plan, Report, Subject};
use gleaner_python::profile::Profile;
use gleaner_python::script::{Options, Script, strategy, strategy_names};
use gleaner_python::vm::Limits;
use serde_json::json;

use crate::judge::{EXACT, NO_CYCLES};
use crate::output::{self, grouped, table};
use crate::stress::{SECONDS, bar};
use crate::{Verdict, options};

/// Runs the command.
pub(crate) fn run(options: &options::Stress, seed: Option<u64>, json: bool) -> Result<Verdict> {
    let Some(python) = options.machines.python()? else {
        bail!(
            "scripts are compared with a CPython, and none on the PATH will do: name one with --python PATH"
        );
    };
    let seconds = options.seconds.or_else(|| options.programs.is_none().then_some(SECONDS));
    let plan = Plan {
        seed: seed.unwrap_or_else(|| RandomState::new().hash_one(0) >> 32),
        time: seconds.map(Duration::from_secs),
        scripts: options.programs,
    };
    let version = python.version();
    let profile =
        Profile::from_name(&format!("3.{}", version.minor)).context("no profile for this Python")?;
    let wanted = options.strategy.as_deref().unwrap_or("all");
    let subjects: Vec<Subject<'_>> = strategy_names()
        .filter(|name| *name == wanted || (wanted == "all" && *name != NO_CYCLES))
        .map(|name| subject(name, profile))
        .collect::<Result<_>>()?;
    let bar = bar(plan.time, plan.scripts);
    let report = scripts::run(&plan, &subjects, &mut python.for_scripts(), |report| {
        bar.set_position(if plan.time.is_some() { report.seconds as u64 } else { report.scripts });
        bar.set_message(format!("{} scripts", grouped(report.scripts)));
    });
    bar.finish_and_clear();
    let report = report?;
    let folder = options.regressions.clone().unwrap_or_else(|| PathBuf::from("corpora/python"));
    let found = report.found.as_ref();
    let saved = found
        .map(|found| {
            let origin = format!("Found by: {}", repeat(found, wanted));
            scripts::save(&folder, found, &origin)
                .with_context(|| format!("{}: cannot save a script", folder.display()))
        })
        .transpose()?;
    if json {
        output::print_json(&json!({
            "seed": plan.seed,
            "compared_with": version.to_string(),
            "subjects": subjects.iter().map(|subject| &subject.name).collect::<Vec<_>>(),
            "scripts": report.scripts,
            "statements": report.statements,
            "lines": report.lines,
            "seconds": report.seconds,
            "divergences": usize::from(found.is_some()),
            "found": found.map(|found| json!({
                "seed": found.seed,
                "subject": found.subject,
                "script": found.script.to_python(),
                "line": found.difference.line,
                "expected": found.difference.expected,
                "seen": found.difference.seen,
                "file": saved,
                "repeat": repeat(found, wanted),
            })),
        }))?;
    } else {
        output::print(&summary(&plan, &report, &version.to_string(), &subjects, saved.as_deref(), wanted))?;
    }
    Ok(if found.is_none() { Verdict::Well } else { Verdict::Failed })
}

/// Python's object layer under a strategy, as a subject.
fn subject(name: &str, profile: Profile) -> Result<Subject<'static>> {
    let strategy = strategy(name).context("no such strategy")?;
    let options = Options { profile, strategy, ..Options::default() };
    let run = move |text: &str| match Script::compile(text) {
        Ok(script) => match script.run_within(options, Limits::none) {
            Ok(ended) => String::from_utf8_lossy(&ended.out).into_owned(),
            Err(error) => format!("{error}\n"),
        },
        Err(error) => format!("{error}\n"),
    };
    Ok(Subject { name: name.into(), exact: name == EXACT, run: Box::new(run) })
}

/// Returns the command that begins with a script.
fn repeat(found: &Found, strategy: &str) -> String {
    format!("gleaner stress --scripts --programs 1 --seed {} --strategy {strategy}", found.seed)
}

fn summary(
    plan: &Plan,
    report: &Report,
    version: &str,
    subjects: &[Subject<'_>],
    saved: Option<&Path>,
    strategy: &str,
) -> String {
    let per_second = |count: u64| grouped((count as f64 / report.seconds.max(1e-9)) as u64);
    let row = |name: &str, count: u64, unit: String| vec![name.to_string(), grouped(count), unit];
    let rows = [
        row("scripts", report.scripts, format!("{} per second", per_second(report.scripts))),
        row("statements", report.statements, format!("{} per second", per_second(report.statements))),
        row("lines compared", report.lines, format!("on {} strategies", subjects.len())),
        row("divergences", u64::from(report.found.is_some()), String::new()),
    ];
    let mut text = format!(
        "seed {}, {:.1} s, compared with CPython {version}\n\n{}",
        plan.seed,
        report.seconds,
        table(&rows)
    );
    if let (Some(found), Some(path)) = (&report.found, saved) {
        let difference = &found.difference;
        text.push_str(&format!(
            "\n{} and CPython part at line {} of the output:\n  CPython  {}\n  {}  {}\n\n\
             the smallest script found ({} statements, of {}):\n\n{}\nrepeat: {}\nsaved:  {}\n",
            found.subject,
            difference.line,
            difference.expected,
            found.subject,
            difference.seen,
            found.script.len(),
            found.statements_before,
            found.script.to_python(),
            repeat(found, strategy),
            path.display(),
        ));
    }
    text
}
