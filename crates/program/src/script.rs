//! Random programs of Python's object layer: objects of all types, not only nodes.
//!
//! A [`Script`] is a list of statements over six names. A statement is four bytes: a form and what stands in its places; so
//! any bytes are a script, small changes of the bytes are small changes of the script, and every part of a script is one. What
//! goes wrong in a statement is printed and goes on, and so nothing has to be repaired.
//!
//! CPython 3.13 leaks an object when proxies are compared and the second has died, and 3.11 does not look into a generator that
//! has not begun; neither is in any script. Everything that a script prints is the same on every implementation that frees when CPython frees: what dies, and when;
//! what a collection finds; what a weak reference says; counts; what is tracked. Automatic collections are off: when they come
//! depends on what else is allocated. Sets have one element with a finalizer at most, since their order is nobody's promise.

use std::fmt::Write;

use rand::rngs::Xoshiro256PlusPlus;
use rand::{Rng, SeedableRng};

/// What a script prints last. What comes after is the end of a module, which is not compared.
pub const END: &str = "== end";

/// The names.
const NAMES: [char; 6] = ['a', 'b', 'c', 'd', 'e', 'f'];

/// What every script begins with.
const PRELUDE: &str = r#"import gc, sys, weakref
gc.disable()
saved = []
def told(w):
    print("told", w() is None)
class Node:
    def __init__(self, n):
        self.n = n
    def __del__(self):
        print("del", self.n)
        if getattr(self, "keep", False):
            saved.append(self)
    def method(self):
        return self
    def __hash__(self):
        return self.n
    def __enter__(self):
        print("enter", self.n)
        return self
    def __exit__(self, *rest):
        print("exit", self.n)
class Slot:
    __slots__ = ("n", "a", "b", "__weakref__")
    def __init__(self, n):
        self.n = n
    def __del__(self):
        print("del slot", self.n)
    def method(self):
        return self
class Boom(Exception):
    pass
def closure(x):
    def inner():
        return x
    return inner
def produce(x):
    try:
        yield x
        yield [x]
    finally:
        print("closed")
def fail(x):
    raise Boom(x)
counted = {Node, Slot, list, dict, set, Boom, type(fail), type(produce(0)), type(Node.method)}
a = b = c = d = e = f = None
"#;

/// The forms of statements: `X`, `Y` and `Z` stand for names, `N` for the statement's number.
const FORMS: [&str; 64] = [
    "X = Node(N)",
    "X = Node(N)",
    "X = Node(N)",
    "X = Slot(N)",
    "X = []",
    "X = [Y, Z]",
    "X = {'k': Y}",
    "X = {'k': Y, N: Z}",
    "X = (Y, Z)",
    "X = (Y,)",
    "X = {Y}",
    "X = closure(Y)",
    "X = produce(Y)\n    next(X)",
    "X = Y.method",
    "X = weakref.ref(Y, told)",
    "X = weakref.ref(Y, told)",
    "X = weakref.ref(Y)",
    "class Kind(Node):\n        item = Y\n    X = Kind\n    del Kind",
    "X = Boom(Y, Z)",
    "X.a = Y",
    "X.a = Y",
    "X.a = X",
    "X.b = Y",
    "del X.a",
    "X.append(Y)",
    "X.append(X)",
    "X[0] = Y",
    "X['k'] = Y",
    "X['k'] = X",
    "print(type(X.pop()).__name__)",
    "X.clear()",
    "X = Y[0]",
    "X = Y['k']",
    "X = Y.a",
    "X = Y()",
    "X = Y(N)",
    "X = None",
    "X = None",
    "X, Y = Y, X",
    "X = Y",
    "print('collect', gc.collect())",
    "print('collect', gc.collect())",
    "print(sys.getrefcount(X) if type(X) in counted else None)",
    "print(sys.getrefcount(X) if type(X) in counted else None)",
    "print(gc.is_tracked(X), gc.is_finalized(X), type(X).__name__)",
    "try:\n        fail(Y)\n    except Boom as boom:\n        X = boom",
    "X.keep = True",
    "print(len(saved))\n    saved.clear()",
    "X = saved[0]",
    "for X in Y:\n        print(type(X).__name__)",
    "with X as Y:\n        Z = None",
    "X = [Y for _ in range(2)]",
    "def default(p=Y):\n        return p\n    X = default\n    del default",
    "print(weakref.getweakrefcount(X), [w() is X for w in weakref.getweakrefs(X)])",
    "X = dict(k=Y, l=Z)",
    "weakref.finalize(X, print, 'finalized', N)",
    "print(len(gc.get_referents(X)) if type(X) in (list, tuple, dict, set) else None)",
    "X = next(Y)",
    "X.close()",
    "X += [Y]",
    "print(X is Y, len(X))",
    "X = weakref.proxy(Y, told)",
    "X = iter(Y)\n    next(X, None)",
    "X = Y[:]",
];

/// A statement: the number of its form, and of the names in its places.
type Statement = [u8; 4];

/// A program of the object layer.
///
/// ```
/// use gleaner_program::script::Script;
///
/// assert_eq!(Script::of_seed(7), Script::of_seed(7));
/// assert!(Script::of_seed(7).to_python().contains("gc.disable()"));
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Script {
    statements: Vec<Statement>,
}

impl Script {
    /// Returns the script of some bytes, of which four at a time are a statement.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Script {
        Script { statements: bytes.as_chunks().0.to_vec() }
    }

    /// Returns the script of a seed: of 10 to 60 statements, with habits of its own, so that a script does a few things much
    /// rather than everything a little.
    #[must_use]
    pub fn of_seed(seed: u64) -> Script {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
        let mut draw = move |below: usize| ((rng.next_u64() >> 32) as usize * below) >> 32;
        let forms: Vec<u8> = (0..8 + draw(24)).map(|_| draw(FORMS.len()) as u8).collect();
        let names = 2 + draw(NAMES.len() - 1);
        let statements = (0..10 + draw(51)).map(|_| {
            let form = if draw(4) == 0 { draw(FORMS.len()) as u8 } else { forms[draw(forms.len())] };
            [form, draw(names) as u8, draw(names) as u8, draw(names) as u8]
        });
        Script { statements: statements.collect() }
    }

    /// Tells whether the order in which a collection runs finalizers can be seen by more than the order of lines.
    #[must_use]
    pub fn asks_for_order(&self) -> bool {
        self.statements.iter().any(|[form, ..]| FORMS[usize::from(*form) % FORMS.len()].contains("saved[0]"))
    }

    /// Returns the number of statements.
    #[must_use]
    pub fn len(&self) -> usize {
        self.statements.len()
    }

    /// Tells whether there is no statement.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.statements.is_empty()
    }

    /// Returns the script as Python.
    #[must_use]
    pub fn to_python(&self) -> String {
        let mut text = PRELUDE.to_string();
        for (number, [form, places @ ..]) in self.statements.iter().enumerate() {
            let mut statement = FORMS[usize::from(*form) % FORMS.len()].to_string();
            for (place, name) in ["X", "Y", "Z"].into_iter().zip(places) {
                let name = NAMES[usize::from(*name) % NAMES.len()];
                statement = replace_word(&statement, place, &name.to_string());
            }
            let statement = replace_word(&statement, "N", &number.to_string());
            let _ = write!(
                text,
                "try:\n    {statement}\nexcept Exception as error:\n    print({number}, type(error).__name__)\n"
            );
        }
        for name in NAMES {
            let _ = writeln!(text, "print('end', '{name}')\n{name} = None");
        }
        text.push_str("print(len(saved))\nsaved.clear()\nprint(gc.collect())\nprint(gc.collect())\n");
        let _ = writeln!(text, "print({END:?})");
        text
    }

    /// Returns a smaller script for which `still_fails` holds, given that it holds for this one. Leaves out stretches of
    /// statements, halves first, then lowers names, until nothing changes; asks at most `budget` times.
    #[must_use]
    pub fn shrink(self, mut still_fails: impl FnMut(&Script) -> bool, budget: usize) -> Script {
        let mut best = self;
        let mut left = budget;
        let mut ask = |candidate: &Script| {
            left = left.saturating_sub(1);
            left > 0 && still_fails(candidate)
        };
        loop {
            let before = best.clone();
            let mut length = best.len().div_ceil(2).max(1);
            loop {
                let mut at = 0;
                while at < best.len() {
                    let mut candidate = best.clone();
                    candidate.statements.drain(at..(at + length).min(best.len()));
                    if ask(&candidate) {
                        best = candidate;
                    } else {
                        at += length;
                    }
                }
                if length == 1 {
                    break;
                }
                length /= 2;
            }
            for statement in 0..best.len() {
                for place in 1..4 {
                    for name in 0..best.statements[statement][place] {
                        let mut candidate = best.clone();
                        candidate.statements[statement][place] = name;
                        if ask(&candidate) {
                            best = candidate;
                            break;
                        }
                    }
                }
            }
            if best == before {
                return best;
            }
        }
    }
}

/// Replaces a word of one letter where it stands alone.
fn replace_word(text: &str, word: &str, by: &str) -> String {
    let mut replaced = String::with_capacity(text.len());
    let mut before = ' ';
    for (at, char) in text.char_indices() {
        let after = text[at + char.len_utf8()..].chars().next().unwrap_or(' ');
        let is_part = |char: char| char.is_alphanumeric() || char == '_';
        if text[at..].starts_with(word) && !is_part(before) && !is_part(after) {
            replaced.push_str(by);
        } else {
            replaced.push(char);
        }
        before = char;
    }
    replaced
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_replaced_where_they_stand_alone() {
        assert_eq!(replace_word("X = Node(N), NaN, X.X", "N", "7"), "X = Node(7), NaN, X.X");
        assert_eq!(replace_word("X.a = X", "X", "b"), "b.a = b");
    }

    #[test]
    fn every_form_stands_in_some_script() {
        let mut seen = [false; FORMS.len()];
        for seed in 0..200 {
            Script::of_seed(seed).statements.iter().for_each(|[form, ..]| seen[usize::from(*form)] = true);
        }
        assert!(seen.into_iter().all(|seen| seen));
    }

    #[test]
    fn a_script_shrinks_to_what_fails() {
        let has = |script: &Script, form: u8| script.statements.iter().any(|[other, ..]| *other == form);
        let script = (0..).map(Script::of_seed).find(|script| has(script, 5) && has(script, 40)).unwrap();
        let small = script.shrink(|script| has(script, 5) && has(script, 40), 10_000);
        let mut forms: Vec<Statement> = small.statements;
        forms.sort_unstable();
        assert_eq!(forms, [[5, 0, 0, 0], [40, 0, 0, 0]]);
    }
}
