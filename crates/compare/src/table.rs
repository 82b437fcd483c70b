//! Rows as cells of text, for the terminal and for the page.

use crate::row::{Row, Status};

/// The columns of [`cells`].
pub const HEAD: [&str; 12] = [
    "workload",
    "subject",
    "objects",
    "ns/op",
    "p50 us",
    "p99 us",
    "max us",
    "collector",
    "MMU 10 ms",
    "peak MB",
    "/live",
    "bytes/object",
];

/// Returns a row as cells. Instead of figures, one that was not measured has its status.
#[must_use]
pub fn cells(row: &Row) -> Vec<String> {
    let mut cells = vec![row.workload.clone(), row.subject.clone(), row.objects.to_string()];
    if row.status != Status::Ok {
        cells.push(status(row.status).to_string());
        return cells;
    }
    let pause = |of: fn(&crate::row::Percentiles) -> f64| row.pause_us.as_ref().map(of);
    let percent =
        |share: Option<f64>| some(share.map(|share| share * 100.0), |share| format!("{share:.0} %"));
    cells.extend([
        some(row.ns_per_op, short),
        some(pause(|us| us.p50), short),
        some(pause(|us| us.p99), short),
        some(pause(|us| us.max), short),
        percent(row.collector_share),
        percent(row.mmu.get("10").and_then(serde_json::Value::as_f64)),
        some(row.peak_bytes, |bytes| format!("{:.1}", bytes as f64 / 1e6)),
        some(row.peak_over_live, |share| format!("{share:.2}")),
        some(row.bytes_per_object, short),
    ]);
    cells
}

/// Says why rows were not measured: a line for each subject and reason, with the workloads.
#[must_use]
pub fn reasons(rows: &[Row]) -> Vec<String> {
    let mut reasons: Vec<(String, Vec<&str>)> = Vec::new();
    for row in rows.iter().filter(|row| row.status != Status::Ok) {
        let reason = row.reason.as_deref().unwrap_or_default();
        let reason = format!("{} {}: {reason}", row.subject, status(row.status));
        let known = reasons.iter().position(|(known, _)| *known == reason).unwrap_or_else(|| {
            reasons.push((reason, Vec::new()));
            reasons.len() - 1
        });
        let workloads = &mut reasons[known].1;
        if !workloads.contains(&row.workload.as_str()) {
            workloads.push(&row.workload);
        }
    }
    reasons.into_iter().map(|(reason, workloads)| format!("{reason} ({})", workloads.join(", "))).collect()
}

/// Returns a status as a word.
#[must_use]
pub fn status(status: Status) -> &'static str {
    match status {
        Status::Ok => "ok",
        Status::Unable => "unable",
        Status::Crashed => "crashed",
        Status::Timeout => "timeout",
    }
}

fn some<T>(value: Option<T>, text: impl FnOnce(T) -> String) -> String {
    value.map_or_else(|| "-".to_string(), text)
}

/// Returns a number with two or three digits that matter.
#[must_use]
pub fn short(value: f64) -> String {
    let digits = match value.abs() {
        0.0 => 0,
        below if below < 1.0 => 2,
        below if below < 100.0 => 1,
        _ => 0,
    };
    format!("{value:.digits$}")
}

/// Returns a length of time with its unit.
#[must_use]
pub fn time(nanoseconds: f64) -> String {
    scaled(nanoseconds, 1000.0, &["ns", "µs", "ms", "s"])
}

/// Returns a number of bytes with its unit.
#[must_use]
pub fn bytes(bytes: f64) -> String {
    scaled(bytes, 1000.0, &["B", "kB", "MB", "GB"])
}

/// Returns a number of things, in thousands or millions.
#[must_use]
pub fn count(things: f64) -> String {
    scaled(things, 1000.0, &["", "k", "M", "G"])
}

fn scaled(mut value: f64, base: f64, units: &[&str]) -> String {
    let mut unit = 0;
    while value.abs() >= base && unit + 1 < units.len() {
        value /= base;
        unit += 1;
    }
    let text = short(value);
    let text = text.strip_suffix(".0").unwrap_or(&text);
    format!("{text} {}", units[unit]).trim_end().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::row::Rounds;
    use crate::run::Outcome;

    #[test]
    fn reasons_are_told_once() {
        let row = |workload: &str, reason: &str| {
            let plain = vec![Outcome::Unable(reason.to_string())];
            Row::of(workload, "std Rc", 10, &Rounds { plain, timed: Vec::new() })
        };
        let rows = [row("churn", "frees no cycles"), row("hub", "frees no cycles"), row("hub", "is tired")];
        assert_eq!(
            reasons(&rows),
            ["std Rc unable: frees no cycles (churn, hub)", "std Rc unable: is tired (hub)"]
        );
        assert_eq!(cells(&rows[0]), ["churn", "std Rc", "10", "unable"]);
    }

    #[test]
    fn numbers_are_short() {
        assert_eq!([0.0, 0.123, 1.0, 12.34, 123.4].map(short), ["0", "0.12", "1.0", "12.3", "123"]);
        assert_eq!([1.0, 1500.0, 2e6, 3.25e9].map(time), ["1 ns", "1.5 µs", "2 ms", "3.2 s"]);
        assert_eq!([1e4, 1e7, 5.0].map(count), ["10 k", "10 M", "5"]);
        assert_eq!(bytes(1.5e12), "1500 GB");
    }
}
