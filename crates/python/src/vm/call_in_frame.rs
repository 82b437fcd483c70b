//! What a call needs its frame for: `super()`, `locals()` and the like; and what frames make: functions and classes.

use std::sync::Arc;

use gleaner::{AnySlot, Ref, Slot};

use super::{Args, ClassSpec, Frame, Vm};
use crate::compile::{Code, Constant};
use crate::objects::instance::{text_of, tuple_of};
use crate::objects::{Builtin, Cell, Class, CodeObject, Dict, Exception, Function, Super};
use crate::protocol::describe::kind_name;
use crate::value::{Kind, Raised, Result, Value, expect, typed};

/// The owner of functions that need the frame that calls them.
pub(crate) const FRAME: &str = "<frame>";

impl Vm {
    /// Calls an object from a frame.
    pub(super) fn call_in_frame(&self, frame: &mut Frame, callable: &Value, args: Args) -> Result {
        match Kind::of(callable) {
            Kind::Builtin if expect::<Builtin>(callable).owner == FRAME => {
                let name = expect::<Builtin>(callable).name;
                self.ask_frame(frame, name, args)
            }
            Kind::Class if callable == self.types.super_.as_any() && args.is_empty() => {
                self.zero_argument_super(frame)
            }
            _ => self.call(callable, args),
        }
    }

    fn ask_frame(&self, frame: &mut Frame, name: &str, args: Args) -> Result {
        match name {
            "globals" => Ok(frame.globals.clone().into_any()),
            "locals" => self.locals(frame),
            "vars" => match args.get(0) {
                Some(object) => self.getattr(object, &self.names.dict),
                None => self.locals(frame),
            },
            "dir" => {
                let names = match args.get(0) {
                    Some(object) => self.dir(object)?,
                    None => self.collect(&self.locals(frame)?)?,
                };
                let list = self.list(names)?;
                crate::builtins::sort(self, &list, None, false)?;
                Ok(list)
            }
            "_getframe" => Ok(self.frame_object(frame)?.into_any()),
            "__build_class__" => self.build_class(args),
            _ => Err(self.raise(&self.types.system_error, "no such function of a frame")),
        }
    }

    fn locals(&self, frame: &Frame) -> Result {
        if let Some(names) = &frame.names {
            return Ok(names.clone().into_any());
        }
        let dict = self.dict()?;
        for (name, value) in frame.code.locals.iter().zip(&frame.locals) {
            if let Some(value) = value {
                self.dict_set(&dict.data, name.clone(), value.clone())?;
            }
        }
        let code = &frame.code.code;
        for (name, cell) in code.cells.iter().chain(&code.free).zip(&frame.cells) {
            if let Some(value) = cell.value.get() {
                self.dict_set(&dict.data, self.str(name)?, value)?;
            }
        }
        Ok(dict.into_any())
    }

    fn zero_argument_super(&self, frame: &Frame) -> Result {
        let class = Vm::cell_named(frame, "__class__").and_then(|cell| cell.value.get());
        let Some(class) = class.as_ref().and_then(typed::<Class>) else {
            return Err(self.raise(&self.types.runtime_error, "super(): __class__ cell not found"));
        };
        let code = &frame.code.code;
        let in_cell = code.cell_parameters.iter().position(|parameter| *parameter == Some(0));
        let object = match in_cell {
            Some(place) => frame.cells[place].value.get(),
            None => frame.locals.first().cloned().flatten(),
        };
        let Some(object) = object else {
            return Err(self.raise(&self.types.runtime_error, "super(): no arguments"));
        };
        self.super_of(class, object)
    }

    /// `super(class, object)`
    pub(crate) fn super_of(&self, after: Ref<Class>, object: Value) -> Result {
        let own = self.class_of(&object);
        let class = match typed::<Class>(&object) {
            Some(class) if self.is_subclass(&class, &after) => class,
            _ if self.is_subclass(&own, &after) => own,
            _ => {
                return Err(self.type_error("super(type, obj): obj must be an instance or subtype of type"));
            }
        };
        self.make(Super { after, object, class })
    }

    /// Makes code with its constants as objects.
    ///
    /// # Errors
    /// `MemoryError`.
    pub fn code_object(&self, code: &Arc<Code>) -> Result<Ref<CodeObject>> {
        let constants =
            code.constants.iter().map(|constant| self.constant(constant, true)).collect::<Result<_>>()?;
        let names = code.names.iter().map(|name| self.intern(name)).collect::<Result<_>>()?;
        let locals = code.locals.iter().map(|name| self.intern(name)).collect::<Result<_>>()?;
        self.alloc(CodeObject { code: code.clone(), constants, names, locals })
    }

    /// A constant as an object. Strings that look like names are interned, also in tuples (PY-67).
    fn constant(&self, constant: &Constant, intern: bool) -> Result {
        match constant {
            Constant::None => Ok(self.none.clone()),
            Constant::Ellipsis => Ok(self.ellipsis.clone()),
            Constant::Bool(value) => Ok(self.bool(*value)),
            Constant::Int(value) => self.int(*value),
            Constant::Big(value) => self.big(value.clone()),
            Constant::Float(value) => self.float(*value),
            Constant::Str(text) => {
                let is_name = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
                if intern && is_name { self.intern(text) } else { self.str(text) }
            }
            Constant::Bytes(bytes) => self.bytes(bytes),
            Constant::Tuple(items) => {
                let items: Vec<Value> =
                    items.iter().map(|item| self.constant(item, intern)).collect::<Result<_>>()?;
                self.tuple(items)
            }
            Constant::FrozenSet(items) => {
                let items: Vec<Value> =
                    items.iter().map(|item| self.constant(item, intern)).collect::<Result<_>>()?;
                self.set(items, true)
            }
            Constant::Code(code) => Ok(self.code_object(code)?.into_any()),
        }
    }

    pub(super) fn make_function(
        &self,
        frame: &Frame,
        code: u32,
        defaults: Option<Value>,
        keyword_defaults: Option<Value>,
        closure: Option<Value>,
    ) -> Result {
        let code = typed::<CodeObject>(&frame.code.constants[code as usize]).expect("the compiler says so");
        let slot = |value: Option<Value>| value.map_or_else(AnySlot::empty, AnySlot::new);
        let module = self.dict_get(&frame.globals.data, &self.names.name)?;
        let doc = match &code.code.doc {
            Some(doc) => self.str(doc)?,
            None => self.none.clone(),
        };
        let (name, qualified) = (self.intern(&code.code.name)?, self.intern(&code.code.qualified_name)?);
        self.make(Function {
            code,
            globals: Slot::new(frame.globals.clone()),
            defaults: slot(defaults),
            keyword_defaults: slot(keyword_defaults),
            closure: slot(closure),
            dict: Slot::empty(),
            name: AnySlot::new(name),
            qualified_name: AnySlot::new(qualified),
            doc: AnySlot::new(doc),
            module: slot(module),
        })
    }

    pub(super) fn build_class_function(&self) -> Result {
        self.make(Builtin {
            name: "__build_class__",
            owner: FRAME,
            call: |vm, _| Err(vm.raise(&vm.types.system_error, "called from nowhere")),
        })
    }

    /// `__build_class__(function, name, *bases, **keywords)`
    fn build_class(&self, mut args: Args) -> Result {
        let mut values = args.values.drain(..);
        let (Some(function), Some(name)) = (values.next(), values.next()) else {
            return Err(self.type_error("__build_class__: not enough arguments"));
        };
        let bases: Vec<Value> = values.collect();
        let metaclass = args.keyword("metaclass");
        let names = self.dict()?;
        let cell = self.run_class_body(&function, &names)?;
        drop(function);
        let mut class_of_class = metaclass.as_ref().and_then(typed::<Class>);
        for base in &bases {
            let of_base = self.class_of(base);
            if !of_base.is(&self.types.type_) && Kind::of(base) == Kind::Class {
                match &class_of_class {
                    Some(known) if self.is_subclass(known, &of_base) => {}
                    _ => class_of_class = Some(of_base),
                }
            }
        }
        if let Some(key) = self.dict_remove(&names.data, &self.names.classcell)? {
            drop(key);
        }
        let text = text_of(&name).unwrap_or_default().to_string();
        let class = match class_of_class.filter(|class| !class.is(&self.types.type_)) {
            None => {
                self.make_class(ClassSpec { name: text, bases, dict: names, metaclass: None }, args.keywords)?
            }
            Some(metaclass) => {
                let bases = self.tuple(bases)?;
                let mut call = Args::of([name, bases, names.into_any()]);
                call.keywords = args.keywords;
                self.call(metaclass.as_any(), call)?
            }
        };
        if let Some(cell) = cell
            && let Some(cell) = typed::<Cell>(&cell)
        {
            cell.value.set(&class);
        }
        Ok(class)
    }

    fn run_class_body(&self, function: &Value, names: &Ref<Dict>) -> Result<Option<Value>> {
        let object = expect::<Function>(function);
        let code = object.code.clone();
        let mut locals: Vec<Option<Value>> = vec![None; code.code.locals.len()];
        let cells = self.make_cells(object, &mut locals)?;
        let globals = object.globals.get().ok_or_else(|| self.name_error(&self.names.module))?;
        let stack = Vec::with_capacity(code.code.stack as usize);
        let mut frame = Frame {
            code,
            function: Some(function.clone()),
            globals,
            names: Some(names.clone()),
            locals,
            cells,
            stack,
            next: 0,
            object: None,
            handled: None,
        };
        let result = self.nested("", || self.run(&mut frame));
        frame.end();
        result.map(|cell| (Kind::of(&cell) == Kind::Cell).then_some(cell))
    }

    /// What a `raise` statement raises.
    pub(super) fn make_raised(&self, exception: Option<Value>, cause: Option<Value>) -> Raised {
        let Some(exception) = exception else {
            let handled = self.handled.borrow().clone();
            return match handled {
                Some(handled) => Raised(handled),
                None => self.raise(&self.types.runtime_error, "No active exception to reraise"),
            };
        };
        let exception = match self.instantiate_exception(exception) {
            Ok(exception) => exception,
            Err(raised) => return raised,
        };
        if let Some(cause) = cause {
            let object = expect::<Exception>(&exception);
            if Kind::of(&cause) == Kind::None {
                object.cause.clear();
            } else {
                match self.instantiate_exception(cause) {
                    Ok(cause) => object.cause.put(Some(cause)),
                    Err(_) => return self.type_error("exception causes must derive from BaseException"),
                }
            }
            object.suppress.set(true);
        }
        Raised(exception)
    }

    /// An exception from an exception or a class of exceptions.
    pub(crate) fn instantiate_exception(&self, exception: Value) -> Result {
        if let Some(class) = typed::<Class>(&exception)
            && self.is_subclass(&class, &self.types.base_exception)
        {
            let made = self.call_with(&exception, [])?;
            if Kind::of(&made) == Kind::Exception {
                return Ok(made);
            }
        }
        if Kind::of(&exception) == Kind::Exception {
            return Ok(exception);
        }
        Err(self.type_error("exceptions must derive from BaseException"))
    }

    /// Whether an `except` clause takes an exception.
    pub(super) fn exception_matches(&self, exception: &Value, class: &Value) -> Result<bool> {
        if let Some(classes) = tuple_of(class) {
            for class in classes {
                if self.exception_matches(exception, class)? {
                    return Ok(true);
                }
            }
            return Ok(false);
        }
        match typed::<Class>(class) {
            Some(class) if self.is_subclass(&class, &self.types.base_exception) => {
                Ok(self.is_subclass(&self.class_of(exception), &class))
            }
            _ => {
                Err(self.type_error("catching classes that do not inherit from BaseException is not allowed"))
            }
        }
    }

    /// `__enter__` is called; `__exit__` is bound for later.
    pub(super) fn with_enter(&self, manager: &Value) -> Result<(Value, Value)> {
        let class = self.class_of(manager);
        let find = |name: &Value, what: &str| {
            self.lookup(&class, name).ok_or_else(|| {
                self.type_error(&format!(
                    "'{}' object does not support the context manager protocol{what}",
                    kind_name(self, manager)
                ))
            })
        };
        let enter = find(&self.names.enter, "")?;
        let exit = find(&self.names.exit, " (missed __exit__ method)")?;
        let exit = self.bind_method(exit, manager, &class)?;
        let enter = self.bind_method(enter, manager, &class)?;
        let entered = self.call_with(&enter, [])?;
        Ok((exit, entered))
    }
}
