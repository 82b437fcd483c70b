//! `repr()` and `str()`.

use gleaner::Ref;

use super::describe::{exception_args, exception_tuple, full_name, kind_name};
use super::float_text;
use crate::objects::instance::{dict_of, list_of, payload, set_of, text_of, tuple_of, weak_of};
use crate::objects::{
    Big, Bool, Builtin, Bytes, Cell, Class, CodeObject, File, Float, Function, Generator, Int, Layout,
    MappingProxy, Member, Method, Module, Payload, Proxy, Range, Slice, Super, View, ViewKind,
};
use crate::value::{Kind, Result, Value, expect};
use crate::vm::Vm;

impl Vm {
    /// `repr(value)`
    ///
    /// # Errors
    /// What `__repr__` raises.
    pub fn repr_text(&self, value: &Value) -> Result<String> {
        if let Some(result) = self.special(value, &self.names.repr, &[])? {
            return match text_of(&result) {
                Some(text) => Ok(text.to_string()),
                None => Err(self.type_error(&format!(
                    "__repr__ returned non-string (type {})",
                    kind_name(self, &result)
                ))),
            };
        }
        self.nested(" while getting the repr of an object", || self.plain_repr(value))
    }

    /// `str(value)`
    ///
    /// # Errors
    /// What `__str__` and `__repr__` raise.
    pub fn str_text(&self, value: &Value) -> Result<String> {
        if Kind::of(value) == Kind::Str {
            return Ok(text_of(value).unwrap_or_default().to_string());
        }
        if Kind::of(value) == Kind::Proxy {
            return self.str_text(&self.proxied(value)?);
        }
        if let Some(result) = self.special(value, &self.names.str, &[])? {
            return match text_of(&result) {
                Some(text) => Ok(text.to_string()),
                None => Err(self
                    .type_error(&format!("__str__ returned non-string (type {})", kind_name(self, &result)))),
            };
        }
        if let Some(text) = text_of(value) {
            return Ok(text.to_string());
        }
        if Kind::of(value) == Kind::Exception {
            return self.nested(" while getting the str of an object", || self.exception_text(value));
        }
        self.repr_text(value)
    }

    /// What an exception says of itself: it may be among its own arguments.
    fn exception_text(&self, exception: &Value) -> Result<String> {
        let args = exception_args(exception);
        let class = self.class_of(exception);
        match args.as_slice() {
            [] => Ok(String::new()),
            [one] if self.is_subclass(&class, &self.types.key_error) => self.repr_text(one),
            [one] => self.str_text(one),
            [number, text, rest @ ..] if self.is_subclass(&class, &self.types.os_error) => {
                let text = format!("[Errno {}] {}", self.str_text(number)?, self.str_text(text)?);
                match rest {
                    [path, ..] => Ok(format!("{text}: {}", self.repr_text(path)?)),
                    [] => Ok(text),
                }
            }
            _ => self.repr_args(exception),
        }
    }

    /// What `repr` says of an object whose class says nothing else.
    ///
    /// # Errors
    /// What the parts' `__repr__` raise.
    pub fn plain_repr(&self, value: &Value) -> Result<String> {
        Ok(match Kind::of(value) {
            Kind::None => "None".into(),
            Kind::Ellipsis => "Ellipsis".into(),
            Kind::NotImplemented => "NotImplemented".into(),
            Kind::Bool => if expect::<Bool>(value).0 { "True" } else { "False" }.into(),
            Kind::Int => expect::<Int>(value).0.to_string(),
            Kind::Big => self.big_text(&expect::<Big>(value).0)?,
            Kind::Float => float_text::repr(expect::<Float>(value).0),
            Kind::Str => quote(text_of(value).unwrap_or_default()),
            Kind::Bytes => quote_bytes(&expect::<Bytes>(value).0),
            Kind::Tuple => self.repr_tuple(value)?,
            Kind::List => self.repr_list(value)?,
            Kind::Dict => self.repr_dict(value)?,
            Kind::Set => self.repr_set(value)?,
            Kind::Range => {
                let range = expect::<Range>(value);
                match range.step {
                    1 => format!("range({}, {})", range.start, range.stop),
                    step => format!("range({}, {}, {step})", range.start, range.stop),
                }
            }
            Kind::Slice => {
                let slice = expect::<Slice>(value);
                let parts = [&slice.start, &slice.stop, &slice.step];
                format!("slice({})", self.join_reprs(parts.into_iter())?)
            }
            Kind::Exception => {
                let name = self.class_of(value).name();
                let args = exception_args(value);
                match args.as_slice() {
                    [one] => format!("{name}({})", self.repr_text(one)?),
                    _ => format!("{name}{}", self.repr_args(value)?),
                }
            }
            Kind::Class => self.repr_class(value),
            Kind::Function => {
                let function = expect::<Function>(value);
                let name = function.qualified_name.get();
                let name = name.as_ref().and_then(text_of).unwrap_or("?");
                format!("<function {name} at {}>", address(value))
            }
            Kind::Builtin => {
                let builtin = expect::<Builtin>(value);
                match builtin.owner {
                    "" | crate::vm::call_in_frame::FRAME => format!("<built-in function {}>", builtin.name),
                    owner => format!("<method '{}' of '{owner}' objects>", builtin.name),
                }
            }
            Kind::Method => self.repr_method(value)?,
            Kind::Instance => self.repr_instance(value)?,
            Kind::Generator => {
                let name = &expect::<Generator>(value).name;
                format!("<generator object {} at {}>", text_of(name).unwrap_or("?"), address(value))
            }
            Kind::Module => format!("<module '{}' (built-in)>", expect::<Module>(value).name),
            Kind::Cell => match expect::<Cell>(value).value.get() {
                Some(held) => format!(
                    "<cell at {}: {} object at {}>",
                    address(value),
                    kind_name(self, &held),
                    address(&held)
                ),
                None => format!("<cell at {}: empty>", address(value)),
            },
            Kind::Code => {
                let code = &expect::<CodeObject>(value).code;
                format!("<code object {} at {}, file \"<script>\", line 1>", code.name, address(value))
            }
            Kind::Member => {
                let member = expect::<Member>(value);
                let owner = member.owner.get().map_or_else(String::new, |owner| owner.name());
                let name = text_of(&member.name).unwrap_or_default();
                let what = if member.index >= Member::WEAKREF { "attribute" } else { "member" };
                format!("<{what} '{name}' of '{owner}' objects>")
            }
            Kind::View => {
                let view = expect::<View>(value);
                let items = self.collect(value)?;
                let name = match view.kind {
                    ViewKind::Keys => "dict_keys",
                    ViewKind::Values => "dict_values",
                    ViewKind::Items => "dict_items",
                };
                format!("{name}([{}])", self.join_reprs(items.iter())?)
            }
            Kind::MappingProxy => {
                let dict = expect::<MappingProxy>(value).dict.clone().into_any();
                format!("mappingproxy({})", self.repr_text(&dict)?)
            }
            Kind::File => {
                let file = expect::<File>(value);
                format!(
                    "<_io.TextIOWrapper name={} mode='{}' encoding='UTF-8'>",
                    quote(&file.path),
                    file.mode
                )
            }
            Kind::Super => {
                let Super { after, object, class: _ } = expect::<Super>(value);
                format!("<super: <class '{}'>, <{} object>>", after.name(), kind_name(self, object))
            }
            Kind::Other => self.repr_weak(value),
            Kind::Proxy => {
                let weak = &expect::<Proxy>(value).weak;
                match self.heap.referent(weak) {
                    Some(referent) => format!(
                        "<weakproxy at {} to {} at {}>",
                        address(value),
                        kind_name(self, &referent),
                        address(&referent)
                    ),
                    None => format!("<weakproxy at {} to NoneType at 0x0>", address(value)),
                }
            }
            _ => {
                let class = self.class_of(value);
                format!("<{} object at {}>", full_name(self, &class), address(value))
            }
        })
    }

    /// Ints of more digits than 4300 are no text (CVE-2020-10735).
    fn big_text(&self, value: &num_bigint::BigInt) -> Result<String> {
        // 10 ** 4300 has 14285 bits.
        if value.bits() > 14_281 {
            let text = if value.bits() > 14_285 { String::new() } else { value.to_string() };
            if !text.is_empty() && text.trim_start_matches('-').len() <= 4300 {
                return Ok(text);
            }
            return Err(self.value_error(
                "Exceeds the limit (4300 digits) for integer string conversion; use sys.set_int_max_str_digits() to increase the limit",
            ));
        }
        Ok(value.to_string())
    }

    fn join_reprs<'a>(&self, items: impl Iterator<Item = &'a Value>) -> Result<String> {
        let mut text = String::new();
        for (place, item) in items.enumerate() {
            if place > 0 {
                text.push_str(", ");
            }
            text.push_str(&self.repr_text(item)?);
            self.charge_bytes(text.len())?;
        }
        Ok(text)
    }

    fn repr_tuple(&self, value: &Value) -> Result<String> {
        let items = tuple_of(value).unwrap_or_default();
        let comma = if items.len() == 1 { "," } else { "" };
        self.once(value, "(...)", || Ok(format!("({}{comma})", self.join_reprs(items.iter())?)))
    }

    fn repr_args(&self, exception: &Value) -> Result<String> {
        exception_tuple(exception).map_or_else(|| Ok("()".into()), |args| self.repr_tuple(&args))
    }

    /// Runs something unless it is running already for the same object: `[...]`.
    fn once(&self, value: &Value, again: &str, work: impl FnOnce() -> Result<String>) -> Result<String> {
        if self.repr_stack.borrow().contains(&value.id()) {
            return Ok(again.into());
        }
        self.repr_stack.borrow_mut().push(value.id());
        let result = work();
        self.repr_stack.borrow_mut().pop();
        result
    }

    fn repr_list(&self, value: &Value) -> Result<String> {
        self.once(value, "[...]", || {
            let items = list_of(value).map(|items| items.borrow().clone()).unwrap_or_default();
            Ok(format!("[{}]", self.join_reprs(items.iter())?))
        })
    }

    fn repr_dict(&self, value: &Value) -> Result<String> {
        self.once(value, "{...}", || {
            let entries: Vec<(Value, Value)> = dict_of(value)
                .map(|data| {
                    data.borrow().iter().map(|entry| (entry.key.clone(), entry.value.clone())).collect()
                })
                .unwrap_or_default();
            let mut parts = Vec::with_capacity(entries.len());
            let mut length = 0;
            for (key, value) in entries {
                let part = format!("{}: {}", self.repr_text(&key)?, self.repr_text(&value)?);
                length += part.len();
                self.charge_bytes(length)?;
                parts.push(part);
            }
            Ok(format!("{{{}}}", parts.join(", ")))
        })
    }

    fn repr_set(&self, value: &Value) -> Result<String> {
        let Some((data, frozen)) = set_of(value) else { return Ok(String::new()) };
        let name = self.class_of(value).name();
        let named = frozen || name != "set";
        if data.borrow().is_empty() {
            return Ok(format!("{name}()"));
        }
        self.once(value, &format!("{name}(...)"), || {
            let items = crate::builtins::set_order(self, data);
            let inside = self.join_reprs(items.iter())?;
            Ok(if named { format!("{name}({{{inside}}})") } else { format!("{{{inside}}}") })
        })
    }

    fn repr_class(&self, value: &Value) -> String {
        match value.clone().downcast::<Class>() {
            Ok(class) => format!("<class '{}'>", full_name(self, &class)),
            Err(_) => String::new(),
        }
    }

    fn repr_method(&self, value: &Value) -> Result<String> {
        let method = expect::<Method>(value);
        if let Some(builtin) = method.function.downcast_ref::<Builtin>() {
            let kind = kind_name(self, &method.object);
            return Ok(format!(
                "<built-in method {} of {kind} object at {}>",
                builtin.name,
                address(&method.object)
            ));
        }
        let name = self.getattr(&method.function, &self.names.qualname)?;
        let name = text_of(&name).unwrap_or("?").to_string();
        Ok(format!("<bound method {name} of {}>", self.repr_text(&method.object)?))
    }

    fn repr_instance(&self, value: &Value) -> Result<String> {
        let class = self.class_of(value);
        match payload(value) {
            Some(Payload::Int(value)) => self.big_text(value),
            Some(Payload::Float(value)) => Ok(float_text::repr(*value)),
            Some(Payload::Str(text)) => Ok(quote(text)),
            Some(Payload::Tuple(_)) => self.repr_tuple(value),
            Some(Payload::List(_)) => self.repr_list(value),
            Some(Payload::Dict(_)) => self.repr_dict(value),
            Some(Payload::Set { .. }) => self.repr_set(value),
            Some(Payload::Weak(_)) => Ok(self.repr_weak(value)),
            _ if class.layout == Layout::Bytes => Ok("b''".into()),
            _ => Ok(format!("<{} object at {}>", full_name(self, &class), address(value))),
        }
    }

    fn repr_weak(&self, value: &Value) -> String {
        let referent: Option<Value> = weak_of(value).and_then(|weak: Ref<_>| self.heap.referent(&weak));
        match referent {
            Some(referent) => {
                let name =
                    self.unless(self.getattr(&referent, &self.names.name), &self.types.attribute_error);
                let name = match name {
                    Ok(Some(name)) => text_of(&name).map(|name| format!(" ({name})")).unwrap_or_default(),
                    _ => String::new(),
                };
                format!(
                    "<weakref at {}; to '{}' at {}{name}>",
                    address(value),
                    full_name(self, &self.class_of(&referent)),
                    address(&referent)
                )
            }
            None => format!("<weakref at {}; dead>", address(value)),
        }
    }
}

/// An object's identity, as `repr` tells it.
#[must_use]
pub fn address(value: &Value) -> String {
    format!("{:#x}", value.id())
}

/// A string as a literal.
#[must_use]
pub fn quote(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut literal = String::with_capacity(text.len() + 2);
    literal.push(quote);
    for char in text.chars() {
        match char {
            '\\' => literal.push_str("\\\\"),
            '\n' => literal.push_str("\\n"),
            '\r' => literal.push_str("\\r"),
            '\t' => literal.push_str("\\t"),
            char if char == quote => {
                literal.push('\\');
                literal.push(char);
            }
            char if (char as u32) < 0x20 || char as u32 == 0x7f => {
                literal.push_str(&format!("\\x{:02x}", char as u32));
            }
            char if (0x80..0xa1).contains(&(char as u32)) || char as u32 == 0xad => {
                literal.push_str(&format!("\\x{:02x}", char as u32));
            }
            char => literal.push(char),
        }
    }
    literal.push(quote);
    literal
}

fn quote_bytes(bytes: &[u8]) -> String {
    let quote = if bytes.contains(&b'\'') && !bytes.contains(&b'"') { '"' } else { '\'' };
    let mut literal = format!("b{quote}");
    for byte in bytes {
        match byte {
            b'\\' => literal.push_str("\\\\"),
            b'\n' => literal.push_str("\\n"),
            b'\r' => literal.push_str("\\r"),
            b'\t' => literal.push_str("\\t"),
            byte if char::from(*byte) == quote => {
                literal.push('\\');
                literal.push(quote);
            }
            0x20..=0x7e => literal.push(char::from(*byte)),
            byte => literal.push_str(&format!("\\x{byte:02x}")),
        }
    }
    literal.push(quote);
    literal
}
