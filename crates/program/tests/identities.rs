//! What must hold of every program: repair, bytes and text give it back.

use gleaner_program::op::{MAX_DEPTH, MAX_FIELDS, NODE_VARS, REF_VARS};
use gleaner_program::operands::{Kind, Role};
use gleaner_program::{Generator, Op, Program, Var, bytes, text};
use proptest::prelude::*;

/// Operations with operands of every size, most of them out of range.
fn raw_ops() -> impl Strategy<Value = Vec<Op>> {
    let numbers = (any::<u8>(), any::<u8>(), any::<[u16; 3]>());
    let vars = proptest::collection::vec((any::<bool>(), any::<u8>()), 2);
    let op =
        (0..Op::EXAMPLES.len(), vars, numbers).prop_map(|(kind, vars, (field, generation, thresholds))| {
            let mut vars = vars.into_iter();
            let op = Op::EXAMPLES[kind].map_vars(|_| {
                vars.next().map(|(local, index)| if local { Var::Local(index) } else { Var::Global(index) })
            });
            match op.unwrap_or(Op::Pop) {
                Op::Alloc { dst, finalizer, .. } => Op::Alloc { dst, fields: field, finalizer },
                Op::Store { node, src, .. } => Op::Store { node, field, src },
                Op::Collect { .. } => Op::Collect { generation },
                Op::SetThreshold { .. } => Op::SetThreshold { thresholds },
                other => other,
            }
        });
    proptest::collection::vec(op, 0..80)
}

proptest! {
    #[test]
    fn repair_leaves_a_program_alone(ops in raw_ops()) {
        let program = Program::new(ops);
        prop_assert_eq!(&Program::new(program.iter().copied()), &program);
    }

    #[test]
    fn bytes_give_the_program_back(ops in raw_ops()) {
        let program = Program::new(ops);
        prop_assert_eq!(bytes::decode(&bytes::encode(&program), usize::MAX), program);
    }

    #[test]
    fn text_gives_the_program_back(ops in raw_ops()) {
        let program = Program::new(ops);
        let source = program.to_python();
        prop_assert_eq!(text::parse(&source, "p.py").map_err(|error| format!("{error}\n{source}")), Ok(program));
    }

    #[test]
    fn text_gives_a_generated_program_back(seed: u64) {
        let program = Generator::default().program(seed);
        prop_assert_eq!(text::parse(&program.to_python(), "p.py"), Ok(program));
    }

    #[test]
    fn any_bytes_are_a_program(raw in proptest::collection::vec(any::<u8>(), 0..600), cap in 0_usize..256) {
        let program = bytes::decode(&raw, cap);
        prop_assert!(program.len() <= cap + MAX_DEPTH);
        prop_assert_eq!(bytes::decode(&bytes::encode(&program), usize::MAX), program.clone());
        check_well_formed(&program);
    }

    #[test]
    fn repair_makes_a_well_formed_program(ops in raw_ops()) {
        check_well_formed(&Program::new(ops));
    }

    #[test]
    fn a_changed_byte_changes_one_record(seed: u64, at: usize, by in 1_u8..) {
        let program = Generator::default().program(seed);
        let mut encoded = bytes::encode(&program);
        prop_assert_eq!(encoded.len(), bytes::RECORD * program.len());
        let at = at % encoded.len();
        encoded[at] ^= by;
        // One operation fewer, or one other: what repair then does to the rest is its own affair.
        let changed = bytes::decode(&encoded, usize::MAX);
        let before = at / bytes::RECORD;
        prop_assert_eq!(&changed.ops()[..before.min(changed.len())], &program.ops()[..before.min(changed.len())]);
    }
}

/// Recomputes from the definition, one step at a time, what `Program` promises.
fn check_well_formed(program: &Program) {
    let mut globals: Vec<(bool, u8)> = Vec::new();
    let mut deleted: Vec<Vec<(bool, u8)>> = Vec::new();
    for op in program {
        match op {
            // (1) Frames nest as allowed and are closed.
            Op::Push => deleted.push(Vec::new()),
            Op::Pop => assert!(deleted.pop().is_some(), "(1)"),
            // (2) Numbers exist.
            Op::Alloc { fields, .. } => assert!(*fields <= MAX_FIELDS, "(2)"),
            Op::Store { field, .. } | Op::Clear { field, .. } | Op::Load { field, .. } => {
                assert!(*field < MAX_FIELDS, "(2)");
            }
            Op::Collect { generation } => assert!(*generation < 4, "(2)"),
            _ => {}
        }
        assert!(deleted.len() <= MAX_DEPTH, "(1)");
        op.each_var(|operand| {
            let node = operand.kind == Kind::Node;
            let (Var::Global(index) | Var::Local(index)) = operand.var;
            // (3) Variables exist, and are bound when read or deleted.
            assert!(index < if node { NODE_VARS } else { REF_VARS }, "(3)");
            let key = (node, index);
            match (operand.var, deleted.last_mut()) {
                (Var::Local(_), None) => panic!("(3) a local at module level"),
                (Var::Local(_), Some(deleted)) => match operand.role {
                    Role::Read => assert!(!deleted.contains(&key), "(3)"),
                    Role::Write => deleted.retain(|known| *known != key),
                    Role::Delete => {
                        assert!(!deleted.contains(&key), "(3)");
                        deleted.push(key);
                    }
                },
                (Var::Global(_), _) => match operand.role {
                    Role::Read => assert!(globals.contains(&key), "(3)"),
                    Role::Write => globals.push(key),
                    Role::Delete => {
                        assert!(globals.contains(&key), "(3)");
                        globals.retain(|known| *known != key);
                    }
                },
            }
        });
    }
    assert!(deleted.is_empty(), "(1)");
}

#[test]
fn every_kind_survives_bytes_and_text() {
    let mut seen = std::collections::BTreeSet::new();
    for seed in 0..200 {
        let program = Generator::default().program(seed);
        seen.extend(program.iter().map(Op::kind));
        assert_eq!(bytes::decode(&bytes::encode(&program), usize::MAX), program, "seed {seed}");
        assert_eq!(text::parse(&program.to_python(), "p.py").as_ref(), Ok(&program), "seed {seed}");
    }
    let missing: Vec<&&str> = Op::KINDS.iter().filter(|kind| !seen.contains(**kind)).collect();
    assert!(missing.is_empty(), "never generated: {missing:?}");
}

#[test]
fn examples_stand_in_the_order_of_the_kinds() {
    for (index, op) in Op::EXAMPLES.iter().enumerate() {
        assert_eq!((op.kind_index(), op.kind()), (index, Op::KINDS[index]));
    }
}

#[test]
fn large_thresholds_survive_bytes() {
    for thresholds in
        [[0, 0, 0], [255, 15, 15], [256, 0, 0], [0, 16, 0], [0, 0, 16], [700, 10, 10], [65535; 3]]
    {
        let program =
            Program::new([Op::SetThreshold { thresholds }, Op::SetThreshold { thresholds: [1, 2, 3] }]);
        assert_eq!(bytes::decode(&bytes::encode(&program), usize::MAX), program);
    }
}

#[test]
fn unbound_operands_become_the_next_bound_ones() {
    let (a, c, h) = (Var::Global(0), Var::Global(2), Var::Global(7));
    let program = Program::new([
        Op::Saved { dst: c },
        Op::Which { var: Var::Global(1) },
        Op::Which { var: h },
        Op::Push,
        Op::Which { var: h },
        Op::Delete { var: Var::Local(7) },
        Op::Which { var: Var::Local(7) },
        Op::Pop,
        Op::Which { var: Var::Local(2 + NODE_VARS) },
        Op::Alive { src: Var::Global(0) },
        Op::Delete { var: a },
        Op::Copy { dst: a, src: c },
    ]);
    let expected = [
        Op::Saved { dst: c },
        Op::Which { var: c },
        Op::Which { var: c },
        Op::Push,
        Op::Which { var: Var::Local(0) },
        Op::Delete { var: Var::Local(7) },
        Op::Which { var: c },
        Op::Pop,
        Op::Which { var: c },
        Op::Delete { var: c },
    ];
    assert_eq!(program.ops(), expected);
}

/// `a.f0 = nil` is an operation, also where a function's line of locals could stand.
#[test]
fn a_function_may_begin_by_clearing_a_field() {
    let a = Var::Global(0);
    let program = Program::new([Op::Saved { dst: a }, Op::Push, Op::Clear { node: a, field: 0 }, Op::Pop]);
    assert_eq!(text::parse(&program.to_python(), "p.py"), Ok(program));
}

#[test]
fn frames_are_cut_and_closed() {
    let pushes = Program::new(vec![Op::Push; MAX_DEPTH + 3]);
    assert_eq!(pushes.len(), 2 * MAX_DEPTH);
    assert_eq!(pushes.frames().map(|(depth, _)| depth).max(), Some(MAX_DEPTH));
    assert!(Program::new([Op::Pop, Op::Pop]).is_empty());
}
