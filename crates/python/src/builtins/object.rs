//! Methods of `object`, of `type`, of functions, properties, exceptions, generators.

use gleaner::AnySlot;

use super::functions::attribute_name;
use super::methods;
use crate::objects::instance::text_of;
use crate::objects::{Class, Exception, Property, Traceback};
use crate::protocol::describe::kind_name;
use crate::value::{Kind, Raised, Result, Value, expect, typed};
use crate::vm::{Args, Vm};

pub(super) fn install(vm: &Vm) -> Result<()> {
    let types = &vm.types;
    methods(
        vm,
        &types.object,
        "object",
        &[
            ("__init__", object_init),
            ("__repr__", |vm, args| {
                let (object, _) = args.method(vm, "__repr__", 0, 0)?;
                vm.string(vm.plain_repr(&object)?)
            }),
            ("__str__", |vm, args| {
                let (object, _) = args.method(vm, "__str__", 0, 0)?;
                let text = match text_of(&object) {
                    Some(text) => text.to_string(),
                    None => vm.repr_text(&object)?,
                };
                vm.string(text)
            }),
            ("__format__", |vm, args| {
                let (object, args) = args.method(vm, "__format__", 1, 1)?;
                let spec = text_of(&args[0]).unwrap_or_default();
                if !spec.is_empty() && Kind::of(&object) == Kind::Instance {
                    return Err(vm.type_error(&format!(
                        "unsupported format string passed to {}.__format__",
                        kind_name(vm, &object)
                    )));
                }
                vm.string(vm.format_text(&object, spec)?)
            }),
            ("__eq__", |vm, args| {
                let (object, args) = args.method(vm, "__eq__", 1, 1)?;
                Ok(if object == args[0] { vm.true_.clone() } else { vm.not_implemented.clone() })
            }),
            ("__ne__", |vm, args| {
                let (object, args) = args.method(vm, "__ne__", 1, 1)?;
                Ok(if object == args[0] { vm.false_.clone() } else { vm.not_implemented.clone() })
            }),
            ("__hash__", |vm, args| {
                let (object, _) = args.method(vm, "__hash__", 0, 0)?;
                vm.int(i64::try_from(object.id() >> 4).unwrap_or(0))
            }),
            ("__getattribute__", |vm, args| {
                let (object, args) = args.method(vm, "__getattribute__", 1, 1)?;
                let name = attribute_name(vm, &args[0])?;
                let class = vm.class_of(&object);
                vm.plain_getattr(&object, &class, &name)?.ok_or_else(|| vm.no_attribute(&object, &name))
            }),
            ("__setattr__", |vm, args| {
                let (object, args) = args.method(vm, "__setattr__", 2, 2)?;
                let name = attribute_name(vm, &args[0])?;
                let class = vm.class_of(&object);
                vm.plain_setattr(&object, &class, &name, Some(args[1].clone()))?;
                Ok(vm.none.clone())
            }),
            ("__delattr__", |vm, args| {
                let (object, args) = args.method(vm, "__delattr__", 1, 1)?;
                let name = attribute_name(vm, &args[0])?;
                let class = vm.class_of(&object);
                vm.plain_setattr(&object, &class, &name, None)?;
                Ok(vm.none.clone())
            }),
            ("__dir__", |vm, args| {
                let (object, _) = args.method(vm, "__dir__", 0, 0)?;
                vm.list(vm.dir(&object)?)
            }),
            ("__new__", object_new),
            ("__init_subclass__", |vm, args| {
                if args.keywords.is_empty() {
                    Ok(vm.none.clone())
                } else {
                    Err(vm.type_error("__init_subclass__() takes no keyword arguments"))
                }
            }),
        ],
    )?;
    methods(
        vm,
        &types.type_,
        "type",
        &[
            ("__init__", |vm, _| Ok(vm.none.clone())),
            ("mro", |vm, args| {
                let (class, _) = args.method(vm, "mro", 0, 0)?;
                let mro = typed::<Class>(&class).and_then(|class| class.mro.get());
                vm.list(mro.map(|mro| mro.0.to_vec()).unwrap_or_default())
            }),
            ("__call__", |vm, mut args| {
                if args.is_empty() {
                    return Err(vm.type_error("type.__call__() needs an argument"));
                }
                let class = typed::<Class>(&args.values.remove(0));
                match class {
                    Some(class) => vm.instantiate(&class, args),
                    None => Err(vm.type_error("type.__call__() needs a type")),
                }
            }),
            ("__subclasses__", |vm, args| {
                let (class, _) = args.method(vm, "__subclasses__", 0, 0)?;
                let Some(class) = typed::<Class>(&class) else { return vm.list(Vec::new()) };
                let weak = class.subclasses.borrow().clone();
                let alive = weak.iter().filter_map(|weak| {
                    vm.heap.referent(&weak.clone().downcast::<gleaner::WeakReference>().ok()?)
                });
                vm.list(alive.collect())
            }),
        ],
    )?;
    install_descriptors(vm)?;
    install_exceptions(vm)?;
    install_generators(vm)
}

fn object_init(vm: &Vm, mut args: Args) -> Result {
    if args.is_empty() {
        return Err(vm.type_error("object.__init__() needs an argument"));
    }
    let object = args.values.remove(0);
    if Kind::of(&object) == Kind::Exception {
        let tuple = vm.tuple(args.values)?;
        expect::<Exception>(&object).args.put(Some(tuple));
        return Ok(vm.none.clone());
    }
    let plain = !matches!(crate::objects::instance::payload(&object), Some(payload) if !matches!(payload, crate::objects::Payload::None));
    if plain && !(args.is_empty() && args.keywords.is_empty()) {
        let class = vm.class_of(&object);
        let own_init = vm.lookup(&class, &vm.names.init).is_some_and(|init| Kind::of(&init) != Kind::Builtin);
        let own_new = vm.lookup(&class, &vm.names.new).is_some_and(|new| Kind::of(&new) != Kind::Builtin);
        if own_init || !own_new {
            return Err(
                vm.type_error("object.__init__() takes exactly one argument (the instance to initialize)")
            );
        }
        return Ok(vm.none.clone());
    }
    super::construct::init_payload(vm, &object, args)?;
    Ok(vm.none.clone())
}

fn object_new(vm: &Vm, mut args: Args) -> Result {
    let class = args.values.first().and_then(typed::<Class>);
    let Some(class) = class else { return Err(vm.type_error("object.__new__(X): X is not a type object")) };
    args.values.remove(0);
    if class.builtin {
        return super::construct(vm, &class, &class, args);
    }
    if class.layout == crate::objects::Layout::Class {
        return super::construct(vm, &vm.types.type_, &class, args);
    }
    let init = vm.lookup(&class, &vm.names.init).is_some_and(|init| Kind::of(&init) != Kind::Builtin);
    vm.new_object(&class, args, init)
}

fn install_descriptors(vm: &Vm) -> Result<()> {
    fn copy(vm: &Vm, args: Args, name: &str, set: fn(&Property) -> &AnySlot) -> Result {
        let (object, args) = args.method(vm, name, 1, 1)?;
        let property = expect::<Property>(&object);
        let same = |slot: &AnySlot| slot.get().map_or_else(AnySlot::empty, AnySlot::new);
        let new =
            Property { get: same(&property.get), set: same(&property.set), delete: same(&property.delete) };
        set(&new).put(Some(args[0].clone()));
        vm.make(new)
    }
    methods(
        vm,
        &vm.types.property,
        "property",
        &[
            ("getter", |vm, args| copy(vm, args, "getter", |property| &property.get)),
            ("setter", |vm, args| copy(vm, args, "setter", |property| &property.set)),
            ("deleter", |vm, args| copy(vm, args, "deleter", |property| &property.delete)),
        ],
    )?;
    let call: super::Table = &[("__call__", |vm, mut args| {
        if args.is_empty() {
            return Err(vm.type_error("__call__() needs an argument"));
        }
        let callable = args.values.remove(0);
        vm.call(&callable, args)
    })];
    methods(vm, &vm.types.function, "function", call)?;
    methods(vm, &vm.types.method, "method", call)?;
    methods(
        vm,
        &vm.types.function,
        "function",
        &[("__get__", |vm, args| {
            let (function, args) = args.method(vm, "__get__", 1, 2)?;
            if Kind::of(&args[0]) == Kind::None {
                return Ok(function);
            }
            vm.make(crate::objects::Method { function, object: args[0].clone() })
        })],
    )
}

fn install_exceptions(vm: &Vm) -> Result<()> {
    methods(
        vm,
        &vm.types.base_exception,
        "BaseException",
        &[
            ("with_traceback", |vm, args| {
                let (object, args) = args.method(vm, "with_traceback", 1, 1)?;
                let traceback = typed::<Traceback>(&args[0]);
                expect::<Exception>(&object).traceback.put(traceback);
                Ok(object)
            }),
            ("add_note", |vm, args| {
                let (object, args) = args.method(vm, "add_note", 1, 1)?;
                let name = vm.intern("__notes__")?;
                let notes = match vm.unless(vm.getattr(&object, &name), &vm.types.attribute_error)? {
                    Some(notes) => notes,
                    None => {
                        let notes = vm.list(Vec::new())?;
                        vm.setattr(&object, &name, notes.clone())?;
                        notes
                    }
                };
                if let Some(items) = crate::objects::instance::list_of(&notes) {
                    items.borrow_mut().push(args[0].clone());
                }
                Ok(vm.none.clone())
            }),
            ("__str__", |vm, args| {
                let (object, _) = args.method(vm, "__str__", 0, 0)?;
                vm.string(exception_text(vm, &object)?)
            }),
        ],
    )
}

/// What `BaseException.__str__` says: the arguments.
fn exception_text(vm: &Vm, object: &Value) -> Result<String> {
    let args = crate::protocol::describe::exception_args(object);
    match args.as_slice() {
        [] => Ok(String::new()),
        [one] => vm.str_text(one),
        _ => vm.repr_text(&vm.tuple(args)?),
    }
}

fn install_generators(vm: &Vm) -> Result<()> {
    methods(
        vm,
        &vm.types.generator,
        "generator",
        &[
            ("send", |vm, args| {
                let (generator, args) = args.method(vm, "send", 1, 1)?;
                vm.generator_go_on(&generator, Ok(args[0].clone()))
            }),
            ("throw", |vm, args| {
                let (generator, args) = args.method(vm, "throw", 1, 3)?;
                let exception = match args.get(1) {
                    Some(value) if Kind::of(&args[0]) == Kind::Class && Kind::of(value) != Kind::None => {
                        vm.call_with(&args[0], [value.clone()])?
                    }
                    _ => vm.instantiate_exception(args[0].clone())?,
                };
                vm.generator_throw(&generator, Raised(exception))
            }),
            ("close", |vm, args| {
                let (generator, _) = args.method(vm, "close", 0, 0)?;
                vm.generator_close(&generator)
            }),
            ("__next__", |vm, args| {
                let (generator, _) = args.method(vm, "__next__", 0, 0)?;
                vm.generator_go_on(&generator, Ok(vm.none.clone()))
            }),
            ("__iter__", |vm, args| args.method(vm, "__iter__", 0, 0).map(|(generator, _)| generator)),
        ],
    )
}

impl Vm {
    /// `dir(object)`, not sorted.
    ///
    /// # Errors
    /// `MemoryError`.
    pub fn dir(&self, object: &Value) -> Result<Vec<Value>> {
        if Kind::of(object) == Kind::Proxy {
            return self.dir(&self.proxied(object)?);
        }
        let mut names: Vec<Value> = Vec::new();
        let mut add = |name: &Value| {
            if !names.iter().any(|known| text_of(known) == text_of(name)) {
                names.push(name.clone());
            }
        };
        if let Some(dict) = self.unless(self.dict_of_instance(object), &self.types.attribute_error)? {
            for key in self.collect(&dict)? {
                add(&key);
            }
        }
        if Kind::of(object) == Kind::Module {
            return Ok(names);
        }
        let class = typed::<Class>(object).unwrap_or_else(|| self.class_of(object));
        if let Some(mro) = class.mro.get() {
            for class in &mro.0 {
                let dict = expect::<Class>(class).dict.clone();
                let keys: Vec<Value> = dict.data.borrow().iter().map(|entry| entry.key.clone()).collect();
                keys.iter().for_each(&mut add);
            }
        }
        Ok(names)
    }
}
