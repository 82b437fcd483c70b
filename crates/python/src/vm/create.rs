//! Making objects.

use compact_str::CompactString;
use gleaner::{OutOfMemory, Ref, Trace};
use num_bigint::BigInt;
use num_traits::ToPrimitive;
use smallvec::SmallVec;

use super::Vm;
use crate::objects::dict::Entry;
use crate::objects::sequence::Items;
use crate::objects::{Big, Bytes, Dict, DictData, Float, Int, Iter, Iterator, List, Set, Slice, Str, Tuple};
use crate::value::{Raised, Result, Value};

/// The smallest int that exists once.
pub(crate) const SMALL_INT_MIN: i64 = -5;

impl Vm {
    /// Moves a value to the heap.
    ///
    /// # Errors
    /// `MemoryError`.
    pub fn alloc<T: Trace>(&self, value: T) -> Result<Ref<T>> {
        self.charge_object()?;
        self.heap.alloc(value).map_err(|OutOfMemory { .. }| self.no_memory())
    }

    /// Moves a value to the heap.
    ///
    /// # Errors
    /// `MemoryError`.
    pub fn make<T: Trace>(&self, value: T) -> Result {
        self.alloc(value).map(Ref::into_any)
    }

    /// `MemoryError`; the exception itself was made in advance.
    #[cold]
    pub fn no_memory(&self) -> Raised {
        self.raise(&self.types.memory_error, "")
    }

    /// A bool.
    #[must_use]
    pub fn bool(&self, value: bool) -> Value {
        if value { self.true_.clone() } else { self.false_.clone() }
    }

    /// An int.
    ///
    /// # Errors
    /// `MemoryError`.
    pub fn int(&self, value: i64) -> Result {
        let index = value.wrapping_sub(SMALL_INT_MIN);
        match usize::try_from(index).ok().and_then(|index| self.small_ints.get(index)) {
            Some(small) => Ok(small.clone()),
            None => self.make(Int(value)),
        }
    }

    /// An int from a count.
    ///
    /// # Errors
    /// `MemoryError`.
    pub fn count(&self, value: usize) -> Result {
        self.int(i64::try_from(value).unwrap_or(i64::MAX))
    }

    /// An int of any size.
    ///
    /// # Errors
    /// `MemoryError`.
    pub fn big(&self, value: BigInt) -> Result {
        match value.to_i64() {
            Some(small) => self.int(small),
            None => self.make(Big(value)),
        }
    }

    /// A float.
    ///
    /// # Errors
    /// `MemoryError`.
    pub fn float(&self, value: f64) -> Result {
        self.make(Float(value))
    }

    /// A string.
    ///
    /// # Errors
    /// `MemoryError`.
    pub fn str(&self, text: &str) -> Result {
        if let Some(known) = self.known(text) {
            return Ok(known);
        }
        self.charge_bytes(text.len())?;
        self.make(Str::new(CompactString::new(text)))
    }

    /// A string.
    ///
    /// # Errors
    /// `MemoryError`.
    pub fn string(&self, text: String) -> Result {
        if let Some(known) = self.known(&text) {
            return Ok(known);
        }
        self.charge_bytes(text.len())?;
        self.make(Str::new(CompactString::from(text)))
    }

    /// Strings that exist once: the empty one and those of one Latin-1 character (PY-69).
    fn known(&self, text: &str) -> Option<Value> {
        if text.len() > 2 {
            return None;
        }
        let mut chars = text.chars();
        match (chars.next(), chars.next()) {
            (None, _) => self.characters.get(256).cloned(),
            (Some(only), None) => {
                self.characters.get(only as usize).filter(|_| (only as usize) < 256).cloned()
            }
            _ => None,
        }
    }

    /// Bytes.
    ///
    /// # Errors
    /// `MemoryError`.
    pub fn bytes(&self, bytes: &[u8]) -> Result {
        self.charge_bytes(bytes.len())?;
        self.make(Bytes(bytes.into()))
    }

    /// A tuple; the empty one exists once.
    ///
    /// # Errors
    /// `MemoryError`.
    pub fn tuple(&self, items: impl IntoIterator<Item = Value>) -> Result {
        let items: SmallVec<[Value; 2]> = items.into_iter().collect();
        if items.is_empty() {
            return Ok(self.empty_tuple.clone());
        }
        self.charge_bytes(items.len() * 8)?;
        self.make(Tuple(items))
    }

    /// A list.
    ///
    /// # Errors
    /// `MemoryError`.
    pub fn list(&self, items: Vec<Value>) -> Result {
        self.charge_bytes(items.len() * 8)?;
        self.make(List { items: Items(items.into()) })
    }

    /// An empty dict.
    ///
    /// # Errors
    /// `MemoryError`.
    pub fn dict(&self) -> Result<Ref<Dict>> {
        self.alloc(Dict::default())
    }

    /// A dict of strings.
    ///
    /// # Errors
    /// `MemoryError`.
    pub fn dict_of(&self, items: impl IntoIterator<Item = (Value, Value)>) -> Result {
        let dict = self.dict()?;
        for (key, value) in items {
            self.dict_set(&dict.data, key, value)?;
        }
        Ok(dict.into_any())
    }

    /// A set.
    ///
    /// # Errors
    /// `MemoryError`, and what hashing and comparing the items raises.
    pub fn set(&self, items: impl IntoIterator<Item = Value>, frozen: bool) -> Result {
        let set =
            self.alloc(Set { data: DictData::default().into(), frozen, hash: core::cell::Cell::new(-1) })?;
        for item in items {
            self.set_add(&set.data, item)?;
        }
        Ok(set.into_any())
    }

    /// A set that takes over a table.
    ///
    /// # Errors
    /// `MemoryError`.
    pub fn set_from(&self, data: DictData, frozen: bool) -> Result {
        self.make(Set { data: data.into(), frozen, hash: core::cell::Cell::new(-1) })
    }

    /// Makes a copy of a table.
    #[must_use]
    pub fn copy_table(&self, data: &core::cell::RefCell<DictData>) -> DictData {
        let entries: Vec<(i64, Entry)> =
            data.borrow().hashed().map(|(hash, entry)| (hash, entry.clone())).collect();
        let mut copy = DictData::default();
        copy.tracked = data.borrow().tracked;
        entries.into_iter().for_each(|(hash, Entry { key, value })| copy.push(hash, key, value));
        copy
    }

    /// A slice.
    ///
    /// # Errors
    /// `MemoryError`.
    pub fn slice(&self, start: Value, stop: Value, step: Value) -> Result {
        self.make(Slice { start, stop, step })
    }

    /// An iterator.
    ///
    /// # Errors
    /// `MemoryError`.
    pub fn iterator(&self, state: Iter, subject: Option<Value>) -> Result {
        self.make(Iterator::new(state, subject, None))
    }
}
