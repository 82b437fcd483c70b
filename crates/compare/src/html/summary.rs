//! Subjects over all workloads: who is best at what.
//!
//! A subject's figure on a workload is divided by the best subject's there, and the quotients are averaged geometrically,
//! so that no workload counts more because its numbers are larger.

use std::collections::BTreeMap;

use super::escape;
use crate::row::{Row, Status};
use crate::table::{status, time};

/// A subject over all workloads.
#[derive(Default)]
struct Total {
    measured: usize,
    /// Logarithms of its time, and of its peak, by the best's.
    times: Vec<f64>,
    peaks: Vec<f64>,
    longest_us: Option<f64>,
    most_over_live: Option<f64>,
    failures: Vec<String>,
}

impl Total {
    fn time(&self) -> Option<f64> {
        geometric(&self.times)
    }

    fn memory(&self) -> Option<f64> {
        geometric(&self.peaks)
    }
}

fn geometric(logarithms: &[f64]) -> Option<f64> {
    let mean = logarithms.iter().sum::<f64>() / logarithms.len() as f64;
    (!logarithms.is_empty()).then(|| mean.exp())
}

fn totals(rows: &[Row]) -> BTreeMap<&str, Total> {
    let mut totals: BTreeMap<&str, Total> = BTreeMap::new();
    for row in rows {
        let total = totals.entry(&row.subject).or_default();
        if row.status != Status::Ok {
            total.failures.push(format!("{} {}", row.workload, status(row.status)));
            continue;
        }
        let beside =
            || rows.iter().filter(|other| other.workload == row.workload && other.objects == row.objects);
        let by_best = |of: fn(&Row) -> Option<f64>| {
            let best = beside().filter_map(of).fold(f64::INFINITY, f64::min);
            of(row).map(|value| (value / best).ln()).filter(|logarithm| logarithm.is_finite())
        };
        total.measured += 1;
        total.times.extend(by_best(|row| row.ns_per_op));
        total.peaks.extend(by_best(|row| row.peak_bytes.map(|bytes| bytes as f64)));
        total.longest_us = greater(total.longest_us, row.pause_us.map(|pause| pause.max));
        total.most_over_live = greater(total.most_over_live, row.peak_over_live);
    }
    totals
}

fn greater(a: Option<f64>, b: Option<f64>) -> Option<f64> {
    a.into_iter().chain(b).max_by(f64::total_cmp)
}

/// Says who is best at what, of those that ran most workloads: who ran less cannot be held against who ran all.
pub(super) fn headline(rows: &[Row]) -> String {
    let totals = totals(rows);
    let most = totals.values().map(|total| total.measured).max().unwrap_or(0);
    let best = |of: fn(&Total) -> Option<f64>| {
        let all = totals.iter().filter(|(_, total)| total.measured == most);
        all.filter_map(|(name, total)| Some((*name, of(total)?))).min_by(|a, b| a.1.total_cmp(&b.1))
    };
    let mut parts = Vec::new();
    if let Some((name, times)) = best(Total::time) {
        parts.push(format!("{name} takes the least time ({times:.2} times each workload's best)"));
    }
    if let Some((name, longest)) = best(|total| total.longest_us) {
        parts.push(format!("{name} pauses the shortest at worst ({})", time(longest * 1e3)));
    }
    if let Some((name, times)) = best(Total::memory) {
        parts.push(format!("{name} takes the least memory ({times:.2} times each workload's best)"));
    }
    if parts.is_empty() {
        return "Nothing could be measured.".to_string();
    }
    format!("Of those that ran most workloads, {}.", parts.join("; "))
}

/// Returns the table of subjects.
pub(super) fn table(rows: &[Row], subjects: &[&str]) -> String {
    let totals = totals(rows);
    let mut text = "<div class=\"wide\"><table>\n<tr><th>subject</th><th>measured</th><th>time / best</th>\
                    <th>longest pause</th><th>peak / best</th><th>largest peak / live</th><th>not measured</th></tr>\n"
        .to_string();
    let some = |value: Option<f64>, text: fn(f64) -> String| value.map_or_else(|| "-".to_string(), text);
    let two = |value| format!("{value:.2}");
    for subject in subjects {
        let total = &totals[subject];
        text.push_str(&format!(
            "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td class=\"said\">{}</td></tr>\n",
            escape(subject),
            total.measured,
            some(total.time(), two),
            some(total.longest_us, |us| time(us * 1e3)),
            some(total.memory(), two),
            some(total.most_over_live, two),
            escape(&total.failures.join(", ")),
        ));
    }
    text + "</table></div>\n<p class=\"faint\">/ best: by the figure of each workload's best subject, geometric mean over the \
            workloads that were measured.</p>\n"
}
