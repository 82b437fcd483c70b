//! Hashes, and looking keys up by them.
//!
//! A lookup among strings, ints and other atoms compares without running the program. Any other lookup takes the candidates
//! out of the table, compares them with nothing borrowed, and begins anew if an entry has changed meanwhile.

use core::cell::RefCell;
use core::hash::Hasher;

use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{Signed, ToPrimitive};

use super::describe::kind_name;
use crate::objects::dict::Entry;
use crate::objects::instance::{dict_of, payload, set_of, text_of, tuple_of, weak_of};
use crate::objects::{Big, Bool, Bytes, DictData, Float, Int, Method, Payload, Range, Set, Slice, Str};
use crate::value::{Kind, Result, Value, expect};
use crate::vm::Vm;

/// The modulus of numbers' hashes: 2^61 - 1.
const MODULUS: u64 = (1 << 61) - 1;

/// The hash of a text.
#[must_use]
pub fn hash_text(text: &str) -> i64 {
    let mut hasher = std::hash::DefaultHasher::new();
    hasher.write(text.as_bytes());
    let hash = hasher.finish().cast_signed();
    if hash == -1 { -2 } else { hash }
}

fn hash_int(value: i64) -> i64 {
    let rest = (value.unsigned_abs() % MODULUS).cast_signed();
    let hash = if value < 0 { -rest } else { rest };
    if hash == -1 { -2 } else { hash }
}

fn hash_big(value: &BigInt) -> i64 {
    let rest = value.abs().mod_floor(&BigInt::from(MODULUS)).to_i64().unwrap_or(0);
    let hash = if value.is_negative() { -rest } else { rest };
    if hash == -1 { -2 } else { hash }
}

/// The hash of a float: that of the int it equals, if it equals one.
fn hash_float(value: f64) -> i64 {
    if value.is_nan() {
        return 0;
    }
    if value.is_infinite() {
        return if value > 0.0 { 314_159 } else { -314_159 };
    }
    let (mut mantissa, mut exponent) = frexp(value.abs());
    let mut hash: u64 = 0;
    while mantissa != 0.0 {
        hash = ((hash << 28) & MODULUS) | (hash >> (61 - 28));
        mantissa *= 268_435_456.0;
        exponent -= 28;
        let digit = mantissa.trunc();
        mantissa -= digit;
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "below 2^28")]
        let digit = digit as u64;
        hash += digit;
        if hash >= MODULUS {
            hash -= MODULUS;
        }
    }
    let shift = exponent.rem_euclid(61).unsigned_abs();
    let hash = if shift == 0 { hash } else { ((hash << shift) & MODULUS) | (hash >> (61 - shift)) };
    let hash = if value < 0.0 { -hash.cast_signed() } else { hash.cast_signed() };
    if hash == -1 { -2 } else { hash }
}

/// A positive number as a mantissa in [0.5, 1) and an exponent of two.
fn frexp(value: f64) -> (f64, i32) {
    if value == 0.0 {
        return (0.0, 0);
    }
    let bits = value.to_bits();
    let exponent = i32::try_from((bits >> 52) & 0x7ff).unwrap_or(0);
    if exponent == 0 {
        let (mantissa, exponent) = frexp(value * 18_014_398_509_481_984.0);
        return (mantissa, exponent - 54);
    }
    (f64::from_bits((bits & !(0x7ff << 52)) | (1022 << 52)), exponent - 1022)
}

impl Vm {
    /// `hash(value)`
    ///
    /// # Errors
    /// `TypeError` if it has none.
    pub fn hash(&self, value: &Value) -> Result<i64> {
        Ok(match Kind::of(value) {
            Kind::Str => {
                let string = expect::<Str>(value);
                let known = string.hash().get();
                if known != -1 {
                    return Ok(known);
                }
                let hash = hash_text(string.text());
                string.hash().set(hash);
                hash
            }
            Kind::Int => hash_int(expect::<Int>(value).0),
            Kind::Bool => i64::from(expect::<Bool>(value).0),
            Kind::Big => hash_big(&expect::<Big>(value).0),
            Kind::Float => hash_float(expect::<Float>(value).0),
            Kind::Bytes => hash_text(&String::from_utf8_lossy(&expect::<Bytes>(value).0)),
            Kind::Tuple => self.hash_tuple(tuple_of(value).unwrap_or_default())?,
            Kind::Set => {
                let set = expect::<Set>(value);
                if !set.frozen {
                    return Err(self.unhashable(value));
                }
                let sum = set.data.borrow().hashed().fold(1_927_868_237_i64, |sum, (hash, _)| {
                    sum ^ (hash ^ 89_869_747 ^ (hash << 16)).wrapping_mul(3_644_798_167)
                });
                if sum == -1 { -2 } else { sum }
            }
            // From 3.12 on.
            Kind::Slice if self.profile.minor >= 12 => {
                let slice = expect::<Slice>(value);
                self.hash_tuple(&[slice.start.clone(), slice.stop.clone(), slice.step.clone()])?
            }
            Kind::List | Kind::Dict | Kind::Slice | Kind::View => {
                return Err(self.unhashable(value));
            }
            Kind::Range => {
                let range = expect::<Range>(value);
                hash_int(range.len() ^ range.start.wrapping_mul(31))
            }
            Kind::Method => {
                let method = expect::<Method>(value);
                identity_hash(&method.object) ^ identity_hash(&method.function)
            }
            Kind::Other => return self.hash_weak(value),
            Kind::Proxy => return Err(self.type_error("unhashable type: 'weakref.ProxyType'")),
            Kind::Instance
            | Kind::Slotted0
            | Kind::Slotted1
            | Kind::Slotted2
            | Kind::Slotted3
            | Kind::Slotted4 => {
                return self.hash_instance(value);
            }
            _ => identity_hash(value),
        })
    }

    fn hash_tuple(&self, items: &[Value]) -> Result<i64> {
        let mut sum: u64 = 2_870_177_450_012_600_261;
        for item in items {
            let lane = self.nested(" while hashing", || self.hash(item))?.cast_unsigned();
            sum = sum.wrapping_add(lane.wrapping_mul(14_029_467_366_897_019_727));
            sum = sum.rotate_left(31).wrapping_mul(11_400_714_785_074_694_791);
        }
        sum = sum.wrapping_add(items.len() as u64 ^ (2_870_177_450_012_600_261 ^ 3_527_539));
        Ok(if sum == u64::MAX { 1_546_275_796 } else { sum.cast_signed() })
    }

    fn hash_instance(&self, value: &Value) -> Result<i64> {
        let class = self.class_of(value);
        match self.lookup(&class, &self.names.hash) {
            Some(method) if Kind::of(&method) == Kind::None => Err(self.unhashable(value)),
            Some(method) if Kind::of(&method) != Kind::Builtin => {
                let bound = self.bind_method(method, value, &class)?;
                let hash = self.call_with(&bound, [])?;
                match Kind::of(&hash) {
                    Kind::Int | Kind::Bool | Kind::Big => self.hash(&hash),
                    _ => Err(self.type_error("__hash__ method should return an integer")),
                }
            }
            _ => match payload(value) {
                Some(Payload::Int(value)) => Ok(hash_big(value)),
                Some(Payload::Float(value)) => Ok(hash_float(*value)),
                Some(Payload::Str(text)) => Ok(hash_text(text)),
                Some(Payload::Tuple(items)) => self.hash_tuple(&items.0),
                Some(Payload::List(_) | Payload::Dict(_) | Payload::Set { frozen: false, .. }) => {
                    Err(self.unhashable(value))
                }
                Some(Payload::Weak(_)) => self.hash_weak(value),
                _ => Ok(identity_hash(value)),
            },
        }
    }

    /// The hash of a weak reference is its referent's, which it keeps (PY-48).
    pub(crate) fn hash_weak(&self, value: &Value) -> Result<i64> {
        let Some(weak) = weak_of(value) else { return Ok(identity_hash(value)) };
        if weak.hash().get() != -1 {
            return Ok(weak.hash().get());
        }
        let Some(referent) = self.heap.referent(&weak) else {
            return Err(self.type_error("weak object has gone away"));
        };
        let hash = self.hash(&referent)?;
        weak.hash().set(hash);
        Ok(hash)
    }

    fn unhashable(&self, value: &Value) -> crate::value::Raised {
        self.type_error(&format!("unhashable type: '{}'", kind_name(self, value)))
    }

    /// Finds a key; the place it has.
    fn find_key(&self, data: &RefCell<DictData>, key: &Value, hash: i64) -> Result<Option<usize>> {
        if let Some(text) = plain_text(key) {
            let table = data.borrow();
            let found = table.find(hash, |other| other == key || plain_text(other) == Some(text));
            if found.is_some() || table.candidates_are_plain(hash, is_atom) {
                return Ok(found);
            }
        }
        'again: loop {
            let candidates: Vec<(usize, Value)> = {
                let table = data.borrow();
                let candidates = table.candidates(hash).into_iter();
                candidates.filter_map(|place| Some((place, table.at(place)?.key.clone()))).collect()
            };
            for (place, other) in candidates {
                let equal = other == *key || self.equal(&other, key)?;
                if data.borrow().at(place).is_none_or(|entry| entry.key != other) {
                    self.charge_operation()?;
                    continue 'again;
                }
                if equal {
                    return Ok(Some(place));
                }
            }
            return Ok(None);
        }
    }

    /// The value of a key.
    ///
    /// # Errors
    /// What hashing and comparing raises.
    pub fn dict_get(&self, data: &RefCell<DictData>, key: &Value) -> Result<Option<Value>> {
        let hash = self.hash(key)?;
        let place = self.find_key(data, key, hash)?;
        Ok(place.and_then(|place| data.borrow().at(place).map(|entry| entry.value.clone())))
    }

    /// The value of a name: an interned string. Nobody's code runs.
    #[must_use]
    pub fn dict_get_name(&self, data: &RefCell<DictData>, name: &Value) -> Option<Value> {
        let string = name.downcast_ref::<Str>()?;
        let hash = match string.hash().get() {
            -1 => {
                let hash = hash_text(string.text());
                string.hash().set(hash);
                hash
            }
            known => known,
        };
        let table = data.borrow();
        let place = table.find(hash, |other| other == name || plain_text(other) == Some(string.text()))?;
        table.at(place).map(|entry| entry.value.clone())
    }

    /// The value of a name that is no object yet.
    #[must_use]
    pub fn dict_get_text(&self, data: &RefCell<DictData>, text: &str) -> Option<Value> {
        let table = data.borrow();
        let place = table.find(hash_text(text), |other| text_of(other) == Some(text))?;
        table.at(place).map(|entry| entry.value.clone())
    }

    /// Sets the value of a key.
    ///
    /// # Errors
    /// What hashing and comparing raises.
    pub fn dict_set(&self, data: &RefCell<DictData>, key: Value, value: Value) -> Result<()> {
        let hash = self.hash(&key)?;
        let place = self.find_key(data, &key, hash)?;
        let tracked = self.may_be_tracked(&value) || self.may_be_tracked(&key);
        let old = {
            let mut table = data.borrow_mut();
            table.tracked |= tracked;
            match place.and_then(|place| table.at_mut(place)) {
                Some(entry) => Some(std::mem::replace(&mut entry.value, value)),
                None => {
                    table.push(hash, key, value);
                    None
                }
            }
        };
        drop(old);
        Ok(())
    }

    /// Takes a key out.
    ///
    /// # Errors
    /// What hashing and comparing raises.
    pub fn dict_remove(&self, data: &RefCell<DictData>, key: &Value) -> Result<Option<Value>> {
        let hash = self.hash(key)?;
        let place = self.find_key(data, key, hash)?;
        let entry = place.and_then(|place| data.borrow_mut().remove(place));
        Ok(entry.map(|Entry { key, value }| {
            drop(key);
            value
        }))
    }

    /// Whether a key is there.
    ///
    /// # Errors
    /// What hashing and comparing raises.
    pub fn dict_contains(&self, data: &RefCell<DictData>, key: &Value) -> Result<bool> {
        let hash = self.hash(key)?;
        Ok(self.find_key(data, key, hash)?.is_some())
    }

    /// Adds an item to a set.
    ///
    /// # Errors
    /// What hashing and comparing raises.
    pub fn set_add(&self, data: &RefCell<DictData>, item: Value) -> Result<()> {
        let hash = self.hash(&item)?;
        if self.find_key(data, &item, hash)?.is_none() {
            data.borrow_mut().push(hash, item, self.none.clone());
        }
        Ok(())
    }

    /// Adds the items of a mapping to a dict. With a function, for its keyword arguments: none may be there already.
    ///
    /// # Errors
    /// `TypeError` if it is no mapping, or a keyword is there twice.
    pub fn dict_merge(
        &self,
        data: &RefCell<DictData>,
        mapping: &Value,
        called: Option<&Value>,
    ) -> Result<()> {
        let pairs = self.pairs_of(mapping, called)?;
        for (key, value) in pairs {
            if let Some(called) = called {
                let name = super::describe::function_name(self, called);
                let Some(text) = text_of(&key) else {
                    return Err(self.type_error("keywords must be strings"));
                };
                if self.dict_contains(data, &key)? {
                    return Err(self
                        .type_error(&format!("{name}() got multiple values for keyword argument '{text}'")));
                }
            }
            self.dict_set(data, key, value)?;
        }
        Ok(())
    }

    fn pairs_of(&self, mapping: &Value, called: Option<&Value>) -> Result<Vec<(Value, Value)>> {
        if let Some(data) = dict_of(mapping) {
            return Ok(data.borrow().iter().map(|entry| (entry.key.clone(), entry.value.clone())).collect());
        }
        let keys = self.intern("keys")?;
        let Some(method) = self.unless(self.getattr(mapping, &keys), &self.types.attribute_error)? else {
            let name = kind_name(self, mapping);
            return Err(match called {
                Some(called) => {
                    let function = super::describe::function_name(self, called);
                    self.type_error(&format!("{function}() argument after ** must be a mapping, not {name}"))
                }
                None => self.type_error(&format!("'{name}' object is not a mapping")),
            });
        };
        let keys = self.call_with(&method, [])?;
        let mut pairs = Vec::new();
        for key in self.collect(&keys)? {
            let value = self.getitem(mapping, &key)?;
            pairs.push((key, value));
        }
        Ok(pairs)
    }

    /// Whether a set has an item; a set as item is looked up as a frozenset.
    ///
    /// # Errors
    /// What hashing and comparing raises.
    pub fn set_contains(&self, data: &RefCell<DictData>, item: &Value) -> Result<bool> {
        if let Some((other, false)) = set_of(item) {
            let frozen = self.set_from(self.copy_table(other), true)?;
            return self.dict_contains(data, &frozen);
        }
        self.dict_contains(data, item)
    }
}

fn identity_hash(value: &Value) -> i64 {
    let id = value.id().rotate_right(4);
    let hash = i64::from_ne_bytes((id as u64).to_ne_bytes());
    if hash == -1 { -2 } else { hash }
}

/// The text of a string that is no instance of a class of the program's.
fn plain_text(value: &Value) -> Option<&str> {
    value.downcast_ref::<Str>().map(Str::text)
}

/// Whether comparing a value with a string runs nobody's code.
fn is_atom(value: &Value) -> bool {
    !matches!(
        Kind::of(value),
        Kind::Instance | Kind::Slotted0 | Kind::Slotted1 | Kind::Slotted2 | Kind::Slotted3 | Kind::Slotted4
    )
}
