//! One small program per rule of death and of a pass, and what it has to say.
//!
//! The tokens are CPython's: 3.11.7, 3.12.1 and 3.13.0 print them for these texts (by `corpora/prelude.py`), as far
//! as the rules are theirs.

mod common;

use common::said_by;

/// While several refs are told, all of them live: the first callback collects, and does not collect the other ref.
#[test]
fn several_watchers_are_kept() {
    let program = r#"start()
a = node(0)
ra = ref(a, "log")
rb = ref(a, "collect")
b = node(1)
b.f0 = b
b.ref = ra
del ra
del b
del a
"#;
    for minor in [11, 13] {
        assert_eq!(
            said_by(minor, program),
            [2, 2, 4, 2, 1, 2, 6, 10, 5, 1, 1, 2, 1, 4, 2, 0, 0, 5, 1, 0, 6, 0]
        );
    }
}

/// A node takes its fields with it, one after the other, each with all below it.
#[test]
fn death_is_depth_first() {
    let program = r#"start()
a = node(2, "log")
b = node(1, "log")
c = node(0, "log")
a.f0 = b
a.f1 = c
d = node(0, "log")
b.f0 = d
del b
del c
del d
del a
get_count()
"#;
    for minor in [11, 13] {
        assert_eq!(
            said_by(minor, program),
            [1, 0, 1, 1, 1, 3, 1, 2, 5, 3, 0, 0, 0, 4, 2, 0, 0, 5, 1, 0, 6, 0]
        );
    }
}

/// A frame's variables die in the order of their names, not of their binding.
#[test]
fn frame_variables_die_in_order() {
    let program = r#"def frame_1():
    p = q = nil
    q = node(0, "log")
    p = node(0, "log")


start()
frame_1()
"#;
    for minor in [11, 13] {
        assert_eq!(said_by(minor, program), [1, 1, 1, 0, 4, 2, 0, 0, 5, 1, 0, 6, 0]);
    }
}

/// PY-31, PY-32: the second death is without finalizer.
#[test]
fn resurrected_once() {
    let program = r#"start()
a = node(0, "resurrect")
del a
a = saved()
is_finalized(a)
del a
get_count()
"#;
    for minor in [11, 13] {
        assert_eq!(said_by(minor, program), [1, 0, 5, 1, 1, 5, 3, 0, 0, 0, 4, 2, 0, 0, 5, 1, 0, 6, 0]);
    }
}

/// A node that its finalizer saves from death by count is in generation 0 again.
#[test]
fn resurrected_by_count_is_young() {
    let program = r#"start()
a = node(0, "resurrect")
collect(2)
census()
del a
census()
"#;
    for minor in [11, 13] {
        assert_eq!(
            said_by(minor, program),
            [4, 2, 0, 1, 2, 5, 1, 0, 6, 1, 2, 1, 1, -1, 1, 0, 6, 1, 0, 1, 1, -1, 4, 2, 0, 0, 5, 1, 0, 6, 0]
        );
    }
}

/// PY-41, PY-43, PY-44: one plain ref; the others are told, the newest first, when all are dead.
#[test]
fn refs_are_told_newest_first() {
    let program = r#"start()
a = node(0)
ra = ref(a, "log")
rb = ref(a, "log")
rc = ref(a)
rd = ref(a)
getweakrefcount(a)
del a
alive(rc)
"#;
    for minor in [11, 13] {
        assert_eq!(said_by(minor, program), [5, 1, 3, 2, 2, 2, 1, 5, 1, 0, 4, 2, 0, 0, 5, 1, 0, 6, 0]);
    }
}

/// PY-45.
#[test]
fn a_dead_ref_is_not_told() {
    let program = r#"start()
a = node(0)
ra = ref(a, "log")
del ra
del a
"#;
    for minor in [11, 13] {
        assert_eq!(said_by(minor, program), [4, 2, 0, 0, 5, 1, 0, 6, 0]);
    }
}

/// The ninth ref with callback is nil, and is not counted.
#[test]
fn watchers_are_limited() {
    let program = r#"start()
a = node(0)
ra = ref(a, "log")
ra = ref(a, "log")
ra = ref(a, "log")
ra = ref(a, "log")
ra = ref(a, "log")
ra = ref(a, "log")
ra = ref(a, "log")
ra = ref(a, "log")
ra = ref(a, "log")
which(ra)
get_count()
"#;
    for minor in [11, 13] {
        assert_eq!(said_by(minor, program), [5, 1, -1, 5, 3, 1, 0, 0, 4, 2, 0, 0, 5, 1, 0, 6, 0]);
    }
}

/// PY-1, PY-15, PY-25, PY-36: a ref held by trash is trash; refs are dead, then finalizers run.
#[test]
fn a_pass_clears_tells_finalizes() {
    let program = r#"start()
a = node(1, "log")
b = node(1, "log")
a.f0 = b
b.f0 = a
ra = ref(a, "log")
rb = ref(b)
b.ref = ra
del a
del b
collect(0)
alive(rb)
get_stats()
get_count()
"#;
    for minor in [11, 13] {
        assert_eq!(
            said_by(minor, program),
            [
                2, 2, 1, 0, 1, 1, 4, 0, 2, 2, 9, 13, 5, 1, 2, 5, 1, 0, 5, 9, 1, 2, 0, 0, 0, 0, 0, 0, 0, 5, 3,
                0, 1, 0, 4, 2, 0, 0, 5, 1, 0, 6, 0
            ]
        );
    }
}

/// PY-46.
#[test]
fn trash_refs_are_not_told() {
    let program = r#"start()
a = node(1)
a.f0 = a
ra = ref(a, "log")
a.ref = ra
del ra
del a
collect(2)
"#;
    for minor in [11, 13] {
        assert_eq!(said_by(minor, program), [4, 2, 2, 0, 5, 1, 2, 4, 2, 0, 0, 5, 1, 0, 6, 0]);
    }
}

/// PY-33, PY-35, PY-37: what is resurrected survives with all it reaches; its plain ref is dead.
#[test]
fn one_resurrects_all() {
    let program = r#"start()
a = node(1, "resurrect")
b = node(1, "log")
a.f0 = b
b.f0 = a
rb = ref(b)
del a
del b
collect(2)
alive(rb)
"#;
    for minor in [11, 13] {
        assert_eq!(
            said_by(minor, program),
            [
                1, 0, 1, 1, 4, 2, 0, 3, 2, 6, 10, 5, 1, 0, 5, 1, 0, 4, 2, 2, 0, 5, 1, 2, 4, 2, 0, 0, 5, 1, 0,
                6, 0
            ]
        );
    }
}

/// PY-6, PY-15.
#[test]
fn survivors_age() {
    let program = r#"start()
a = node(0)
collect(0)
b = node(0)
collect(1)
get_count()
census()
"#;
    for minor in [11, 13] {
        assert_eq!(
            said_by(minor, program),
            [
                4, 0, 0, 1, 1, 5, 1, 0, 4, 1, 0, 2, 2, 6, 5, 1, 0, 5, 3, 0, 0, 1, 6, 2, 2, 1, 1, -1, 6, 1, 1,
                -1, 4, 2, 0, 0, 5, 1, 0, 6, 0
            ]
        );
    }
}

/// Who is passed over and found reachable later is finalized later.
#[test]
fn discovered_members_come_last() {
    let program = r#"start()
a = node(1, "log")
a.f0 = a
b = node(1)
c = node(1)
c.f0 = a
d = node(1, "log")
del a
collect(0)
c.f0 = nil
d.f0 = d
del d
collect(2)
"#;
    for minor in [11, 13] {
        assert_eq!(
            said_by(minor, program),
            [
                4, 0, 0, 4, 1, 5, 9, 13, 5, 1, 0, 1, 3, 1, 0, 4, 2, 2, 2, 6, 10, 5, 1, 2, 4, 2, 0, 0, 5, 1,
                0, 6, 0
            ]
        );
    }
}
