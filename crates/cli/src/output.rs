//! Standard output and standard error, and the tables on them.

use std::io::{self, ErrorKind, Write};

use anyhow::{Context, Result};
use gleaner_oracle::Divergence;
use gleaner_oracle::environments::describe;
use serde::Serialize;
use serde_json::{Value, json};

/// Prints on standard output. Whoever closed the pipe has read enough.
pub(crate) fn print(text: &str) -> Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error).context("standard output"),
        _ => Ok(()),
    }
}

/// Prints one JSON object.
pub(crate) fn print_json(value: &impl Serialize) -> Result<()> {
    print(&(serde_json::to_string_pretty(value)? + "\n"))
}

/// Prints a complaint as one line on standard error.
pub(crate) fn complain(text: &str) {
    let line = text.replace(['\n', '\r'], " ");
    // If nobody can hear it, the exit code still tells.
    let _ = writeln!(io::stderr(), "{line}");
}

/// Tells something of several lines on standard error, where it does not mix with what a script prints.
pub(crate) fn tell(text: &str) {
    let _ = write!(io::stderr(), "{text}");
}

/// Returns a divergence as JSON.
pub(crate) fn divergence(divergence: &Divergence) -> Value {
    let sides = divergence.sides.iter().map(|side| json!({ "name": side.machine, "said": side.said }));
    json!({
        "place": divergence.place_in_words(),
        "environment": describe(&divergence.environment),
        "program": divergence.program.to_python(),
        "machines": sides.collect::<Vec<_>>(),
    })
}

/// Returns a number with its digits in groups of three.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

/// Returns rows as aligned columns: the first two to the left, the others to the right.
pub(crate) fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width =
        |column: usize| rows.iter().filter_map(|row| row.get(column)).map(String::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for row in rows {
        let cells = row.iter().zip(&widths).enumerate().map(|(column, (cell, &width))| {
            if column < 2 { format!("{cell:width$}") } else { format!("{cell:>width$}") }
        });
        text.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
        text.push('\n');
    }
    text
}
