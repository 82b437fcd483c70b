//! Full collections of live objects beside `gc.collect()` of the python3 at hand, on the same graphs, in the same run.
//!
//! Not a criterion bench: both sides are timed in CPU time, interleaved, and reported as medians and their ratio. Run
//! it with `cargo bench --bench against_python`.

use std::process::Command;

use gleaner::{Heap, Ref, Slot, StrategyKind, Trace};

const ROUNDS: usize = 5;

#[derive(Trace)]
struct Node {
    left: Slot<Node>,
    right: Slot<Node>,
}

/// The same graphs in Python: an object of two slots each; prints the CPU nanoseconds of one full collection.
const SCRIPT: &str = r#"
import gc, sys, time
gc.disable()
class Node:
    __slots__ = ("left", "right")
    def __init__(self):
        self.left = self.right = None
count, order = int(sys.argv[1]), sys.argv[2]
nodes = [Node() for _ in range(count)]
if order == "ring":
    for index in range(count):
        nodes[index].left = nodes[(index + 1) % count]
    del nodes[1:]
else:
    state = 0x9E3779B97F4A7C15
    def draw():
        global state
        state ^= (state << 13) & 0xFFFFFFFFFFFFFFFF
        state ^= state >> 7
        state ^= (state << 17) & 0xFFFFFFFFFFFFFFFF
        return state % count
    for node in nodes:
        node.left = nodes[draw()]
        node.right = nodes[draw()]
gc.collect()
for _ in range(3):
    begin = time.process_time_ns()
    gc.collect()
    print(time.process_time_ns() - begin)
"#;

fn main() {
    let Some(python) = python_version() else {
        println!("no python3 on the PATH: nothing to compare with");
        return;
    };
    println!(
        "CPU ns per live object of one full collection, medians of {ROUNDS} interleaved rounds, beside {python}"
    );
    println!("{:<28} {:>14} {:>10} {:>10} {:>8}", "graph", "strategy", "gleaner", "python", "ratio");
    for (objects, order) in [(2_000_000, "ring"), (1_000_000, "random")] {
        for strategy in [StrategyKind::Generational, StrategyKind::MarkSweep] {
            let heap = Heap::builder().strategy(strategy).build().expect("memory");
            heap.disable();
            let kept = graph(&heap, objects, order);
            heap.collect();
            let (mut ours, mut theirs) = (Vec::new(), Vec::new());
            for _ in 0..ROUNDS {
                ours.push(cpu_time(|| assert_eq!(heap.collect(), 0)));
                theirs.extend(python_collect(objects, order));
            }
            let (ours, theirs) = (median(ours) / objects as f64, median(theirs) / objects as f64);
            let name = format!("{objects} {order}");
            let ratio = ours / theirs;
            println!("{name:<28} {:>14} {ours:>10.1} {theirs:>10.1} {ratio:>8.2}", strategy.facts().name);
            kept.iter().for_each(|node| node.left.clear());
        }
    }
}

fn graph(heap: &Heap, objects: usize, order: &str) -> Vec<Ref<Node>> {
    let make = |_| heap.alloc(Node { left: Slot::empty(), right: Slot::empty() }).expect("memory");
    let mut nodes: Vec<_> = (0..objects).map(make).collect();
    if order == "ring" {
        for index in 0..objects {
            nodes[index].left.set(&nodes[(index + 1) % objects]);
        }
        nodes.truncate(1);
        return nodes;
    }
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut draw = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as usize % objects
    };
    for node in &nodes {
        node.left.set(&nodes[draw()]);
        node.right.set(&nodes[draw()]);
    }
    nodes
}

fn python_version() -> Option<String> {
    let output = Command::new("python3").arg("--version").output().ok()?;
    Some(String::from_utf8_lossy(&output.stdout).trim().to_string())
}

fn python_collect(objects: usize, order: &str) -> Vec<f64> {
    let output = Command::new("python3")
        .args(["-I", "-S", "-c", SCRIPT, &objects.to_string(), order])
        .output()
        .expect("python3 was found");
    String::from_utf8_lossy(&output.stdout).lines().filter_map(|line| line.parse().ok()).collect()
}

fn cpu_time(work: impl FnOnce()) -> f64 {
    let now = || {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
        time.tv_sec as f64 * 1e9 + time.tv_nsec as f64
    };
    let begin = now();
    work();
    now() - begin
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
