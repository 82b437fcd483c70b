//! Interned strings: one object for each text (PY-64 to PY-69).
//!
//! The table holds a reference to each, which nobody sees (`sys.getrefcount` leaves it out): a string that nobody else
//! refers to goes with the next sweep, at a full collection.

use std::cell::RefCell;

use gleaner::Ref;
use hashbrown::HashTable;

use super::Vm;
use crate::objects::Str;
use crate::protocol::hash::hash_text;
use crate::value::{Result, Value, expect};

/// The table.
#[derive(Default)]
pub(super) struct Interned(RefCell<HashTable<Ref<Str>>>);

fn spread(text: &str) -> u64 {
    hash_text(text).cast_unsigned()
}

impl Vm {
    /// Returns the one string of a text.
    ///
    /// # Errors
    /// `MemoryError`.
    pub fn intern(&self, text: &str) -> Result {
        if let Some(found) = self.interned.find(text) {
            return Ok(found);
        }
        let string = self.str(text)?;
        Ok(self.intern_value(string))
    }

    /// Returns the one string of a string's text: the string itself, if it is the first.
    pub fn intern_value(&self, string: Value) -> Value {
        self.interned.add(string)
    }

    /// Whether a string is the one of its text.
    #[must_use]
    pub fn is_interned(&self, string: &Value) -> bool {
        string.downcast_ref::<Str>().is_some_and(|string| string.interned().get())
    }

    /// Lets go of strings that nobody else refers to.
    pub fn sweep_interned(&self) {
        let mut dead = Vec::new();
        self.interned.0.borrow_mut().retain(|string| {
            let keep = string.refcount() > 1;
            if !keep {
                dead.push(string.clone());
            }
            keep
        });
    }
}

impl Interned {
    pub(super) fn find(&self, text: &str) -> Option<Value> {
        let table = self.0.borrow();
        table.find(spread(text), |other| other.text() == text).map(|found| found.as_any().clone())
    }

    pub(super) fn add(&self, string: Value) -> Value {
        let Some(text) = string.downcast_ref::<Str>().map(Str::text) else { return string };
        let mut table = self.0.borrow_mut();
        if let Some(found) = table.find(spread(text), |other| other.text() == text) {
            return found.as_any().clone();
        }
        expect::<Str>(&string).interned().set(true);
        if let Ok(typed) = string.clone().downcast::<Str>() {
            table.insert_unique(spread(text), typed, |other| spread(other.text()));
        }
        string
    }
}
