//! The words of the text form: how variables, finalizers and callbacks are spelled.

use crate::op::{Callback, Finalizer, Op, Var};
use crate::operands::Kind;

const GLOBAL_NODES: [&str; 8] = ["a", "b", "c", "d", "e", "f", "g", "h"];
const LOCAL_NODES: [&str; 8] = ["p", "q", "r", "s", "t", "u", "v", "w"];
const GLOBAL_REFS: [&str; 4] = ["ra", "rb", "rc", "rd"];
const LOCAL_REFS: [&str; 4] = ["rp", "rq", "rr", "rs"];

const _: () = {
    assert!(GLOBAL_NODES.len() == crate::op::NODE_VARS as usize);
    assert!(GLOBAL_REFS.len() == crate::op::REF_VARS as usize);
};

/// Returns the name of a variable. Its index must exist, as it does in a repaired program.
pub(crate) fn name(kind: Kind, var: Var) -> &'static str {
    match (kind, var) {
        (Kind::Node, Var::Global(index)) => GLOBAL_NODES[usize::from(index)],
        (Kind::Node, Var::Local(index)) => LOCAL_NODES[usize::from(index)],
        (Kind::Ref, Var::Global(index)) => GLOBAL_REFS[usize::from(index)],
        (Kind::Ref, Var::Local(index)) => LOCAL_REFS[usize::from(index)],
    }
}

/// Returns the variable of that name.
pub(crate) fn variable(name: &str) -> Option<(Kind, Var)> {
    let find = |names: &[&str], kind, var: fn(u8) -> Var| {
        names.iter().position(|&known| known == name).map(|index| (kind, var(index as u8)))
    };
    find(&GLOBAL_NODES, Kind::Node, Var::Global)
        .or_else(|| find(&LOCAL_NODES, Kind::Node, Var::Local))
        .or_else(|| find(&GLOBAL_REFS, Kind::Ref, Var::Global))
        .or_else(|| find(&LOCAL_REFS, Kind::Ref, Var::Local))
}

/// The finalizers that have a word, with it.
pub(crate) const FINALIZERS: [(Finalizer, &str); 6] = [
    (Finalizer::Log, "log"),
    (Finalizer::Resurrect, "resurrect"),
    (Finalizer::Allocate, "allocate"),
    (Finalizer::Drop, "drop"),
    (Finalizer::Raise, "raise"),
    (Finalizer::Collect, "collect"),
];

/// The callbacks, with their words.
pub(crate) const CALLBACKS: [(Callback, &str); 4] = [
    (Callback::Log, "log"),
    (Callback::Collect, "collect"),
    (Callback::Allocate, "allocate"),
    (Callback::Raise, "raise"),
];

/// Returns the word of `what`, if it has one.
pub(crate) fn word<T: PartialEq>(words: &[(T, &'static str)], what: &T) -> Option<&'static str> {
    words.iter().find(|(known, _)| known == what).map(|&(_, word)| word)
}

/// The calls without argument and without target, with their operations.
pub(crate) const BARE: [(Op, &str); 10] = [
    (Op::Enable, "enable"),
    (Op::Disable, "disable"),
    (Op::IsEnabled, "isenabled"),
    (Op::GetThreshold, "get_threshold"),
    (Op::Freeze, "freeze"),
    (Op::Unfreeze, "unfreeze"),
    (Op::FreezeCount, "get_freeze_count"),
    (Op::Count, "get_count"),
    (Op::Stats, "get_stats"),
    (Op::Census, "census"),
];

/// The other names that a program calls or reads.
const OTHERS: [&str; 13] = [
    "node",
    "ref",
    "saved",
    "collect",
    "set_threshold",
    "which",
    "getrefcount",
    "getweakrefcount",
    "is_tracked",
    "is_finalized",
    "alive",
    "start",
    "nil",
];

/// Returns the operation that is nothing but its name, called.
pub(crate) fn bare(name: &str) -> Option<Op> {
    BARE.iter().find(|(_, known)| *known == name).map(|&(op, _)| op)
}

/// Returns whether a function may not have this name.
pub(crate) fn is_reserved(name: &str) -> bool {
    variable(name).is_some() || bare(name).is_some() || OTHERS.contains(&name)
}
