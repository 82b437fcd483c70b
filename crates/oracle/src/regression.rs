//! Divergences as files: a program in Python, and in comments above it where it comes from.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::{fs, io};

use gleaner_program::Environment;

use crate::divergence::Divergence;
use crate::environments::{describe, parse};

/// What the comment with the environment begins with.
const UNDER: &str = "# under: ";

/// Returns the text of a regression file; `origin` says in a line how it was found.
#[must_use]
pub fn text(divergence: &Divergence, origin: &str) -> String {
    let mut text = format!(
        "# {origin}\n{UNDER}{}\n# {} and {} parted at {}.\n",
        describe(&divergence.environment),
        divergence.sides[0].machine,
        divergence.sides[1].machine,
        divergence.place_in_words(),
    );
    for side in &divergence.sides {
        text.push_str(&format!("# {} said:\n", side.machine));
        side.said.iter().for_each(|line| text.push_str(&format!("#     {line}\n")));
    }
    text + &divergence.program.to_python()
}

/// Writes a divergence into `folder`, which is made if it does not exist, and returns the file's path.
///
/// The name comes from the program: the same program is the same file.
///
/// # Errors
/// What the file system says.
pub fn save(folder: &Path, divergence: &Divergence, origin: &str) -> io::Result<PathBuf> {
    fs::create_dir_all(folder)?;
    let mut hasher = DefaultHasher::new();
    divergence.program.to_python().hash(&mut hasher);
    let path = folder.join(format!("divergence_{:016x}.py", hasher.finish()));
    fs::write(&path, text(divergence, origin))?;
    Ok(path)
}

/// Returns the environment that a regression file's comments name, if they do.
#[must_use]
pub fn environment(source: &str) -> Option<Environment> {
    source.lines().take_while(|line| line.starts_with('#')).find_map(|line| parse(line.strip_prefix(UNDER)?))
}
