//! Items and slices of sequences and mappings, and lengths.

use super::describe::kind_name;
use super::number::Number;
use crate::objects::instance::{dict_of, list_of, set_of, text_of, tuple_of};
use crate::objects::sequence::let_go;
use crate::objects::{Bytes, MappingProxy, Range, Slice, View};
use crate::value::{Kind, Result, Value, expect};
use crate::vm::Vm;

/// Where a slice begins and stops in a sequence, and how it goes from one to the next.
#[derive(Clone, Copy)]
pub struct Span {
    start: i64,
    stop: i64,
    step: i64,
}

impl Span {
    /// Whether it is the whole of a sequence.
    fn is_all(&self, length: usize) -> bool {
        self.step == 1 && self.start == 0 && usize::try_from(self.stop) == Ok(length)
    }

    /// What the numbers of a slice mean in a sequence.
    fn of([start, stop, step]: [Option<i64>; 3], length: usize) -> Span {
        let length = i64::try_from(length).unwrap_or(i64::MAX);
        let step = step.unwrap_or(1).clamp(-i64::MAX, i64::MAX);
        let (low, high) = if step > 0 { (0, length) } else { (-1, length - 1) };
        let clamp = |value: i64| {
            let value = if value < 0 { value.saturating_add(length) } else { value };
            value.clamp(low, high)
        };
        let start = start.map_or(if step > 0 { low } else { high }, clamp);
        let stop = stop.map_or(if step > 0 { high } else { low }, clamp);
        Span { start, stop, step }
    }

    /// The places, in order.
    pub fn places(self) -> impl Iterator<Item = usize> {
        let count = Range { start: self.start, stop: self.stop, step: self.step }.len();
        (0..count).filter_map(move |index| usize::try_from(self.start + index * self.step).ok())
    }
}

impl Vm {
    /// `len(value)`; nothing if it has none.
    ///
    /// # Errors
    /// What `__len__` raises.
    pub fn length(&self, value: &Value) -> Result<Option<usize>> {
        if Kind::of(value) == Kind::Proxy {
            return self.length(&self.proxied(value)?);
        }
        if let Some(length) = self.special(value, &self.names.len, &[])? {
            return match self.index_i64(&length)? {
                negative if negative < 0 => Err(self.value_error("__len__() should return >= 0")),
                length => Ok(Some(usize::try_from(length).unwrap_or(usize::MAX))),
            };
        }
        if let Some(text) = text_of(value) {
            return Ok(Some(match value.downcast_ref::<crate::objects::Str>() {
                Some(string) => string.chars(),
                None => text.chars().count(),
            }));
        }
        let length = list_of(value)
            .map(|items| items.borrow().len())
            .or_else(|| tuple_of(value).map(<[Value]>::len))
            .or_else(|| dict_of(value).map(|data| data.borrow().len()))
            .or_else(|| set_of(value).map(|(data, _)| data.borrow().len()));
        if length.is_some() {
            return Ok(length);
        }
        Ok(match Kind::of(value) {
            Kind::Bytes => Some(expect::<Bytes>(value).0.len()),
            Kind::Range => Some(usize::try_from(expect::<Range>(value).len()).unwrap_or(usize::MAX)),
            Kind::View => dict_of(&expect::<View>(value).dict).map(|data| data.borrow().len()),
            Kind::MappingProxy => Some(expect::<MappingProxy>(value).dict.data.borrow().len()),
            _ => None,
        })
    }

    /// `object[key]`
    ///
    /// # Errors
    /// `IndexError`, `KeyError`, `TypeError`, and what `__getitem__` raises.
    pub fn getitem(&self, object: &Value, key: &Value) -> Result {
        if Kind::of(object) == Kind::Proxy {
            return self.getitem(&self.proxied(object)?, key);
        }
        if let Some(item) = self.special(object, &self.names.getitem, std::slice::from_ref(key))? {
            return Ok(item);
        }
        if let Some(data) = dict_of(object) {
            return match self.dict_get(data, key)? {
                Some(value) => Ok(value),
                None => match self.special(object, &self.names.missing, std::slice::from_ref(key))? {
                    Some(value) => Ok(value),
                    None => Err(self.key_error(key.clone())),
                },
            };
        }
        if let Some(items) = list_of(object) {
            if let Some(slice) = key.downcast_ref::<Slice>() {
                let bounds = self.bounds(slice)?;
                let span = Span::of(bounds, items.borrow().len());
                let items = span.places().filter_map(|place| items.borrow().get(place).cloned()).collect();
                return self.list(items);
            }
            // What `__index__` runs may change the list.
            let length = items.borrow().len();
            let place = self.place(key, length, "list", "list index out of range")?;
            return items
                .borrow()
                .get(place)
                .cloned()
                .ok_or_else(|| self.index_error("list index out of range"));
        }
        if let Some(items) = tuple_of(object) {
            if let Some(slice) = key.downcast_ref::<Slice>() {
                let span = self.span(slice, items.len())?;
                // What cannot change is its own copy.
                if span.is_all(items.len()) && Kind::of(object) == Kind::Tuple {
                    return Ok(object.clone());
                }
                return self.tuple(span.places().filter_map(|place| items.get(place).cloned()));
            }
            let place = self.place(key, items.len(), "tuple", "tuple index out of range")?;
            return Ok(items[place].clone());
        }
        if let Some(text) = text_of(object) {
            return self.text_item(object, text, key);
        }
        match Kind::of(object) {
            Kind::Bytes => {
                let bytes = &expect::<Bytes>(object).0;
                if let Some(slice) = key.downcast_ref::<Slice>() {
                    let span = self.span(slice, bytes.len())?;
                    let part: Vec<u8> = span.places().filter_map(|place| bytes.get(place).copied()).collect();
                    return self.bytes(&part);
                }
                let place = self.place(key, bytes.len(), "byte", "index out of range")?;
                self.int(i64::from(bytes[place]))
            }
            Kind::Range => {
                let range = expect::<Range>(object);
                let length = usize::try_from(range.len()).unwrap_or(usize::MAX);
                if let Some(slice) = key.downcast_ref::<Slice>() {
                    let span = self.span(slice, length)?;
                    let (start, stop) = (range.at(span.start), range.at(span.stop));
                    return self.make(Range { start, stop, step: range.step.saturating_mul(span.step) });
                }
                let place = self.place(key, length, "range", "range object index out of range")?;
                self.int(range.at(i64::try_from(place).unwrap_or(0)))
            }
            Kind::MappingProxy => {
                let dict = expect::<MappingProxy>(object).dict.clone();
                self.dict_get(&dict.data, key)?.ok_or_else(|| self.key_error(key.clone()))
            }
            _ => Err(self.type_error(&format!("'{}' object is not subscriptable", kind_name(self, object)))),
        }
    }

    fn text_item(&self, object: &Value, text: &str, key: &Value) -> Result {
        let chars = if text.is_ascii() { text.len() } else { text.chars().count() };
        if let Some(slice) = key.downcast_ref::<Slice>() {
            let span = self.span(slice, chars)?;
            if span.is_all(chars) && Kind::of(object) == Kind::Str {
                return Ok(object.clone());
            }
            if span.step == 1 && text.is_ascii() {
                let start = usize::try_from(span.start).unwrap_or(0);
                let stop = usize::try_from(span.stop).unwrap_or(0).max(start);
                return self.str(&text[start..stop]);
            }
            let all: Vec<char> = text.chars().collect();
            return self.string(span.places().filter_map(|place| all.get(place)).collect());
        }
        let place = self.place(key, chars, "string", "string index out of range")?;
        let found = if text.is_ascii() {
            text.as_bytes().get(place).map(|byte| char::from(*byte))
        } else {
            text.chars().nth(place)
        };
        found.map_or_else(
            || Err(self.index_error("string index out of range")),
            |found| self.str(found.encode_utf8(&mut [0; 4])),
        )
    }

    /// The place that an index means in a sequence.
    fn place(&self, key: &Value, length: usize, what: &str, outside: &str) -> Result<usize> {
        let index = match Number::of(key) {
            Some(Number::Int(index)) => index,
            Some(Number::Big(_)) => {
                return Err(self.index_error("cannot fit 'int' into an index-sized integer"));
            }
            _ => match self.special(key, &self.names.index, &[])? {
                Some(index) => self.index_i64(&index)?,
                None => {
                    let kind = kind_name(self, key);
                    let integers = if what == "string" && self.profile.minor >= 11 {
                        format!("string indices must be integers, not '{kind}'")
                    } else {
                        format!("{what} indices must be integers or slices, not {kind}")
                    };
                    return Err(self.type_error(&integers));
                }
            },
        };
        let length = i64::try_from(length).unwrap_or(i64::MAX);
        let place = if index < 0 { index + length } else { index };
        if (0..length).contains(&place) {
            Ok(usize::try_from(place).unwrap_or(0))
        } else {
            Err(self.index_error(outside))
        }
    }

    /// What a slice means in a sequence.
    pub(crate) fn span(&self, slice: &Slice, length: usize) -> Result<Span> {
        Ok(Span::of(self.bounds(slice)?, length))
    }

    /// The numbers of a slice: start, stop and step. What `__index__` runs may change the sequence.
    fn bounds(&self, slice: &Slice) -> Result<[Option<i64>; 3]> {
        let bound = |value: &Value| -> Result<Option<i64>> {
            if Kind::of(value) == Kind::None {
                return Ok(None);
            }
            match self.index(value) {
                Ok(Number::Int(value)) => Ok(Some(value)),
                Ok(Number::Big(value)) => Ok(Some(if value.sign() == num_bigint::Sign::Minus {
                    i64::MIN / 2
                } else {
                    i64::MAX / 2
                })),
                _ => {
                    Err(self.type_error("slice indices must be integers or None or have an __index__ method"))
                }
            }
        };
        let step = bound(&slice.step)?;
        if step == Some(0) {
            return Err(self.value_error("slice step cannot be zero"));
        }
        Ok([bound(&slice.start)?, bound(&slice.stop)?, step])
    }

    /// `object[key] = value`
    ///
    /// # Errors
    /// As [`Vm::getitem`].
    pub fn setitem(&self, object: &Value, key: Value, value: Value) -> Result<()> {
        if Kind::of(object) == Kind::Proxy {
            return self.setitem(&self.proxied(object)?, key, value);
        }
        if self.special(object, &self.names.setitem, &[key.clone(), value.clone()])?.is_some() {
            return Ok(());
        }
        if let Some(data) = dict_of(object) {
            return self.dict_set(data, key, value);
        }
        if let Some(items) = list_of(object) {
            if let Some(slice) = key.downcast_ref::<Slice>() {
                return self.set_slice(items, slice, Some(&value));
            }
            let length = items.borrow().len();
            let place = self.place(&key, length, "list", "list assignment index out of range")?;
            let old = items.borrow_mut().get_mut(place).map(|item| std::mem::replace(item, value));
            drop(old);
            return Ok(());
        }
        Err(self
            .type_error(&format!("'{}' object does not support item assignment", kind_name(self, object))))
    }

    /// `del object[key]`
    ///
    /// # Errors
    /// As [`Vm::getitem`].
    pub fn delitem(&self, object: &Value, key: &Value) -> Result<()> {
        if Kind::of(object) == Kind::Proxy {
            return self.delitem(&self.proxied(object)?, key);
        }
        if self.special(object, &self.names.delitem, std::slice::from_ref(key))?.is_some() {
            return Ok(());
        }
        if let Some(data) = dict_of(object) {
            let value = self.dict_remove(data, key)?;
            return value.map(drop).ok_or_else(|| self.key_error(key.clone()));
        }
        if let Some(items) = list_of(object) {
            if let Some(slice) = key.downcast_ref::<Slice>() {
                return self.set_slice(items, slice, None);
            }
            let length = items.borrow().len();
            let place = self.place(key, length, "list", "list assignment index out of range")?;
            // What `__index__` runs may have shortened the list.
            if place >= items.borrow().len() {
                return Err(self.index_error("list assignment index out of range"));
            }
            let old = items.borrow_mut().remove(place);
            drop(old);
            return Ok(());
        }
        Err(self.type_error(&format!("'{}' object doesn't support item deletion", kind_name(self, object))))
    }

    fn set_slice(
        &self,
        items: &core::cell::RefCell<Vec<Value>>,
        slice: &Slice,
        value: Option<&Value>,
    ) -> Result<()> {
        let new = match value {
            Some(value) if list_of(value).is_some() || tuple_of(value).is_some() => self.collect(value)?,
            Some(value) => self
                .unless(self.collect(value), &self.types.type_error)?
                .ok_or_else(|| self.type_error("can only assign an iterable"))?,
            None => Vec::new(),
        };
        let bounds = self.bounds(slice)?;
        let length = items.borrow().len();
        self.charge_bytes(length.saturating_add(new.len()).saturating_mul(8))?;
        let span = Span::of(bounds, length);
        if span.step == 1 {
            let start = usize::try_from(span.start).unwrap_or(0);
            let stop = usize::try_from(span.stop).unwrap_or(0).max(start);
            let old: Vec<Value> = items.borrow_mut().splice(start..stop, new).collect();
            let_go(old);
            return Ok(());
        }
        let places: Vec<usize> = span.places().collect();
        if value.is_none() {
            let mut old = Vec::new();
            let mut sorted = places;
            sorted.sort_unstable();
            for place in sorted.into_iter().rev() {
                old.push(items.borrow_mut().remove(place));
            }
            // These go from the first to the last.
            let_go(old);
            return Ok(());
        }
        if places.len() != new.len() {
            return Err(self.value_error(&format!(
                "attempt to assign sequence of size {} to extended slice of size {}",
                new.len(),
                places.len()
            )));
        }
        let mut old = Vec::new();
        for (place, item) in places.into_iter().zip(new) {
            old.push(std::mem::replace(&mut items.borrow_mut()[place], item));
        }
        drop(old);
        Ok(())
    }
}
