//! Generation, exhaustive enumeration and shrinking.

use std::collections::{BTreeMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use gleaner_program::exhaustive::{Exhaustive, cycles, frames, generations};
use gleaner_program::{Callback, Finalizer, Generator, Op, Program, Var, bytes, shrink};
use proptest::prelude::*;

/// FNV-1a: named, so that the pinned value does not depend on the standard library.
fn fingerprint(bytes: impl Iterator<Item = u8>) -> u64 {
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
}

#[test]
fn a_seed_is_one_program_everywhere() {
    let generator = Generator::default();
    let programs = (0..100).flat_map(|seed| bytes::encode(&generator.program(seed)));
    assert_eq!(fingerprint(programs), 4_088_242_013_722_119_101);
}

#[test]
fn lengths_are_kept() {
    let generator = Generator { lengths: 50..=60 };
    for seed in 0..300 {
        let length = generator.program(seed).len();
        // Repair drops what has nothing to stand on, and closes frames.
        assert!((1..=68).contains(&length), "seed {seed}: {length}");
    }
    let mean = (0..300).map(|seed| generator.program(seed).len()).sum::<usize>() / 300;
    assert!((48..=62).contains(&mean), "{mean}");
    assert!(Generator { lengths: 0..=0 }.program(1).is_empty());
}

/// How many of 1000 programs have each of the features that the generator is made for.
#[test]
fn programs_have_what_breaks_collectors() {
    let mut features: BTreeMap<&str, usize> = BTreeMap::new();
    for seed in 0..1000 {
        let program = Generator::default().program(seed);
        let any = |wanted: fn(&Op) -> bool| program.iter().any(wanted);
        let mut note = |name, there: bool| *features.entry(name).or_default() += usize::from(there);
        note("small thresholds", any(|op| matches!(op, Op::SetThreshold { thresholds: [1..=8, ..] })));
        note(
            "finalizer",
            any(|op| matches!(op, Op::Alloc { finalizer, .. } if *finalizer != Finalizer::None)),
        );
        note("resurrect", any(|op| matches!(op, Op::Alloc { finalizer: Finalizer::Resurrect, .. })));
        note("drop", any(|op| matches!(op, Op::Alloc { finalizer: Finalizer::Drop, .. })));
        note("callback", any(|op| matches!(op, Op::Ref { callback: Some(_), .. })));
        note("ref in a node", any(|op| matches!(op, Op::StoreRef { .. })));
        note("frame", any(|op| matches!(op, Op::Push)));
        note("freeze", any(|op| matches!(op, Op::Freeze)));
        note("ring", has_ring(&program));
    }
    let share = |name: &str| features[name] / 10;
    for (name, least, most) in [
        ("small thresholds", 70, 95),
        ("finalizer", 60, 90),
        ("resurrect", 20, 70),
        ("drop", 20, 70),
        ("callback", 40, 80),
        ("ref in a node", 50, 95),
        ("frame", 50, 90),
        ("freeze", 2, 20),
        ("ring", 70, 100),
    ] {
        assert!((least..=most).contains(&share(name)), "{name}: {} %; {features:?}", share(name));
    }
}

/// Whether two nodes, each held by one variable, are stored in each other, or one in itself, one after another.
fn has_ring(program: &Program) -> bool {
    program.ops().windows(2).any(|pair| match pair {
        [Op::Store { node, src, .. }, _] if node == src => true,
        [Op::Store { node: x, src: y, .. }, Op::Store { node, src, .. }] => y == node && (x == src || x != y),
        _ => false,
    })
}

#[test]
fn exhaustive_programs_are_all_different_and_as_many_as_said() {
    let alphabets = [
        (cycles(Finalizer::Resurrect, Some(Callback::Log)), [1_565, 15_394]),
        (generations(Finalizer::None), [2_439, 19_844]),
        (frames(Finalizer::Log), [1_159, 10_878]),
    ];
    for (letters, counts) in alphabets {
        for (longest, count) in (4..).zip(counts) {
            let programs = Exhaustive::new(letters.clone(), longest);
            let different: HashSet<Program> = programs.clone().collect();
            assert_eq!((programs.count(), different.len()), (count, count), "{longest} of {letters:?}");
        }
        for program in Exhaustive::new(letters, 3) {
            assert_eq!(Program::new(program.iter().copied()), program);
        }
    }
}

/// Exhaustive enumeration against the plain definition: all words over the alphabet, repaired; every one that
/// repair leaves alone must come, up to the names of variables.
#[test]
fn exhaustive_programs_are_all_that_repair_leaves_alone() {
    let letters = frames(Finalizer::None);
    let found: HashSet<Program> = Exhaustive::new(letters.clone(), 3).collect();
    let mut expected = HashSet::new();
    for length in 0..=3 {
        for word in 0..letters.len().pow(length) {
            let ops: Vec<Op> =
                (0..length).map(|at| letters[word / letters.len().pow(at) % letters.len()]).collect();
            let ending = ops.iter().copied().chain([Op::Census]);
            let program = Program::new(ending.clone());
            // The alphabet has one variable of a kind in each frame: there is nothing to rename.
            if ending.eq(program.iter().copied().take(ops.len() + 1)) {
                expected.insert(program);
            }
        }
    }
    assert_eq!(found, expected);
}

#[test]
fn exhaustion_lasts() {
    let mut programs = Exhaustive::new(generations(Finalizer::None), 1);
    assert!(programs.by_ref().count() > 1);
    assert_eq!(programs.next(), None);
}

/// A failure that needs two operations in order, both in a frame.
fn planted(program: &Program) -> bool {
    let in_frames: Vec<&Op> = program.frames().filter(|(depth, _)| *depth > 0).map(|(_, op)| op).collect();
    let store = in_frames.iter().position(|op| matches!(op, Op::Store { node, src, .. } if node == src));
    let collect = in_frames.iter().rposition(|op| matches!(op, Op::Collect { .. }));
    matches!((store, collect), (Some(store), Some(collect)) if store < collect)
}

#[test]
fn a_planted_failure_shrinks_to_its_core() {
    let mut shrunk = 0;
    for seed in 0..400 {
        let program = Generator::default().program(seed);
        if !planted(&program) {
            continue;
        }
        shrunk += 1;
        let small = shrink(program, planted, 100_000);
        let expected = [
            Op::Push,
            Op::Store { node: Var::Local(0), field: 0, src: Var::Local(0) },
            Op::Collect { generation: 0 },
            Op::Pop,
        ];
        // Locals are bound without an operation: four are enough.
        assert_eq!(small.ops(), expected, "seed {seed}");
    }
    assert!(shrunk > 20, "{shrunk}");
}

proptest! {
    #[test]
    fn shrinking_keeps_the_failure_grows_nothing_and_obeys_its_budget(seed: u64, mask: u16, budget in 0_usize..300) {
        let program = Generator::default().program(seed);
        // An arbitrary but fixed property of what kinds of operation there are.
        let fails = |program: &Program| {
            let mut hasher = DefaultHasher::new();
            program.iter().map(Op::kind).collect::<std::collections::BTreeSet<_>>().hash(&mut hasher);
            hasher.finish() as u16 & mask & 7 == 0
        };
        prop_assume!(fails(&program));
        let mut asked = 0;
        let small = shrink(program.clone(), |candidate| { asked += 1; fails(candidate) }, budget);
        prop_assert!(fails(&small));
        prop_assert!(asked <= budget);
        prop_assert!(small.len() <= program.len());
        prop_assert_eq!(shrink(program, fails, budget), small);
    }
}

#[test]
fn every_operand_is_simplified() {
    let (h, w) = (Var::Global(7), Var::Local(7));
    let program = Program::new([
        Op::SetThreshold { thresholds: [700, 10, 10] },
        Op::Alloc { dst: h, fields: 4, finalizer: Finalizer::Drop },
        Op::Push,
        Op::Ref { dst: Var::Local(3), node: w, callback: Some(Callback::Raise) },
        Op::Store { node: h, field: 3, src: w },
        Op::Load { dst: w, node: h, field: 2 },
        Op::Clear { node: h, field: 1 },
        Op::Collect { generation: 3 },
    ]);
    let kinds: Vec<&str> = program.iter().map(Op::kind).collect();
    let small =
        shrink(program, |candidate| candidate.iter().map(Op::kind).eq(kinds.iter().copied()), 100_000);
    let a = Var::Global(0);
    let expected = [
        Op::SetThreshold { thresholds: [0, 0, 0] },
        Op::Alloc { dst: a, fields: 0, finalizer: Finalizer::None },
        Op::Push,
        Op::Ref { dst: a, node: a, callback: None },
        Op::Store { node: a, field: 0, src: a },
        Op::Load { dst: a, node: a, field: 0 },
        Op::Clear { node: a, field: 0 },
        Op::Collect { generation: 0 },
        Op::Pop,
    ];
    assert_eq!(small.ops(), expected);
}
