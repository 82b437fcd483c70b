//! `gleaner trace info`: what kind of program a trace is of.

use std::path::Path;

use anyhow::Result;
use gleaner_trace::{Meta, Summary};
use serde_json::{Value, json};

use super::{damaged, open};
use crate::Verdict;
use crate::options::TraceInfo;
use crate::output::{self, grouped};

/// How many classes are printed.
const TOP: usize = 8;

/// Runs the command. What can be read of a damaged file is printed; it is bad input all the same.
pub(crate) fn run(options: &TraceInfo, json: bool) -> Result<Verdict> {
    let path = &options.file;
    let mut reader = open(path)?;
    let (summary, error) = Summary::read(&mut reader);
    if let Some(error) = error {
        return Err(damaged(path, &error).context(format!("{} before the error", one_line(&summary))));
    }
    if json {
        output::print_json(&as_json(path, reader.meta(), &summary))?;
    } else {
        output::print(&text(path, reader.meta(), &summary))?;
    }
    Ok(Verdict::Well)
}

/// Returns the summary in one line.
pub(crate) fn one_line(summary: &Summary) -> String {
    let events = summary.counts.events();
    format!("{} events, {:.2} bytes each", grouped(events), bytes_each(summary))
}

/// Returns the summary as JSON.
pub(crate) fn as_json(path: &Path, meta: &Meta, summary: &Summary) -> Value {
    let counts = &summary.counts;
    let classes = summary.top_classes();
    json!({
        "trace": path,
        "command": meta.command,
        "runtime": meta.runtime,
        "events": counts.events(),
        "mallocs": counts.mallocs,
        "callocs": counts.callocs,
        "reallocs": counts.reallocs,
        "frees": counts.frees,
        "bytes": counts.bytes,
        "file_bytes": summary.file_bytes,
        "bytes_per_event": bytes_each(summary),
        "peak_blocks": summary.peak_blocks,
        "live_at_end": counts.live(),
        "small_share": summary.small_share(),
        "young_share": summary.young_share(),
        "classes": classes.iter().map(|&(size, share)| json!({ "size": size, "share": share })).collect::<Vec<_>>(),
    })
}

fn bytes_each(summary: &Summary) -> f64 {
    summary.file_bytes as f64 / summary.counts.events().max(1) as f64
}

fn text(path: &Path, meta: &Meta, summary: &Summary) -> String {
    let counts = &summary.counts;
    let percent = |share: f64| format!("{:.1} %", share * 100.0);
    let rows = [
        ("trace", path.display().to_string()),
        ("command", meta.command.join(" ")),
        ("runtime", meta.runtime.clone()),
        ("events", one_line(summary)),
        ("mallocs", grouped(counts.mallocs)),
        ("callocs", grouped(counts.callocs)),
        ("reallocs", grouped(counts.reallocs)),
        ("frees", grouped(counts.frees)),
        ("bytes asked for", grouped(counts.bytes)),
        ("live at the most", format!("{} blocks", grouped(summary.peak_blocks))),
        ("live at the end", format!("{} blocks", grouped(counts.live()))),
        ("up to 512 bytes", percent(summary.small_share())),
        ("dead within 16", percent(summary.young_share())),
    ];
    let mut text: String = rows
        .iter()
        .map(|(name, value)| format!("{name:<17} {value}").trim_end().to_string() + "\n")
        .collect();
    text.push_str("\nbytes up to  share\n");
    for (size, share) in summary.top_classes().iter().take(TOP) {
        text.push_str(&format!("{size:>11}  {:>5.1} %\n", share * 100.0));
    }
    text
}
