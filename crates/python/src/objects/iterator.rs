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

/// The sorts of iterators that are classes of their own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "the types' own names")]
pub enum Sort {
    List,
    ListReversed,
    Tuple,
    Str,
    Bytes,
    Range,
    Dict(ViewKind),
    Set,
    Reversed,
    Callable,
    Enumerate,
    Zip,
    Map,
    Filter,
    Other,
}

impl Iter {
    /// Returns the sort of the iterator.
    #[must_use]
    pub fn sort(&self) -> Sort {
        match self {
            Iter::End(sort) => *sort,
            Iter::List(_) => Sort::List,
            Iter::ListReversed(_) => Sort::ListReversed,
            Iter::Tuple(_) => Sort::Tuple,
            Iter::Str(_) => Sort::Str,
            Iter::Bytes(_) => Sort::Bytes,
            Iter::Range { .. } => Sort::Range,
            Iter::Dict { kind, .. } => Sort::Dict(*kind),
            Iter::Set { .. } => Sort::Set,
            Iter::ItemsReversed(_) => Sort::Reversed,
            Iter::Callable => Sort::Callable,
            Iter::Enumerate(_) => Sort::Enumerate,
            Iter::Zip(..) => Sort::Zip,
            Iter::Map(_) => Sort::Map,
            Iter::Filter => Sort::Filter,
            Iter::Items(_) | Iter::Lines | Iter::Ready(_) => Sort::Other,
        }
    }
}

impl Default for Iter {
    fn default() -> Iter {
        Iter::End(Sort::Other)
    }
}

/// What an iterator goes through, and where it is.
#[derive(Trace)]
#[allow(missing_docs, reason = "the types' own names")]
pub enum Iter {
    /// At its end; its sort stays.
    End(#[trace(skip)] Sort),
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
    /// A set: the keys, in the order in which CPython would tell them.
    Set {
        /// Their hashes and identities: they are not held.
        #[trace(skip)]
        keys: Vec<(i64, usize)>,
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
