//! The module `builtins`: functions, and the methods of the builtin types.

mod construct;
mod file;
mod functions;
mod iteration;
mod mapping;
mod number;
mod object;
mod sequence;
mod set;
mod sorting;
mod string;
mod text_methods;

pub(crate) use construct::construct;
pub(crate) use file::next_line;
pub(crate) use mapping::set_order;
pub(crate) use sorting::sort;

use gleaner::Ref;
use smallvec::SmallVec;

use crate::objects::function::Native;
use crate::objects::{Builtin, Class, Dict};
use crate::value::{Result, Value};
use crate::vm::{Args, Vm};

/// Names and what they do.
pub(crate) type Table = &'static [(&'static str, Native)];

/// Fills the types' dicts and the module.
pub(crate) fn install(vm: &Vm) -> Result<()> {
    object::install(vm)?;
    number::install(vm)?;
    string::install(vm)?;
    text_methods::install(vm)?;
    sequence::install(vm)?;
    mapping::install(vm)?;
    set::install(vm)?;
    file::install(vm)?;
    crate::modules::weakref::install(vm)?;
    functions::install(vm)?;
    let hidden = [
        "function",
        "builtin_function_or_method",
        "method_descriptor",
        "method",
        "cell",
        "code",
        "generator",
        "frame",
        "traceback",
        "module",
        "member_descriptor",
        "getset_descriptor",
        "mappingproxy",
        "NoneType",
        "ellipsis",
        "NotImplementedType",
        "TextIOWrapper",
        "iterator",
        "callable_iterator",
    ];
    for class in vm.types.all() {
        let name = class.name();
        let inner = name.ends_with("iterator") || name.starts_with("dict_");
        let weak = crate::protocol::describe::module_of(vm, class) != "builtins";
        if hidden.contains(&name.as_str()) || inner || weak {
            continue;
        }
        vm.dict_set(&vm.builtins.data, vm.intern(&name)?, class.clone().into_any())?;
    }
    let constants = [
        ("None", vm.none.clone()),
        ("True", vm.true_.clone()),
        ("False", vm.false_.clone()),
        ("Ellipsis", vm.ellipsis.clone()),
        ("NotImplemented", vm.not_implemented.clone()),
        ("__debug__", vm.true_.clone()),
        ("__name__", vm.intern("builtins")?),
        ("IOError", vm.types.os_error.clone().into_any()),
    ];
    for (name, value) in constants {
        vm.dict_set(&vm.builtins.data, vm.intern(name)?, value)?;
    }
    Ok(())
}

/// Adds methods to a type.
pub(crate) fn methods(vm: &Vm, class: &Ref<Class>, owner: &'static str, table: Table) -> Result<()> {
    for (name, call) in table {
        let builtin = vm.make(Builtin { name, owner, call: *call })?;
        vm.dict_set(&class.dict.data, vm.intern(name)?, builtin)?;
    }
    Ok(())
}

/// Adds functions to a module.
pub(crate) fn functions(vm: &Vm, dict: &Ref<Dict>, owner: &'static str, table: Table) -> Result<()> {
    for (name, call) in table {
        let builtin = vm.make(Builtin { name, owner, call: *call })?;
        vm.dict_set(&dict.data, vm.intern(name)?, builtin)?;
    }
    Ok(())
}

impl Args {
    /// The arguments by position, if there are as many as there may be, and none by name.
    ///
    /// # Errors
    /// `TypeError`
    pub fn take(self, vm: &Vm, name: &str, least: usize, most: usize) -> Result<SmallVec<[Value; 4]>> {
        if !self.keywords.is_empty() {
            return Err(vm.type_error(&format!("{name}() takes no keyword arguments")));
        }
        let given = self.values.len();
        if (least..=most).contains(&given) {
            return Ok(self.values);
        }
        let plural = |count: usize| if count == 1 { "" } else { "s" };
        let message = if least == most {
            let count = if least == 1 { "one".into() } else { least.to_string() };
            if least == 0 {
                format!("{name}() takes no arguments ({given} given)")
            } else if least == 1 {
                format!("{name}() takes exactly {count} argument ({given} given)")
            } else {
                format!("{name} expected {least} arguments, got {given}")
            }
        } else if given < least {
            format!("{name} expected at least {least} argument{}, got {given}", plural(least))
        } else {
            format!("{name} expected at most {most} argument{}, got {given}", plural(most))
        };
        Err(vm.type_error(&message))
    }

    /// The arguments of a method: the object, and so many others.
    ///
    /// # Errors
    /// `TypeError`
    pub fn method(
        mut self,
        vm: &Vm,
        name: &str,
        least: usize,
        most: usize,
    ) -> Result<(Value, SmallVec<[Value; 4]>)> {
        if self.values.is_empty() {
            return Err(vm.type_error(&format!("unbound method {name}() needs an argument")));
        }
        let object = self.values.remove(0);
        Ok((object, self.take(vm, name, least, most)?))
    }
}
