//! `gleaner run`.

use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result, anyhow};
use gleaner_python::profile::Profile;
use gleaner_python::script::{Options, Script, strategy};

use crate::Verdict;
use crate::options::Run;

/// Runs the command.
pub(crate) fn run(options: &Run) -> Result<Verdict> {
    let name = options.file.display().to_string();
    let source = read(&options.file)?;
    let script = Script::compile(&source).map_err(|error| anyhow!("{name}:{error}"))?;
    let options = Options {
        profile: Profile::from_name(&options.profile).context("no such profile")?,
        strategy: strategy(&options.strategy).context("no such strategy")?,
        ..Options::default()
    };
    Ok(Verdict::Exit(script.run(options)?.code))
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
