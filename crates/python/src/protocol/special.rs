//! Attributes that objects of the builtin types have without a dict.

use gleaner::{AnySlot, Ref};

use crate::objects::instance::{text_of, tuple_of, weak_of};
use crate::objects::{
    Builtin, Cell, Class, CodeObject, Exception, File, FrameObject, Function, Generator, MappingProxy,
    Method, Property, Range, Slice, StaticMethod, Traceback,
};
use crate::protocol::describe::kind_name;
use crate::value::{Kind, Result, Value, expect, typed};
use crate::vm::Vm;

impl Vm {
    /// An attribute that comes of the object's type.
    pub(crate) fn get_special(
        &self,
        object: &Value,
        class: &Ref<Class>,
        name: &Value,
    ) -> Result<Option<Value>> {
        let text = text_of(name).unwrap_or_default();
        if text == "__class__" {
            return Ok(Some(class.clone().into_any()));
        }
        if text == "__dict__"
            && matches!(Kind::of(object), Kind::Exception | Kind::Module | Kind::Function | Kind::Instance)
        {
            return self.unless(self.dict_of_instance(object), &self.types.attribute_error);
        }
        let or_none = |value: Option<Value>| Some(value.unwrap_or_else(|| self.none.clone()));
        let slot = |slot: &AnySlot| or_none(slot.get());
        Ok(match Kind::of(object) {
            Kind::Function => {
                let function = expect::<Function>(object);
                match text {
                    "__name__" => slot(&function.name),
                    "__qualname__" => slot(&function.qualified_name),
                    "__doc__" => slot(&function.doc),
                    "__module__" => slot(&function.module),
                    "__defaults__" => slot(&function.defaults),
                    "__kwdefaults__" => slot(&function.keyword_defaults),
                    "__closure__" => slot(&function.closure),
                    "__globals__" => or_none(function.globals.get().map(Ref::into_any)),
                    "__code__" => Some(function.code.clone().into_any()),
                    "__wrapped__" => None,
                    _ => None,
                }
            }
            Kind::Builtin => match text {
                "__name__" | "__qualname__" => Some(self.str(expect::<Builtin>(object).name)?),
                "__self__" | "__doc__" => Some(self.none.clone()),
                "__module__" => Some(self.str("builtins")?),
                _ => None,
            },
            Kind::Method => {
                let method = expect::<Method>(object);
                match text {
                    "__self__" => Some(method.object.clone()),
                    "__func__" => Some(method.function.clone()),
                    _ => Some(self.nested("", || self.getattr(&method.function, name))?),
                }
            }
            Kind::Exception => {
                let exception = expect::<Exception>(object);
                match text {
                    "args" => slot(&exception.args),
                    "__traceback__" => or_none(exception.traceback.get().map(Ref::into_any)),
                    "__cause__" => slot(&exception.cause),
                    "__context__" => slot(&exception.context),
                    "__suppress_context__" => Some(self.bool(exception.suppress.get())),
                    "value" if self.is_subclass(class, &self.types.stop_iteration) => {
                        or_none(first_argument(exception))
                    }
                    "code" if self.is_subclass(class, &self.types.system_exit) => {
                        or_none(first_argument(exception))
                    }
                    _ => None,
                }
            }
            Kind::Traceback => {
                let traceback = expect::<Traceback>(object);
                match text {
                    "tb_frame" => Some(traceback.frame.clone().into_any()),
                    "tb_next" => or_none(traceback.next.get().map(Ref::into_any)),
                    "tb_lineno" => Some(self.int(i64::from(traceback.line))?),
                    _ => None,
                }
            }
            Kind::Frame => self.frame_attribute(expect::<FrameObject>(object), text)?,
            Kind::Generator => {
                let generator = expect::<Generator>(object);
                match text {
                    "gi_running" => Some(self.bool(generator.running.get())),
                    "gi_frame" => {
                        let resting = generator.frame.borrow().is_some() || generator.running.get();
                        if resting { Some(self.generator_frame(generator)?) } else { Some(self.none.clone()) }
                    }
                    "__name__" | "__qualname__" => Some(generator.name.clone()),
                    _ => None,
                }
            }
            Kind::Cell if text == "cell_contents" => match expect::<Cell>(object).value.get() {
                Some(value) => Some(value),
                None => return Err(self.value_error("cell is empty")),
            },
            Kind::Code => self.code_attribute(expect::<CodeObject>(object), text)?,
            Kind::Property => {
                let property = expect::<Property>(object);
                match text {
                    "fget" => slot(&property.get),
                    "fset" => slot(&property.set),
                    "fdel" => slot(&property.delete),
                    _ => None,
                }
            }
            Kind::StaticMethod if text == "__func__" => slot(&expect::<StaticMethod>(object).function),
            Kind::ClassMethod if text == "__func__" => {
                slot(&expect::<crate::objects::ClassMethod>(object).function)
            }
            Kind::Slice => {
                let slice = expect::<Slice>(object);
                match text {
                    "start" => Some(slice.start.clone()),
                    "stop" => Some(slice.stop.clone()),
                    "step" => Some(slice.step.clone()),
                    _ => None,
                }
            }
            Kind::Range => {
                let range = expect::<Range>(object);
                match text {
                    "start" => Some(self.int(range.start)?),
                    "stop" => Some(self.int(range.stop)?),
                    "step" => Some(self.int(range.step)?),
                    _ => None,
                }
            }
            Kind::File => match text {
                "closed" => Some(self.bool(expect::<File>(object).state.borrow().is_none())),
                "name" => Some(self.str(&expect::<File>(object).path)?),
                "mode" => Some(self.str(&expect::<File>(object).mode)?),
                _ => None,
            },
            Kind::Int | Kind::Bool | Kind::Big => match text {
                "real" | "numerator" => Some(object.clone()),
                "imag" => Some(self.int(0)?),
                "denominator" => Some(self.int(1)?),
                _ => None,
            },
            Kind::MappingProxy => {
                let dict = expect::<MappingProxy>(object).dict.clone().into_any();
                self.unless(self.getattr(&dict, name), &self.types.attribute_error)?
            }
            Kind::Other | Kind::Instance if text == "__callback__" => {
                weak_of(object).map(|weak| self.weak_callback(&weak))
            }
            _ => match text {
                "__doc__" => Some(self.none.clone()),
                _ => None,
            },
        })
    }

    fn frame_attribute(&self, frame: &FrameObject, text: &str) -> Result<Option<Value>> {
        Ok(match text {
            "f_locals" => {
                let dict = self.dict()?;
                for (name, value) in frame.code.locals.iter().zip(&*frame.locals.borrow()) {
                    if let Some(value) = value {
                        self.dict_set(&dict.data, name.clone(), value.clone())?;
                    }
                }
                Some(dict.into_any())
            }
            "f_globals" => frame.globals.get().map(Ref::into_any),
            "f_code" => Some(frame.code.clone().into_any()),
            "f_lineno" => Some(self.int(i64::from(frame.line.get()))?),
            "f_back" => Some(self.none.clone()),
            _ => None,
        })
    }

    fn generator_frame(&self, generator: &Generator) -> Result {
        let mut frame = generator.frame.borrow_mut();
        match &mut *frame {
            Some(frame) => Ok(self.frame_object(frame)?.into_any()),
            None => Ok(self.none.clone()),
        }
    }

    fn code_attribute(&self, code: &CodeObject, text: &str) -> Result<Option<Value>> {
        Ok(match text {
            "co_name" => Some(self.intern(&code.code.name)?),
            "co_qualname" => Some(self.intern(&code.code.qualified_name)?),
            "co_argcount" => Some(self.int(i64::from(code.code.positional))?),
            "co_consts" => Some(self.tuple(code.constants.iter().cloned())?),
            "co_names" => Some(self.tuple(code.names.iter().cloned())?),
            "co_varnames" => Some(self.tuple(code.locals.iter().cloned())?),
            "co_nlocals" => Some(self.count(code.locals.len())?),
            "co_freevars" => {
                let names: Vec<Value> =
                    code.code.free.iter().map(|name| self.intern(name)).collect::<Result<_>>()?;
                Some(self.tuple(names)?)
            }
            "co_filename" => Some(self.str("<script>")?),
            "co_firstlineno" => {
                let line = code.code.positions.first().map_or(1, |position| position.line);
                Some(self.int(i64::from(line))?)
            }
            _ => None,
        })
    }

    /// An attribute that every class has.
    pub(crate) fn get_class_special(&self, class: &Ref<Class>, name: &Value) -> Result<Option<Value>> {
        let text = text_of(name).unwrap_or_default();
        if !text.starts_with("__") {
            return Ok(None);
        }
        Ok(match text {
            "__name__" => Some(self.str(&class.name())?),
            "__qualname__" => match self.dict_get_name(&class.dict.data, name) {
                Some(name) => Some(name),
                None => Some(self.str(&class.name())?),
            },
            "__mro__" => class.mro.get().map(Ref::into_any),
            "__bases__" => class.bases.get().map(Ref::into_any),
            "__base__" => {
                let first = class.bases.get().and_then(|bases| bases.0.first().cloned());
                Some(first.unwrap_or_else(|| self.none.clone()))
            }
            "__dict__" => Some(self.make(MappingProxy { dict: class.dict.clone() })?),
            "__class__" => Some(self.class_of(class.as_any()).into_any()),
            "__module__" if class.builtin => {
                Some(self.str(crate::protocol::describe::module_of(self, class))?)
            }
            "__doc__" => match self.dict_get_name(&class.dict.data, name) {
                Some(doc) => Some(doc),
                None => Some(self.none.clone()),
            },
            _ => None,
        })
    }

    /// Sets an attribute that comes of the object's type; returns whether it is one.
    pub(crate) fn set_special(&self, object: &Value, name: &Value, value: Option<&Value>) -> Result<bool> {
        let text = text_of(name).unwrap_or_default();
        let none_is_nothing = value.filter(|value| Kind::of(value) != Kind::None).cloned();
        match Kind::of(object) {
            Kind::Exception => {
                let exception = expect::<Exception>(object);
                match text {
                    "__traceback__" => {
                        exception.traceback.put(none_is_nothing.as_ref().and_then(typed::<Traceback>))
                    }
                    "__cause__" => {
                        exception.cause.put(none_is_nothing);
                        exception.suppress.set(true);
                    }
                    "__context__" => exception.context.put(none_is_nothing),
                    "__suppress_context__" => {
                        exception.suppress.set(value.is_some_and(|value| self.truth(value).unwrap_or(false)));
                    }
                    "args" => {
                        let items = match value {
                            Some(value) => self.collect(value)?,
                            None => return Err(self.type_error("args may not be deleted")),
                        };
                        exception.args.put(Some(self.tuple(items)?));
                    }
                    _ => return Ok(false),
                }
            }
            Kind::Function => {
                let function = expect::<Function>(object);
                match text {
                    "__name__" => function.name.put(value.cloned()),
                    "__qualname__" => function.qualified_name.put(value.cloned()),
                    "__doc__" => function.doc.put(value.cloned()),
                    "__module__" => function.module.put(value.cloned()),
                    "__defaults__" => {
                        let defaults = none_is_nothing.filter(|value| tuple_of(value).is_some());
                        function.defaults.put(defaults);
                    }
                    "__kwdefaults__" => function.keyword_defaults.put(none_is_nothing),
                    _ => return Ok(false),
                }
            }
            Kind::Cell if text == "cell_contents" => expect::<Cell>(object).value.put(value.cloned()),
            Kind::Instance if text == "__class__" => {
                let Some(class) = value.and_then(typed::<Class>) else {
                    let kind = value.map_or_else(String::new, |value| kind_name(self, value));
                    return Err(
                        self.type_error(&format!("__class__ must be set to a class, not '{kind}' object"))
                    );
                };
                let old = self.class_of(object);
                let alike = class.layout == old.layout && class.slots == old.slots;
                if class.builtin || !alike || class.has_dict != old.has_dict {
                    return Err(self.type_error(&format!(
                        "__class__ assignment: '{}' object layout differs from '{}'",
                        class.name(),
                        old.name()
                    )));
                }
                expect::<crate::objects::Instance>(object).class.put(Some(class));
            }
            Kind::Other if text == "__callback__" => {
                return Err(self.attribute_error(
                    "attribute '__callback__' of 'weakref.ReferenceType' objects is not writable",
                ));
            }
            _ => return Ok(false),
        }
        Ok(true)
    }
}

fn first_argument(exception: &Exception) -> Option<Value> {
    exception.args.get().as_ref().and_then(tuple_of).and_then(|args| args.first().cloned())
}
