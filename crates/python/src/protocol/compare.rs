//! Comparison, truth, containment.

use core::cmp::Ordering;

use super::describe::kind_name;
use super::number::Number;
use crate::compile::Comparison;
use crate::objects::instance::{dict_of, list_of, set_of, text_of, tuple_of, weak_of};
use crate::objects::{Bool, Bytes, Float, Int, Method, Range, Slice, View};
use crate::value::{Kind, Result, Value, expect};
use crate::vm::Vm;

impl Comparison {
    fn holds(self, ordering: Option<Ordering>) -> bool {
        match self {
            Comparison::Less => ordering == Some(Ordering::Less),
            Comparison::LessEqual => matches!(ordering, Some(Ordering::Less | Ordering::Equal)),
            Comparison::Equal => ordering == Some(Ordering::Equal),
            Comparison::NotEqual => ordering != Some(Ordering::Equal),
            Comparison::Greater => ordering == Some(Ordering::Greater),
            Comparison::GreaterEqual => matches!(ordering, Some(Ordering::Greater | Ordering::Equal)),
        }
    }

    /// The comparison with the sides exchanged.
    fn mirrored(self) -> Comparison {
        match self {
            Comparison::Less => Comparison::Greater,
            Comparison::LessEqual => Comparison::GreaterEqual,
            Comparison::Greater => Comparison::Less,
            Comparison::GreaterEqual => Comparison::LessEqual,
            same => same,
        }
    }

    /// Its sign.
    #[must_use]
    pub fn sign(self) -> &'static str {
        match self {
            Comparison::Less => "<",
            Comparison::LessEqual => "<=",
            Comparison::Equal => "==",
            Comparison::NotEqual => "!=",
            Comparison::Greater => ">",
            Comparison::GreaterEqual => ">=",
        }
    }
}

impl Vm {
    fn comparison_name(&self, comparison: Comparison) -> &Value {
        match comparison {
            Comparison::Less => &self.names.lt,
            Comparison::LessEqual => &self.names.le,
            Comparison::Equal => &self.names.eq,
            Comparison::NotEqual => &self.names.ne,
            Comparison::Greater => &self.names.gt,
            Comparison::GreaterEqual => &self.names.ge,
        }
    }

    /// `left < right` and so on.
    ///
    /// # Errors
    /// `TypeError` if they have no order, and what special methods raise.
    pub fn compare(&self, comparison: Comparison, left: &Value, right: &Value) -> Result {
        if let (Some(left), Some(right)) = (left.downcast_ref::<Int>(), right.downcast_ref::<Int>()) {
            return Ok(self.bool(comparison.holds(Some(left.0.cmp(&right.0)))));
        }
        self.nested(" in comparison", || self.compare_slowly(comparison, left, right))
    }

    fn compare_slowly(&self, comparison: Comparison, left: &Value, right: &Value) -> Result {
        if Kind::of(left) == Kind::Proxy || Kind::of(right) == Kind::Proxy {
            let through = |value: &Value| {
                if Kind::of(value) == Kind::Proxy { self.proxied(value) } else { Ok(value.clone()) }
            };
            return self.compare(comparison, &through(left)?, &through(right)?);
        }
        let (of_left, of_right) = (self.class_of(left), self.class_of(right));
        let right_first = !of_left.is(&of_right) && self.is_subclass(&of_right, &of_left);
        if right_first && let Some(result) = self.compare_by_method(comparison.mirrored(), right, left)? {
            return Ok(result);
        }
        if let Some(result) = self.compare_by_method(comparison, left, right)? {
            return Ok(result);
        }
        if let Some(result) = self.compare_builtin(comparison, left, right)? {
            return Ok(self.bool(result));
        }
        if !right_first && let Some(result) = self.compare_by_method(comparison.mirrored(), right, left)? {
            return Ok(result);
        }
        match comparison {
            Comparison::Equal => Ok(self.bool(left == right)),
            Comparison::NotEqual => Ok(self.bool(left != right)),
            _ => Err(self.type_error(&format!(
                "'{}' not supported between instances of '{}' and '{}'",
                comparison.sign(),
                kind_name(self, left),
                kind_name(self, right)
            ))),
        }
    }

    /// By a special method of the left side; nothing if it has none or does not know.
    fn compare_by_method(
        &self,
        comparison: Comparison,
        left: &Value,
        right: &Value,
    ) -> Result<Option<Value>> {
        let name = self.comparison_name(comparison).clone();
        let found = self.special(left, &name, std::slice::from_ref(right))?;
        if let Some(found) = found {
            return Ok(Some(found).filter(|found| Kind::of(found) != Kind::NotImplemented));
        }
        if comparison == Comparison::NotEqual
            && let Some(equal) = self.special(left, &self.names.eq, std::slice::from_ref(right))?
            && Kind::of(&equal) != Kind::NotImplemented
        {
            return Ok(Some(self.bool(!self.truth(&equal)?)));
        }
        Ok(None)
    }

    /// Of builtin types; nothing if these two are not compared so.
    fn compare_builtin(&self, comparison: Comparison, left: &Value, right: &Value) -> Result<Option<bool>> {
        if let (Some(left), Some(right)) = (Number::of(left), Number::of(right)) {
            return Ok(Some(comparison.holds(left.compare(&right))));
        }
        if let (Some(left), Some(right)) = (text_of(left), text_of(right)) {
            return Ok(Some(comparison.holds(Some(left.cmp(right)))));
        }
        if let (Some(left), Some(right)) = (tuple_of(left), tuple_of(right)) {
            return self.compare_items(comparison, left, right).map(Some);
        }
        if let (Some(left), Some(right)) = (list_of(left), list_of(right)) {
            let (left, right) = (left.borrow().clone(), right.borrow().clone());
            return self.compare_items(comparison, &left, &right).map(Some);
        }
        if let (Some((left, _)), Some((right, _))) = (set_of(left), set_of(right)) {
            return self.compare_sets(comparison, left, right).map(Some);
        }
        if let (Some(left), Some(right)) = (left.downcast_ref::<Bytes>(), right.downcast_ref::<Bytes>()) {
            return Ok(Some(comparison.holds(Some(left.0.cmp(&right.0)))));
        }
        if !matches!(comparison, Comparison::Equal | Comparison::NotEqual) {
            return self.compare_views(comparison, left, right);
        }
        let equal = self.equal_builtin(left, right)?;
        Ok(equal.map(|equal| equal == (comparison == Comparison::Equal)))
    }

    fn compare_views(&self, comparison: Comparison, left: &Value, right: &Value) -> Result<Option<bool>> {
        let is_set = |value: &Value| matches!(Kind::of(value), Kind::View) || set_of(value).is_some();
        if !(is_set(left) && is_set(right)) {
            return Ok(None);
        }
        let left = self.set(self.collect(left)?, true)?;
        let right = self.set(self.collect(right)?, true)?;
        self.compare_builtin(comparison, &left, &right)
    }

    fn equal_builtin(&self, left: &Value, right: &Value) -> Result<Option<bool>> {
        if let (Some(left), Some(right)) = (dict_of(left), dict_of(right)) {
            if left.borrow().len() != right.borrow().len() {
                return Ok(Some(false));
            }
            let pairs: Vec<(Value, Value)> =
                left.borrow().iter().map(|entry| (entry.key.clone(), entry.value.clone())).collect();
            for (key, value) in pairs {
                match self.dict_get(right, &key)? {
                    Some(other) if other == value || self.equal(&value, &other)? => {}
                    _ => return Ok(Some(false)),
                }
            }
            return Ok(Some(true));
        }
        if let (Some(left), Some(right)) = (left.downcast_ref::<Range>(), right.downcast_ref::<Range>()) {
            let same = left.len() == right.len()
                && (left.is_empty()
                    || (left.start == right.start && (left.len() == 1 || left.step == right.step)));
            return Ok(Some(same));
        }
        if let (Some(left), Some(right)) = (left.downcast_ref::<Method>(), right.downcast_ref::<Method>()) {
            return Ok(Some(left.object == right.object && left.function == right.function));
        }
        if let (Some(left), Some(right)) = (left.downcast_ref::<Slice>(), right.downcast_ref::<Slice>()) {
            return Ok(Some(
                self.equal(&left.start, &right.start)?
                    && self.equal(&left.stop, &right.stop)?
                    && self.equal(&left.step, &right.step)?,
            ));
        }
        if let Some(equal) = self.equal_weak(left, right)? {
            return Ok(Some(equal));
        }
        if Kind::of(left) == Kind::View || Kind::of(right) == Kind::View {
            if !self.both_like_sets(left, right) {
                return Ok(None);
            }
            let left = self.set(self.collect(left)?, true)?;
            let right = self.set(self.collect(right)?, true)?;
            return self.equal(&left, &right).map(Some);
        }
        Ok(None)
    }

    /// PY-48: weak references are equal by referent while both live, by identity afterwards.
    pub(crate) fn equal_weak(&self, left: &Value, right: &Value) -> Result<Option<bool>> {
        let (Some(one), Some(other)) = (weak_of(left), weak_of(right)) else { return Ok(None) };
        match (self.heap.referent(&one), self.heap.referent(&other)) {
            (Some(one), Some(other)) => self.equal(&one, &other).map(Some),
            _ => Ok(Some(left == right)),
        }
    }

    fn both_like_sets(&self, left: &Value, right: &Value) -> bool {
        let like = |value: &Value| match value.downcast_ref::<View>() {
            Some(view) => view.kind != crate::objects::ViewKind::Values,
            None => set_of(value).is_some(),
        };
        like(left) && like(right)
    }

    fn compare_items(&self, comparison: Comparison, left: &[Value], right: &[Value]) -> Result<bool> {
        if matches!(comparison, Comparison::Equal | Comparison::NotEqual) && left.len() != right.len() {
            return Ok(comparison == Comparison::NotEqual);
        }
        self.charge_work(left.len().min(right.len()) as u64 * 16)?;
        for (left, right) in left.iter().zip(right) {
            if left != right && !self.equal(left, right)? {
                return match comparison {
                    Comparison::Equal => Ok(false),
                    Comparison::NotEqual => Ok(true),
                    comparison => {
                        let result = self.compare(comparison, left, right)?;
                        self.truth(&result)
                    }
                };
            }
        }
        Ok(comparison.holds(Some(left.len().cmp(&right.len()))))
    }

    fn compare_sets(
        &self,
        comparison: Comparison,
        left: &core::cell::RefCell<crate::objects::DictData>,
        right: &core::cell::RefCell<crate::objects::DictData>,
    ) -> Result<bool> {
        let (of_left, of_right) = (left.borrow().len(), right.borrow().len());
        let subset = |small: &core::cell::RefCell<crate::objects::DictData>,
                      large: &core::cell::RefCell<crate::objects::DictData>|
         -> Result<bool> {
            let keys: Vec<Value> = small.borrow().iter().map(|entry| entry.key.clone()).collect();
            for key in keys {
                if !self.dict_contains(large, &key)? {
                    return Ok(false);
                }
            }
            Ok(true)
        };
        match comparison {
            Comparison::Equal => Ok(of_left == of_right && subset(left, right)?),
            Comparison::NotEqual => Ok(of_left != of_right || !subset(left, right)?),
            Comparison::Less => Ok(of_left < of_right && subset(left, right)?),
            Comparison::LessEqual => Ok(of_left <= of_right && subset(left, right)?),
            Comparison::Greater => Ok(of_left > of_right && subset(right, left)?),
            Comparison::GreaterEqual => Ok(of_left >= of_right && subset(right, left)?),
        }
    }

    /// `left == right`, as a truth.
    ///
    /// # Errors
    /// What `__eq__` and `__bool__` raise.
    pub fn equal(&self, left: &Value, right: &Value) -> Result<bool> {
        let result = self.compare(Comparison::Equal, left, right)?;
        self.truth(&result)
    }

    /// `left is right or left == right`: what containers ask.
    ///
    /// # Errors
    /// What `__eq__` raises.
    pub fn same(&self, left: &Value, right: &Value) -> Result<bool> {
        Ok(left == right || self.equal(left, right)?)
    }

    /// `bool(value)`
    ///
    /// # Errors
    /// What `__bool__` and `__len__` raise.
    pub fn truth(&self, value: &Value) -> Result<bool> {
        match Kind::of(value) {
            Kind::Bool => return Ok(expect::<Bool>(value).0),
            Kind::None => return Ok(false),
            Kind::Int => return Ok(expect::<Int>(value).0 != 0),
            Kind::Float => return Ok(expect::<Float>(value).0 != 0.0),
            Kind::Proxy => return self.truth(&self.proxied(value)?),
            _ => {}
        }
        if let Some(result) = self.special(value, &self.names.bool, &[])? {
            return match result.downcast_ref::<Bool>() {
                Some(result) => Ok(result.0),
                None => Err(self.type_error(&format!(
                    "__bool__ should return bool, returned {}",
                    kind_name(self, &result)
                ))),
            };
        }
        if let Some(length) = self.length(value)? {
            return Ok(length != 0);
        }
        Ok(Number::of(value).is_none_or(|number| !number.is_zero()))
    }

    /// `item in container`
    ///
    /// # Errors
    /// `TypeError` if it is none, and what comparing raises.
    pub fn contains(&self, container: &Value, item: &Value) -> Result<bool> {
        if Kind::of(container) == Kind::Proxy {
            return self.contains(&self.proxied(container)?, item);
        }
        if let Some(found) = self.special(container, &self.names.contains, std::slice::from_ref(item))? {
            return self.truth(&found);
        }
        if let Some(data) = dict_of(container) {
            return self.dict_contains(data, item);
        }
        if let Some((data, _)) = set_of(container) {
            return self.set_contains(data, item);
        }
        if let Some(text) = text_of(container) {
            return match text_of(item) {
                Some(item) => Ok(text.contains(item)),
                None => Err(self.type_error(&format!(
                    "'in <string>' requires string as left operand, not {}",
                    kind_name(self, item)
                ))),
            };
        }
        match Kind::of(container) {
            Kind::Range => {
                let range = expect::<Range>(container);
                if let Some(Number::Int(value)) = Number::of(item) {
                    let offset = i128::from(value) - i128::from(range.start);
                    let index = offset / i128::from(range.step);
                    return Ok(offset % i128::from(range.step) == 0
                        && index >= 0
                        && index < i128::from(range.len()));
                }
            }
            Kind::MappingProxy => {
                let dict = expect::<crate::objects::MappingProxy>(container).dict.clone();
                return self.dict_contains(&dict.data, item);
            }
            Kind::View => return self.view_contains(expect::<View>(container), item),
            _ => {}
        }
        let Some(iterator) = self.unless(self.iter(container), &self.types.type_error)? else {
            return Err(self
                .type_error(&format!("argument of type '{}' is not iterable", kind_name(self, container))));
        };
        while let Some(other) = self.next(&iterator)? {
            if self.same(&other, item)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn view_contains(&self, view: &View, item: &Value) -> Result<bool> {
        let Some(data) = dict_of(&view.dict) else { return Ok(false) };
        match view.kind {
            crate::objects::ViewKind::Keys => self.dict_contains(data, item),
            crate::objects::ViewKind::Values => {
                let values: Vec<Value> = data.borrow().iter().map(|entry| entry.value.clone()).collect();
                for value in values {
                    if self.same(&value, item)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            crate::objects::ViewKind::Items => match tuple_of(item) {
                Some([key, value]) => match self.dict_get(data, key)? {
                    Some(found) => self.same(&found, value),
                    None => Ok(false),
                },
                _ => Ok(false),
            },
        }
    }
}
