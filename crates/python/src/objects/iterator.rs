//! Iterators of the builtin types and functions: one object, with what it goes through.

use core::cell::RefCell;

use gleaner::{AnySlot, Trace};

use super::dict::ViewKind;
use crate::value::{Kind, Value};

/// An iterator.
#[derive(Trace)]
#[trace(tag = Kind::Iterator as u8)]
pub struct Iterator {
    /// What is next.
    pub state: RefCell<Iter>,
    /// What it goes through; nothing at the end.
    pub subject: AnySlot,
    /// A second one: the sentinel, the function, the rest.
    pub other: AnySlot,
}

/// What an iterator goes through, and where it is.
#[derive(Trace, Default)]
#[allow(missing_docs, reason = "the types' own names")]
pub enum Iter {
    /// At its end.
    #[default]
    End,
    /// A list, by index: it may grow and shrink.
    List(usize),
    /// A list, backwards.
    ListReversed(usize),
    Tuple(usize),
    /// A string, by byte.
    Str(usize),
    Bytes(usize),
    Range {
        next: i64,
        left: i64,
        step: i64,
    },
    /// A dict: the place, how many keys there were, and what is told of each.
    Dict {
        place: usize,
        length: usize,
        #[trace(skip)]
        kind: ViewKind,
        reversed: bool,
    },
    /// A set: the keys were copied in the order in which CPython would tell them.
    Set {
        keys: Vec<Value>,
        next: usize,
        length: usize,
    },
    /// By `__getitem__`.
    Items(i64),
    /// By `__getitem__`, backwards.
    ItemsReversed(i64),
    /// `iter(callable, sentinel)`
    Callable,
    Enumerate(i64),
    Zip(Vec<Value>, bool),
    Map(Vec<Value>),
    Filter,
    /// A file's lines.
    Lines,
    /// Objects that were collected before.
    Ready(std::collections::VecDeque<Value>),
}

impl Iterator {
    /// Makes one.
    #[must_use]
    pub fn new(state: Iter, subject: Option<Value>, other: Option<Value>) -> Iterator {
        let iterator =
            Iterator { state: RefCell::new(state), subject: AnySlot::empty(), other: AnySlot::empty() };
        iterator.subject.put(subject);
        iterator.other.put(other);
        iterator
    }
}
