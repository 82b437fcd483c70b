//! What each rival takes for the three things that `docs` and papers measure first; a check that it is used as it should be.
//!
//! `cargo run --release -p gleaner-rivals --features foreign --example rivals [NAME]`. CPU nanoseconds, medians of five
//! fresh processes each, table of roots and virtual calls included.

use std::env;
use std::process::{Command, ExitCode};
use std::thread;

use gleaner_benches::subject::Subject;
use gleaner_rivals::{Rival, all, find};
use rustix::time::{ClockId, clock_gettime};

const ROUNDS: usize = 5;
/// Measures on a fresh subject.
type Measure = fn(&mut dyn Subject) -> f64;

const MEASURES: [(&str, Measure); 4] = [
    ("clone+drop", clone_drop),
    ("alloc+drop", alloc_drop),
    ("dead 2-cycles", dead_pairs),
    ("live graph", live_graph),
];

/// Calls a function and returns its CPU nanoseconds, of all threads.
fn timed(work: impl FnOnce()) -> f64 {
    let now = || {
        let time = clock_gettime(ClockId::ProcessCPUTime);
        time.tv_sec as f64 * 1e9 + time.tv_nsec as f64
    };
    let begin = now();
    work();
    now() - begin
}

/// A copy of a slot, cleared again.
fn clone_drop(subject: &mut dyn Subject) -> f64 {
    const COUNT: usize = 1_000_000;
    subject.resize(2);
    subject.make(0, 2);
    timed(|| {
        for _ in 0..COUNT {
            subject.copy(1, 0);
            subject.clear(1);
        }
    }) / COUNT as f64
}

/// An object made and let go, with the collections that this brings about.
fn alloc_drop(subject: &mut dyn Subject) -> f64 {
    const COUNT: usize = 1_000_000;
    subject.resize(1);
    timed(|| {
        for _ in 0..COUNT {
            subject.make(0, 2);
            subject.clear(0);
            subject.safepoint();
        }
        subject.collect();
    }) / COUNT as f64
}

/// One collection of pairs that refer to each other, per object.
fn dead_pairs(subject: &mut dyn Subject) -> f64 {
    const COUNT: usize = 1_000_000;
    subject.resize(COUNT);
    for slot in (0..COUNT).step_by(2) {
        subject.make(slot, 2);
        subject.make(slot + 1, 2);
        subject.link(slot, 0, slot + 1);
        subject.link(slot + 1, 0, slot);
    }
    subject.collect();
    timed(|| {
        subject.resize(0);
        subject.collect();
    }) / COUNT as f64
}

/// One collection of a random graph that lives, per object. One reference each is dropped before, so that those which
/// look at suspects only have all of them.
fn live_graph(subject: &mut dyn Subject) -> f64 {
    const COUNT: usize = 1_000_000;
    subject.resize(COUNT + 1);
    (0..COUNT).for_each(|slot| subject.make(slot, 2));
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut random = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as usize % COUNT
    };
    for slot in 0..COUNT {
        subject.link(slot, 0, random());
        subject.link(slot, 1, random());
    }
    subject.collect();
    for slot in 0..COUNT {
        subject.copy(COUNT, slot);
        subject.clear(COUNT);
    }
    timed(|| subject.collect()) / COUNT as f64
}

/// Measures in this process and prints the figure.
fn measure(rival: &'static Rival, index: usize) {
    // Address space only: some recurse a million levels.
    let stack = thread::Builder::new().stack_size(2 << 30);
    let run = move || {
        let mut subject = (rival.make)();
        println!("{}", MEASURES[index].1(subject.as_mut()));
        std::process::exit(0); // without dropping a million objects
    };
    stack.spawn(run).expect("a thread").join().expect("a figure");
}

/// Measures in a fresh process.
fn fresh(rival: &Rival, index: usize) -> Option<f64> {
    let output =
        Command::new(env::current_exe().ok()?).args([rival.name, &index.to_string()]).output().ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let chosen = arguments.first().map(|name| find(name));
    match (chosen, arguments.get(1).and_then(|index| index.parse::<usize>().ok())) {
        (Some(None), _) => {
            eprintln!("no such rival: {}", arguments[0]);
            return ExitCode::from(2);
        }
        (Some(Some(rival)), Some(index)) if index < MEASURES.len() => measure(rival, index),
        _ => table(chosen.flatten()),
    }
    ExitCode::SUCCESS
}

/// Prints the figures of one rival or of all, measured in turns.
fn table(chosen: Option<&'static Rival>) {
    let rivals: Vec<&Rival> =
        all().iter().filter(|rival| chosen.is_none_or(|it| it.name == rival.name)).collect();
    let mut figures = vec![[const { Vec::new() }; MEASURES.len()]; rivals.len()];
    for _ in 0..ROUNDS {
        for (rival, figures) in rivals.iter().zip(&mut figures) {
            for (index, figures) in figures.iter_mut().enumerate() {
                figures.extend(fresh(rival, index));
            }
        }
    }
    println!("CPU ns per operation or object, medians of {ROUNDS}");
    println!("{:<24}{}", "", MEASURES.map(|(name, _)| format!("{name:>15}")).concat());
    for (rival, figures) in rivals.iter().zip(&mut figures) {
        let medians = figures.each_mut().map(|figures| {
            figures.sort_by(f64::total_cmp);
            figures.get(figures.len() / 2).map_or("died".to_string(), |median| format!("{median:.1}"))
        });
        let name = format!("{} {}", rival.name, rival.version);
        println!("{name:<24}{}", medians.map(|median| format!("{median:>15}")).concat());
    }
}
