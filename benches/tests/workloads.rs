//! Every workload at a small size: what it says it made and keeps is what the subject has, nothing is left at the end, and
//! its Python script does the same.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::path::Path;
use std::process::Command;

use gleaner::StrategyKind;
use gleaner_benches::meter::{Counts, Meter, Phase};
use gleaner_benches::subject::{Abilities, Pause, Slot, Subject};
use gleaner_benches::subjects::{GleanerSubject, RcSubject};
use gleaner_benches::workloads::{self, Workload};

const OBJECTS: usize = 1000;

thread_local! {
    static BYTES: Cell<isize> = const { Cell::new(0) };
}

/// The system's allocator, counting this thread's bytes: what `Rc` leaks is seen here.
struct Counting;

// SAFETY: everything is passed on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        BYTES.with(|bytes| bytes.set(bytes.get() + layout.size().cast_signed()));
        // SAFETY: as promised by the caller.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        BYTES.with(|bytes| bytes.set(bytes.get() - layout.size().cast_signed()));
        // SAFETY: as promised by the caller.
        unsafe { System.dealloc(block, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// A Gleaner heap that counts what it makes and that collects before it counts what is left.
struct Checked {
    inner: GleanerSubject,
    made: u64,
    safepoints: u64,
}

impl Subject for Checked {
    fn name(&self) -> String {
        self.inner.name()
    }
    fn abilities(&self) -> Abilities {
        self.inner.abilities()
    }
    fn resize(&mut self, slots: usize) {
        self.inner.resize(slots);
    }
    fn make(&mut self, to: Slot, edges: usize) {
        self.made += 1;
        self.inner.make(to, edges);
    }
    fn copy(&mut self, to: Slot, from: Slot) {
        self.inner.copy(to, from);
    }
    fn clear(&mut self, slot: Slot) {
        self.inner.clear(slot);
    }
    fn link(&mut self, object: Slot, edge: usize, target: Slot) {
        self.inner.link(object, edge, target);
    }
    fn unlink(&mut self, object: Slot, edge: usize) {
        self.inner.unlink(object, edge);
    }
    fn follow(&mut self, to: Slot, object: Slot, edge: usize) {
        self.inner.follow(to, object, edge);
    }
    fn is_empty(&self, slot: Slot) -> bool {
        self.inner.is_empty(slot)
    }
    fn resize_weak(&mut self, weak: usize) {
        self.inner.resize_weak(weak);
    }
    fn watch(&mut self, weak: usize, object: Slot) {
        self.inner.watch(weak, object);
    }
    fn recall(&mut self, to: Slot, weak: usize) {
        self.inner.recall(to, weak);
    }
    fn collect(&mut self) {
        self.inner.collect();
    }
    fn safepoint(&mut self) {
        self.safepoints += 1;
        self.inner.safepoint();
    }
    fn heap_bytes(&self) -> Option<usize> {
        self.inner.heap_bytes()
    }
    fn live_objects(&self) -> Option<usize> {
        self.inner.heap().collect();
        self.inner.heap().check();
        self.inner.live_objects()
    }
    fn take_pauses(&mut self) -> Option<Vec<Pause>> {
        self.inner.take_pauses()
    }
}

/// Runs a workload; returns what was counted when each phase began, and in the end.
fn run<S: Subject>(workload: &Workload, subject: &mut S) -> Vec<(Option<Phase>, Counts)> {
    let mut boundaries = Vec::new();
    let mut meter = Meter::new(|phase, counts| boundaries.push((phase, *counts)));
    workload.run(subject, OBJECTS, &mut meter);
    drop(meter);
    boundaries
}

/// The counts at the end of the work.
fn work_done(boundaries: &[(Option<Phase>, Counts)]) -> Counts {
    boundaries.iter().find(|(phase, _)| *phase == Some(Phase::End)).expect("every workload ends").1
}

#[test]
fn a_workload_makes_and_keeps_what_it_says_under_each_strategy() {
    for strategy in StrategyKind::ALL {
        for workload in workloads::all() {
            let inner = GleanerSubject::new(strategy);
            if !workload.suits(inner.abilities()) {
                continue;
            }
            let mut subject = Checked { inner, made: 0, safepoints: 0 };
            let context = format!("{} on {}", workload.name(), subject.name());
            let boundaries = run(workload, &mut subject);
            let phases: Vec<_> = boundaries.iter().map(|(phase, _)| *phase).collect();
            assert_eq!(
                phases,
                [Some(Phase::Build), Some(Phase::Work), Some(Phase::End), None],
                "{context}: the phases"
            );
            for (phase, counts) in &boundaries {
                assert_eq!(
                    counts.heap_objects,
                    Some(counts.live as usize),
                    "{context}: live before {phase:?}"
                );
            }
            let counts = work_done(&boundaries);
            assert_eq!(counts.made, subject.made, "{context}: made");
            assert!(counts.operations > 0 && subject.safepoints > 0, "{context}: operations and safepoints");
            assert_eq!(subject.inner.heap().live_objects(), 0, "{context}: left at the end");
        }
    }
}

#[test]
fn rc_frees_everything_where_its_abilities_allow_a_workload() {
    let mut ran = 0;
    for workload in workloads::all() {
        let mut subject = RcSubject::default();
        let abilities = Abilities { deep: true, ..subject.abilities() };
        if !workload.suits(abilities) {
            continue;
        }
        ran += 1;
        let before = BYTES.get();
        let mut meter = Meter::counting();
        // Through a vtable, for those who keep subjects of several kinds.
        workload.run(&mut subject as &mut dyn Subject, OBJECTS, &mut meter);
        drop(meter);
        drop(subject);
        assert_eq!(BYTES.get() - before, 0, "{}: bytes left", workload.name());
    }
    assert!(ran >= 8, "most workloads without cycles suit Rc");
}

#[test]
fn a_strategy_that_finds_cycles_reports_its_pauses() {
    let workload = workloads::find("churn").expect("a workload of that name");
    let mut subject = GleanerSubject::new(StrategyKind::Generational);
    workload.run(&mut subject, OBJECTS, &mut Meter::counting());
    let pauses = subject.take_pauses().expect("Gleaner tells its pauses");
    assert!(!pauses.is_empty(), "churn passes the threshold");
    assert_eq!(subject.take_pauses(), Some(Vec::new()), "taken pauses are gone");
}

#[test]
fn names_are_unique_and_fit_for_a_command_line() {
    for (index, workload) in workloads::all().iter().enumerate() {
        let name = workload.name();
        assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{name}");
        assert!(workload.objects() > 0 && !workload.summary().is_empty(), "{name}");
        let found = workloads::find(name).expect("found by its name");
        assert!(std::ptr::eq(found, &workloads::all()[index]), "{name} is there twice");
    }
}

#[test]
fn python_does_the_same() {
    if !Command::new("python3").arg("--version").output().is_ok_and(|output| output.status.success()) {
        println!("skipped: no python3 on the PATH");
        return;
    }
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("python/workloads");
    for workload in workloads::all() {
        let name = workload.name();
        let mut subject = GleanerSubject::new(StrategyKind::Generational);
        let ours = work_done(&run(workload, &mut subject));
        let script = scripts.join(name.replace('-', "_") + ".py");
        let output = Command::new("python3")
            .args(["-B", "-s"])
            .arg(&script)
            .args([&OBJECTS.to_string(), "--check"])
            .output()
            .expect("python3 starts");
        assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
        let theirs: serde_json::Value = serde_json::from_slice(&output.stdout).expect("one JSON object");
        assert_eq!(theirs["workload"], name);
        assert_eq!(theirs["objects"], OBJECTS, "{name}: objects");
        assert_eq!(theirs["default_objects"], workload.objects(), "{name}: objects by default");
        assert_eq!(theirs["operations"], ours.operations, "{name}: operations");
        assert_eq!(theirs["made"], ours.made, "{name}: made");
        assert_eq!(theirs["live"], ours.live, "{name}: live");
        check_tracked(name, &theirs);
    }
}

/// What Python's collector tracks is what lives, weak references, and a few lists of the script's own.
fn check_tracked(name: &str, theirs: &serde_json::Value) {
    const LISTS: u64 = 16;
    let weak = if name == "cache" { OBJECTS as u64 } else { 0 };
    for (phase, weak) in [("build", 0), ("work", weak), ("end", 0)] {
        let live = theirs["live_objects"][phase].as_u64().expect("a count");
        let tracked = theirs["tracked"][phase].as_i64().expect("a count").cast_unsigned();
        let expected = live + weak..=live + weak + LISTS;
        assert!(
            expected.contains(&tracked),
            "{name}: {tracked} tracked after {phase}, expected {expected:?}"
        );
    }
}
