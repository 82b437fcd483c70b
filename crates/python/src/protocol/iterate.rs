//! Iteration: iterators are made, asked for the next, collected, unpacked.

use std::collections::HashMap;

use super::describe::kind_name;
use crate::objects::dict::ViewKind;
use crate::objects::instance::{dict_of, list_of, set_of, text_of, tuple_of};
use crate::objects::{Bytes, Iter, Iterator, Range, View};
use crate::value::{Kind, Result, Value, expect};
use crate::vm::Vm;

impl Vm {
    /// `iter(value)`
    ///
    /// # Errors
    /// `TypeError` if it is not iterable.
    pub fn iter(&self, value: &Value) -> Result {
        match Kind::of(value) {
            Kind::Generator | Kind::Iterator => return Ok(value.clone()),
            Kind::Proxy => return self.iter(&self.proxied(value)?),
            _ => {}
        }
        if let Some(iterator) = self.special(value, &self.names.iter, &[])? {
            return if self.is_iterator(&iterator) {
                Ok(iterator)
            } else {
                Err(self.type_error(&format!(
                    "iter() returned non-iterator of type '{}'",
                    kind_name(self, &iterator)
                )))
            };
        }
        let over = |state: Iter| self.iterator(state, Some(value.clone()));
        if list_of(value).is_some() {
            return over(Iter::List(0));
        }
        if tuple_of(value).is_some() {
            return over(Iter::Tuple(0));
        }
        if text_of(value).is_some() {
            return over(Iter::Str(0));
        }
        if let Some(data) = dict_of(value) {
            let length = data.borrow().len();
            return over(Iter::Dict { place: 0, length, kind: ViewKind::Keys, reversed: false });
        }
        if let Some((data, _)) = set_of(value) {
            let hashes: HashMap<usize, i64> =
                data.borrow().hashed().map(|(hash, entry)| (entry.key.id(), hash)).collect();
            let keys: Vec<(i64, usize)> = crate::builtins::set_order(self, data)
                .iter()
                .map(|key| (hashes.get(&key.id()).copied().unwrap_or(0), key.id()))
                .collect();
            let length = keys.len();
            self.charge_work(length as u64 * 64)?;
            return over(Iter::Set { keys, next: 0, length });
        }
        match Kind::of(value) {
            Kind::Bytes => over(Iter::Bytes(0)),
            Kind::Range => {
                let range = expect::<Range>(value);
                let state = Iter::Range { next: range.start, left: range.len(), step: range.step };
                self.iterator(state, None)
            }
            Kind::View => {
                let view = expect::<View>(value);
                let length = dict_of(&view.dict).map_or(0, |data| data.borrow().len());
                let state = Iter::Dict { place: 0, length, kind: view.kind, reversed: false };
                self.iterator(state, Some(view.dict.clone()))
            }
            Kind::MappingProxy => {
                self.iter(expect::<crate::objects::MappingProxy>(value).dict.clone().as_any())
            }
            Kind::File => over(Iter::Lines),
            _ => {
                let class = self.class_of(value);
                if self
                    .lookup(&class, &self.names.getitem)
                    .is_some_and(|found| Kind::of(&found) != Kind::Builtin)
                {
                    return over(Iter::Items(0));
                }
                Err(self.type_error(&format!("'{}' object is not iterable", kind_name(self, value))))
            }
        }
    }

    /// Whether a value is an iterator.
    pub(crate) fn is_iterator(&self, value: &Value) -> bool {
        match Kind::of(value) {
            Kind::Generator | Kind::Iterator => true,
            // One that has died says so when it is asked for an item.
            Kind::Proxy => self.proxied(value).map_or(true, |referent| self.is_iterator(&referent)),
            _ => self.lookup(&self.class_of(value), &self.names.next).is_some(),
        }
    }

    /// `next(iterator)`; nothing at its end.
    ///
    /// # Errors
    /// What it raises.
    pub fn next(&self, iterator: &Value) -> Result<Option<Value>> {
        match Kind::of(iterator) {
            Kind::Iterator => self.nested(" while iterating", || self.next_of(expect::<Iterator>(iterator))),
            Kind::Generator => self.generator_next(iterator),
            Kind::Proxy => {
                let referent = self.proxied(iterator)?;
                if !self.is_iterator(&referent) {
                    return Err(self.type_error("Weakref proxy referenced a non-iterator"));
                }
                self.next(&referent)
            }
            _ => {
                let next = self.special(iterator, &self.names.next, &[]);
                match self.unless(next, &self.types.stop_iteration)? {
                    Some(Some(value)) => Ok(Some(value)),
                    None => Ok(None),
                    Some(None) => Err(self
                        .type_error(&format!("'{}' object is not an iterator", kind_name(self, iterator)))),
                }
            }
        }
    }

    fn next_of(&self, iterator: &Iterator) -> Result<Option<Value>> {
        let Ok(mut state) = iterator.state.try_borrow_mut() else {
            return Err(self.value_error("iterator already executing"));
        };
        let subject = iterator.subject.get();
        let item = match &mut *state {
            Iter::End(_) => None,
            Iter::List(index) => {
                let item =
                    subject.as_ref().and_then(list_of).and_then(|items| items.borrow().get(*index).cloned());
                *index += 1;
                item
            }
            Iter::ListReversed(left) => match left.checked_sub(1) {
                Some(index) => {
                    *left = index;
                    subject.as_ref().and_then(list_of).and_then(|items| items.borrow().get(index).cloned())
                }
                None => None,
            },
            Iter::Tuple(index) => {
                let item = subject.as_ref().and_then(tuple_of).and_then(|items| items.get(*index).cloned());
                *index += 1;
                item
            }
            Iter::Str(at) => {
                let next = subject.as_ref().and_then(text_of).and_then(|text| text[*at..].chars().next());
                match next {
                    Some(next) => {
                        *at += next.len_utf8();
                        Some(self.str(next.encode_utf8(&mut [0; 4]))?)
                    }
                    None => None,
                }
            }
            Iter::Bytes(index) => {
                let bytes = subject.as_ref().and_then(|subject| subject.downcast_ref::<Bytes>());
                let byte = bytes.and_then(|bytes| bytes.0.get(*index).copied());
                *index += 1;
                match byte {
                    Some(byte) => Some(self.int(i64::from(byte))?),
                    None => None,
                }
            }
            Iter::Range { next, left, step } => {
                if *left > 0 {
                    let item = self.int(*next)?;
                    *next = next.wrapping_add(*step);
                    *left -= 1;
                    Some(item)
                } else {
                    None
                }
            }
            Iter::Dict { place, length, kind, reversed } => {
                let Some(data) = subject.as_ref().and_then(dict_of) else { return Ok(None) };
                let data = data.borrow();
                if data.len() != *length {
                    *length = usize::MAX;
                    drop(data);
                    return Err(
                        self.raise(&self.types.runtime_error, "dictionary changed size during iteration")
                    );
                }
                let mut found = None;
                while *place < data.end() {
                    let at = if *reversed { data.end() - 1 - *place } else { *place };
                    *place += 1;
                    if let Some(entry) = data.at(at) {
                        found = Some((entry.key.clone(), entry.value.clone()));
                        break;
                    }
                }
                drop(data);
                match (found, kind) {
                    (None, _) => None,
                    (Some((key, _)), ViewKind::Keys) => Some(key),
                    (Some((_, value)), ViewKind::Values) => Some(value),
                    (Some((key, value)), ViewKind::Items) => Some(self.tuple([key, value])?),
                }
            }
            Iter::Set { keys, next, length } => {
                if let Some((data, _)) = subject.as_ref().and_then(set_of)
                    && data.borrow().len() != *length
                {
                    *length = usize::MAX;
                    return Err(self.raise(&self.types.runtime_error, "Set changed size during iteration"));
                }
                let rest = keys.get(*next..).unwrap_or_default().iter();
                // One that has been replaced meanwhile is passed over.
                let found = rest.enumerate().find_map(|(passed, (hash, id))| {
                    let data = subject.as_ref().and_then(set_of)?.0.borrow();
                    let place = data.find(*hash, |key| key.id() == *id)?;
                    Some((passed, data.at(place)?.key.clone()))
                });
                *next = found.as_ref().map_or(keys.len(), |(passed, _)| *next + passed + 1);
                found.map(|(_, item)| item)
            }
            Iter::Ready(items) => items.pop_front(),
            Iter::Enumerate(count) => {
                let Some(inner) = &subject else { return Ok(None) };
                let number = *count;
                // CPython goes on with a larger int; nobody counts so far from less than the largest.
                *count = number.saturating_add(1);
                drop(state);
                let Some(item) = self.next(inner)? else { return Ok(None) };
                let number = self.int(number)?;
                return self.tuple([number, item]).map(Some);
            }
            Iter::Zip(iterators, strict) => {
                let (iterators, strict) = (iterators.clone(), *strict);
                drop(state);
                return self.next_of_zip(&iterators, strict);
            }
            Iter::Map(iterators) => {
                let iterators = iterators.clone();
                drop(state);
                let Some(function) = iterator.other.get() else { return Ok(None) };
                let mut args = Vec::with_capacity(iterators.len());
                for iterator in &iterators {
                    match self.next(iterator)? {
                        Some(item) => args.push(item),
                        None => return Ok(None),
                    }
                }
                return self.call_with(&function, args).map(Some);
            }
            Iter::Filter => {
                drop(state);
                return self.next_of_filter(iterator);
            }
            Iter::Items(_) | Iter::ItemsReversed(_) | Iter::Callable | Iter::Lines => {
                drop(state);
                return self.next_by_call(iterator);
            }
        };
        if item.is_none() {
            let end = Iter::End(state.sort());
            let old = std::mem::replace(&mut *state, end);
            drop(state);
            drop(old);
            iterator.subject.clear();
        }
        Ok(item)
    }

    fn next_of_zip(&self, iterators: &[Value], strict: bool) -> Result<Option<Value>> {
        let mut items = Vec::with_capacity(iterators.len());
        for (place, iterator) in iterators.iter().enumerate() {
            match self.next(iterator)? {
                Some(item) => items.push(item),
                None if strict && place > 0 => {
                    return Err(self.value_error(&format!(
                        "zip() argument {} is shorter than argument{} {}",
                        place + 1,
                        if place == 1 { "" } else { "s 1-" },
                        place
                    )));
                }
                None => {
                    if strict {
                        for (place, iterator) in iterators.iter().enumerate().skip(1) {
                            if self.next(iterator)?.is_some() {
                                return Err(self.value_error(&format!(
                                    "zip() argument {} is longer than argument{} {}",
                                    place + 1,
                                    if place == 1 { "" } else { "s 1-" },
                                    place
                                )));
                            }
                        }
                    }
                    return Ok(None);
                }
            }
        }
        if items.is_empty() { Ok(None) } else { self.tuple(items).map(Some) }
    }

    fn next_of_filter(&self, iterator: &Iterator) -> Result<Option<Value>> {
        let (Some(inner), Some(function)) = (iterator.subject.get(), iterator.other.get()) else {
            return Ok(None);
        };
        while let Some(item) = self.next(&inner)? {
            let keep = match Kind::of(&function) {
                Kind::None => self.truth(&item)?,
                _ => {
                    let kept = self.call_with(&function, [item.clone()])?;
                    self.truth(&kept)?
                }
            };
            if keep {
                return Ok(Some(item));
            }
        }
        Ok(None)
    }

    fn next_by_call(&self, iterator: &Iterator) -> Result<Option<Value>> {
        let Some(subject) = iterator.subject.get() else { return Ok(None) };
        let index = match &mut *iterator.state.borrow_mut() {
            Iter::Items(index) => {
                *index += 1;
                Some(*index - 1)
            }
            Iter::ItemsReversed(index) => {
                *index -= 1;
                if *index < 0 {
                    return Ok(None);
                }
                Some(*index)
            }
            _ => None,
        };
        if let Some(index) = index {
            let key = self.int(index)?;
            let found = self.unless(self.getitem(&subject, &key), &self.types.index_error);
            let found = self.unless(found, &self.types.stop_iteration)?.flatten();
            if found.is_none() {
                iterator.subject.clear();
            }
            return Ok(found);
        }
        if Kind::of(&subject) == Kind::File {
            return crate::builtins::next_line(self, &subject);
        }
        let item = self.call_with(&subject, [])?;
        let sentinel = iterator.other.get().unwrap_or_else(|| self.none.clone());
        if self.same(&item, &sentinel)? {
            iterator.subject.clear();
            return Ok(None);
        }
        Ok(Some(item))
    }

    /// All items of an iterable.
    ///
    /// # Errors
    /// `TypeError` if it is none, and what iterating raises.
    pub fn collect(&self, iterable: &Value) -> Result<Vec<Value>> {
        if let (Kind::Tuple, Some(items)) = (Kind::of(iterable), tuple_of(iterable)) {
            self.charge_work(items.len() as u64 * 8)?;
            return Ok(items.to_vec());
        }
        if let (Kind::List, Some(items)) = (Kind::of(iterable), list_of(iterable)) {
            let items = items.borrow().clone();
            self.charge_work(items.len() as u64 * 8)?;
            return Ok(items);
        }
        if let Some(range) = iterable.downcast_ref::<Range>() {
            self.charge_bytes(usize::try_from(range.len()).unwrap_or(usize::MAX).saturating_mul(8))?;
        }
        let iterator = self.iter(iterable)?;
        let mut items = Vec::new();
        while let Some(item) = self.next(&iterator)? {
            if items.len().is_power_of_two() {
                self.charge_bytes(items.len() * 8)?;
            }
            items.push(item);
        }
        Ok(items)
    }

    /// The items of `*iterable` in a display or a call.
    pub(crate) fn collect_for_star(&self, iterable: &Value) -> Result<Vec<Value>> {
        match self.collect(iterable) {
            Err(raised) if self.is_of(&raised, &self.types.type_error) && !self.is_iterable(iterable) => {
                Err(self.type_error(&format!(
                    "Value after * must be an iterable, not {}",
                    kind_name(self, iterable)
                )))
            }
            collected => collected,
        }
    }

    fn is_iterable(&self, value: &Value) -> bool {
        let class = self.class_of(value);
        self.lookup(&class, &self.names.iter).is_some() || self.lookup(&class, &self.names.getitem).is_some()
    }

    /// Exactly so many items.
    pub(crate) fn unpack(&self, iterable: &Value, count: usize) -> Result<Vec<Value>> {
        if !matches!(Kind::of(iterable), Kind::Tuple | Kind::List | Kind::Generator | Kind::Iterator)
            && let Err(raised) = self.iter(iterable)
        {
            return Err(if self.is_of(&raised, &self.types.type_error) {
                self.type_error(&format!("cannot unpack non-iterable {} object", kind_name(self, iterable)))
            } else {
                raised
            });
        }
        if let (Kind::Tuple | Kind::List, Ok(items)) = (Kind::of(iterable), self.collect(iterable)) {
            return match items.len().cmp(&count) {
                core::cmp::Ordering::Equal => Ok(items),
                core::cmp::Ordering::Less => Err(self.too_few(count, items.len(), "")),
                core::cmp::Ordering::Greater => Err(self.too_many_values(count, Some(items.len()))),
            };
        }
        let iterator = self.iter(iterable)?;
        let mut items = Vec::with_capacity(count.min(64));
        for _ in 0..count {
            match self.next(&iterator)? {
                Some(item) => items.push(item),
                None => return Err(self.too_few(count, items.len(), "")),
            }
        }
        if self.next(&iterator)?.is_some() {
            return Err(self.too_many_values(count, None));
        }
        Ok(items)
    }

    fn too_few(&self, expected: usize, got: usize, at_least: &str) -> crate::value::Raised {
        self.value_error(&format!("not enough values to unpack (expected {at_least}{expected}, got {got})"))
    }

    fn too_many_values(&self, expected: usize, got: Option<usize>) -> crate::value::Raised {
        match got {
            Some(got) if self.profile.minor >= 14 => {
                self.value_error(&format!("too many values to unpack (expected {expected}, got {got})"))
            }
            _ => self.value_error(&format!("too many values to unpack (expected {expected})")),
        }
    }

    /// Items before and after a starred target, which gets a list of the others.
    pub(crate) fn unpack_starred(&self, iterable: &Value, before: usize, after: usize) -> Result<Vec<Value>> {
        let mut items = match self.collect(iterable) {
            Err(raised) if self.is_of(&raised, &self.types.type_error) && !self.is_iterable(iterable) => {
                return Err(self.type_error(&format!(
                    "cannot unpack non-iterable {} object",
                    kind_name(self, iterable)
                )));
            }
            items => items?,
        };
        if items.len() < before + after {
            return Err(self.too_few(before + after, items.len(), "at least "));
        }
        let last = items.split_off(items.len() - after);
        let middle = items.split_off(before);
        items.push(self.list(middle)?);
        items.extend(last);
        Ok(items)
    }
}
