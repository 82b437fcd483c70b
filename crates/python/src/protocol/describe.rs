//! Objects in words: names of types and functions, tracebacks.

use gleaner::Ref;

use crate::objects::instance::{text_of, tuple_of};
use crate::objects::{Builtin, Class, Exception, Function, Method, Traceback};
use crate::value::{Kind, Value, expect};
use crate::vm::Vm;

/// The name of a value's class, as error messages tell it.
#[must_use]
pub fn kind_name(vm: &Vm, value: &Value) -> String {
    let class = vm.class_of(value);
    let name = class.name();
    match module_of(vm, &class) {
        "weakref" | "_io" if class.builtin => format!("{}.{name}", module_of(vm, &class)),
        _ => name,
    }
}

/// The module of a builtin class.
#[must_use]
pub fn module_of(vm: &Vm, class: &Ref<Class>) -> &'static str {
    let types = &vm.types;
    let weak = [&types.weakref, &types.proxy, &types.callable_proxy];
    if weak.iter().any(|weak| weak.is(class)) {
        "weakref"
    } else if types.file.is(class) {
        "_io"
    } else {
        "builtins"
    }
}

/// The name of a class with its module, as `repr` tells it.
#[must_use]
pub fn full_name(vm: &Vm, class: &Ref<Class>) -> String {
    if class.builtin {
        return match module_of(vm, class) {
            "builtins" => class.name(),
            module => format!("{module}.{}", class.name()),
        };
    }
    let text = |name: &Value| {
        vm.dict_get_name(&class.dict.data, name).and_then(|found| text_of(&found).map(str::to_string))
    };
    let name = text(&vm.names.qualname).unwrap_or_else(|| class.name());
    match text(&vm.names.module) {
        Some(module) if module != "builtins" => format!("{module}.{name}"),
        _ => name,
    }
}

/// The name of a function, as error messages tell it.
#[must_use]
pub fn function_name(vm: &Vm, value: &Value) -> String {
    match Kind::of(value) {
        Kind::Function => {
            let name = expect::<Function>(value).code.code.qualified_name.to_string();
            format!("__main__.{name}")
        }
        Kind::Builtin => expect::<Builtin>(value).name.to_string(),
        Kind::Method => {
            let mut function = expect::<Method>(value).function.clone();
            while let Some(method) = function.downcast_ref::<Method>() {
                let inner = method.function.clone();
                function = inner;
            }
            function_name(vm, &function)
        }
        Kind::Class => {
            full_name(vm, &value.clone().downcast::<Class>().unwrap_or_else(|_| vm.types.object.clone()))
        }
        _ => kind_name(vm, value),
    }
}

/// What an exception prints as its last line.
#[must_use]
pub fn exception_line(vm: &Vm, value: &Value) -> String {
    let class = vm.class_of(value);
    let name = full_name(vm, &class);
    let name = name.strip_prefix("builtins.").unwrap_or(&name);
    match vm.str_text(value) {
        Ok(text) if text.is_empty() => name.to_string(),
        Ok(text) => format!("{name}: {text}"),
        Err(_) => format!("{name}: <exception str() failed>"),
    }
}

/// A traceback with the exception's line, as standard error gets it.
#[must_use]
pub fn traceback_text(vm: &Vm, value: &Value) -> String {
    let mut text = String::new();
    if Kind::of(value) == Kind::Exception {
        let exception = expect::<Exception>(value);
        if let Some(cause) = exception.cause.get() {
            text.push_str(&traceback_text_once(vm, &cause));
            text.push_str("\nThe above exception was the direct cause of the following exception:\n\n");
        } else if let Some(context) = exception.context.get()
            && !exception.suppress.get()
        {
            text.push_str(&traceback_text_once(vm, &context));
            text.push_str("\nDuring handling of the above exception, another exception occurred:\n\n");
        }
    }
    text.push_str(&traceback_text_once(vm, value));
    text
}

fn traceback_text_once(vm: &Vm, value: &Value) -> String {
    let mut text = String::new();
    if Kind::of(value) == Kind::Exception {
        let mut entry: Option<Ref<Traceback>> = expect::<Exception>(value).traceback.get();
        if entry.is_some() {
            text.push_str("Traceback (most recent call last):\n");
        }
        let mut entries = 0;
        while let Some(traceback) = entry {
            entries += 1;
            if entries <= 20 {
                let name = &traceback.frame.code.code.name;
                text.push_str(&format!("  File \"<script>\", line {}, in {name}\n", traceback.line));
            }
            entry = traceback.next.get();
        }
        if entries > 20 {
            text.push_str(&format!("  [{} more]\n", entries - 20));
        }
    }
    text.push_str(&exception_line(vm, value));
    text.push('\n');
    text
}

/// The tuple of an exception's arguments.
#[must_use]
pub fn exception_tuple(value: &Value) -> Option<Value> {
    value.downcast_ref::<Exception>()?.args.get()
}

/// The arguments of an exception.
#[must_use]
pub fn exception_args(value: &Value) -> Vec<Value> {
    exception_tuple(value).as_ref().and_then(tuple_of).map(<[Value]>::to_vec).unwrap_or_default()
}
