//! The module `weakref`.

use std::sync::{Arc, LazyLock};

use gleaner::{Ref, Slot, WeakReference};

use super::set;
use crate::builtins::{functions, methods};
use crate::compile::{Code, CompileError, compile};
use crate::objects::instance::weak_of;
use crate::objects::weak::Target;
use crate::objects::{Class, Layout, Module, Payload, Proxy, StaticMethod};
use crate::protocol::describe::kind_name;
use crate::value::{Kind, Result, Value, expect};
use crate::vm::{Args, Vm};

/// The part that is written in Python; compiled once, by the first program of the process that imports it.
static WRITTEN: LazyLock<std::result::Result<Arc<Code>, CompileError>> =
    LazyLock::new(|| compile(include_str!("weakref.py")));

pub(super) fn fill(vm: &Vm, module: &Ref<Module>) -> Result<()> {
    functions(vm, &module.dict, "", FUNCTIONS)?;
    let types = &vm.types;
    let classes =
        [("ref", &types.weakref), ("ProxyType", &types.proxy), ("CallableProxyType", &types.callable_proxy)];
    for (name, class) in classes {
        set(vm, module, name, class.clone().into_any())?;
    }
    let code = WRITTEN.as_ref().map_err(|error| vm.raise(&vm.types.system_error, &error.to_string()))?;
    // What the module's own making allocates is no affair of the program's collector.
    let enabled = vm.heap.is_enabled();
    vm.heap.disable();
    let result = vm.run_module(code, &module.dict);
    if enabled {
        vm.heap.enable();
    }
    result.map(drop)
}

pub(crate) fn install(vm: &Vm) -> Result<()> {
    methods(
        vm,
        &vm.types.weakref,
        "ReferenceType",
        &[
            ("__call__", |vm, args| {
                let (weak, _) = args.method(vm, "__call__", 0, 0)?;
                Ok(vm.weak_call(&weak))
            }),
            ("__eq__", |vm, args| {
                let (weak, args) = args.method(vm, "__eq__", 1, 1)?;
                match vm.equal_weak(&weak, &args[0])? {
                    Some(equal) => Ok(vm.bool(equal)),
                    None => Ok(vm.not_implemented.clone()),
                }
            }),
            ("__hash__", |vm, args| {
                let (weak, _) = args.method(vm, "__hash__", 0, 0)?;
                vm.int(vm.hash_weak(&weak)?)
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
        vm.count(vm.shown_watchers(&args[0]).len())
    }),
    ("getweakrefs", |vm, args| {
        let args = args.take(vm, "getweakrefs", 1, 1)?;
        let faces: Vec<Value> = vm.shown_watchers(&args[0]).iter().map(|weak| vm.face(weak)).collect();
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

/// Calls `ref`, or a class that inherits from it.
pub(crate) fn construct(vm: &Vm, class: &Ref<Class>, mut args: Args) -> Result {
    // What a subclass's `__init__` takes beside is its own affair.
    let most = if class.builtin { 2 } else { usize::MAX };
    if !class.builtin {
        args.keywords.clear();
    }
    let args = args.take(vm, "ReferenceType", 1, most)?;
    let callback = args.get(1).cloned().filter(|callback| Kind::of(callback) != Kind::None);
    if class.builtin {
        let told: Option<Box<dyn gleaner::Notify>> =
            callback.map(|callback| Box::new(Target::Callback(callback)) as Box<dyn gleaner::Notify>);
        return Ok(vm.watch(&args[0], told)?.into_any());
    }
    let outer = vm.new_instance(class, Payload::Weak(Slot::empty()))?;
    let to_outer = vm.heap.watch(&outer, None).map_err(|_| vm.no_memory())?.into_any();
    let inner = vm.watch(&args[0], Some(Box::new(Target::Subclass(callback, to_outer.clone()))))?;
    vm.note_face(&inner, to_outer);
    if let Some(Payload::Weak(slot)) = crate::objects::instance::payload(&outer) {
        slot.put(Some(inner));
    }
    Ok(outer)
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
            | Kind::MappingProxy
            | Kind::StaticMethod
            | Kind::ClassMethod
            | Kind::Super
            | Kind::Frame
            | Kind::Traceback => false,
            Kind::Other => object.downcast_ref::<WeakReference>().is_none(),
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
        let weak = self.heap.watch(object, told).map_err(|_| self.no_memory())?;
        // What was at its place before may have been hidden.
        self.faces.borrow_mut().remove(&weak.as_any().id());
        Ok(weak)
    }

    /// The weak references to an object, but for the machine's own, by which a hidden one finds what it is hidden in.
    fn shown_watchers(&self, object: &Value) -> Vec<Ref<WeakReference>> {
        let hidden = match object.downcast_ref::<Proxy>() {
            Some(proxy) => Some(proxy.weak.clone()),
            None => weak_of(object).filter(|weak| weak.as_any() != object),
        };
        let own = hidden.and_then(|hidden| self.faces.borrow().get(&hidden.as_any().id()).cloned());
        let mut watchers = self.heap.watchers(object);
        watchers.retain(|weak| own.as_ref() != Some(weak.as_any()));
        watchers
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
        let callable = self.is_callable(object);
        let proxy = self.make(Proxy { weak: weak.clone(), callable })?;
        let to_proxy = self.heap.watch(&proxy, None).map_err(|_| self.no_memory())?;
        self.note_face(&weak, to_proxy.into_any());
        Ok(proxy)
    }

    /// `weak()`
    pub(crate) fn weak_call(&self, weak: &Value) -> Value {
        let Some(inner) = weak_of(weak) else { return self.none.clone() };
        self.heap.referent(&inner).unwrap_or_else(|| self.none.clone())
    }

    /// Notes down what Python shows of a hidden weak reference. What shows nothing any more is forgotten now and then.
    fn note_face(&self, weak: &Ref<WeakReference>, outer: Value) {
        let mut faces = self.faces.borrow_mut();
        if faces.len() >= 64 && faces.len().is_power_of_two() {
            faces.retain(|_, outer| {
                outer.downcast_ref::<WeakReference>().is_some_and(|outer| outer.referent().is_some())
            });
        }
        faces.insert(weak.as_any().id(), outer);
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

    /// A call of a weak reference takes no arguments.
    fn called_plainly(&self, args: &mut Args) -> Result<()> {
        std::mem::take(args).take(self, "weakref.ReferenceType", 0, 0).map(drop)
    }

    /// Calls to weak references, proxies and static methods.
    pub(crate) fn call_special(&self, callable: &Value, args: &mut Args) -> Option<Result> {
        match Kind::of(callable) {
            Kind::Other if callable.downcast_ref::<WeakReference>().is_some() => {
                Some(self.called_plainly(args).map(|()| self.weak_call(callable)))
            }
            Kind::Instance
                if matches!(crate::objects::instance::payload(callable), Some(Payload::Weak(_))) =>
            {
                let class = self.class_of(callable);
                let own = self.lookup(&class, &self.names.call);
                let is_own = own.is_none_or(|own| Kind::of(&own) == Kind::Builtin);
                is_own.then(|| self.called_plainly(args).map(|()| self.weak_call(callable)))
            }
            Kind::Proxy => {
                let args = std::mem::take(args);
                Some(self.proxied(callable).and_then(|referent| self.call(&referent, args)))
            }
            Kind::StaticMethod => {
                let function = expect::<StaticMethod>(callable).function.get()?;
                Some(self.call(&function, std::mem::take(args)))
            }
            _ => None,
        }
    }
}
