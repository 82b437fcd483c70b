//! `gleaner shrink`.

use std::fs;

use anyhow::{Context, Result, ensure};
use gleaner_oracle::{Oracle, environments, regression};
use serde_json::json;

use crate::input::{self, Input};
use crate::options::Shrink;
use crate::{Verdict, output};

/// Runs the command.
pub(crate) fn run(options: &Shrink, json: bool) -> Result<Verdict> {
    options.machines.arm();
    let (path, target) = (options.file.display(), options.output.display());
    let input = input::read(&options.file)?;
    let folder = options.output.parent().filter(|folder| !folder.as_os_str().is_empty());
    ensure!(folder.is_none_or(|folder| folder.is_dir()), "{target}: its folder does not exist");
    let mut all = environments::standard();
    if let Input::Program(_, Some(recorded)) = input {
        all.insert(0, recorded);
    }
    let mut oracle = Oracle::default().with_python(options.machines.python()?);
    let before = input.program().len();
    let Err(divergence) = oracle.check(input.program(), &all) else {
        if json {
            output::print_json(&json!({ "file": options.file, "divergence": null }))?;
        } else {
            output::print(&format!("{path}: all machines agree, there is nothing to shrink\n"))?;
        }
        return Ok(Verdict::Well);
    };
    let smallest = oracle.shrink(divergence, options.budget as usize);
    let text = regression::text(&smallest, &format!("Shrunk from: {path}"));
    fs::write(&options.output, text).with_context(|| format!("{target}: cannot be written"))?;
    let after = smallest.program.len();
    if json {
        let divergence = output::divergence(&smallest);
        let (file, target) = (&options.file, &options.output);
        output::print_json(&json!({
            "file": file, "output": target, "before": before, "after": after, "divergence": divergence
        }))?;
    } else {
        let program = smallest.program.to_python();
        output::print(&format!("{smallest}\n{program}\n{before} operations became {after}: {target}\n"))?;
    }
    Ok(Verdict::Failed)
}
