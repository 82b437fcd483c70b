//! Attributes: found by CPython's rules; methods bound.

use gleaner::Ref;

use super::describe::kind_name;
use crate::objects::instance::{slots, text_of};
use crate::objects::{
    Attributes, Builtin, Class, ClassMethod, Exception, Function, Instance, Member, Method, Module, Property,
    Proxy, StaticMethod, Super,
};
use crate::value::{Kind, Raised, Result, Value, expect, typed};
use crate::vm::Vm;

impl Vm {
    /// `object.name`
    ///
    /// # Errors
    /// `AttributeError`, and what properties and `__getattr__` raise.
    pub fn getattr(&self, object: &Value, name: &Value) -> Result {
        match Kind::of(object) {
            Kind::Class => return self.class_getattr(object, name),
            Kind::Super => return self.super_getattr(object, name),
            Kind::Proxy => {
                let referent = self.proxied(object)?;
                return self.getattr(&referent, name);
            }
            _ => {}
        }
        let class = self.class_of(object);
        if class.has(Class::GETATTR) {
            return self.getattr_by_hooks(object, &class, name);
        }
        match self.plain_getattr(object, &class, name)? {
            Some(value) => Ok(value),
            None => Err(self.no_attribute(object, name)),
        }
    }

    fn getattr_by_hooks(&self, object: &Value, class: &Ref<Class>, name: &Value) -> Result {
        let hook =
            self.lookup(class, &self.names.getattribute).filter(|hook| Kind::of(hook) != Kind::Builtin);
        let found = match hook {
            Some(hook) => {
                let bound = self.bind_method(hook, object, class)?;
                self.call_with(&bound, [name.clone()])
            }
            None => self
                .plain_getattr(object, class, name)
                .and_then(|found| found.ok_or_else(|| self.no_attribute(object, name))),
        };
        match found {
            Err(raised) if self.is_of(&raised, &self.types.attribute_error) => {
                match self.lookup(class, &self.names.getattr) {
                    Some(hook) => {
                        drop(raised);
                        let bound = self.bind_method(hook, object, class)?;
                        self.call_with(&bound, [name.clone()])
                    }
                    None => Err(raised),
                }
            }
            found => found,
        }
    }

    /// `object.__getattribute__(name)` of most objects; nothing if there is no such attribute.
    ///
    /// # Errors
    /// What properties raise.
    pub fn plain_getattr(&self, object: &Value, class: &Ref<Class>, name: &Value) -> Result<Option<Value>> {
        let in_class = self.lookup(class, name);
        if let Some(found) = &in_class
            && is_data_descriptor(self, found)
        {
            return self.get_bound(found, Some(object), class).map(Some);
        }
        if let Some(found) = self.own_attribute(object, name) {
            return Ok(Some(found));
        }
        if let Some(found) = in_class {
            return self.get_bound(&found, Some(object), class).map(Some);
        }
        self.get_special(object, class, name)
    }

    /// An attribute that the object itself has.
    fn own_attribute(&self, object: &Value, name: &Value) -> Option<Value> {
        let attributes = match Kind::of(object) {
            Kind::Instance => &expect::<Instance>(object).attributes,
            Kind::Exception => &expect::<Exception>(object).attributes,
            Kind::Module => return self.dict_get_name(&expect::<Module>(object).dict.data, name),
            Kind::Function => {
                let dict = expect::<Function>(object).dict.get()?;
                return self.dict_get_name(&dict.data, name);
            }
            _ => return None,
        };
        match &*attributes.borrow() {
            Attributes::Inline(values) => {
                values.iter().find(|(other, _)| same_name(other, name)).map(|(_, value)| value.clone())
            }
            Attributes::Dict(dict) => self.dict_get_name(&dict.data, name),
        }
    }

    /// What an attribute of a class is when it is asked for through an instance, or through the class.
    fn get_bound(&self, found: &Value, object: Option<&Value>, class: &Ref<Class>) -> Result {
        match (Kind::of(found), object) {
            (Kind::Function, Some(object)) => {
                self.make(Method { function: found.clone(), object: object.clone() })
            }
            (Kind::Builtin, Some(object)) if !expect::<Builtin>(found).owner.is_empty() => {
                self.make(Method { function: found.clone(), object: object.clone() })
            }
            (Kind::StaticMethod, _) => {
                Ok(expect::<StaticMethod>(found).function.get().unwrap_or_else(|| self.none.clone()))
            }
            (Kind::ClassMethod, _) => {
                let function =
                    expect::<ClassMethod>(found).function.get().unwrap_or_else(|| self.none.clone());
                self.make(Method { function, object: class.clone().into_any() })
            }
            (Kind::Property, Some(object)) => match expect::<Property>(found).get.get() {
                Some(get) if Kind::of(&get) != Kind::None => self.call_with(&get, [object.clone()]),
                _ => Err(self.attribute_error("unreadable attribute")),
            },
            (Kind::Member, Some(object)) => self.get_member(found, object),
            (
                Kind::Instance
                | Kind::Slotted0
                | Kind::Slotted1
                | Kind::Slotted2
                | Kind::Slotted3
                | Kind::Slotted4,
                _,
            ) => {
                let of_found = self.class_of(found);
                match self.lookup(&of_found, &self.names.get) {
                    Some(get) => {
                        let bound = self.bind_method(get, found, &of_found)?;
                        let object = object.cloned().unwrap_or_else(|| self.none.clone());
                        self.call_with(&bound, [object, class.clone().into_any()])
                    }
                    None => Ok(found.clone()),
                }
            }
            _ => Ok(found.clone()),
        }
    }

    fn get_member(&self, found: &Value, object: &Value) -> Result {
        let member = expect::<Member>(found);
        match member.index {
            Member::DICT => self.dict_of_instance(object),
            Member::WEAKREF => {
                let first = self.heap.watchers(object).into_iter().next();
                Ok(first.map_or_else(|| self.none.clone(), Ref::into_any))
            }
            index => match slots(object).get(index as usize).and_then(gleaner::AnySlot::get) {
                Some(value) => Ok(value),
                None => Err(self.no_attribute(object, &member.name)),
            },
        }
    }

    /// `object.__dict__`: from here on the attributes lie in the dict.
    ///
    /// # Errors
    /// `AttributeError` if it has none.
    pub fn dict_of_instance(&self, object: &Value) -> Result {
        let attributes = match Kind::of(object) {
            Kind::Instance if self.class_of(object).has_dict => &expect::<Instance>(object).attributes,
            Kind::Exception => &expect::<Exception>(object).attributes,
            Kind::Module => return Ok(expect::<Module>(object).dict.clone().into_any()),
            Kind::Function => {
                let function = expect::<Function>(object);
                if let Some(dict) = function.dict.get() {
                    return Ok(dict.into_any());
                }
                let dict = self.dict()?;
                function.dict.set(&dict);
                return Ok(dict.into_any());
            }
            _ => return Err(self.no_attribute(object, &self.names.dict)),
        };
        if let Attributes::Dict(dict) = &*attributes.borrow() {
            return Ok(dict.clone().into_any());
        }
        let dict = self.dict()?;
        let values = match attributes.replace(Attributes::Dict(dict.clone())) {
            Attributes::Inline(values) => values,
            Attributes::Dict(_) => Vec::new(),
        };
        for (name, value) in values {
            self.dict_set(&dict.data, name, value)?;
        }
        Ok(dict.into_any())
    }

    fn class_getattr(&self, object: &Value, name: &Value) -> Result {
        let class = typed::<Class>(object).expect("the kind says so");
        let metaclass = self.class_of(object);
        let in_meta = if metaclass.builtin { None } else { self.lookup(&metaclass, name) };
        if let Some(found) = &in_meta
            && is_data_descriptor(self, found)
        {
            return self.get_bound(found, Some(object), &metaclass);
        }
        let own = self.get_class_special(&class, name)?;
        if let Some(found) = own {
            return Ok(found);
        }
        if let Some(found) = self.lookup(&class, name) {
            return self.get_bound(&found, None, &class);
        }
        if let Some(found) = in_meta {
            return self.get_bound(&found, Some(object), &metaclass);
        }
        if let Some(found) = self.lookup(&self.types.type_, name) {
            return self.get_bound(&found, Some(object), &metaclass);
        }
        if metaclass.has(Class::GETATTR)
            && let Some(hook) = self.lookup(&metaclass, &self.names.getattr)
        {
            let bound = self.bind_method(hook, object, &metaclass)?;
            return self.call_with(&bound, [name.clone()]);
        }
        let text = text_of(name).unwrap_or_default();
        Err(self.attribute_error(&format!("type object '{}' has no attribute '{text}'", class.name())))
    }

    fn super_getattr(&self, object: &Value, name: &Value) -> Result {
        let Super { after, object, class } = expect::<Super>(object);
        let mro = class.mro.get();
        let order = mro.as_ref().map(|mro| &mro.0[..]).unwrap_or_default();
        let place =
            order.iter().position(|other| other == after.as_any()).map_or(order.len(), |place| place + 1);
        for parent in &order[place..] {
            let parent = expect::<Class>(parent);
            if let Some(found) = self.dict_get_name(&parent.dict.data, name) {
                let through = if object == class.as_any() { None } else { Some(object) };
                if through.is_none() && name == &self.names.new {
                    return Ok(found);
                }
                return self.get_bound(&found, through, class);
            }
        }
        let text = text_of(name).unwrap_or_default();
        Err(self.attribute_error(&format!("'super' object has no attribute '{text}'")))
    }

    /// The method of a call `object.name(…)`, to be called with the object first; nothing if it is no plain method.
    pub(crate) fn find_method(&self, object: &Value, name: &Value) -> Option<Value> {
        let kind = Kind::of(object);
        if matches!(kind, Kind::Class | Kind::Super | Kind::Proxy) {
            return None;
        }
        let class = self.class_of(object);
        if class.has(Class::GETATTR) {
            return None;
        }
        let found = self.lookup(&class, name)?;
        let is_method = match Kind::of(&found) {
            Kind::Function => true,
            Kind::Builtin => !expect::<Builtin>(&found).owner.is_empty(),
            _ => false,
        };
        (is_method && self.own_attribute(object, name).is_none()).then_some(found)
    }

    /// Binds what a class has to an instance, for a special method.
    ///
    /// # Errors
    /// What `__get__` raises.
    pub fn bind_method(&self, method: Value, object: &Value, class: &Ref<Class>) -> Result {
        self.get_bound(&method, Some(object), class)
    }

    /// Calls a special method, if the object's class has it and it is not the machine's own.
    ///
    /// # Errors
    /// What it raises.
    pub fn special(&self, object: &Value, name: &Value, args: &[Value]) -> Result<Option<Value>> {
        let class = match Kind::of(object) {
            Kind::Instance
            | Kind::Slotted0
            | Kind::Slotted1
            | Kind::Slotted2
            | Kind::Slotted3
            | Kind::Slotted4
            | Kind::Exception => self.class_of(object),
            Kind::Class => {
                let class = self.class_of(object);
                if class.builtin {
                    return Ok(None);
                }
                class
            }
            _ => return Ok(None),
        };
        let Some(method) = self.lookup(&class, name) else { return Ok(None) };
        match Kind::of(&method) {
            Kind::Builtin | Kind::None => Ok(None),
            Kind::Function => {
                let mut call = crate::vm::Args::of([object.clone()]);
                call.values.extend(args.iter().cloned());
                self.call(&method, call).map(Some)
            }
            _ => {
                let bound = self.bind_method(method, object, &class)?;
                self.call_with(&bound, args.iter().cloned()).map(Some)
            }
        }
    }

    /// What a proxy stands for.
    ///
    /// # Errors
    /// `ReferenceError` if it has died.
    pub fn proxied(&self, proxy: &Value) -> Result {
        self.heap.referent(&expect::<Proxy>(proxy).weak).ok_or_else(|| {
            self.raise(&self.types.reference_error, "weakly-referenced object no longer exists")
        })
    }

    /// `AttributeError` for a name that an object does not have.
    pub fn no_attribute(&self, object: &Value, name: &Value) -> Raised {
        let text = text_of(name).unwrap_or_default();
        let message = match Kind::of(object) {
            Kind::Module => format!("module '{}' has no attribute '{text}'", expect::<Module>(object).name),
            _ => format!("'{}' object has no attribute '{text}'", kind_name(self, object)),
        };
        self.attribute_error(&message)
    }
}

fn is_data_descriptor(vm: &Vm, found: &Value) -> bool {
    match Kind::of(found) {
        Kind::Property | Kind::Member => true,
        Kind::Instance
        | Kind::Slotted0
        | Kind::Slotted1
        | Kind::Slotted2
        | Kind::Slotted3
        | Kind::Slotted4 => {
            let class = vm.class_of(found);
            vm.lookup(&class, &vm.names.set).is_some() || vm.lookup(&class, &vm.names.delete).is_some()
        }
        _ => false,
    }
}

/// Whether two strings have the same text.
pub(super) fn same_name(left: &Value, right: &Value) -> bool {
    left == right || text_of(left) == text_of(right)
}
