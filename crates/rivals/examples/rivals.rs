//! What each rival takes for the simplest things: a check that it is used as it should be.
//!
//! `cargo run --release -p gleaner-rivals --features foreign --example rivals [NAME]`. CPU nanoseconds per operation or
//! object, and resident bytes; medians of five fresh processes each, taken in turns; the table of roots is included.

use std::env;
use std::fs;
use std::process::{Command, ExitCode};
use std::thread;

use gleaner_benches::subject::Subject;
use gleaner_benches::subjects::RcSubject;
use gleaner_rivals::{Rival, Visit, all, find};
use rustix::time::{ClockId, clock_gettime};

const ROUNDS: usize = 5;
const MEASURES: [&str; 6] = ["clone+drop", "alloc+drop", "build", "dead 2-cycles", "live graph", "bytes"];

/// The measure of that number.
struct Measure(usize);

impl Visit for Measure {
    type Output = f64;

    fn visit<S: Subject + 'static>(self, mut subject: S) -> f64 {
        let figure = match self.0 {
            0 => clone_drop(&mut subject),
            1 => alloc_drop(&mut subject),
            2 => build(&mut subject),
            3 => dead_pairs(&mut subject),
            4 => live_graph(&mut subject),
            _ => bytes(&mut subject),
        };
        std::mem::forget(subject); // a million objects
        figure
    }
}

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

/// A copy of a slot, cleared again; a thousand objects live, for those that look at how many there are.
fn clone_drop<S: Subject>(subject: &mut S) -> f64 {
    const COUNT: usize = 1_000_000;
    subject.resize(1001);
    (0..1000).for_each(|slot| subject.make(slot, 2));
    timed(|| {
        for _ in 0..COUNT / 1000 {
            for slot in 0..1000 {
                subject.copy(1000, slot);
                subject.clear(1000);
            }
        }
    }) / COUNT as f64
}

/// An object made and let go, with the collections that this brings about.
fn alloc_drop<S: Subject>(subject: &mut S) -> f64 {
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

/// A million objects made, all live.
fn build<S: Subject>(subject: &mut S) -> f64 {
    const COUNT: usize = 1_000_000;
    subject.resize(COUNT);
    timed(|| {
        for slot in 0..COUNT {
            subject.make(slot, 2);
            subject.safepoint();
        }
    }) / COUNT as f64
}

/// Resident bytes per object and slot of a million that live.
fn bytes<S: Subject>(subject: &mut S) -> f64 {
    const COUNT: usize = 1_000_000;
    let resident = || {
        let pages = fs::read_to_string("/proc/self/statm").ok()?.split(' ').nth(1)?.parse::<usize>().ok()?;
        Some((pages * rustix::param::page_size()) as f64)
    };
    let before = resident().unwrap_or(f64::NAN);
    subject.resize(COUNT);
    for slot in 0..COUNT {
        subject.make(slot, 2);
        subject.safepoint();
    }
    (resident().unwrap_or(f64::NAN) - before) / COUNT as f64
}

/// One collection of pairs that refer to each other, per object.
fn dead_pairs<S: Subject>(subject: &mut S) -> f64 {
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

/// One collection of a random graph that lives, per object. References to objects in random order are dropped before, so
/// that those which look at suspects only have most of the graph, and meet it as its edges go: `rust-cc` is three times as
/// fast where suspects lie in order of their addresses.
fn live_graph<S: Subject>(subject: &mut S) -> f64 {
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
    for _ in 0..COUNT {
        subject.copy(COUNT, random());
        subject.clear(COUNT);
    }
    timed(|| subject.collect()) / COUNT as f64
}

/// The yardstick.
const RC: &str = "std-rc";

/// Measures in this process and prints the figure.
fn measure(rival: Option<&'static Rival>, index: usize) {
    // Address space only: some recurse a million levels.
    let stack = thread::Builder::new().stack_size(2 << 30);
    let run = move || {
        let measure = Measure(index);
        println!(
            "{}",
            rival.map_or_else(|| measure.visit(RcSubject::default()), |rival| rival.visit(Measure(index)))
        );
        std::process::exit(0); // without dropping a million objects
    };
    stack.spawn(run).expect("a thread").join().expect("a figure");
}

/// Measures in a fresh process.
fn fresh(name: &str, index: usize) -> Option<f64> {
    let output = Command::new(env::current_exe().ok()?).args([name, &index.to_string()]).output().ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let names: Vec<&str> = [RC].into_iter().chain(all().iter().map(|rival| rival.name)).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => table(&names),
        [name] if names.contains(&name) => table(&[name]),
        [name, index] if names.contains(&name) => measure(find(name), index.parse().unwrap_or(0)),
        _ => {
            eprintln!("usage: rivals [{}]", names.join("|"));
            return ExitCode::from(2);
        }
    }
    ExitCode::SUCCESS
}

/// Prints the figures of some, measured in turns.
fn table(names: &[&str]) {
    let mut figures = vec![[const { Vec::new() }; MEASURES.len()]; names.len()];
    for _ in 0..ROUNDS {
        for (name, figures) in names.iter().zip(&mut figures) {
            for (index, figures) in figures.iter_mut().enumerate() {
                figures.extend(fresh(name, index));
            }
        }
    }
    println!("CPU ns per operation or object, resident bytes per object; medians of {ROUNDS}");
    println!("{:<24}{}", "", MEASURES.map(|name| format!("{name:>15}")).concat());
    for (name, figures) in names.iter().zip(&mut figures) {
        let medians = figures.each_mut().map(|figures| {
            figures.sort_by(f64::total_cmp);
            figures.get(figures.len() / 2).map_or("died".to_string(), |median| format!("{median:.1}"))
        });
        let name = find(name).map_or(name.to_string(), |rival| format!("{} {}", rival.name, rival.version));
        println!("{name:<24}{}", medians.map(|median| format!("{median:>15}")).concat());
    }
}
