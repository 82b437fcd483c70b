//! The laws of the contract: for each a transcript that keeps it, and the same with one thing wrong.

use gleaner_model::contract::Law::{self, L1, L2, L3, L4, L5, L6, L7, L8, L9, L10, L11};
use gleaner_model::contract::judge;
use gleaner_program::{Environment, Policy, Slices, Transcript, text};

/// A machine's strategy with a program, and what it says of each operation and of the epilogue.
struct Case {
    environment: Environment,
    program: &'static str,
    said: Vec<Vec<i64>>,
    live: Vec<u32>,
}

fn case(policy: Policy, program: &'static str, said: &[&[i64]]) -> Case {
    let said = said.iter().map(|tokens| tokens.to_vec()).collect();
    let environment = Environment { policy, ..Environment::default() };
    Case { environment, program, said, live: Vec::new() }
}

impl Case {
    /// Returns the law that is broken, if any.
    fn broken(&self) -> Option<Law> {
        let source = format!("from prelude import *\n\n\nstart()\n{}", self.program);
        let program = text::parse(&source, "law.py").expect("a program");
        assert_eq!(self.said.len(), program.len() + 1, "said of each operation and of the epilogue");
        let mut transcript = Transcript { live: self.live.clone(), ..Transcript::default() };
        for tokens in &self.said {
            transcript.starts.push(transcript.tokens.len() as u32);
            transcript.tokens.extend(tokens);
        }
        judge(&program, &self.environment, &transcript).err().map(|breach| breach.law)
    }

    fn assert_lawful(&self) {
        assert_eq!(self.broken(), None, "{}", self.program);
    }

    /// Says something else of an operation: that breaks the law.
    fn assert_breaks(&self, law: Law, operation: usize, tokens: &[i64]) {
        let mut said = self.said.clone();
        said[operation] = tokens.to_vec();
        let other = Case { said, live: self.live.clone(), ..*self };
        assert_eq!(other.broken(), Some(law), "{}{tokens:?}", self.program);
    }

    /// The same with these numbers of objects that are not freed.
    fn with_live(&self, live: &[u32]) -> Case {
        Case { said: self.said.clone(), live: live.to_vec(), ..*self }
    }
}

/// What is said when the epilogue finds nothing.
const END: &[i64] = &[4, 2, 0, 0, 5, 1, 0, 6, 0];

#[test]
fn l1_nothing_reachable_dies() {
    let program =
        "a = node(0, \"log\")\nra = ref(a)\nrb = ref(a, \"log\")\ncollect(2)\nalive(ra)\nb = ra()\n";
    let end: &[i64] = &[1, 0, 2, 2, 4, 2, 0, 0, 5, 1, 0, 6, 0];
    let said: [&[i64]; 7] =
        [&[], &[5, 1, 1], &[], &[4, 2, 0, 3, 2, 6, 10, 5, 1, 0], &[5, 1, 1], &[5, 1, 0], end];
    let case = case(Policy::Recycler, program, &said);
    case.assert_lawful();
    case.with_live(&[0, 1, 2, 3, 3, 3, 3]).assert_lawful();
    case.assert_breaks(L1, 3, &[4, 2, 0, 2, 2, 6, 5, 1, 0]);
    case.assert_breaks(L1, 3, &[1, 0, 4, 2, 0, 3, 2, 6, 10, 5, 1, 0]);
    case.assert_breaks(L1, 3, &[2, 2, 4, 2, 0, 3, 2, 6, 10, 5, 1, 0]);
    case.assert_breaks(L1, 4, &[5, 1, 0]);
    case.assert_breaks(L1, 5, &[5, 1, -1]);
    assert_eq!(case.with_live(&[0, 1, 2, 3, 2, 3, 3]).broken(), Some(L1));
}

#[test]
fn l1_a_census_lists_all_that_lives() {
    let said: [&[i64]; 3] = [&[], &[6, 1, 0, 1, 1, -1], END];
    let case = case(Policy::Recycler, "a = node(0)\ncensus()\n", &said);
    case.assert_lawful();
    case.assert_breaks(L1, 1, &[6, 0]);
}

#[test]
fn l2_what_loses_its_last_reference_dies_at_once() {
    let program = "a = node(1, \"log\")\nra = ref(a, \"log\")\ndel a\ncensus()\n";
    let said: [&[i64]; 5] = [&[], &[], &[1, 0, 2, 1], &[6, 1, 4, 1, 1, -1], END];
    let case = case(Policy::Incremental, program, &said);
    case.assert_lawful();
    case.assert_breaks(L2, 2, &[]);
    case.assert_breaks(L2, 2, &[1, 0]);
    case.assert_breaks(L2, 2, &[2, 1, 1, 0]);
    case.with_live(&[0, 1, 2, 1, 1]).assert_lawful();
    assert_eq!(case.with_live(&[0, 1, 2, 2, 1]).broken(), Some(L2));
}

const RING: &str = "a = node(1, \"log\")\na.f0 = a\ndel a\ncollect(2)\n";

#[test]
fn l3_a_collection_of_everything_leaves_no_garbage() {
    for policy in [Policy::Recycler, Policy::Incremental, Policy::Paced] {
        let case = case(policy, RING, &[&[], &[], &[], &[1, 0, 4, 2, 1, 0, 5, 1, 1], END]);
        case.assert_lawful();
        case.assert_breaks(L3, 3, &[1, 0, 4, 2, 0, 1, 2, 5, 1, 0]);
    }
}

#[test]
fn l3_what_a_finalizer_saves_stays() {
    let program = "a = node(1, \"resurrect\")\na.f0 = a\ndel a\ncollect(2)\n";
    let end: &[i64] = &[4, 2, 1, 0, 5, 1, 1, 4, 2, 0, 0, 5, 1, 0, 6, 0];
    case(Policy::Recycler, program, &[&[], &[], &[], &[1, 0, 4, 2, 0, 1, 2, 5, 1, 0], end]).assert_lawful();
}

#[test]
fn l3_a_pass_over_the_young_may_leave_garbage() {
    let program = "a = node(1)\na.f0 = a\ncollect(0)\ndel a\ncollect(0)\n";
    let said: [&[i64]; 6] = [
        &[],
        &[],
        &[4, 0, 0, 1, 1, 5, 1, 0],
        &[],
        &[4, 0, 0, 1, 1, 5, 1, 0],
        &[4, 2, 1, 0, 5, 1, 1, 4, 2, 0, 0, 5, 1, 0, 6, 0],
    ];
    case(Policy::Incremental, program, &said).assert_lawful();
}

/// The first cycle may have begun before the ring was garbage, the second has not.
#[test]
fn l3_a_cycle_in_slices_leaves_no_old_garbage() {
    let program = "set_threshold(1, 1, 1)\na = node(1)\na.f0 = a\ndel a\nb = node(0)\nc = node(0)\n";
    let end: &[i64] = &[4, 2, 1, 0, 5, 1, 1, 4, 2, 0, 0, 5, 1, 0, 6, 0];
    let said: [&[i64]; 7] = [&[], &[], &[], &[], &[4, 2, 0, 2, 2, 6], &[4, 2, 1, 2, 6, 10], END];
    let mut case = case(Policy::Paced, program, &said);
    case.environment.slices = Slices::Short;
    case.assert_lawful();
    case.said[6] = end.to_vec();
    case.said[5] = Vec::new();
    case.assert_lawful();
    case.assert_breaks(L3, 5, &[4, 2, 0, 3, 2, 6, 10]);
}

#[test]
fn l4_a_finalizer_runs_once() {
    let case = case(Policy::Recycler, RING, &[&[], &[], &[], &[1, 0, 4, 2, 1, 0, 5, 1, 1], END]);
    case.assert_breaks(L4, 3, &[1, 0, 1, 0, 4, 2, 1, 0, 5, 1, 1]);
    case.assert_breaks(L4, 3, &[4, 2, 1, 0, 5, 1, 1]);
}

const WATCHED: &str =
    "a = node(1, \"log\")\na.f0 = a\nra = ref(a, \"log\")\nrb = ref(a, \"log\")\ndel a\ncollect(2)\n";

#[test]
fn l5_a_callback_runs_once_the_newest_first() {
    let found: &[i64] = &[2, 2, 2, 1, 1, 0, 4, 2, 1, 2, 6, 10, 5, 1, 1];
    let case = case(Policy::Recycler, WATCHED, &[&[], &[], &[], &[], &[], found, END]);
    case.assert_lawful();
    case.assert_breaks(L5, 5, &[2, 1, 2, 2, 1, 0, 4, 2, 1, 2, 6, 10, 5, 1, 1]);
    case.assert_breaks(L5, 5, &[2, 2, 1, 0, 4, 2, 1, 2, 6, 10, 5, 1, 1]);
    case.assert_breaks(L5, 5, &[2, 2, 2, 1, 2, 1, 1, 0, 4, 2, 1, 2, 6, 10, 5, 1, 1]);
}

#[test]
fn l5_the_callback_of_garbage_is_not_called() {
    let program = "a = node(1)\na.f0 = a\nra = ref(a, \"log\")\na.ref = ra\ndel ra\ndel a\ncollect(2)\n";
    let said: [&[i64]; 8] = [&[], &[], &[], &[], &[], &[], &[4, 2, 2, 0, 5, 1, 2], END];
    case(Policy::Incremental, program, &said).assert_lawful();
}

#[test]
fn l6_callbacks_come_before_finalizers() {
    for policy in [Policy::Recycler, Policy::Incremental, Policy::Paced] {
        let found: &[i64] = &[2, 2, 2, 1, 1, 0, 4, 2, 1, 2, 6, 10, 5, 1, 1];
        let case = case(policy, WATCHED, &[&[], &[], &[], &[], &[], found, END]);
        case.assert_lawful();
        case.assert_breaks(L6, 5, &[2, 2, 1, 0, 2, 1, 4, 2, 1, 2, 6, 10, 5, 1, 1]);
    }
}

#[test]
fn l7_dead_things_never_come_back() {
    let program = "a = node(0, \"log\")\nb = node(0)\ndel a\ncollect(2)\ncensus()\n";
    let said: [&[i64]; 6] = [&[], &[], &[1, 0], &[4, 2, 0, 1, 6, 5, 1, 0], &[6, 1, 6, 1, 1, -1], END];
    let case = case(Policy::Recycler, program, &said);
    case.assert_lawful();
    case.assert_breaks(L7, 3, &[4, 2, 0, 2, 2, 6, 5, 1, 0]);
    case.assert_breaks(L7, 3, &[1, 0, 4, 2, 0, 1, 6, 5, 1, 0]);
    case.assert_breaks(L7, 4, &[6, 2, 2, 1, 1, -1, 6, 1, 1, -1]);
    case.assert_breaks(L7, 3, &[4, 2, 0, 2, 6, 30, 5, 1, 0]);
}

#[test]
fn l8_answers_are_true() {
    let program = "a = node(1)\na.f0 = a\nra = ref(a)\ngetrefcount(a)\ngetweakrefcount(a)\nwhich(a)\nisenabled()\n\
                   is_finalized(a)\ncensus()\nfreeze()\nget_freeze_count()\n";
    let said: [&[i64]; 12] = [
        &[],
        &[],
        &[5, 1, 1],
        &[5, 1, 2],
        &[5, 1, 1],
        &[5, 1, 0],
        &[5, 1, 1],
        &[5, 1, 0],
        &[6, 2, 0, 2, 2, 0, -1, 4, 1, 1, 0],
        &[],
        &[5, 1, 2],
        &[4, 2, 1, 0, 5, 1, 1, 4, 2, 0, 0, 5, 1, 0, 6, 0],
    ];
    let case = case(Policy::Paced, program, &said);
    case.assert_lawful();
    for (operation, answer) in [(2, 2), (3, 1), (3, 3), (4, 0), (5, 1), (6, 0), (7, 1), (10, 1), (10, 3)] {
        case.assert_breaks(L8, operation, &[5, 1, answer]);
    }
    case.assert_breaks(L8, 8, &[6, 2, 0, 3, 2, 0, -1, 4, 1, 1, 0]);
    case.assert_breaks(L8, 8, &[6, 2, 0, 2, 2, -1, -1, 4, 1, 1, 0]);
    case.assert_breaks(L8, 8, &[6, 2, 0, 2, 2, 0, -1, 4, 1, 1, -1]);
}

#[test]
fn l8_a_failure_is_told() {
    let program = "a = node(1, \"allocate\")\ndel a\nb = node(0)\n";
    let failing = |fail_at, said: &[&[i64]]| {
        let mut case = case(Policy::Incremental, program, said);
        case.environment.fail_at = Some(fail_at);
        case
    };
    let at_once = failing(0, &[&[7], &[], &[], END]);
    at_once.assert_lawful();
    at_once.assert_breaks(L8, 0, &[3]);
    let in_a_finalizer = failing(1, &[&[], &[1, 0, 3], &[], END]);
    in_a_finalizer.assert_lawful();
    in_a_finalizer.assert_breaks(L8, 1, &[1, 0, 7]);
}

#[test]
fn l9_no_more_is_collected_than_there_was() {
    for policy in [Policy::Recycler, Policy::Incremental, Policy::Paced] {
        let case = case(policy, RING, &[&[], &[], &[], &[1, 0, 4, 2, 1, 0, 5, 1, 1], END]);
        case.assert_breaks(L9, 3, &[1, 0, 4, 2, 2, 0, 5, 1, 2]);
        case.assert_breaks(L9, 3, &[1, 0, 4, 2, -1, 0, 5, 1, -1]);
    }
}

#[test]
fn l10_paced_looks_when_it_is_time() {
    // A quarter of the slack is two.
    let program = "set_threshold(1, 1, 1)\na = node(0)\nb = node(0)\nc = node(0)\n";
    let paced = case(Policy::Paced, program, &[&[], &[], &[], &[4, 0, 0, 0], END]);
    paced.assert_lawful();
    paced.assert_breaks(L10, 3, &[]);
    let short = Environment { slices: Slices::Short, ..paced.environment };
    Case { environment: short, said: vec![vec![], vec![], vec![], vec![], END.to_vec()], ..paced }
        .assert_lawful();
}

#[test]
fn l10_paced_keeps_the_heap_small() {
    // Eleven rings of one node. With the last the bound is exceeded, and a pass over everything is due.
    let program =
        "set_threshold(10, 1, 1)\n".to_string() + &"a = node(1)\na.f0 = a\n".repeat(11) + "isenabled()\n";
    let program: &'static str = program.leak();
    let mut said: Vec<&[i64]> = vec![&[]; 25];
    said[21] = &[4, 0, 0, 0, 4, 2, 9, 2, 38, 42];
    said[23] = &[5, 1, 1];
    said[24] = &[4, 2, 2, 0, 5, 1, 2, 4, 2, 0, 0, 5, 1, 0, 6, 0];
    let mut live: Vec<u32> = (0..25).map(|operation| operation / 2).collect();
    let paced = case(Policy::Paced, program, &said);
    live[22..].fill(2);
    paced.with_live(&live).assert_lawful();
    // A pass over the young that finds nothing, and no more.
    said[21] = &[4, 0, 0, 0];
    live[22..].fill(11);
    let late = case(Policy::Paced, program, &said).with_live(&live);
    assert_eq!(late.broken(), Some(L10));
    let off = "set_threshold(0, 1, 1)\n".to_string() + program.split_once('\n').expect("lines").1;
    said[21] = &[];
    said[24] = &[4, 2, 11, 0, 5, 1, 11, 4, 2, 0, 0, 5, 1, 0, 6, 0];
    case(Policy::Paced, off.leak(), &said).with_live(&live).assert_lawful();
}

#[test]
fn l11_the_books_agree() {
    let program = "a = node(1)\na.f0 = a\ndel a\ncollect(0)\nget_stats()\n";
    let stats: &[i64] = &[5, 9, 0, 0, 0, 0, 0, 0, 1, 1, 0];
    let said: [&[i64]; 6] = [&[], &[], &[], &[4, 2, 1, 0, 5, 1, 1], stats, END];
    let case = case(Policy::Recycler, program, &said);
    case.assert_lawful();
    case.assert_breaks(L11, 4, &[5, 9, 1, 1, 0, 0, 0, 0, 0, 0, 0]);
    case.assert_breaks(L11, 3, &[4, 2, 1, 0, 5, 1, 0]);
    case.assert_breaks(L11, 3, &[5, 1, 0]);
    case.assert_breaks(L11, 3, &[4, 0, 1, 0, 5, 1, 1]);
    let ring = self::case(Policy::Incremental, RING, &[&[], &[], &[], &[1, 0, 4, 2, 1, 0, 5, 1, 1], END]);
    ring.assert_breaks(L11, 3, &[1, 0, 4, 2, 1, 0, 4, 2, 0, 0, 5, 1, 0]);
}

/// With slices, garbage is in doubt once an allocation may have collected: dead or not, either is lawful, but not both.
#[test]
fn what_is_in_doubt_may_be_dead() {
    let program = "set_threshold(1, 1, 1)\na = node(1)\na.f0 = a\nra = ref(a)\ndel a\nb = node(0)\nc = ra()\nalive(ra)\n";
    let told: &[i64] = &[5, 1, 1];
    let mut dead = case(
        Policy::Paced,
        program,
        &[&[], &[], &[], told, &[], &[], &[5, 1, -1], &[5, 1, 0], &[4, 2, 0, 0, 5, 1, 0, 6, 0]],
    );
    dead.environment.slices = Slices::Short;
    dead.assert_lawful();
    dead.with_live(&[0, 0, 1, 1, 2, 2, 2, 2, 2]).assert_lawful();
    assert_eq!(dead.with_live(&[0, 0, 1, 1, 2, 2, 4, 2, 2]).broken(), Some(L2));
    let mut alive = case(
        Policy::Paced,
        program,
        &[&[], &[], &[], told, &[], &[], &[5, 1, 0], told, &[4, 2, 1, 0, 5, 1, 1, 4, 2, 0, 0, 5, 1, 0, 6, 0]],
    );
    alive.environment.slices = Slices::Short;
    alive.assert_lawful();
    alive.assert_breaks(L1, 7, &[5, 1, 0]);
    assert_eq!(alive.with_live(&[0, 0, 1, 1, 2, 2, 2, 3, 3]).broken(), Some(L7));
    // What no allocation has given a chance to die is there.
    let mut early = case(
        Policy::Paced,
        "a = node(1)\na.f0 = a\nra = ref(a)\ndel a\nc = ra()\n",
        &[&[], &[], told, &[], &[5, 1, 0], &[4, 2, 1, 0, 5, 1, 1, 4, 2, 0, 0, 5, 1, 0, 6, 0]],
    );
    early.environment.slices = Slices::Short;
    early.assert_lawful();
    early.assert_breaks(L1, 4, &[5, 1, -1]);
}

/// A chain longer than a thread's stack dies of its head.
#[test]
fn long_chains_are_judged() {
    const LENGTH: usize = 8_000;
    let program = "disable()\na = node(1)\n".to_string() + &"b = node(1)\nb.f0 = a\na = b\n".repeat(LENGTH);
    let program = program + "del b\ndel a\nget_freeze_count()\n";
    let mut said: Vec<&[i64]> = vec![&[]; 2 + 3 * LENGTH + 3];
    let last = said.len() - 1;
    said[last] = &[5, 1, 0];
    said.push(END);
    let case = case(Policy::Recycler, program.leak(), &said);
    case.assert_lawful();
}
