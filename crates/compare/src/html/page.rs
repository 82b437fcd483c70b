//! What the page says, around its charts.

use gleaner_benches::workloads;

use super::charts::{self, Bar, Series};
use super::{Machine, escape, palette, summary};
use crate::row::{Row, Status};
use crate::table::{HEAD, bytes, cells, count, short, time};

const STYLE: &str = include_str!("page.css");

/// What the figures are.
const WORDS: &str = "<p class=\"faint\">Time is processor time. Memory is what is resident above what the process had at \
the start: at its peak, and by what was resident when all that lives had been made. MMU (minimum mutator utilisation) is the \
smallest share of the processor that is left to the program in any window of a length. A collection that the program asks \
for is no pause. Pauses of subjects outside of Gleaner and Python are calls that took more than 5 µs; they run on \
Gleaner&#39;s allocator.</p>\n";

/// Returns the page.
#[must_use]
pub fn page(rows: &[Row], machine: &Machine) -> String {
    let subjects = distinct(rows, |row| &row.subject);
    let names = distinct(rows, |row| &row.workload);
    let rounds = rows.iter().map(|row| row.rounds).max().unwrap_or(0);
    let mut body = format!(
        "<h1>Memory managers side by side</h1>\n<p>{}</p>\n<p class=\"faint\">{} of {} workloads, {} subjects, medians of \
         {rounds} rounds, each in a process of its own. Gleaner {} on {}, {} processors, {}, {}.</p>\n{WORDS}",
        escape(&summary::headline(rows)),
        names.len(),
        workloads::all().len(),
        subjects.len(),
        machine.gleaner,
        escape(&machine.processor),
        machine.processors,
        bytes(machine.memory_bytes as f64),
        escape(&machine.system),
    );
    body.push_str(&summary::table(rows, &subjects));
    let links = names.iter().map(|name| format!("<a href=\"#{0}\">{0}</a>\n", escape(name)));
    body.push_str(&format!("<nav>{}</nav>\n", links.collect::<String>()));
    for name in &names {
        let of_it: Vec<&Row> = rows.iter().filter(|row| row.workload == *name).collect();
        body.push_str(&section(name, &of_it, &subjects));
    }
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n<meta name=\"viewport\" \
         content=\"width=device-width, initial-scale=1\"/>\n<title>gleaner compare</title>\n<style>\n{STYLE}{}</style>\n\
         </head>\n<body>\n{body}</body>\n</html>\n",
        palette::style()
    )
}

fn distinct<'a>(rows: &'a [Row], of: impl Fn(&'a Row) -> &'a String) -> Vec<&'a str> {
    let mut names: Vec<&str> = Vec::new();
    for name in rows.iter().map(of) {
        if !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    names
}

/// Returns what is said of a workload.
fn section(name: &str, rows: &[&Row], subjects: &[&str]) -> String {
    let about = workloads::find(name).map_or("", |workload| workload.summary());
    let mut text = format!("<h2 id=\"{0}\">{0}</h2>\n<p>{1}</p>\n", escape(name), escape(about));
    let measured = || rows.iter().filter(|row| row.status == Status::Ok);
    let largest = measured().map(|row| row.objects).max();
    let rows_of_largest: Vec<&Row> = measured().filter(|row| Some(row.objects) == largest).copied().collect();
    text.push_str(&figures(&rows_of_largest, subjects));
    let costs = by_size(rows, subjects);
    if costs.iter().any(|line| line.points.len() > 1) {
        let heading = "Cost as the heap grows: flat is best";
        text.push_str(&figure(heading, &charts::cost(heading, &costs)));
    }
    text + &details(rows)
}

/// Returns the charts of a workload at one size.
fn figures(rows: &[&Row], subjects: &[&str]) -> String {
    let mut text = String::new();
    let index = |row: &Row| subjects.iter().position(|subject| *subject == row.subject).unwrap_or(0);
    let cost = |ns| format!("{} per operation", time(ns));
    if let Some(heading) = extremes("Time", rows, |row| row.ns_per_op, cost) {
        text.push_str(&figure(&heading, &times(&heading, rows, &index)));
    }
    let longest = |row: &Row| row.pause_us.map(|pause| pause.max).filter(|&longest| longest > 0.0);
    if let Some(heading) = extremes("Longest pause", rows, longest, |us| time(us * 1e3)) {
        let histogram = |row: &Row| row.pause_histogram.clone().unwrap_or_default();
        let points =
            |row: &Row| histogram(row).into_iter().map(|(upper, pauses)| (upper, pauses as f64)).collect();
        text.push_str(&figure(&heading, &charts::histograms(&heading, &series(rows, &index, points))));
    }
    let curves = series(rows, &index, |row| row.mmu_curve.clone());
    if !curves.is_empty() {
        let heading = "Minimum mutator utilisation: the higher and the further left, the smoother";
        text.push_str(&figure(heading, &charts::utilisation(heading, &curves)));
    }
    let peak = |row: &Row| row.peak_bytes.map(|bytes| bytes as f64);
    if let Some(heading) = extremes("Peak memory", rows, peak, bytes) {
        let heading = heading + "; the strong part is for what lives";
        text.push_str(&figure(&heading, &memory(&heading, rows, &index)));
    }
    text
}

fn figure(heading: &str, svg: &str) -> String {
    format!("<h3>{}</h3>\n<figure>{svg}</figure>\n", escape(heading))
}

/// Says who has least of something and who most.
fn extremes(
    what: &str,
    rows: &[&Row],
    of: impl Fn(&Row) -> Option<f64>,
    text: impl Fn(f64) -> String,
) -> Option<String> {
    let all = rows.iter().filter_map(|row| Some((row.subject.as_str(), of(row)?)));
    let mut all: Vec<(&str, f64)> = all.collect();
    all.sort_by(|a, b| a.1.total_cmp(&b.1));
    let (least, most) = (all.first()?, all.last()?);
    if all.len() == 1 {
        return Some(format!("{what}: {} {}", least.0, text(least.1)));
    }
    Some(format!("{what}: least is {} ({}), most {} ({})", least.0, text(least.1), most.0, text(most.1)))
}

fn times(title: &str, rows: &[&Row], index: &impl Fn(&Row) -> usize) -> String {
    let bars = rows.iter().filter_map(|row| {
        let value = row.ns_per_op?;
        let label = format!("{} ns", short(value));
        Some(Bar { name: &row.subject, index: index(row), value, strong: value, label })
    });
    charts::bars(title, "CPU nanoseconds per operation (shorter is better)", &bars.collect::<Vec<_>>())
}

fn memory(title: &str, rows: &[&Row], index: &impl Fn(&Row) -> usize) -> String {
    let bars = rows.iter().filter_map(|row| {
        let value = row.peak_bytes? as f64 / 1e6;
        let times = row.peak_over_live.map(|times| format!(", {times:.2} × live")).unwrap_or_default();
        let strong = (row.live_bytes.unwrap_or(0) as f64 / 1e6).min(value);
        let label = format!("{}{times}", bytes(value * 1e6));
        Some(Bar { name: &row.subject, index: index(row), value, strong, label })
    });
    charts::bars(title, "resident megabytes (shorter is better)", &bars.collect::<Vec<_>>())
}

/// Returns a series of each row that has points.
fn series<'a>(
    rows: &[&'a Row],
    index: &impl Fn(&Row) -> usize,
    points: impl Fn(&Row) -> Vec<(f64, f64)>,
) -> Vec<Series<'a>> {
    let all = rows.iter().map(|row| Series { name: &row.subject, index: index(row), points: points(row) });
    all.filter(|series| !series.points.is_empty()).collect()
}

/// Returns each subject's time per operation by the number of objects.
fn by_size<'a>(rows: &[&Row], subjects: &[&'a str]) -> Vec<Series<'a>> {
    let all = subjects.iter().enumerate().map(|(index, &name)| {
        let of_it = rows.iter().filter(|row| row.subject == name);
        let points = of_it.filter_map(|row| Some((row.objects as f64, row.ns_per_op?)));
        let mut points: Vec<(f64, f64)> = points.collect();
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        Series { name, index, points }
    });
    all.filter(|series| !series.points.is_empty()).collect()
}

/// Returns the figures themselves.
fn details(rows: &[&Row]) -> String {
    let heads = HEAD[1..].iter().map(|name| format!("<th>{}</th>", escape(name)));
    let mut text = format!("<div class=\"wide\"><table>\n<tr>{}</tr>\n", heads.collect::<String>());
    for row in rows {
        let cells = cells(row);
        text.push_str(&format!("<tr><td>{}</td><td>{}</td>", escape(&cells[1]), count(row.objects as f64)));
        let reason = row.reason.as_deref().unwrap_or_default();
        let figures = cells[3..].iter().map(|cell| match row.status {
            Status::Ok => format!("<td>{}</td>", escape(cell)),
            _ => format!("<td class=\"said\" colspan=\"{}\">{cell}: {}</td>", HEAD.len() - 3, escape(reason)),
        });
        text.push_str(&(figures.collect::<String>() + "</tr>\n"));
    }
    text + "</table></div>\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::child::Measured;
    use crate::pauses::Pauses;
    use crate::row::Rounds;
    use crate::run::Outcome;

    fn row(subject: &str, objects: usize) -> Row {
        let pauses = Pauses {
            count: 3,
            total_ns: 9000,
            p50_ns: 3000,
            p99_ns: 5000,
            max_ns: 5000,
            histogram: vec![(4000, 2), (8000, 1)],
            utilisation: vec![0.5, 0.7],
        };
        let measured = Measured {
            operations: 1000,
            work_ns: 1_000_000,
            cpu_ns: 2_000_000,
            peak_bytes: 4_000_000,
            live_objects: 1000,
            live_bytes: 2_000_000,
            pauses: Some(pauses),
            ..Measured::default()
        };
        let plain = vec![Outcome::Ok { measured: Box::new(measured), mean_bytes: None }];
        Row::of("churn", subject, objects, &Rounds { plain, timed: Vec::new() })
    }

    /// Reads a page as XML, which is stricter than HTML.
    fn read(page: &str) -> roxmltree::Document<'_> {
        let text = page.strip_prefix("<!DOCTYPE html>").expect("a document type");
        roxmltree::Document::parse(text).unwrap_or_else(|error| panic!("{error}"))
    }

    #[test]
    fn a_chart_of_each_kind() {
        let charts = |rows: &[Row]| {
            let page = page(rows, &Machine::this());
            read(&page).descendants().filter(|node| node.tag_name().name() == "svg").count()
        };
        assert_eq!(charts(&[row("a", 10), row("b", 10)]), 4, "time, pauses, utilisation, memory");
        assert_eq!(charts(&[row("a", 10), row("a", 100)]), 5, "and cost by size");
        assert_eq!(charts(&[]), 0);
    }

    #[test]
    fn text_is_escaped() {
        assert_eq!(escape("<a b=\"c\">&'\u{1}"), "&lt;a b=&quot;c&quot;&gt;&amp;&#39; ");
        let failed = vec![Outcome::Crashed("<script>&".to_string())];
        let failed = Row::of("churn", "c", 10, &Rounds { plain: failed, timed: Vec::new() });
        let page = page(&[row("<i>", 10), row("\"&\"", 10), failed], &Machine::this());
        assert!(!page.contains("<i>") && !page.contains("<script"), "{page}");
        let document = read(&page);
        assert!(document.descendants().any(|node| node.text() == Some("crashed: <script>&")));
    }
}
