//! What is said at exit: statistics, and that CPython did not use this allocator.

use std::env;
use std::io::Write;
use std::panic;
use std::sync::Once;

use gleaner_allocator::{ClassStats, global};
use serde_json::{Value, json};

use crate::functions;
use crate::install;
use crate::recorder;
use crate::settings::{Settings, Statistics};

/// Says something, if somebody asked to know.
pub(crate) fn warn(what: &str) {
    if Settings::get().warn {
        say(what);
    }
}

/// Writes a line to standard error. It is no mistake if there is none.
pub(crate) fn say(what: &str) {
    let _ = writeln!(std::io::stderr(), "gleaner: {what}");
}

/// Has the report written when the process ends, if there is something to report.
pub(crate) fn at_exit() {
    static ONCE: Once = Once::new();
    if !Settings::get().warn {
        return;
    }
    ONCE.call_once(|| {
        // SAFETY: a function of this library, which stays (C4).
        if unsafe { libc::atexit(report) } != 0 {
            say("no statistics: the process's list of exit functions is full");
        }
    });
}

/// The report. Called by libc, after CPython was finalised.
extern "C" fn report() {
    // A report that fails must not disturb the end of the process, nor may a panic leave this function.
    let _ = panic::catch_unwind(|| {
        recorder::finish();
        let Some((_, current)) = install::installed() else { return };
        if !current {
            say(&why_replaced());
        }
        match &Settings::get().statistics {
            None => {}
            Some(Statistics::Text) => {
                let _ = write!(std::io::stderr(), "{}", text());
            }
            Some(Statistics::Json) => {
                let _ = writeln!(std::io::stderr(), "{}", json());
            }
            Some(Statistics::File(file)) => {
                if let Err(error) = std::fs::write(file, json() + "\n") {
                    say(&format!("no statistics: {}: {error}", file.display()));
                }
            }
        }
    });
}

/// Says why CPython has another allocator now.
fn why_replaced() -> String {
    for name in ["PYTHONMALLOC", "PYTHONDEVMODE"] {
        if let Some(value) = env::var_os(name).filter(|value| !value.is_empty()) {
            return format!("{name}={} is set: CPython uses that, not Gleaner", value.display());
        }
    }
    let arguments: Vec<_> = env::args_os().collect();
    let development = |pair: &[std::ffi::OsString]| pair[0] == "-X" && pair[1] == "dev";
    if arguments.windows(2).any(development) || arguments.iter().any(|argument| argument == "-Xdev") {
        return "-X dev is given: CPython uses its debugging allocator, not Gleaner".to_owned();
    }
    "another allocator has taken the place of Gleaner's".to_owned()
}

/// Returns the statistics for people.
pub(crate) fn text() -> String {
    let mut text = String::new();
    match install::installed() {
        None => text.push_str("gleaner: not installed\n"),
        Some((python, current)) => {
            let state = if current { "uses Gleaner" } else { "does not use Gleaner" };
            let process = std::process::id();
            text.push_str(&format!("gleaner: CPython {}, process {process}, {state}\n", python.version()));
        }
    }
    let (stats, others) = global::stats();
    let (frees, reallocs) = functions::foreign();
    text.push_str(&format!("{stats}\n{others} heaps of other threads, not looked into\n"));
    text.push_str(&format!("blocks of the previous allocator: {frees} freed, {reallocs} resized\n"));
    text
}

/// Returns the statistics as one line of JSON.
pub(crate) fn json() -> String {
    let installed = install::installed();
    let (foreign_frees, foreign_reallocs) = functions::foreign();
    let (stats, other_heaps) = global::stats();
    let class = |class: &ClassStats| {
        json!({
            "size": class.block_size,
            "pools": class.pools,
            "live_blocks": class.live_blocks,
            "waiting_blocks": class.waiting_blocks,
            "free_blocks": class.free_blocks,
        })
    };
    let classes: Vec<Value> = stats.classes.iter().filter(|class| class.pools > 0).map(class).collect();
    json!({
        "python": installed.map(|(python, _)| python.version()),
        "process": std::process::id(),
        "installed": installed.is_some_and(|(_, current)| current),
        "foreign_frees": foreign_frees,
        "foreign_reallocs": foreign_reallocs,
        "other_heaps": other_heaps,
        "allocator": {
            "arenas": stats.arenas,
            "free_arenas": stats.free_arenas,
            "pools": stats.pools,
            "free_pools": stats.free_pools,
            "live_blocks": stats.live_blocks,
            "live_bytes": stats.live_bytes,
            "large_blocks": stats.large_blocks,
            "large_bytes": stats.large_bytes,
            "raw_bytes": stats.raw_bytes,
            "peak_raw_bytes": stats.peak_raw_bytes,
            "classes": classes,
        },
    })
    .to_string()
}
