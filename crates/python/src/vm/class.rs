//! Classes: finding names in them, making them, calling them.

use std::cell::{Cell, RefCell};

use gleaner::{AnySlot, Ref, Slot};
use num_bigint::BigInt;

use super::{Args, Vm};
use crate::objects::instance::{text_of, tuple_of};
use crate::objects::sequence::Items;
use crate::objects::{
    Attributes, Class, Dict, DictData, Extra, Instance, Layout, Member, Payload, Slotted, Tuple,
};
use crate::protocol::describe::kind_name;
use crate::value::{Kind, Result, Value, expect, typed};

/// What a new class is to be.
pub struct ClassSpec {
    /// Its name.
    pub name: String,
    /// What it inherits from; `object` if there is nothing.
    pub bases: Vec<Value>,
    /// Its names.
    pub dict: Ref<Dict>,
    /// Its class, if it is not `type`.
    pub metaclass: Option<Ref<Class>>,
}

impl Vm {
    /// Finds a name in a class or in what it inherits from.
    #[must_use]
    pub fn lookup(&self, class: &Ref<Class>, name: &Value) -> Option<Value> {
        let mro = class.mro.get()?;
        for class in &mro.0 {
            let class = class.downcast_ref::<Class>()?;
            if let Some(found) = self.dict_get_name(&class.dict.data, name) {
                return Some(found);
            }
        }
        None
    }

    /// Whether a class is another one or inherits from it.
    #[must_use]
    pub fn is_subclass(&self, class: &Ref<Class>, of: &Ref<Class>) -> bool {
        class.is(of) || class.mro.get().is_some_and(|mro| mro.0.iter().any(|other| other == of.as_any()))
    }

    /// Whether an object is an instance of a class.
    #[must_use]
    pub fn is_instance(&self, value: &Value, of: &Ref<Class>) -> bool {
        self.is_subclass(&self.class_of(value), of)
    }

    /// Makes a class.
    ///
    /// # Errors
    /// `TypeError` if it cannot inherit from its bases, and what `__set_name__` and `__init_subclass__` raise.
    pub fn make_class(&self, spec: ClassSpec, keywords: Vec<(Value, Value)>) -> Result {
        let ClassSpec { name, bases, dict, metaclass } = spec;
        let bases = if bases.is_empty() { vec![self.types.object.clone().into_any()] } else { bases };
        let mut layout = Layout::Object;
        let (mut has_dict, mut has_weakref, mut slots, mut flags) = (false, false, 0, 0);
        for base in &bases {
            let Some(base) = base.downcast_ref::<Class>() else {
                return Err(self.type_error("bases must be types"));
            };
            if matches!(base.layout, Layout::Closed | Layout::Bool) {
                return Err(
                    self.type_error(&format!("type '{}' is not an acceptable base type", base.name()))
                );
            }
            if base.layout != Layout::Object {
                if layout != Layout::Object && layout != base.layout {
                    return Err(self.type_error("multiple bases have instance lay-out conflict"));
                }
                layout = base.layout;
            }
            if !(base.builtin && base.layout == Layout::Object) {
                has_dict |= base.has_dict;
                has_weakref |= base.has_weakref && !base.builtin;
            }
            slots = slots.max(base.slots);
            flags |= base.flags.get();
        }
        let declared = self.declared_slots(&dict)?;
        let mut members = Vec::new();
        match &declared {
            None => {
                if !has_dict {
                    members.push((self.names.dict.clone(), Member::DICT));
                }
                if !has_weakref && layout != Layout::Weak {
                    members.push((self.names.weakref.clone(), Member::WEAKREF));
                }
                (has_dict, has_weakref) = (true, true);
            }
            Some(names) => {
                for slot in names {
                    match text_of(slot) {
                        Some("__dict__") => {
                            has_dict = true;
                            members.push((slot.clone(), Member::DICT));
                        }
                        Some("__weakref__") => {
                            has_weakref = true;
                            members.push((slot.clone(), Member::WEAKREF));
                        }
                        _ => {
                            members.push((slot.clone(), slots));
                            slots += 1;
                        }
                    }
                }
            }
        }
        let class = self.alloc(Class {
            name: RefCell::new(name.into()),
            metaclass: metaclass.map_or_else(Slot::empty, Slot::new),
            dict,
            bases: Slot::empty(),
            mro: Slot::empty(),
            layout,
            builtin: false,
            has_dict,
            has_weakref,
            slots,
            flags: Cell::new(flags),
            subclasses: RefCell::default(),
        })?;
        class.bases.put(Some(self.alloc(Tuple(bases.iter().cloned().collect()))?));
        let order = self.resolution_order(&class, &bases)?;
        self.charge_bytes(order.len() * 8)?;
        self.charge_work(order.len() as u64 * 64)?;
        class.mro.put(Some(self.alloc(Tuple(order.into()))?));
        for (name, index) in members {
            let member = self.make(Member { name: name.clone(), owner: Slot::new(class.clone()), index })?;
            self.dict_set(&class.dict.data, name, member)?;
        }
        self.note_flags(&class);
        if self.dict_get_name(&class.dict.data, &self.names.eq).is_some()
            && self.dict_get_name(&class.dict.data, &self.names.hash).is_none()
        {
            self.dict_set(&class.dict.data, self.names.hash.clone(), self.none.clone())?;
        }
        let class_value = class.clone().into_any();
        for base in &bases {
            if let Some(base) = typed::<Class>(base)
                && !base.builtin
            {
                let weak = self.heap.watch(&class_value, None).map_err(|_| self.no_memory())?;
                base.subclasses.borrow_mut().push(weak.into_any());
            }
        }
        self.finish_class(&class_value, keywords)?;
        Ok(class_value)
    }

    fn finish_class(&self, class: &Value, keywords: Vec<(Value, Value)>) -> Result<()> {
        let object = typed::<Class>(class).expect("just made");
        let entries: Vec<(Value, Value)> =
            object.dict.data.borrow().iter().map(|entry| (entry.key.clone(), entry.value.clone())).collect();
        for (name, value) in entries {
            if Kind::of(&value) != Kind::Instance {
                continue;
            }
            let of_value = self.class_of(&value);
            if let Some(set_name) = self.lookup(&of_value, &self.names.set_name) {
                let bound = self.bind_method(set_name, &value, &of_value)?;
                self.call_with(&bound, [class.clone(), name])?;
            }
        }
        let mro = object.mro.get();
        let parents: Vec<Value> = mro.map(|mro| mro.0.iter().skip(1).cloned().collect()).unwrap_or_default();
        for parent in parents {
            let Some(parent) = parent.downcast_ref::<Class>() else { continue };
            if let Some(hook) = self.dict_get_name(&parent.dict.data, &self.names.init_subclass) {
                let hook = match hook.downcast_ref::<crate::objects::ClassMethod>() {
                    Some(method) => method.function.get().unwrap_or_else(|| self.none.clone()),
                    None => hook,
                };
                let mut args = Args::of([class.clone()]);
                args.keywords = keywords;
                self.call(&hook, args)?;
                return Ok(());
            }
        }
        if keywords.is_empty() {
            Ok(())
        } else {
            Err(self.type_error(&format!("{}.__init_subclass__() takes no keyword arguments", object.name())))
        }
    }

    /// The names in `__slots__`, if there are any.
    fn declared_slots(&self, dict: &Ref<Dict>) -> Result<Option<Vec<Value>>> {
        let Some(slots) = self.dict_get_name(&dict.data, &self.names.slots) else { return Ok(None) };
        let names = if text_of(&slots).is_some() { vec![slots] } else { self.collect(&slots)? };
        for name in &names {
            let Some(text) = text_of(name) else {
                return Err(self.type_error(&format!(
                    "__slots__ items must be strings, not '{}'",
                    kind_name(self, name)
                )));
            };
            if self.dict_get_name(&dict.data, name).is_some() {
                return Err(self.value_error(&format!("'{text}' in __slots__ conflicts with class variable")));
            }
        }
        Ok(Some(names))
    }

    /// The order of resolution (C3).
    fn resolution_order(&self, class: &Ref<Class>, bases: &[Value]) -> Result<Vec<Value>> {
        let mut lists: Vec<Vec<Value>> = bases
            .iter()
            .filter_map(|base| base.downcast_ref::<Class>())
            .filter_map(|base| base.mro.get())
            .map(|mro| mro.0.to_vec())
            .collect();
        lists.push(bases.to_vec());
        let mut order = vec![class.clone().into_any()];
        loop {
            lists.retain(|list| !list.is_empty());
            if lists.is_empty() {
                return Ok(order);
            }
            let head = lists
                .iter()
                .map(|list| list[0].clone())
                .find(|head| !lists.iter().any(|list| list[1..].contains(head)));
            let Some(head) = head else {
                return Err(
                    self.type_error("Cannot create a consistent method resolution order (MRO) for bases")
                );
            };
            for list in &mut lists {
                if list[0] == head {
                    list.remove(0);
                }
            }
            order.push(head);
        }
    }

    /// Notes down which special methods instances have, of a class and of all that inherit from it.
    pub fn note_flags(&self, class: &Ref<Class>) {
        let mut classes = vec![class.clone()];
        while let Some(class) = classes.pop() {
            let has = |name: &Value| {
                self.lookup(&class, name).is_some_and(|found| Kind::of(&found) != Kind::Builtin)
            };
            let mut flags = 0;
            if has(&self.names.del) {
                flags |= Class::DEL;
            }
            if has(&self.names.getattr) || has(&self.names.getattribute) {
                flags |= Class::GETATTR;
            }
            if has(&self.names.setattr) || has(&self.names.delattr) {
                flags |= Class::SETATTR;
            }
            class.flags.set(flags);
            let subclasses = class.subclasses.borrow().clone();
            classes.extend(subclasses.into_iter().filter_map(|weak| {
                let weak = weak.downcast::<gleaner::WeakReference>().ok()?;
                typed::<Class>(&self.heap.referent(&weak)?)
            }));
        }
    }

    /// Makes an instance, not initialised, with what it has of a builtin type.
    ///
    /// # Errors
    /// `MemoryError`.
    pub fn new_instance(&self, class: &Ref<Class>, payload: Payload) -> Result {
        let owner = || Slot::new(class.clone());
        let slot = AnySlot::empty;
        if !class.has_dict && matches!(payload, Payload::None) {
            match class.slots {
                0 => return self.make(Slotted { class: owner(), slots: [] }),
                1 => return self.make(Slotted { class: owner(), slots: [slot()] }),
                2 => return self.make(Slotted { class: owner(), slots: [slot(), slot()] }),
                3 => return self.make(Slotted { class: owner(), slots: [slot(), slot(), slot()] }),
                4 => return self.make(Slotted { class: owner(), slots: [slot(), slot(), slot(), slot()] }),
                _ => {}
            }
        }
        let extra = if class.slots == 0 && matches!(payload, Payload::None) {
            None
        } else {
            let slots = (0..class.slots).map(|_| slot()).collect();
            Some(Box::new(Extra { slots, payload }))
        };
        self.make(Instance { class: owner(), attributes: Attributes::default().into(), extra })
    }

    /// Calls a class: `__new__`, then `__init__`.
    pub(super) fn call_class(&self, callable: &Value, args: Args) -> Result {
        let class = typed::<Class>(callable).expect("the kind says so");
        let metaclass = self.class_of(callable);
        if !metaclass.builtin
            && let Some(call) = self.lookup(&metaclass, &self.names.call)
        {
            let bound = self.bind_method(call, callable, &metaclass)?;
            return self.call(&bound, args);
        }
        self.instantiate(&class, args)
    }

    /// `type.__call__`
    ///
    /// # Errors
    /// What `__new__` and `__init__` raise.
    pub fn instantiate(&self, class: &Ref<Class>, mut args: Args) -> Result {
        if class.builtin {
            return crate::builtins::construct(self, class, class, args);
        }
        let new = self.lookup(class, &self.names.new).filter(|new| Kind::of(new) != Kind::Builtin);
        let init = self.lookup(class, &self.names.init).filter(|init| Kind::of(init) != Kind::Builtin);
        let values = args.values.clone();
        let keywords = args.keywords.clone();
        let object = match new {
            Some(new) => {
                let new = match new.downcast_ref::<crate::objects::StaticMethod>() {
                    Some(method) => method.function.get().unwrap_or(new),
                    None => new,
                };
                args.values.insert(0, class.clone().into_any());
                let object = self.call(&new, args)?;
                if !self.is_instance(&object, class) {
                    return Ok(object);
                }
                object
            }
            None => self.new_object(class, args, init.is_some())?,
        };
        let class = self.class_of(&object);
        if let Some(init) = self.lookup(&class, &self.names.init)
            && Kind::of(&init) != Kind::Builtin
        {
            let mut args = Args { values, keywords };
            let bound = self.bind_method(init, &object, &class)?;
            let result = match bound.downcast_ref::<crate::objects::Method>() {
                Some(method) => {
                    args.values.insert(0, method.object.clone());
                    let function = method.function.clone();
                    drop(bound);
                    self.call(&function, args)?
                }
                None => self.call(&bound, args)?,
            };
            if Kind::of(&result) != Kind::None {
                return Err(self.type_error(&format!(
                    "__init__() should return None, not '{}'",
                    kind_name(self, &result)
                )));
            }
        }
        Ok(object)
    }

    /// `object.__new__`, `list.__new__` and so on, for a class of the program's.
    ///
    /// # Errors
    /// `TypeError` if there are arguments that nobody takes; what the builtin type raises.
    pub fn new_object(&self, class: &Ref<Class>, args: Args, has_init: bool) -> Result {
        let payload = match class.layout {
            Layout::Object => {
                let any = !(args.is_empty() && args.keywords.is_empty());
                if any && !has_init {
                    return Err(self.type_error(&format!("{}() takes no arguments", class.name())));
                }
                Payload::None
            }
            Layout::Exception => {
                let tuple = self.tuple(args.values)?;
                return self.exception(class, tuple);
            }
            // Their contents come with `__init__` in Python.
            Layout::List | Layout::Dict | Layout::Set if has_init => match class.layout {
                Layout::List => Payload::List(Items::default()),
                Layout::Dict => Payload::Dict(RefCell::default()),
                _ => Payload::Set { data: RefCell::default(), frozen: false },
            },
            layout => {
                let base = self.builtin_base(layout);
                return crate::builtins::construct(self, &base, class, args);
            }
        };
        self.new_instance(class, payload)
    }

    /// The builtin type of a layout.
    #[must_use]
    pub fn builtin_base(&self, layout: Layout) -> Ref<Class> {
        let types = &self.types;
        match layout {
            Layout::Object | Layout::Closed => &types.object,
            Layout::Int => &types.int,
            Layout::Bool => &types.bool,
            Layout::Float => &types.float,
            Layout::Str => &types.str,
            Layout::Bytes => &types.bytes,
            Layout::Tuple => &types.tuple,
            Layout::List => &types.list,
            Layout::Dict => &types.dict,
            Layout::Set => &types.set,
            Layout::FrozenSet => &types.frozenset,
            Layout::Exception => &types.base_exception,
            Layout::Class => &types.type_,
            Layout::Weak => &types.weakref,
        }
        .clone()
    }

    /// What an instance of a class of the program's has of a builtin object that was just made for it.
    ///
    /// # Errors
    /// `MemoryError`.
    pub fn adopt(&self, class: &Ref<Class>, made: Value) -> Result {
        let payload = match Kind::of(&made) {
            Kind::Int => Payload::Int(BigInt::from(expect::<crate::objects::Int>(&made).0)),
            Kind::Big => Payload::Int(expect::<crate::objects::Big>(&made).0.clone()),
            Kind::Float => Payload::Float(expect::<crate::objects::Float>(&made).0),
            Kind::Str => Payload::Str(text_of(&made).unwrap_or_default().into()),
            Kind::Tuple => {
                Payload::Tuple(Tuple(tuple_of(&made).unwrap_or_default().iter().cloned().collect()))
            }
            Kind::List => {
                Payload::List(Items(RefCell::new(expect::<crate::objects::List>(&made).items.0.take())))
            }
            Kind::Dict => Payload::Dict(RefCell::new(expect::<Dict>(&made).data.take())),
            Kind::Set => {
                let set = expect::<crate::objects::Set>(&made);
                let data: DictData = set.data.take();
                Payload::Set { data: RefCell::new(data), frozen: set.frozen }
            }
            _ => Payload::None,
        };
        self.new_instance(class, payload)
    }
}
