//! One replay in a process of its own: what `gleaner trace replay` starts, again and again.

use std::fs::File;
use std::io::BufReader;

use anyhow::{Context, Result};
use gleaner_peers::replay::{Measured, ReplayError, measure};
use gleaner_peers::{Null, find, python};
use gleaner_trace::Script;

use crate::options::TraceChild;
use crate::{Verdict, output};

/// Runs the command.
pub(crate) fn run(options: &TraceChild) -> Result<Verdict> {
    let name = options.script.display();
    let file = File::open(&options.script).with_context(|| format!("{name}: cannot be read"))?;
    let length = file.metadata().with_context(|| format!("{name}: cannot be read"))?.len() as usize;
    let script =
        Script::load(&mut BufReader::new(file), length).with_context(|| format!("{name}: no script"))?;
    let measured = on(options, &script)?.with_context(|| options.allocator.clone())?;
    output::print_json(&measured)?;
    Ok(Verdict::Well)
}

fn on(options: &TraceChild, script: &Script) -> Result<Result<Measured, ReplayError>> {
    if options.allocator == "null" {
        return Ok(measure(&Null::new(), script));
    }
    if let Some(library) = &options.libpython {
        return Ok(measure(&python::load(library)?, script));
    }
    let allocator =
        find(&options.allocator).with_context(|| format!("{}: no such allocator", options.allocator))?;
    Ok(measure(allocator, script))
}
