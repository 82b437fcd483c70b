//! `gleaner trace record`: runs a command with Gleaner's library loaded into it, which writes the trace.

use std::env;
use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf, absolute};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use gleaner_trace::Summary;
use serde_json::json;

use super::{damaged, info, open};
use crate::options::TraceRecord;
use crate::{Verdict, output};

/// The library's file.
const LIBRARY: &str = "libgleaner_cpython.so";

/// Where the library is, if not beside this program.
const LIBRARY_VARIABLE: &str = "GLEANER_CPYTHON_LIB";

/// Runs the command.
pub(crate) fn run(options: &TraceRecord, json: bool) -> Result<Verdict> {
    let library = library()?;
    let name = options.output.display();
    // Made now, so that a folder that is missing is told before the command has run; its absolute path is what the
    // command finds from whatever folder it goes to.
    File::create(&options.output).with_context(|| format!("{name}: cannot be written"))?;
    let path = absolute(&options.output).with_context(|| format!("{name}: has no absolute path"))?;
    let (program, arguments) = options.command.split_first().context("no command")?;
    let mut command = Command::new(program);
    command.args(arguments).env("LD_PRELOAD", preload(&library)).env("GLEANER_TRACE", &path);
    if json {
        command.stdout(Stdio::from(io::stderr()));
    }
    let status =
        command.status().with_context(|| format!("{}: cannot be started", Path::new(program).display()))?;
    if path.metadata().is_ok_and(|metadata| metadata.len() == 0) {
        bail!(
            "{name}: nothing was recorded: the command ran no CPython from 3.11 on with a shared or exported API"
        );
    }
    let mut reader = open(&options.output)?;
    let (summary, error) = Summary::read(&mut reader);
    if json {
        let mut value = info::as_json(&options.output, reader.meta(), &summary);
        value["exit"] = json!(status.code());
        output::print_json(&value)?;
    } else {
        output::complain(&format!("{name}: {}", info::one_line(&summary)));
    }
    if let Some(error) = error {
        output::complain(&format!("gleaner: {}", damaged(&options.output, &error)));
        return Ok(Verdict::Failed);
    }
    if !status.success() {
        output::complain(&format!("gleaner: {}: {status}", Path::new(program).display()));
        return Ok(Verdict::Failed);
    }
    Ok(Verdict::Well)
}

/// Finds the library: where the environment says, beside this program, or where cargo puts it.
fn library() -> Result<PathBuf> {
    if let Some(path) = env::var_os(LIBRARY_VARIABLE).map(PathBuf::from) {
        if path.is_file() {
            return absolute(&path).with_context(|| format!("{}: has no absolute path", path.display()));
        }
        bail!("{}: no such library ({LIBRARY_VARIABLE} says it is there)", path.display());
    }
    let beside = env::current_exe().ok().and_then(|program| Some(program.parent()?.join(LIBRARY)));
    let target = absolute(Path::new("target/release").join(LIBRARY)).ok();
    let found = beside.into_iter().chain(target).find(|path| path.is_file());
    found.with_context(|| {
        format!(
            "{LIBRARY} is not beside this program nor in target/release: build it with \
             `cargo build --release -p gleaner-cpython`, or say where it is with {LIBRARY_VARIABLE}"
        )
    })
}

/// Returns what is to be loaded first: the library, then what was to be loaded anyway.
fn preload(library: &Path) -> OsString {
    let mut all = library.as_os_str().to_os_string();
    if let Some(others) = env::var_os("LD_PRELOAD").filter(|others| !others.is_empty()) {
        all.push(":");
        all.push(others);
    }
    all
}
