//! What is said of a run's pauses: percentiles, a histogram, and how much of any window is left to the program.
//!
//! The *minimum mutator utilisation* of a window length is the smallest share of the processor that the program had in
//! any window of that length, the rest being the collector's. It tells what percentiles hide: a hundred pauses of a
//! millisecond one after the other are as bad as one of a hundred. All times are on the CPU clock of one thread.

use gleaner_benches::subject::Pause;
use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

/// The windows of the utilisation curve, in milliseconds.
pub const WINDOWS_MS: [f64; 12] = [0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0];

/// The pauses of one run.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Pauses {
    /// How many there were.
    pub count: u64,
    /// All of them together.
    pub total_ns: u64,
    /// Half of them were not longer.
    pub p50_ns: u64,
    /// 99 of 100 were not longer.
    pub p99_ns: u64,
    /// The longest.
    pub max_ns: u64,
    /// Lengths up to a number of nanoseconds, and how many there were; see [`bucket`].
    pub histogram: Vec<(u64, u64)>,
    /// For each of [`WINDOWS_MS`] that is not longer than the run: the minimum mutator utilisation.
    pub utilisation: Vec<f64>,
}

impl Pauses {
    /// Digests the pauses of a run from one moment to another, given in order.
    #[must_use]
    pub fn of(pauses: &[Pause], begin_ns: u64, end_ns: u64) -> Pauses {
        let inside = |pause: &&Pause| pause.start_ns >= begin_ns && pause.start_ns < end_ns;
        let pauses: Vec<Pause> = pauses.iter().filter(inside).copied().collect();
        let mut lengths = Histogram::<u64>::new(3).expect("3 digits are allowed");
        let mut histogram = std::collections::BTreeMap::new();
        for pause in &pauses {
            lengths.record(pause.length_ns).expect("it grows with what is recorded");
            *histogram.entry(bucket(pause.length_ns)).or_insert(0) += 1;
        }
        let windows = WINDOWS_MS.iter().map(|milliseconds| (milliseconds * 1e6) as u64);
        Pauses {
            count: pauses.len() as u64,
            total_ns: pauses.iter().map(|pause| pause.length_ns).sum(),
            p50_ns: lengths.value_at_quantile(0.5),
            p99_ns: lengths.value_at_quantile(0.99),
            max_ns: pauses.iter().map(|pause| pause.length_ns).max().unwrap_or(0),
            histogram: histogram.into_iter().collect(),
            utilisation: windows.map_while(|window| utilisation(&pauses, begin_ns, end_ns, window)).collect(),
        }
    }
}

/// Returns the upper bound of a length's bucket: the next power of two in microseconds, 1 at least, as nanoseconds.
#[must_use]
pub fn bucket(length_ns: u64) -> u64 {
    length_ns.div_ceil(1000).next_power_of_two() * 1000
}

/// Returns the minimum mutator utilisation of a window length; `None` if the run is shorter than the window.
///
/// Only windows that begin where a pause begins are looked at: any other can be moved to such a place, to the left if it
/// begins inside a pause and else to the right, and has no less pause in it then. (If it reaches beyond the end of the run,
/// the window that ends there has as much.)
#[must_use]
pub fn utilisation(pauses: &[Pause], begin_ns: u64, end_ns: u64, window_ns: u64) -> Option<f64> {
    if window_ns == 0 || end_ns.checked_sub(begin_ns)? < window_ns {
        return None;
    }
    let mut before = vec![0];
    for pause in pauses {
        before.push(before[before.len() - 1] + pause.length_ns);
    }
    // How long pauses were until a moment.
    let until = |moment: u64| {
        let begun = pauses.partition_point(|pause| pause.start_ns < moment);
        let Some(last) = begun.checked_sub(1) else { return 0 };
        before[last] + pauses[last].length_ns.min(moment - pauses[last].start_ns)
    };
    let inside = |pause: &Pause| until(pause.start_ns + window_ns) - until(pause.start_ns);
    let most = pauses.iter().map(inside).max().unwrap_or(0);
    Some((window_ns - most) as f64 / window_ns as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    fn pauses(all: &[(u64, u64)]) -> Vec<Pause> {
        all.iter().map(|&(start, length)| Pause { start_ns: start * MS, length_ns: length * MS }).collect()
    }

    #[test]
    fn utilisation_is_that_of_the_worst_window() {
        // 100 ms; two pauses of 2 ms with 1 ms between them, and one of 3 ms far away.
        let all = pauses(&[(10, 2), (13, 2), (80, 3)]);
        let of = |window: u64| utilisation(&all, 0, 100 * MS, window * MS);
        assert_eq!(of(1), Some(0.0));
        assert_eq!(of(3), Some(0.0));
        assert_eq!(of(4), Some(0.25), "three of four milliseconds");
        assert_eq!(of(5), Some(0.2), "both of the two and what is between");
        assert_eq!(of(10), Some(0.6));
        assert_eq!(of(100), Some(0.93));
        assert_eq!(of(101), None, "the run is shorter");
        assert_eq!(of(0), None);
    }

    #[test]
    fn windows_stay_inside_the_run() {
        let all = pauses(&[(0, 1), (9, 1)]);
        assert_eq!(utilisation(&all, 0, 10 * MS, 5 * MS), Some(0.8));
        assert_eq!(utilisation(&all, 0, 10 * MS, 10 * MS), Some(0.8));
        assert_eq!(utilisation(&[], 0, 10 * MS, 5 * MS), Some(1.0));
    }

    #[test]
    fn percentiles_of_a_hundred() {
        let all: Vec<Pause> = (1..=100).map(|n| Pause { start_ns: n * MS, length_ns: n * 1000 }).collect();
        let digest = Pauses::of(&all, 0, 1000 * MS);
        let near = |found: u64, expected: u64| found.abs_diff(expected) * 1000 <= expected;
        assert!(near(digest.p50_ns, 50_000) && near(digest.p99_ns, 99_000), "{digest:?}");
        assert_eq!((digest.count, digest.max_ns, digest.total_ns), (100, 100_000, 5_050_000));
        let counts: Vec<u64> = digest.histogram.iter().map(|&(_, count)| count).collect();
        assert_eq!(counts, [1, 1, 2, 4, 8, 16, 32, 36]);
        assert_eq!(digest.histogram[7].0, 128_000);
    }

    #[test]
    fn pauses_outside_do_not_count() {
        let digest = Pauses::of(&pauses(&[(1, 1), (5, 1), (20, 1)]), 4 * MS, 20 * MS);
        assert_eq!((digest.count, digest.total_ns), (1, MS));
        assert_eq!(Pauses::of(&[], 0, MS).max_ns, 0);
    }

    #[test]
    fn a_bucket_is_a_power_of_two_in_microseconds() {
        assert_eq!(
            [0, 1, 1000, 1001, 2000, 2001, 5_000_000].map(bucket),
            [1000, 1000, 1000, 2000, 2000, 4000, 8_192_000]
        );
    }
}
