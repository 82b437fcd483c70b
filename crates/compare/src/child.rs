//! One measurement, in a process of its own.
//!
//! 1. The process limits its processor time, so that it dies by itself if it takes too long.
//! 2. What the allocator holds is given back; from here on memory is the subject's.
//! 3. The workload runs. At the boundaries of its phases the CPU clock and the resident memory are read; time per
//!    operation is that of the phase `Work` alone, memory is the peak of all phases.
//! 4. The result goes to standard output as one line of JSON.

use std::cell::RefCell;

use gleaner_benches::clock::thread_ns;
use gleaner_benches::meter::{Counts, Meter, Phase};
use gleaner_benches::subject::{Abilities, Subject};
use gleaner_benches::workloads::{self, Workload};
use gleaner_peers::process;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde::{Deserialize, Serialize};

use crate::pauses::Pauses;
use crate::subjects::{Visitor, with};
use crate::timed::Timed;

/// A subject whose objects die by recursion is not asked for chains longer than this.
const SHALLOW: usize = 5_000;

/// What one run is to be.
#[derive(Clone, Debug)]
pub struct Order {
    /// The workload's name.
    pub workload: String,
    /// The subject's name.
    pub subject: String,
    /// The workload's size.
    pub objects: usize,
    /// Whether long calls are timed, for a subject that cannot tell its pauses.
    pub timed: bool,
}

/// What a run tells.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Report {
    /// It ran.
    Measured(Box<Measured>),
    /// The subject cannot run it, for a reason.
    Unable(String),
}

/// What a run took.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Measured {
    /// Operations of the phase `Work`.
    pub operations: u64,
    /// Processor time of the phase `Work`.
    pub work_ns: u64,
    /// Processor time of the process so far, with start-up.
    pub cpu_ns: u64,
    /// Resident bytes before the subject was made.
    pub baseline_bytes: u64,
    /// The most resident bytes above that.
    pub peak_bytes: u64,
    /// The most objects that lived at a boundary of phases.
    pub live_objects: u64,
    /// Resident bytes above the baseline at the first boundary with so many.
    pub live_bytes: u64,
    /// Pauses in the phase `Work`.
    pub pauses: Option<Pauses>,
}

/// Limits the processor time of this process, and of what it becomes, to so many seconds.
///
/// # Errors
/// The system refuses.
pub fn limit_cpu(seconds: u64) -> std::io::Result<()> {
    let Rlimit { maximum, .. } = getrlimit(Resource::Cpu);
    let current = Some(maximum.map_or(seconds, |maximum| maximum.min(seconds)));
    setrlimit(Resource::Cpu, Rlimit { current, maximum })?;
    // A subject that dies leaves no file behind.
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
    Ok(())
}

/// Runs a workload in this process; `None` if workload or subject are not in this build.
#[must_use]
pub fn run(order: &Order) -> Option<Report> {
    let workload = workloads::find(&order.workload)?;
    process::trim();
    process::reset_peak();
    let baseline = process::resident();
    with(&order.subject, Run { workload, objects: order.objects, timed: order.timed, baseline })
}

struct Run {
    workload: &'static Workload,
    objects: usize,
    timed: bool,
    /// Resident bytes before there was a subject.
    baseline: u64,
}

impl Visitor for Run {
    type Out = Report;

    fn visit<S: Subject>(self, subject: S) -> Report {
        if let Some(reason) = lacking(self.workload.needs(), subject.abilities(), self.objects) {
            return Report::Unable(reason.to_string());
        }
        let measured = if self.timed {
            measure(Timed::new(subject), self.workload, self.objects, self.baseline)
        } else {
            measure(subject, self.workload, self.objects, self.baseline)
        };
        Report::Measured(Box::new(measured))
    }
}

/// Returns what a subject lacks for a workload.
fn lacking(needs: Abilities, has: Abilities, objects: usize) -> Option<&'static str> {
    if needs.cycles && !has.cycles {
        return Some("frees no cycles");
    }
    if needs.weak && !has.weak {
        return Some("has no weak references");
    }
    (needs.deep && !has.deep && objects > SHALLOW).then_some("long chains overflow its stack when they die")
}

/// Clocks and memory at a boundary between phases.
struct Mark {
    phase: Option<Phase>,
    counts: Counts,
    /// When the phase before ended.
    before_ns: u64,
    resident: u64,
    /// When the next one began; to read memory takes time.
    after_ns: u64,
}

fn measure<S: Subject>(
    mut subject: S,
    workload: &'static Workload,
    objects: usize,
    baseline_bytes: u64,
) -> Measured {
    let marks = RefCell::new(Vec::with_capacity(8));
    workload.run(
        &mut subject,
        objects,
        &mut Meter::new(|phase, counts| {
            let (before_ns, resident) = (thread_ns(), process::resident());
            marks.borrow_mut().push(Mark {
                phase,
                counts: *counts,
                before_ns,
                resident,
                after_ns: thread_ns(),
            });
        }),
    );
    let marks = marks.into_inner();
    let resident = marks.iter().map(|mark| mark.resident).max().unwrap_or(0);
    // The kernel counts the peak a little late.
    let peak = process::peak().max(resident);
    let work = marks.iter().position(|mark| mark.phase == Some(Phase::Work));
    let (begin, end, operations) = match work.and_then(|at| Some((&marks[at], marks.get(at + 1)?))) {
        Some((begin, end)) => {
            (begin.after_ns, end.before_ns, end.counts.operations - begin.counts.operations)
        }
        None => (0, 0, 0),
    };
    let live_objects = marks.iter().map(|mark| mark.counts.live).max().unwrap_or(0);
    let full = marks.iter().find(|mark| mark.counts.live == live_objects);
    Measured {
        operations,
        work_ns: end - begin,
        cpu_ns: thread_ns(),
        baseline_bytes,
        peak_bytes: peak.saturating_sub(baseline_bytes),
        live_objects,
        live_bytes: full.map_or(0, |mark| mark.resident.saturating_sub(baseline_bytes)),
        pauses: subject.take_pauses().map(|pauses| Pauses::of(&pauses, begin, end)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Abilities = Abilities { cycles: true, weak: true, deep: true };

    #[test]
    fn what_is_lacking_is_said() {
        assert_eq!(lacking(ALL, ALL, 1_000_000), None);
        assert_eq!(lacking(ALL, Abilities { cycles: false, ..ALL }, 10), Some("frees no cycles"));
        assert_eq!(lacking(ALL, Abilities { weak: false, ..ALL }, 10), Some("has no weak references"));
        let shallow = Abilities { deep: false, ..ALL };
        assert_eq!(lacking(ALL, shallow, 10), None, "short chains are no matter");
        assert!(lacking(ALL, shallow, 1_000_000).is_some());
        assert_eq!(lacking(Abilities { deep: false, ..ALL }, shallow, 1_000_000), None);
    }

    #[test]
    fn a_run_measures_all_there_is() {
        let order = Order {
            workload: "churn".to_string(),
            subject: "gleaner/generational".to_string(),
            objects: 20_000,
            timed: false,
        };
        let Some(Report::Measured(measured)) = run(&order) else { panic!("it runs") };
        assert!(measured.operations >= 20_000 && measured.work_ns > 0, "{measured:?}");
        assert!(measured.live_objects >= 20_000, "{measured:?}");
        assert!(
            measured.live_bytes >= 20_000 * 16 && measured.peak_bytes >= measured.live_bytes,
            "{measured:?}"
        );
        let pauses = measured.pauses.expect("the heap tells");
        assert!(pauses.count > 0 && pauses.total_ns <= measured.work_ns, "{pauses:?}");
        let timed = Order { timed: true, ..order.clone() };
        let Some(Report::Measured(timed)) = run(&timed) else { panic!("it runs") };
        assert!(timed.pauses.expect("long calls").count >= 1);
        assert!(run(&Order { subject: "gleaner/none".to_string(), ..order.clone() }).is_none());
        assert!(run(&Order { workload: "none".to_string(), ..order }).is_none());
    }

    #[test]
    fn what_is_asked_for_is_no_pause() {
        for timed in [false, true] {
            let order = Order {
                workload: "live-ring".to_string(),
                subject: "gleaner/generational".to_string(),
                objects: 20_000,
                timed,
            };
            let Some(Report::Measured(measured)) = run(&order) else { panic!("it runs") };
            let pauses = measured.pauses.expect("told, or found");
            assert_eq!(pauses.count, 0, "timed: {timed}");
        }
    }
}
