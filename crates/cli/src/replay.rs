//! `gleaner replay`.

use std::path::Path;

use anyhow::{Context, Result};
use gleaner_oracle::answer::{Answer, ask};
use gleaner_oracle::environments::{self, POLICIES};
use gleaner_oracle::heap::HeapMachine;
use gleaner_oracle::model::ModelMachine;
use gleaner_oracle::{Divergence, Machine, Oracle};
use gleaner_program::{Environment, Profile, transcript};
use serde_json::{Value, json};

use crate::input::{self, Input};
use crate::options::Replay;
use crate::{Verdict, output};

/// Runs the command.
pub(crate) fn run(options: &Replay, json: bool) -> Result<Verdict> {
    options.machines.arm();
    // All files first: bad input is told before anything runs.
    let inputs = options.files.iter().map(|path| input::read(path)).collect::<Result<Vec<_>>>()?;
    let files = options.files.iter().zip(&inputs);
    match &options.machine {
        Some(name) => say(options, name, files, json),
        None => compare(options, files, json),
    }
}

/// Returns the profile that was asked for.
fn profile(options: &Replay) -> Option<Profile> {
    let minor = options.profile.as_deref()?.strip_prefix("3.")?.parse().ok()?;
    Some(Profile::of(minor))
}

/// Prints what one machine says of each file.
fn say<'a>(
    options: &Replay,
    name: &str,
    files: impl Iterator<Item = (&'a std::path::PathBuf, &'a Input)>,
    json: bool,
) -> Result<Verdict> {
    let mut environment = Environment::default();
    let mut machine: Box<dyn Machine> = match name {
        "model" => Box::new(ModelMachine),
        "python" => {
            let python =
                options.machines.python()?.context("no CPython found (give one with --python PATH)")?;
            environment = environments::of_python(python.version().minor);
            Box::new(python)
        }
        heap => {
            let strategy = heap.strip_prefix("heap/");
            let policy = POLICIES.iter().find(|(name, _)| Some(*name) == strategy);
            environment.policy = policy.context("no such strategy")?.1;
            Box::new(HeapMachine::new())
        }
    };
    environment.profile = profile(options).unwrap_or(environment.profile);
    let mut rows = Vec::new();
    let mut verdict = Verdict::Well;
    for (path, input) in files {
        let (said, failure) = match ask(&mut *machine, input.program(), &environment) {
            Answer::Said(transcript) => (transcript::render(&transcript.tokens), None),
            Answer::Refused(message) => (Vec::new(), Some(format!("failed: {message}"))),
            Answer::Panicked(message) => (Vec::new(), Some(format!("panicked: {message}"))),
        };
        if failure.is_some() {
            verdict = Verdict::Failed;
        }
        if json {
            let environment = environments::describe(&environment);
            rows.push(json!({ "file": path, "machine": name, "environment": environment, "said": said, "failure": failure }));
            continue;
        }
        output::print(&format!(
            "{}: {name} under {}\n",
            path.display(),
            environments::describe(&environment)
        ))?;
        for line in said.iter().chain(&failure) {
            output::print(&format!("  {line}\n"))?;
        }
    }
    if json {
        output::print_json(&json!({ "files": rows }))?;
    }
    Ok(verdict)
}

/// Compares all machines on each file.
fn compare<'a>(
    options: &Replay,
    files: impl Iterator<Item = (&'a std::path::PathBuf, &'a Input)>,
    json: bool,
) -> Result<Verdict> {
    let python = options.machines.python()?;
    let compared_with = python.as_ref().map(|python| format!("python/{}", python.version()));
    let mut oracle = Oracle::default().with_python(python);
    let mut rows = Vec::new();
    let mut divergences = 0;
    for (path, input) in files {
        let result = check(&mut oracle, input, profile(options));
        divergences += usize::from(result.is_err());
        if json {
            rows.push(row(path, input, &result));
            continue;
        }
        let text = match &result {
            Ok(said) => {
                format!("{}: agree on {} operations, {said}\n", path.display(), input.program().len())
            }
            Err(divergence) => format!("{}: {divergence}", path.display()),
        };
        output::print(&text)?;
    }
    if json {
        output::print_json(
            &json!({ "compared_with": compared_with, "divergences": divergences, "files": rows }),
        )?;
    } else if compared_with.is_none() {
        output::print(
            "compared with no CPython: none on the PATH that will do, or none wanted (--python PATH)\n",
        )?;
    }
    Ok(if divergences == 0 { Verdict::Well } else { Verdict::Failed })
}

/// Returns how much agreed, in words.
fn check(oracle: &mut Oracle, input: &Input, profile: Option<Profile>) -> Result<String, Box<Divergence>> {
    match input {
        Input::Recording(recording) => {
            oracle.check_recording(recording)?;
            Ok(format!("with what {} said", recording.machine))
        }
        Input::Program(program, recorded) => {
            let mut all = environments::standard();
            all.retain(|environment| profile.is_none_or(|profile| environment.profile == profile));
            all.extend(recorded);
            let agreement = oracle.check(program, &all)?;
            let python = if agreement.with_python > 0 { ", with CPython" } else { "" };
            Ok(format!("in {} environments{python}", agreement.environments))
        }
    }
}

fn row(path: &Path, input: &Input, result: &Result<String, Box<Divergence>>) -> Value {
    json!({
        "file": path,
        "operations": input.program().len(),
        "agree": result.is_ok(),
        "divergence": result.as_ref().err().map(|divergence| output::divergence(divergence)),
    })
}
