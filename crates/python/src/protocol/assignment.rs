//! Attributes: set and deleted by CPython's rules.

use gleaner::Ref;

use super::attribute::same_name;
use super::describe::kind_name;
use crate::objects::instance::{slots, text_of};
use crate::objects::{Attributes, Class, Dict, Exception, Instance, Member, Module, Payload, Property};
use crate::value::{Kind, Result, Value, expect, typed};
use crate::vm::Vm;

impl Vm {
    /// `object.name = value`
    ///
    /// # Errors
    /// `AttributeError`, and what properties and `__setattr__` raise.
    pub fn setattr(&self, object: &Value, name: &Value, value: Value) -> Result<()> {
        if Kind::of(object) == Kind::Proxy {
            let referent = self.proxied(object)?;
            return self.setattr(&referent, name, value);
        }
        let class = self.class_of(object);
        if class.has(Class::SETATTR)
            && self.special(object, &self.names.setattr, &[name.clone(), value.clone()])?.is_some()
        {
            return Ok(());
        }
        self.plain_setattr(object, &class, name, Some(value))
    }

    /// `del object.name`
    ///
    /// # Errors
    /// `AttributeError`, and what properties and `__delattr__` raise.
    pub fn delattr(&self, object: &Value, name: &Value) -> Result<()> {
        if Kind::of(object) == Kind::Proxy {
            let referent = self.proxied(object)?;
            return self.delattr(&referent, name);
        }
        let class = self.class_of(object);
        if class.has(Class::SETATTR)
            && self.special(object, &self.names.delattr, std::slice::from_ref(name))?.is_some()
        {
            return Ok(());
        }
        self.plain_setattr(object, &class, name, None)
    }

    /// `object.__setattr__` and `__delattr__` of most objects.
    ///
    /// # Errors
    /// `AttributeError`, and what properties raise.
    pub fn plain_setattr(
        &self,
        object: &Value,
        class: &Ref<Class>,
        name: &Value,
        value: Option<Value>,
    ) -> Result<()> {
        if Kind::of(object) == Kind::Class {
            return self.class_setattr(object, name, value);
        }
        if let Some(found) = self.lookup(class, name)
            && self.set_through(&found, object, name, value.as_ref())?
        {
            return Ok(());
        }
        if self.set_special(object, name, value.as_ref())? {
            return Ok(());
        }
        let deleted = value.is_none();
        let done = match Kind::of(object) {
            Kind::Instance if class.has_dict => {
                let instance = expect::<Instance>(object);
                if instance.extra.as_ref().is_some_and(|extra| !matches!(extra.payload, Payload::None)) {
                    // Beside what comes of a builtin type, CPython keeps no inline values.
                    self.dict_of_instance(object)?;
                }
                self.set_own(&instance.attributes, name, value)?
            }
            Kind::Exception => {
                // There are no inline values, either.
                if !deleted {
                    self.dict_of_instance(object)?;
                }
                self.set_own(&expect::<Exception>(object).attributes, name, value)?
            }
            Kind::Module => self.set_in_dict(&expect::<Module>(object).dict.clone(), name, value)?,
            Kind::Function => {
                let dict = typed::<Dict>(&self.dict_of_instance(object)?).expect("just made");
                self.set_in_dict(&dict, name, value)?
            }
            _ => false,
        };
        if done {
            return Ok(());
        }
        let text = text_of(name).unwrap_or_default();
        if self.lookup(class, name).is_some() && !deleted {
            let kind = kind_name(self, object);
            return Err(self.attribute_error(&format!("'{kind}' object attribute '{text}' is read-only")));
        }
        Err(self.no_attribute(object, name))
    }

    fn set_in_dict(&self, dict: &Ref<Dict>, name: &Value, value: Option<Value>) -> Result<bool> {
        match value {
            Some(value) => self.dict_set(&dict.data, name.clone(), value).map(|()| true),
            None => Ok(self.dict_remove(&dict.data, name)?.is_some()),
        }
    }

    fn set_own(
        &self,
        attributes: &core::cell::RefCell<Attributes>,
        name: &Value,
        value: Option<Value>,
    ) -> Result<bool> {
        let dict = match &*attributes.borrow() {
            Attributes::Dict(dict) => Some(dict.clone()),
            Attributes::Inline(_) => None,
        };
        if let Some(dict) = dict {
            return self.set_in_dict(&dict, name, value);
        }
        let name = self.intern_value(name.clone());
        let old = {
            let mut attributes = attributes.borrow_mut();
            let Attributes::Inline(values) = &mut *attributes else { return Ok(false) };
            let place = values.iter().position(|(other, _)| same_name(other, &name));
            match (place, value) {
                (Some(place), Some(value)) => Some(std::mem::replace(&mut values[place].1, value)),
                (Some(place), None) => Some(values.remove(place).1),
                (None, Some(value)) => {
                    values.push((name, value));
                    None
                }
                (None, None) => return Ok(false),
            }
        };
        drop(old);
        Ok(true)
    }

    /// Sets or deletes through what the class has; returns whether that is how it goes.
    fn set_through(
        &self,
        found: &Value,
        object: &Value,
        name: &Value,
        value: Option<&Value>,
    ) -> Result<bool> {
        match Kind::of(found) {
            Kind::Property => {
                let property = expect::<Property>(found);
                let (function, what) = match value {
                    Some(_) => (property.set.get(), "setter"),
                    None => (property.delete.get(), "deleter"),
                };
                let Some(function) = function.filter(|function| Kind::of(function) != Kind::None) else {
                    let text = text_of(name).unwrap_or_default();
                    let kind = kind_name(self, object);
                    return Err(
                        self.attribute_error(&format!("property '{text}' of '{kind}' object has no {what}"))
                    );
                };
                let mut args = vec![object.clone()];
                args.extend(value.cloned());
                self.call_with(&function, args)?;
                Ok(true)
            }
            Kind::Member => {
                let member = expect::<Member>(found);
                if member.index == Member::DICT {
                    return self.replace_dict(object, value).map(|()| true);
                }
                let Some(slot) = slots(object).get(member.index as usize) else { return Ok(false) };
                if value.is_none() && slot.is_empty() {
                    return Err(self.attribute_error(text_of(name).unwrap_or_default()));
                }
                slot.put(value.cloned());
                Ok(true)
            }
            Kind::Instance
            | Kind::Slotted0
            | Kind::Slotted1
            | Kind::Slotted2
            | Kind::Slotted3
            | Kind::Slotted4 => {
                let of_found = self.class_of(found);
                let (hook, args) = match value {
                    Some(value) => (&self.names.set, vec![object.clone(), value.clone()]),
                    None => (&self.names.delete, vec![object.clone()]),
                };
                match self.lookup(&of_found, hook) {
                    Some(method) => {
                        let bound = self.bind_method(method, found, &of_found)?;
                        self.call_with(&bound, args)?;
                        Ok(true)
                    }
                    None => Ok(false),
                }
            }
            _ => Ok(false),
        }
    }

    fn replace_dict(&self, object: &Value, value: Option<&Value>) -> Result<()> {
        let dict = match value {
            Some(value) => typed::<Dict>(value).ok_or_else(|| {
                self.type_error(&format!(
                    "__dict__ must be set to a dictionary, not a '{}'",
                    kind_name(self, value)
                ))
            })?,
            None => self.dict()?,
        };
        if let Some(instance) = object.downcast_ref::<Instance>() {
            let old = instance.attributes.replace(Attributes::Dict(dict));
            drop(old);
        }
        Ok(())
    }

    fn class_setattr(&self, object: &Value, name: &Value, value: Option<Value>) -> Result<()> {
        let class = typed::<Class>(object).expect("the kind says so");
        let text = text_of(name).unwrap_or_default();
        if class.builtin {
            return Err(self
                .type_error(&format!("cannot set '{text}' attribute of immutable type '{}'", class.name())));
        }
        if text == "__name__"
            && let Some(value) = &value
        {
            let old = class.name.replace(text_of(value).unwrap_or_default().into());
            drop(old);
            return Ok(());
        }
        let deleted = value.is_none();
        if !self.set_in_dict(&class.dict.clone(), name, value)? && deleted {
            return Err(
                self.attribute_error(&format!("type object '{}' has no attribute '{text}'", class.name()))
            );
        }
        if text.starts_with("__") {
            self.note_flags(&class);
        }
        Ok(())
    }
}
