//! Memory managers side by side: what they take in time, pauses and memory on the same workloads.
//!
//! ```text
//!  Plan ── rounds, in turn ──► Runner ── a process each ──► child: Workload on Subject ──► Report, a line of JSON
//!                                 │                         or python3 SCRIPT
//!                                 └─ looks at its memory
//!  Outcomes of all rounds ──► Row (medians) ──► table on the terminal, JSON, page
//! ```
//!
//! * **Time** is processor time of the workload's phase `Work`, by operation; never time on the wall.
//! * **Memory** is resident memory above what the process had before there was a subject: the most of it (the
//!   peak), the average over time, and what there was at the end of the phase in which the most objects lived. What a
//!   collector costs in memory is the peak by the last of these.
//! * **Pauses** are told by subjects that can; of others, calls that took long are taken for them ([`timed::PAUSE`]).
//!   That takes a run of its own, because to look at clocks takes time. The [minimum mutator utilisation](pauses)
//!   says how pauses cluster.
//! * A process that dies, or takes too long, is a row that says so. Nothing else is lost.
//!
//! Other crates' subjects run in the process of `gleaner`, and so on Gleaner's allocator; that is faster than most systems'.
//!
//! The page's charts are made by `plotters`, whose SVG needs no fonts of the system: text stays text, and only its
//! width is guessed. Colours are those of the reader's scheme, light or dark, by a style sheet in the page ([`html`]).
//!
//! Invariant: nothing here knows a strategy by name.
#![forbid(unsafe_code)]

pub mod child;
pub mod html;
pub mod pauses;
pub mod plan;
pub mod python;
pub mod row;
pub mod run;
pub mod select;
pub mod subjects;
pub mod table;
pub mod timed;

pub use gleaner_benches::workloads;
pub use plan::Plan;
pub use row::{Row, Status};
pub use subjects::Participant;
