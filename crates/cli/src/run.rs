//! `gleaner run` and `gleaner explain`.

use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result, anyhow, bail};
use gleaner_python::profile::Profile;
use gleaner_python::script::{Look, Options, Script, strategy};
use gleaner_python::show::drawing;

use crate::Verdict;
use crate::options::{Explain, Run, ScriptOptions};
use crate::output::{complain, tell};

/// Runs `gleaner run`.
pub(crate) fn run(options: &Run) -> Result<Verdict> {
    let (source, script, how) = prepare(&options.script)?;
    let look = match &options.snapshot {
        _ if options.explain => Look::Explain(&source),
        _ if options.holdings => Look::Holdings,
        Some(_) => Look::Snapshot,
        None => Look::Away,
    };
    let (ended, shown) = script.run_shown(how, look)?;
    match (&options.snapshot, shown) {
        (Some(path), Some(snapshot)) => write(path, &snapshot)?,
        (None, Some(told)) => tell(&told),
        (_, None) => {}
    }
    Ok(Verdict::Exit(ended.code))
}

/// Runs `gleaner explain`.
pub(crate) fn explain(options: &Explain) -> Result<Verdict> {
    match (&options.why, &options.output) {
        (Some(name), _) => why(options, name),
        (None, Some(output)) => draw(options, output),
        (None, None) => {
            bail!("say what to explain: -o FILE draws the heap, --why NAME tells why an object is alive")
        }
    }
}

/// Tells why an object is alive.
fn why(options: &Explain, name: &str) -> Result<Verdict> {
    let file = options.script.file.display().to_string();
    let (source, script, how) = prepare(&options.script)?;
    let (ended, told) = script.run_shown(how, Look::Why(name, options.at))?;
    let Some(told) = told else {
        match options.at {
            Some(line) => bail!("{file}:{line}: this line never runs, or has no name {name} in sight"),
            None => bail!("{file}:{}: there is no name {name} at the end", source.lines().count().max(1)),
        }
    };
    tell(&told);
    Ok(Verdict::Exit(ended.code))
}

/// Draws the heap.
fn draw(options: &Explain, output: &Path) -> Result<Verdict> {
    let name = options.script.file.display().to_string();
    let html = match output.extension().and_then(|extension| extension.to_str()) {
        Some("svg") => false,
        Some("html") => true,
        _ => bail!("{}: a drawing is a .svg or a .html file", output.display()),
    };
    let (_, script, how) = prepare(&options.script)?;
    let (ended, picture) = script.run_shown(how, Look::Draw(options.at))?;
    let Some(svg) = picture else {
        bail!("{name}:{}: this line never runs; name one with a statement", options.at.unwrap_or(0));
    };
    let title = match options.at {
        Some(line) => format!("{name} before line {line}"),
        None => format!("{name} at its end"),
    };
    write(output, &if html { drawing::page(&svg, &title) } else { svg })?;
    complain(&format!("wrote {}", output.display()));
    Ok(Verdict::Exit(ended.code))
}

fn write(path: &Path, text: &str) -> Result<()> {
    std::fs::write(path, text).with_context(|| format!("{}: cannot be written", path.display()))
}

fn prepare(options: &ScriptOptions) -> Result<(String, Script, Options)> {
    let name = options.file.display().to_string();
    let source = read(&options.file)?;
    let script = Script::compile(&source).map_err(|error| anyhow!("{name}:{error}"))?;
    let how = Options {
        profile: Profile::from_name(&options.profile).context("no such profile")?,
        strategy: strategy(&options.strategy).context("no such strategy")?,
        ..Options::default()
    };
    Ok((source, script, how))
}

/// Reads a script.
fn read(path: &Path) -> Result<String> {
    let name = path.display();
    let mut bytes = Vec::new();
    if path == Path::new("-") {
        std::io::stdin().read_to_end(&mut bytes).context("standard input: cannot be read")?;
    } else {
        bytes = std::fs::read(path).with_context(|| format!("{name}: cannot be read"))?;
    }
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let line = 1 + error.as_bytes()[..valid].iter().filter(|byte| **byte == b'\n').count();
        anyhow!("{name}:{line}: a script is UTF-8 text, and this line is not")
    })
}
