//! Calls: arguments are bound to parameters, and frames begin.

use gleaner::Ref;
use smallvec::SmallVec;

use super::call_in_frame::FRAME;
use super::{Frame, Vm};
use crate::objects::instance::dict_of;
use crate::objects::{Builtin, Cell, Class, Function, Generator, Method};
use crate::protocol::describe::kind_name;
use crate::value::{Kind, Raised, Result, Value, expect};

/// The arguments of a call.
#[derive(Default)]
pub struct Args {
    /// By position.
    pub values: SmallVec<[Value; 4]>,
    /// By name.
    pub keywords: Vec<(Value, Value)>,
}

impl Args {
    /// Arguments by position.
    pub fn of(values: impl IntoIterator<Item = Value>) -> Args {
        Args { values: values.into_iter().collect(), keywords: Vec::new() }
    }

    /// Takes an argument by name out.
    pub fn keyword(&mut self, name: &str) -> Option<Value> {
        let place =
            self.keywords.iter().position(|(key, _)| crate::objects::instance::text_of(key) == Some(name))?;
        Some(self.keywords.remove(place).1)
    }

    /// The number of arguments by position.
    #[must_use]
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there is none by position.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The argument at a place.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<&Value> {
        self.values.get(index)
    }
}

impl Vm {
    /// Calls an object.
    ///
    /// # Errors
    /// What it raises; `TypeError` if it cannot be called.
    pub fn call(&self, callable: &Value, args: Args) -> Result {
        match Kind::of(callable) {
            Kind::Function => {
                let frame = self.bind(callable, args)?;
                self.start(frame)
            }
            Kind::Builtin => {
                let builtin = expect::<Builtin>(callable);
                self.check_receiver(builtin, &args)?;
                self.nested(" while calling a Python object", || (builtin.call)(self, args))
            }
            Kind::Method => {
                let mut args = args;
                let mut function = callable.clone();
                // A method's function may be a method.
                while let Some(method) = function.downcast_ref::<Method>() {
                    args.values.insert(0, method.object.clone());
                    self.charge_work(args.len() as u64 * 8)?;
                    let inner = method.function.clone();
                    function = inner;
                }
                self.call(&function, args)
            }
            Kind::Class => self.nested(" while calling a Python object", || self.call_class(callable, args)),
            _ => self.call_other(callable, args),
        }
    }

    /// Calls an object with arguments by position.
    ///
    /// # Errors
    /// What it raises.
    pub fn call_with(&self, callable: &Value, values: impl IntoIterator<Item = Value>) -> Result {
        self.call(callable, Args::of(values))
    }

    /// A method of a builtin type is called with an instance of it, however it is reached.
    fn check_receiver(&self, builtin: &Builtin, args: &Args) -> Result<()> {
        let Builtin { name, owner, .. } = *builtin;
        if matches!(owner, "" | FRAME | "object") || name == "fromkeys" {
            return Ok(());
        }
        let Some(receiver) = args.get(0) else {
            return Err(self.type_error(&format!("unbound method {owner}.{name}() needs an argument")));
        };
        let class = self.class_of(receiver);
        let of = |class: &Class| class.builtin && **class.name.borrow() == *owner;
        let inherits = || {
            let order = class.mro.get();
            order.is_some_and(|order| {
                order.0.iter().any(|class| class.downcast_ref::<Class>().is_some_and(of))
            })
        };
        if of(&class) || inherits() {
            return Ok(());
        }
        Err(self.type_error(&format!(
            "descriptor '{name}' for '{owner}' objects doesn't apply to a '{}' object",
            kind_name(self, receiver)
        )))
    }

    fn call_other(&self, callable: &Value, mut args: Args) -> Result {
        let class = self.class_of(callable);
        // A proxy of something that cannot be called says so, even if that has died.
        if class.is(&self.types.proxy) {
            return Err(self.type_error(&format!("'{}' object is not callable", kind_name(self, callable))));
        }
        if let Some(result) = self.call_special(callable, &mut args) {
            return result;
        }
        match self.lookup(&class, &self.names.call) {
            Some(method) => self.nested(" while calling a Python object", || {
                let bound = self.bind_method(method, callable, &class)?;
                self.call(&bound, args)
            }),
            None => Err(self.type_error(&format!("'{}' object is not callable", kind_name(self, callable)))),
        }
    }

    /// Runs a frame, or makes the generator whose frame it is.
    pub(super) fn start(&self, mut frame: Box<Frame>) -> Result {
        if frame.code.code.is_generator {
            let name = expect_name(&frame);
            return self.make(Generator {
                frame: Some(frame).into(),
                running: false.into(),
                started: false.into(),
                name,
            });
        }
        let result = self.nested("", || self.run(&mut frame));
        frame.end();
        drop(frame);
        result
    }

    /// Makes the frame of a call.
    fn bind(&self, callable: &Value, args: Args) -> Result<Box<Frame>> {
        let function = expect::<Function>(callable);
        let code = &function.code.code;
        let mut locals: Vec<Option<Value>> = Vec::with_capacity(code.locals.len());
        let positional = code.positional as usize;
        let simple = args.keywords.is_empty()
            && args.values.len() == positional
            && code.keyword_only == 0
            && !code.has_args
            && !code.has_kwargs;
        if simple {
            locals.extend(args.values.into_iter().map(Some));
        } else {
            self.bind_slowly(function, args, &mut locals)?;
        }
        locals.resize(code.locals.len(), None);
        let cells = self.make_cells(function, &mut locals)?;
        let globals = function.globals.get().ok_or_else(|| self.no_globals())?;
        Ok(Box::new(Frame {
            code: function.code.clone(),
            function: Some(callable.clone()),
            globals,
            names: None,
            locals,
            cells,
            stack: Vec::with_capacity(code.stack as usize),
            next: 0,
            object: None,
            handled: None,
        }))
    }

    fn no_globals(&self) -> Raised {
        self.raise(&self.types.runtime_error, "function was cleared by the collector")
    }

    /// Makes the cells of a call: parameters in cells move there.
    pub(super) fn make_cells(
        &self,
        function: &Function,
        locals: &mut [Option<Value>],
    ) -> Result<Vec<Ref<Cell>>> {
        let code = &function.code.code;
        if code.cells.is_empty() && code.free.is_empty() {
            return Ok(Vec::new());
        }
        let mut cells = Vec::with_capacity(code.cells.len() + code.free.len());
        for parameter in &code.cell_parameters {
            let cell = self.alloc(Cell::default())?;
            if let Some(parameter) = parameter {
                cell.value.put(locals[*parameter as usize].take());
            }
            cells.push(cell);
        }
        if let Some(closure) = function.closure.get() {
            for cell in crate::objects::instance::tuple_of(&closure).unwrap_or_default() {
                cells.extend(cell.clone().downcast::<Cell>());
            }
        }
        Ok(cells)
    }

    fn bind_slowly(&self, function: &Function, args: Args, locals: &mut Vec<Option<Value>>) -> Result<()> {
        let code = &function.code.code;
        let positional = code.positional as usize;
        let named = positional + code.keyword_only as usize;
        let Args { values, keywords } = args;
        let given = values.len();
        let mut values = values.into_iter();
        locals.extend(values.by_ref().take(positional).map(Some));
        locals.resize(named, None);
        let rest: Vec<Value> = values.collect();
        let extra = if code.has_kwargs { Some(self.dict()?) } else { None };
        let mut positional_only = Vec::new();
        for (key, value) in keywords {
            let text = crate::objects::instance::text_of(&key)
                .ok_or_else(|| self.type_error("keywords must be strings"))?;
            let place = code.locals[..named].iter().position(|name| &**name == text);
            match place {
                Some(place) if place >= code.positional_only as usize => {
                    if locals[place].is_some() {
                        return Err(self.type_error(&format!(
                            "{}() got multiple values for argument '{text}'",
                            code.qualified_name
                        )));
                    }
                    locals[place] = Some(value);
                }
                other => match &extra {
                    Some(extra) => self.dict_set(&extra.data, key, value)?,
                    None if other.is_some() => positional_only.push(text.to_string()),
                    None => {
                        return Err(self.type_error(&format!(
                            "{}() got an unexpected keyword argument '{text}'",
                            code.qualified_name
                        )));
                    }
                },
            }
        }
        if !positional_only.is_empty() {
            return Err(self.type_error(&format!(
                "{}() got some positional-only arguments passed as keyword arguments: '{}'",
                code.qualified_name,
                positional_only.join(", ")
            )));
        }
        if !rest.is_empty() && !code.has_args {
            return Err(self.too_many(function, given, locals));
        }
        self.fill_defaults(function, locals)?;
        if code.has_args {
            locals.push(Some(self.tuple(rest)?));
        }
        if let Some(extra) = extra {
            locals.push(Some(extra.into_any()));
        }
        Ok(())
    }

    fn fill_defaults(&self, function: &Function, locals: &mut [Option<Value>]) -> Result<()> {
        let code = &function.code.code;
        let positional = code.positional as usize;
        let defaults = function.defaults.get();
        let defaults = defaults.as_ref().and_then(crate::objects::instance::tuple_of).unwrap_or_default();
        let first = positional.saturating_sub(defaults.len());
        for (place, default) in (first..positional).zip(defaults) {
            locals[place].get_or_insert_with(|| default.clone());
        }
        let missing: Vec<&str> = (0..positional)
            .filter(|place| locals[*place].is_none())
            .map(|place| &*code.locals[place])
            .collect();
        if !missing.is_empty() {
            return Err(self.missing(function, "positional", &missing));
        }
        let keyword_defaults = function.keyword_defaults.get();
        let mut missing: Vec<&str> = Vec::new();
        let named = locals.iter_mut().zip(&code.locals).skip(positional).take(code.keyword_only as usize);
        for (local, name) in named.filter(|(local, _)| local.is_none()) {
            let default =
                keyword_defaults.as_ref().and_then(|defaults| self.dict_get_text(dict_of(defaults)?, name));
            match default {
                Some(default) => *local = Some(default),
                None => missing.push(name),
            }
        }
        if missing.is_empty() { Ok(()) } else { Err(self.missing(function, "keyword-only", &missing)) }
    }

    fn missing(&self, function: &Function, kind: &str, names: &[&str]) -> Raised {
        let quoted: Vec<String> = names.iter().map(|name| format!("'{name}'")).collect();
        let list = match quoted.as_slice() {
            [one] => one.clone(),
            [one, two] => format!("{one} and {two}"),
            [most @ .., last] => format!("{}, and {last}", most.join(", ")),
            [] => String::new(),
        };
        let plural = if names.len() == 1 { "" } else { "s" };
        self.type_error(&format!(
            "{}() missing {} required {kind} argument{plural}: {list}",
            function.code.code.qualified_name,
            names.len()
        ))
    }

    fn too_many(&self, function: &Function, given: usize, locals: &[Option<Value>]) -> Raised {
        let code = &function.code.code;
        let takes = code.positional as usize;
        let defaults = function.defaults.get();
        let defaults =
            defaults.as_ref().and_then(crate::objects::instance::tuple_of).map_or(0, <[Value]>::len);
        let keyword_only = locals[takes..].iter().filter(|local| local.is_some()).count();
        let plural = if takes == 1 && defaults == 0 { "" } else { "s" };
        let range =
            if defaults > 0 { format!("from {} to {takes}", takes - defaults) } else { takes.to_string() };
        let keywords = if keyword_only > 0 {
            let plural = if keyword_only == 1 { "" } else { "s" };
            format!(
                " positional argument{} (and {keyword_only} keyword-only argument{plural})",
                if given == 1 { "" } else { "s" }
            )
        } else {
            String::new()
        };
        let were = if given == 1 && keyword_only == 0 { "was" } else { "were" };
        self.type_error(&format!(
            "{}() takes {range} positional argument{plural} but {given}{keywords} {were} given",
            code.qualified_name
        ))
    }
}

fn expect_name(frame: &Frame) -> Value {
    let function = frame.function.as_ref().and_then(|function| function.downcast_ref::<Function>());
    function
        .and_then(|function| function.qualified_name.get())
        .unwrap_or_else(|| frame.globals.clone().into_any())
}
