//! `gleaner run` and `gleaner explain`.

use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result, anyhow, bail};
use gleaner_python::profile::Profile;
use gleaner_python::script::{Look, Options, Script, strategy};
use gleaner_python::show::drawing;

use crate::options::{Explain, Run, ScriptOptions};
use crate::{Verdict, output};

/// Runs `gleaner run`.
pub(crate) fn run(options: &Run) -> Result<Verdict> {
    let (source, script, how) = prepare(&options.script)?;
    let look = match (options.explain, &options.snapshot) {
        (true, _) => Look::Explain(&source),
        (false, Some(_)) => Look::Snapshot,
        (false, None) => Look::Away,
    };
    let (ended, picture) = script.run_shown(how, look)?;
    if let (Some(path), Some(snapshot)) = (&options.snapshot, picture) {
        write(path, &snapshot)?;
    }
    Ok(Verdict::Exit(ended.code))
}

/// Runs `gleaner explain`.
pub(crate) fn explain(options: &Explain) -> Result<Verdict> {
    let name = options.script.file.display().to_string();
    let html = match options.output.extension().and_then(|extension| extension.to_str()) {
        Some("svg") => false,
        Some("html") => true,
        _ => bail!("{}: a drawing is a .svg or a .html file", options.output.display()),
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
    write(&options.output, &if html { drawing::page(&svg, &title) } else { svg })?;
    output::complain(&format!("wrote {}", options.output.display()));
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
