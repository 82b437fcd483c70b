//! Generated scripts of Python's object layer, on subjects and on a real CPython: `stress --scripts`.
//!
//! The layer itself is nothing this crate knows: a [`Subject`] is a name and a function from a script's text to what it
//! prints. What a subject prints until [`END`] must be what the CPython prints, byte for byte, but for addresses.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use gleaner_program::script::{END, Script};

use crate::judge::{Difference, Said, compare, without_addresses};
use crate::python::{Python, PythonError};
use crate::seeds::mix;

/// How many scripts CPython gets at a time.
const BATCH: u64 = 32;
/// How many smaller scripts are tried for each that fails.
const BUDGET: usize = 2000;

/// Something that runs scripts.
pub struct Subject<'a> {
    /// Its name.
    pub name: String,
    /// Whether collections run finalizers in CPython's order; if not, the order of lines between two marks does not count.
    pub exact: bool,
    /// Returns what a script prints.
    pub run: Box<dyn Fn(&str) -> String + 'a>,
}

/// What is to be run.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// The first seed.
    pub seed: u64,
    /// Stop after so much time.
    pub time: Option<Duration>,
    /// Stop after so many scripts.
    pub scripts: Option<u64>,
}

/// A script on which a subject and CPython part.
#[derive(Clone, Debug)]
pub struct Found {
    /// The seed with which a run begins with it.
    pub seed: u64,
    /// The subject.
    pub subject: String,
    /// The smallest script found.
    pub script: Script,
    /// The statements of the first.
    pub statements_before: usize,
    /// Where they part on it.
    pub difference: Difference,
}

/// What a run has seen.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Scripts, each run on every subject.
    pub scripts: u64,
    /// Their statements.
    pub statements: u64,
    /// Lines of output compared, on all subjects.
    pub lines: u64,
    /// The time.
    pub seconds: f64,
    /// What was found; the run ends with the first.
    pub found: Option<Found>,
}

/// Runs scripts on subjects and a CPython, until one of them parts from it; `progress` is told after every batch.
///
/// # Errors
/// CPython dies or hangs.
pub fn run(
    plan: &Plan,
    subjects: &[Subject<'_>],
    python: &mut Python,
    mut progress: impl FnMut(&Report),
) -> Result<Report, PythonError> {
    let begin = Instant::now();
    let mut report = Report::default();
    loop {
        let left = plan.scripts.map_or(BATCH, |scripts| (scripts - report.scripts).min(BATCH));
        if left == 0 || plan.time.is_some_and(|time| begin.elapsed() >= time) {
            return Ok(report);
        }
        let seeds: Vec<u64> = (report.scripts..report.scripts + left).map(|k| mix(plan.seed, k)).collect();
        let scripts: Vec<Script> = seeds.iter().map(|seed| Script::of_seed(*seed)).collect();
        let texts: Vec<String> = scripts.iter().map(Script::to_python).collect();
        python.send_scripts(&texts)?;
        let seen: Vec<Vec<String>> =
            texts.iter().map(|text| subjects.iter().map(|subject| (subject.run)(text)).collect()).collect();
        let expected = python.receive_scripts()?;
        for (((seed, script), expected), seen) in seeds.iter().zip(scripts).zip(expected).zip(seen) {
            report.scripts += 1;
            report.statements += script.len() as u64;
            for (subject, seen) in subjects.iter().zip(seen) {
                report.lines += expected.lines().count() as u64;
                if difference(&script, subject, &expected, &seen).is_some() {
                    report.found = Some(narrow(*seed, script, subject, python)?);
                    report.seconds = begin.elapsed().as_secs_f64();
                    return Ok(report);
                }
            }
        }
        report.seconds = begin.elapsed().as_secs_f64();
        progress(&report);
    }
}

/// Returns where a script parts a subject from a CPython.
///
/// # Errors
/// CPython dies or hangs.
pub fn differ(
    script: &Script,
    subject: &Subject<'_>,
    python: &mut Python,
) -> Result<Option<Difference>, PythonError> {
    let text = script.to_python();
    python.send_scripts(std::slice::from_ref(&text))?;
    let seen = (subject.run)(&text);
    let expected = python.receive_scripts()?.pop().unwrap_or_default();
    Ok(difference(script, subject, &expected, &seen))
}

/// Returns where what a subject prints parts from what is expected.
#[must_use]
pub fn part(script: &Script, subject: &Subject<'_>, expected: &str) -> Option<Difference> {
    difference(script, subject, expected, &(subject.run)(&script.to_python()))
}

/// Returns where two outputs of a script part.
fn difference(script: &Script, subject: &Subject<'_>, expected: &str, seen: &str) -> Option<Difference> {
    if !subject.exact && script.asks_for_order() {
        return None;
    }
    let of = |output: &str| {
        let said = said(output);
        Said { text: if subject.exact { said } else { without_order(&said) }, code: Some(0) }
    };
    compare(&of(expected), &of(seen))
}

/// Sorts the lines between two marks: what a statement prints before the next collection is told or the next name goes. How
/// many were collected and what is tracked is left out: up to 3.13 the order of the survivors decides which tuples still are.
fn without_order(output: &str) -> String {
    let mut lines: Vec<&str> = output.lines().map(plain).collect();
    let is_mark = |line: &str| line.starts_with("end") || line.starts_with("collect") || line == END;
    lines.chunk_by_mut(|line, _| !is_mark(line)).for_each(|part| {
        let rest = part.len() - usize::from(part.last().is_some_and(|line| is_mark(line)));
        part[..rest].sort_unstable();
    });
    lines.join("\n")
}

/// Makes a script that fails smaller.
fn narrow(
    seed: u64,
    script: Script,
    subject: &Subject<'_>,
    python: &mut Python,
) -> Result<Found, PythonError> {
    let statements_before = script.len();
    let script = script.shrink(|script| matches!(differ(script, subject, python), Ok(Some(_))), BUDGET);
    let difference = differ(&script, subject, python)?;
    // On its own it may not fail: then only the run does.
    let difference = difference.unwrap_or(Difference {
        line: 0,
        expected: "(the same, when it runs alone)".into(),
        seen: String::new(),
    });
    Ok(Found { seed, subject: subject.name.clone(), script, statements_before, difference })
}

/// What counts of an output: what comes before the end, without addresses.
fn said(output: &str) -> String {
    let end = output.find(END).map_or(output.len(), |at| at + END.len());
    without_addresses(&output[..end])
}

/// Returns what of a line does not depend on the order of the survivors.
fn plain(line: &str) -> &str {
    let is_count = line.bytes().all(|byte| byte.is_ascii_digit());
    if line.starts_with("collect ") {
        "collect"
    } else if is_count || line.starts_with("True ") || line.starts_with("False ") {
        ""
    } else {
        line
    }
}

/// Saves a script as one for `gleaner judge`; returns the file.
///
/// # Errors
/// It cannot be written.
pub fn save(folder: &Path, found: &Found, origin: &str) -> std::io::Result<PathBuf> {
    std::fs::create_dir_all(folder)?;
    let text = found.script.to_python();
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    let path = folder.join(format!("found_{:016x}.py", hasher.finish()));
    let Difference { line, expected, seen } = &found.difference;
    let head = format!("# {origin}\n# Line {line}: python {expected:?}, {} {seen:?}\n", found.subject);
    std::fs::write(&path, head + &text)?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn saying(text: &'static str, exact: bool) -> Subject<'static> {
        Subject { name: "fake".into(), exact, run: Box::new(move |_| text.to_string()) }
    }

    #[test]
    fn what_comes_after_the_end_and_addresses_do_not_count() {
        let script = Script::from_bytes(&[]);
        let expected = "<Node at 0x7f0012345678>\n== end\ndel 1\n";
        assert!(part(&script, &saying("<Node at 0x55aa12345678>\n== end\n", true), expected).is_none());
        let found = part(&script, &saying("<Slot at 0x55aa12345678>\n== end\n", true), expected);
        assert_eq!(found.map(|found| found.line), Some(1));
    }

    #[test]
    fn the_order_within_a_collection_counts_where_it_is_promised() {
        let script = Script::from_bytes(&[]);
        let expected = "del 1\ndel 2\ncollect 2\ndel 3\n== end\n";
        let swapped = "del 2\ndel 1\ncollect 1\ndel 3\n== end\n";
        assert!(part(&script, &saying(swapped, true), expected).is_some());
        assert!(part(&script, &saying(swapped, false), expected).is_none());
        let late = "del 2\ncollect 2\ndel 1\ndel 3\n== end\n";
        assert!(part(&script, &saying(late, false), expected).is_some(), "not in the same collection");
        let missing = "del 2\ncollect 2\ndel 3\n== end\n";
        assert!(part(&script, &saying(missing, false), expected).is_some());
    }

    /// A subject that forgets one line is found out, and the script shrinks to what makes CPython print it.
    #[test]
    fn a_subject_that_lies_is_found_out() {
        let Some(python) = Python::find() else { return };
        let mut python = python.for_scripts();
        let mut other = Python::at(python.path()).unwrap().for_scripts();
        let honest = std::cell::RefCell::new(&mut other);
        let run = |text: &str| {
            let mut python = honest.borrow_mut();
            python.send_scripts(&[text.to_string()]).unwrap();
            let said = python.receive_scripts().unwrap().pop().unwrap();
            said.lines()
                .filter(|line| !line.starts_with("del slot"))
                .map(|line| format!("{line}\n"))
                .collect()
        };
        let liar = Subject { name: "liar".into(), exact: true, run: Box::new(run) };
        let plan = Plan { seed: 1, time: None, scripts: Some(300) };
        let report = super::run(&plan, &[liar], &mut python, |_| ()).unwrap();
        let found = report.found.expect("some script makes a slot");
        assert_eq!(found.script.len(), 1, "{}", found.script.to_python());
        assert!(
            found.script.to_python().contains("a = Slot(0)") && found.difference.expected == "del slot 0"
        );
        let folder = tempfile::tempdir().unwrap();
        let path = save(folder.path(), &found, "Found by a test").unwrap();
        assert!(std::fs::read_to_string(path).unwrap().starts_with("# Found by a test\n# Line "));
    }
}
