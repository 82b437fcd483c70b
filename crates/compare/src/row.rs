//! Rows: what is told of a subject on a workload, from all its rounds.

use std::collections::BTreeMap;

use gleaner_peers::instructions;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::pauses::WINDOWS_MS;
use crate::run::Outcome;

/// The windows of the minimum mutator utilisation in a row, in milliseconds.
const MMU: [f64; 3] = [1.0, 10.0, 100.0];

/// Whether a row tells figures.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// All rounds were measured.
    Ok,
    /// The subject lacks an ability.
    Unable,
    /// A process died.
    Crashed,
    /// A process took too much time.
    Timeout,
}

/// A subject on a workload. Figures are medians over rounds; they are missing if the status is not `ok`.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// The workload's name.
    pub workload: String,
    /// The subject's name.
    pub subject: String,
    /// The workload's size.
    pub objects: usize,
    /// Whether it was measured.
    pub status: Status,
    /// Why not.
    pub reason: Option<String>,
    /// How many rounds were measured.
    pub rounds: usize,
    /// Operations in a round.
    pub operations: Option<u64>,
    /// Processor time of an operation.
    pub ns_per_op: Option<f64>,
    /// Processor time of the whole process, in a round.
    pub cpu_seconds: Option<f64>,
    /// Pauses, in microseconds.
    pub pause_us: Option<Percentiles>,
    /// How many pauses there were.
    pub pauses: Option<u64>,
    /// Lengths up to a number of microseconds (and above the one before), and how many pauses of all rounds had them.
    pub pause_histogram: Option<Vec<(f64, u64)>>,
    /// The share of the processor time that went into pauses.
    pub collector_share: Option<f64>,
    /// The minimum mutator utilisation by window in milliseconds; null if the run is shorter than the window.
    pub mmu: Map<String, Value>,
    /// The same for more windows: milliseconds, utilisation.
    pub mmu_curve: Vec<(f64, f64)>,
    /// The most resident bytes, above those before the subject was made.
    pub peak_bytes: Option<u64>,
    /// The resident bytes on average over time, if the run was long enough.
    pub mean_bytes: Option<u64>,
    /// The resident bytes when the most objects lived, at the end of a phase.
    pub live_bytes: Option<u64>,
    /// How many objects lived then.
    pub live_objects: Option<u64>,
    /// The peak in bytes by the objects that lived.
    pub bytes_per_object: Option<f64>,
    /// The peak by what was resident for the live.
    pub peak_over_live: Option<f64>,
}

/// Percentiles of pauses, in microseconds.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct Percentiles {
    /// The median.
    pub p50: f64,
    /// One of a hundred is longer.
    pub p99: f64,
    /// The longest.
    pub max: f64,
}

/// What the rounds of a subject on a workload were.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rounds {
    /// Runs that tell time and memory, and pauses if the subject does.
    pub(crate) plain: Vec<Outcome>,
    /// Runs whose long calls were timed.
    pub(crate) timed: Vec<Outcome>,
}

impl Rounds {
    /// Returns the first run that was not measured.
    pub(crate) fn failure(&self) -> Option<(Status, &str)> {
        self.plain.iter().chain(&self.timed).find_map(|outcome| match outcome {
            Outcome::Ok { .. } => None,
            Outcome::Unable(reason) => Some((Status::Unable, reason.as_str())),
            Outcome::Crashed(reason) => Some((Status::Crashed, reason.as_str())),
            Outcome::Timeout(reason) => Some((Status::Timeout, reason.as_str())),
        })
    }
}

impl Row {
    /// Makes a row of what was measured.
    pub(crate) fn of(workload: &str, subject: &str, objects: usize, rounds: &Rounds) -> Row {
        let mut row = Row::empty(workload, subject, objects);
        if let Some((status, reason)) = rounds.failure() {
            return Row { status, reason: Some(reason.to_string()), ..row };
        }
        let plain: Vec<_> = rounds.plain.iter().filter_map(Outcome::measured).collect();
        row.rounds = plain.len();
        row.operations = plain.first().map(|one| one.operations);
        row.ns_per_op = median(plain.iter().map(|one| one.work_ns as f64 / one.operations.max(1) as f64));
        row.cpu_seconds = median(plain.iter().map(|one| one.cpu_ns as f64 / 1e9));
        row.peak_bytes = whole(median(plain.iter().map(|one| one.peak_bytes as f64)));
        row.mean_bytes = whole(median(rounds.plain.iter().filter_map(Outcome::mean_bytes)));
        row.live_bytes = whole(median(plain.iter().map(|one| one.live_bytes as f64)));
        row.live_objects = plain.first().map(|one| one.live_objects);
        let by = |a: Option<u64>, b: Option<u64>| {
            a.zip(b).filter(|&(_, b)| b > 0).map(|(a, b)| a as f64 / b as f64)
        };
        row.bytes_per_object = by(row.peak_bytes, row.live_objects);
        row.peak_over_live = by(row.peak_bytes, row.live_bytes);
        row.add_pauses(rounds, median(plain.iter().map(|one| one.work_ns as f64)));
        row
    }

    fn empty(workload: &str, subject: &str, objects: usize) -> Row {
        Row {
            workload: workload.to_string(),
            subject: subject.to_string(),
            objects,
            status: Status::Ok,
            reason: None,
            rounds: 0,
            operations: None,
            ns_per_op: None,
            cpu_seconds: None,
            pause_us: None,
            pauses: None,
            pause_histogram: None,
            collector_share: None,
            mmu: MMU.iter().map(|window| (window.to_string(), Value::Null)).collect(),
            mmu_curve: Vec::new(),
            peak_bytes: None,
            mean_bytes: None,
            live_bytes: None,
            live_objects: None,
            bytes_per_object: None,
            peak_over_live: None,
        }
    }

    /// Adds what is known of pauses.
    fn add_pauses(&mut self, rounds: &Rounds, work_ns: Option<f64>) {
        let source = if rounds.timed.is_empty() { &rounds.plain } else { &rounds.timed };
        let all: Vec<_> =
            source.iter().filter_map(Outcome::measured).filter_map(|one| one.pauses.as_ref()).collect();
        if all.is_empty() {
            return;
        }
        let micros = |of: fn(&crate::pauses::Pauses) -> u64| {
            median(all.iter().map(|one| of(one) as f64 / 1e3)).unwrap_or(0.0)
        };
        self.pause_us = Some(Percentiles {
            p50: micros(|one| one.p50_ns),
            p99: micros(|one| one.p99_ns),
            max: micros(|one| one.max_ns),
        });
        self.pauses = whole(median(all.iter().map(|one| one.count as f64)));
        let total = median(all.iter().map(|one| one.total_ns as f64));
        self.collector_share =
            total.zip(work_ns).filter(|&(_, work)| work > 0.0).map(|(total, work)| (total / work).min(1.0));
        let mut buckets = BTreeMap::new();
        for &(upper, count) in all.iter().flat_map(|one| &one.histogram) {
            *buckets.entry(upper).or_insert(0) += count;
        }
        self.pause_histogram =
            Some(buckets.into_iter().map(|(upper, count)| (upper as f64 / 1e3, count)).collect());
        for (index, &window) in WINDOWS_MS.iter().enumerate() {
            let Some(least) = median(all.iter().filter_map(|one| one.utilisation.get(index).copied())) else {
                break;
            };
            self.mmu_curve.push((window, least));
            if MMU.contains(&window) {
                self.mmu.insert(window.to_string(), least.into());
            }
        }
    }
}

/// Returns the median; `None` of none.
fn median(values: impl Iterator<Item = f64>) -> Option<f64> {
    let values: Vec<f64> = values.collect();
    (!values.is_empty()).then(|| instructions::median(values))
}

fn whole(value: Option<f64>) -> Option<u64> {
    value.map(|value| value.round() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::child::Measured;
    use crate::pauses::Pauses;

    #[test]
    fn medians() {
        assert_eq!(median([].into_iter()), None);
        assert_eq!(median([3.0, 1.0, 2.0].into_iter()), Some(2.0));
        assert_eq!(median([4.0, 1.0, 3.0, 2.0].into_iter()), Some(2.5));
    }

    fn ran(work_ns: u64, pauses: Option<Pauses>) -> Outcome {
        let measured = Measured {
            operations: 10,
            work_ns,
            peak_bytes: 400,
            live_bytes: 200,
            live_objects: 4,
            pauses,
            ..Measured::default()
        };
        Outcome::Ok { measured: Box::new(measured), mean_bytes: Some(300.0) }
    }

    #[test]
    fn a_row_has_the_medians_of_its_rounds() {
        let pauses = |length: u64| Pauses {
            count: 1,
            total_ns: length,
            p50_ns: length,
            p99_ns: length,
            max_ns: length,
            histogram: vec![(crate::pauses::bucket(length), 1)],
            utilisation: vec![0.1, 0.2, 0.3],
        };
        let plain = vec![ran(9000, None), ran(1000, None), ran(8000, None)];
        let timed = vec![ran(90_000, Some(pauses(2000))), ran(90_000, Some(pauses(5000)))];
        let row = Row::of("churn", "std Rc", 4, &Rounds { plain, timed });
        assert_eq!((row.status, row.rounds, row.ns_per_op), (Status::Ok, 3, Some(800.0)));
        assert_eq!(
            (row.bytes_per_object, row.peak_over_live, row.mean_bytes),
            (Some(100.0), Some(2.0), Some(300))
        );
        let pause = row.pause_us.expect("pauses");
        assert_eq!((pause.p50, pause.max, row.pauses), (3.5, 3.5, Some(1)));
        assert_eq!(row.collector_share, Some(3500.0 / 8000.0), "of the time of runs that were not slowed");
        assert_eq!(row.pause_histogram, Some(vec![(2.0, 1), (8.0, 1)]));
        assert_eq!((&row.mmu["1"], &row.mmu["10"]), (&Value::from(0.3), &Value::Null));
    }

    #[test]
    fn one_failure_is_the_row() {
        let plain = vec![ran(1, None), Outcome::Crashed("stack overflow".to_string())];
        let row = Row::of("tree", "std Rc", 4, &Rounds { plain, timed: Vec::new() });
        assert_eq!(
            (row.status, row.reason.as_deref(), row.ns_per_op),
            (Status::Crashed, Some("stack overflow"), None)
        );
    }
}
