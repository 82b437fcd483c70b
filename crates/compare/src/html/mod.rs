//! The page: all figures of a comparison in one file that needs nothing else, no network and no script.
//!
//! Per workload: bars of time, histograms of pauses side by side, curves of utilisation, bars of memory, and lines of cost
//! by size if there are several sizes. Where there are several, all but the last are about the largest that was measured.

mod charts;
mod machine;
mod page;
mod palette;
mod summary;

pub use machine::Machine;
pub use page::page;

/// Returns a text as HTML.
#[must_use]
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            // Not allowed in a page, whatever stands in for it.
            control if control.is_control() && control != '\n' => escaped.push(' '),
            plain => escaped.push(plain),
        }
    }
    escaped
}
