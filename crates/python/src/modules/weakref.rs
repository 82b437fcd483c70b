//! The module `weakref`.

use core::cell::Cell;

use gleaner::{AnySlot, Ref, Slot, WeakReference};

use super::set;
use crate::builtins::{functions, methods};
use crate::objects::instance::{text_of, weak_of};
use crate::objects::weak::Target;
use crate::objects::{
    Attributes, Class, Finalizer, Instance, Layout, Method, Module, Payload, Proxy, StaticMethod,
};
use crate::protocol::describe::kind_name;
use crate::value::{Kind, Result, Value, expect};
use crate::vm::{Args, Vm};

pub(super) fn fill(vm: &Vm, module: &Ref<Module>) -> Result<()> {
    functions(vm, &module.dict, "", FUNCTIONS)?;
    let types = &vm.types;
    let classes = [
        ("ref", &types.weakref),
        ("ReferenceType", &types.weakref),
        ("ProxyType", &types.proxy),
        ("CallableProxyType", &types.callable_proxy),
        ("WeakValueDictionary", &types.weak_value_dict),
        ("WeakKeyDictionary", &types.weak_key_dict),
        ("WeakSet", &types.weak_set),
        ("WeakMethod", &types.weak_method),
        ("KeyedRef", &types.keyed_ref),
        ("finalize", &types.finalize),
    ];
    for (name, class) in classes {
        set(vm, module, name, class.clone().into_any())?;
    }
    let proxies = vm.tuple([types.proxy.clone().into_any(), types.callable_proxy.clone().into_any()])?;
    set(vm, module, "ProxyTypes", proxies)
}

pub(crate) fn install(vm: &Vm) -> Result<()> {
    super::weak_tables::install(vm)?;
    methods(
        vm,
        &vm.types.weakref,
        "ReferenceType",
        &[("__call__", |vm, args| {
            let (weak, _) = args.method(vm, "__call__", 0, 0)?;
            Ok(vm.weak_call(&weak))
        })],
    )?;
    methods(
        vm,
        &vm.types.finalize,
        "finalize",
        &[
            ("peek", |vm, args| {
                let (finalizer, _) = args.method(vm, "peek", 0, 0)?;
                vm.finalizer_parts(expect::<Finalizer>(&finalizer))
            }),
            ("detach", |vm, args| {
                let (finalizer, _) = args.method(vm, "detach", 0, 0)?;
                let object = expect::<Finalizer>(&finalizer);
                let parts = vm.finalizer_parts(object)?;
                vm.retire(object);
                Ok(parts)
            }),
        ],
    )
}

const FUNCTIONS: crate::builtins::Table = &[
    ("proxy", |vm, args| {
        let args = args.take(vm, "proxy", 1, 2)?;
        vm.proxy(&args[0], args.get(1).cloned())
    }),
    ("getweakrefcount", |vm, args| {
        let args = args.take(vm, "getweakrefcount", 1, 1)?;
        vm.count(vm.heap.watchers(&args[0]).len())
    }),
    ("getweakrefs", |vm, args| {
        let args = args.take(vm, "getweakrefs", 1, 1)?;
        let faces: Vec<Value> = vm.heap.watchers(&args[0]).iter().map(|weak| vm.face(weak)).collect();
        // The plain proxy comes second.
        let (mut first, mut rest): (Vec<Value>, Vec<Value>) = (Vec::new(), Vec::new());
        for face in faces {
            let plain = match face.downcast_ref::<Proxy>() {
                Some(proxy) => vm.heap.get_referents(proxy.weak.as_any()).is_empty(),
                None => face.downcast_ref::<WeakReference>().is_some_and(|weak| !weak.has_callback()),
            };
            if plain { first.push(face) } else { rest.push(face) }
        }
        first.extend(rest);
        vm.list(first)
    }),
];

/// Calls `ref`, `WeakValueDictionary`, `WeakSet` and so on.
pub(crate) fn construct(vm: &Vm, base: &Ref<Class>, class: &Ref<Class>, mut args: Args) -> Result {
    match base.layout {
        Layout::WeakMapping | Layout::WeakSet => {
            let weak_keys = vm.is_subclass(class, &vm.types.weak_key_dict);
            let made = super::weak_tables::make(vm, base.layout == Layout::WeakSet, weak_keys)?;
            super::weak_tables::fill(vm, &made, args)?;
            Ok(made)
        }
        _ => {
            let named = args.keyword("callback");
            // What a subclass's `__init__` takes beside is its own affair.
            let most = if class.builtin { 2 } else { usize::MAX };
            if !class.builtin {
                args.keywords.clear();
            }
            let args = args.take(vm, "ReferenceType", 1, most)?;
            let callback = args.get(1).cloned().or(named).filter(|callback| Kind::of(callback) != Kind::None);
            if vm.is_subclass(class, &vm.types.weak_method) {
                return vm.weak_method(class, &args[0], callback);
            }
            if class.is(&vm.types.weakref) {
                let told: Option<Box<dyn gleaner::Notify>> =
                    callback.map(|callback| Box::new(Target::Callback(callback)) as Box<dyn gleaner::Notify>);
                return Ok(vm.watch(&args[0], told)?.into_any());
            }
            let outer = vm.new_instance(class, Payload::Weak(Slot::empty()))?;
            let to_outer = vm.heap.watch(&outer, None).map_err(|_| vm.no_memory())?.into_any();
            let inner = vm.watch(&args[0], Some(Box::new(Target::Subclass(callback, to_outer.clone()))))?;
            vm.faces.borrow_mut().insert(inner.as_any().id(), to_outer);
            if let Some(Payload::Weak(slot)) = crate::objects::instance::payload(&outer) {
                slot.put(Some(inner));
            }
            Ok(outer)
        }
    }
}

/// `weakref.finalize(object, function, *args, **keywords)`
pub(crate) fn make_finalizer(vm: &Vm, args: Args) -> Result {
    let Args { mut values, keywords } = args;
    if values.len() < 2 {
        return Err(vm.type_error("finalize expected at least 2 positional arguments"));
    }
    let (object, function) = (values.remove(0), values.remove(0));
    if !vm.is_callable(&function) {
        return Err(vm.type_error("finalize() argument 2 must be callable"));
    }
    let number = vm.finalizer_count.get();
    vm.finalizer_count.set(number + 1);
    let args = vm.tuple(values)?;
    let keywords = vm.dict_of(keywords)?;
    let finalizer = vm.alloc(Finalizer {
        weak: Slot::empty(),
        function: AnySlot::new(function),
        args: AnySlot::new(args),
        keywords: AnySlot::new(keywords),
        at_exit: Cell::new(true),
        number,
    })?;
    let weak = vm.watch(&object, Some(Box::new(Target::Finalizer(finalizer.clone()))))?;
    finalizer.weak.put(Some(weak));
    vm.finalizers.borrow_mut().push(finalizer.clone());
    Ok(finalizer.into_any())
}

impl Vm {
    /// Makes a weak reference object, if the object can be watched.
    pub(crate) fn watch(
        &self,
        object: &Value,
        told: Option<Box<dyn gleaner::Notify>>,
    ) -> Result<Ref<WeakReference>> {
        let can = match Kind::of(object) {
            Kind::None
            | Kind::Bool
            | Kind::Int
            | Kind::Big
            | Kind::Float
            | Kind::Str
            | Kind::Bytes
            | Kind::Ellipsis
            | Kind::NotImplemented
            | Kind::Tuple
            | Kind::List
            | Kind::Dict
            | Kind::Range
            | Kind::Slice
            | Kind::Cell
            | Kind::Iterator
            | Kind::View
            | Kind::Member
            | Kind::Property
            | Kind::Proxy
            | Kind::Finalizer => false,
            Kind::Instance
            | Kind::Slotted0
            | Kind::Slotted1
            | Kind::Slotted2
            | Kind::Slotted3
            | Kind::Slotted4 => {
                let class = self.class_of(object);
                class.has_weakref || class.layout == Layout::Weak
            }
            Kind::Exception => !self.class_of(object).builtin,
            _ => true,
        };
        if !can {
            return Err(self.type_error(&format!(
                "cannot create weak reference to '{}' object",
                kind_name(self, object)
            )));
        }
        self.heap.watch(object, told).map_err(|_| self.no_memory())
    }

    /// What Python shows of a weak reference object.
    pub(crate) fn face(&self, weak: &Ref<WeakReference>) -> Value {
        let known = self.faces.borrow().get(&weak.as_any().id()).cloned();
        let outer = known
            .and_then(|outer| outer.downcast::<WeakReference>().ok())
            .and_then(|outer| self.heap.referent(&outer))
            .filter(|outer| match outer.downcast_ref::<Proxy>() {
                Some(proxy) => proxy.weak.is(weak),
                None => weak_of(outer).is_some_and(|inner| inner.is(weak)),
            });
        outer.unwrap_or_else(|| weak.clone().into_any())
    }

    /// `proxy(object, callback)`
    fn proxy(&self, object: &Value, callback: Option<Value>) -> Result {
        let callback = callback.filter(|callback| Kind::of(callback) != Kind::None);
        if callback.is_none() {
            for weak in self.heap.watchers(object) {
                let face = self.face(&weak);
                if Kind::of(&face) == Kind::Proxy && self.heap.get_referents(weak.as_any()).is_empty() {
                    return Ok(face);
                }
            }
        }
        let weak = match &callback {
            None => self.watch(object, Some(Box::new(Target::Nobody)))?,
            Some(callback) => self.watch(object, Some(Box::new(Target::Callback(callback.clone()))))?,
        };
        let proxy = self.make(Proxy { weak: weak.clone() })?;
        let to_proxy = self.heap.watch(&proxy, None).map_err(|_| self.no_memory())?;
        self.faces.borrow_mut().insert(weak.as_any().id(), to_proxy.into_any());
        Ok(proxy)
    }

    /// `weak()`
    pub(crate) fn weak_call(&self, weak: &Value) -> Value {
        let Some(inner) = weak_of(weak) else { return self.none.clone() };
        let Some(referent) = self.heap.referent(&inner) else { return self.none.clone() };
        if !self.is_instance(weak, &self.types.weak_method) {
            return referent;
        }
        let function = own(weak, "function").and_then(|function| function.downcast::<WeakReference>().ok());
        match function.and_then(|function| self.heap.referent(&function)) {
            Some(function) => {
                self.make(Method { function, object: referent }).unwrap_or_else(|_| self.none.clone())
            }
            None => self.none.clone(),
        }
    }

    /// `ref.__callback__`
    pub(crate) fn weak_callback(&self, weak: &Ref<WeakReference>) -> Value {
        let is_told = weak.has_callback();
        let shown = if is_told { self.heap.get_referents(weak.as_any()) } else { Vec::new() };
        shown
            .into_iter()
            .find(|shown| self.is_callable(shown) && Kind::of(shown) != Kind::Other)
            .unwrap_or_else(|| self.none.clone())
    }

    /// `WeakMethod(method, callback)`
    fn weak_method(&self, class: &Ref<Class>, method: &Value, callback: Option<Value>) -> Result {
        let Some(parts) = method.downcast_ref::<Method>() else {
            return Err(self.type_error(&format!(
                "argument should be a bound method, not {}",
                self.repr_text(self.class_of(method).as_any())?
            )));
        };
        let outer = self.new_instance(class, Payload::Weak(Slot::empty()))?;
        let to_outer = self.heap.watch(&outer, None).map_err(|_| self.no_memory())?.into_any();
        let told =
            || Some(Box::new(Target::Method(to_outer.clone(), callback.clone())) as Box<dyn gleaner::Notify>);
        let object = self.watch(&parts.object, told())?;
        let function = self.watch(&parts.function, told())?;
        self.faces.borrow_mut().insert(object.as_any().id(), to_outer);
        if let Some(Payload::Weak(slot)) = crate::objects::instance::payload(&outer) {
            slot.put(Some(object));
        }
        let name = self.intern("function")?;
        if let Attributes::Inline(values) = &mut *expect::<Instance>(&outer).attributes.borrow_mut() {
            values.push((name, function.into_any()));
        }
        Ok(outer)
    }

    /// The object or the function of a `WeakMethod` has died: its callback is called once.
    pub(crate) fn weak_method_died(&self, method: &Value, callback: &Option<Value>) {
        if own(method, "dead").is_some() {
            return;
        }
        if let Ok(name) = self.intern("dead")
            && let Attributes::Inline(values) = &mut *expect::<Instance>(method).attributes.borrow_mut()
        {
            values.push((name, self.true_.clone()));
        }
        if let Some(callback) = callback
            && let Err(raised) = self.call_with(callback, [method.clone()])
        {
            self.unraisable(&raised, callback);
        }
    }

    fn finalizer_parts(&self, finalizer: &Finalizer) -> Result {
        let object = finalizer.weak.get().and_then(|weak| self.heap.referent(&weak));
        let (Some(object), Some(function), Some(args), Some(keywords)) =
            (object, finalizer.function.get(), finalizer.args.get(), finalizer.keywords.get())
        else {
            return Ok(self.none.clone());
        };
        self.tuple([object, function, args, keywords])
    }

    /// A finalizer is dead from here on.
    fn retire(&self, finalizer: &Finalizer) {
        let weak = finalizer.weak.take();
        let entry = {
            let mut finalizers = self.finalizers.borrow_mut();
            let place = finalizers.iter().position(|other| other.number == finalizer.number);
            place.map(|place| finalizers.remove(place))
        };
        drop(entry);
        drop(weak);
    }

    /// Calls what a finalizer calls, once.
    pub(crate) fn run_finalizer(&self, finalizer: &Ref<Finalizer>) -> Result {
        if finalizer.weak.is_empty() {
            return Ok(self.none.clone());
        }
        let kept = finalizer.clone();
        self.retire(&kept);
        let (function, args, keywords) = (kept.function.take(), kept.args.take(), kept.keywords.take());
        let (Some(function), Some(args), Some(keywords)) = (function, args, keywords) else {
            return Ok(self.none.clone());
        };
        let mut call = Args::of(self.collect(&args)?);
        if let Some(data) = crate::objects::instance::dict_of(&keywords) {
            call.keywords =
                data.borrow().iter().map(|entry| (entry.key.clone(), entry.value.clone())).collect();
        }
        drop((args, keywords));
        self.call(&function, call)
    }

    /// Calls to weak references, proxies, finalizers and static methods.
    pub(crate) fn call_special(&self, callable: &Value, args: &mut Args) -> Option<Result> {
        match Kind::of(callable) {
            Kind::Other if callable.downcast_ref::<WeakReference>().is_some() => {
                Some(Ok(self.weak_call(callable)))
            }
            Kind::Instance
                if matches!(crate::objects::instance::payload(callable), Some(Payload::Weak(_))) =>
            {
                let class = self.class_of(callable);
                let own = self.lookup(&class, &self.names.call);
                own.is_none_or(|own| Kind::of(&own) == Kind::Builtin).then(|| Ok(self.weak_call(callable)))
            }
            Kind::Proxy => {
                let args = std::mem::take(args);
                Some(self.proxied(callable).and_then(|referent| self.call(&referent, args)))
            }
            Kind::Finalizer => {
                let finalizer = callable.clone().downcast::<Finalizer>().ok()?;
                Some(self.run_finalizer(&finalizer))
            }
            Kind::StaticMethod => {
                let function = expect::<StaticMethod>(callable).function.get()?;
                Some(self.call(&function, std::mem::take(args)))
            }
            _ => None,
        }
    }
}

/// An attribute of the machine's own in an instance.
fn own(value: &Value, name: &str) -> Option<Value> {
    match &*value.downcast_ref::<Instance>()?.attributes.borrow() {
        Attributes::Inline(values) => {
            values.iter().find(|(other, _)| text_of(other) == Some(name)).map(|(_, value)| value.clone())
        }
        Attributes::Dict(_) => None,
    }
}
