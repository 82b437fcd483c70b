//! The modules that a program can import.

pub mod gc;
pub mod sys;
pub mod weakref;

use gleaner::Ref;

use crate::objects::Module;
use crate::value::{Result, Value};
use crate::vm::Vm;

/// What fills a module's dict.
type Fill = fn(&Vm, &Ref<Module>) -> Result<()>;

/// Makes a module when it is imported for the first time; nothing if there is none of the name.
pub(crate) fn load(vm: &Vm, name: &str) -> Result<Option<Ref<Module>>> {
    let (name, fill): (&'static str, Fill) = match name {
        "gc" => ("gc", gc::fill),
        "sys" => ("sys", sys::fill),
        "weakref" => ("weakref", weakref::fill),
        "builtins" => ("builtins", |_, _| Ok(())),
        _ => return Ok(None),
    };
    let dict = if name == "builtins" { vm.builtins.clone() } else { vm.dict()? };
    let module = vm.alloc(Module { name, dict })?;
    set(vm, &module, "__name__", vm.intern(name)?)?;
    fill(vm, &module)?;
    vm.modules.borrow_mut().push(module.clone());
    Ok(Some(module))
}

/// Sets a name of a module.
pub(crate) fn set(vm: &Vm, module: &Ref<Module>, name: &str, value: Value) -> Result<()> {
    vm.dict_set(&module.dict.data, vm.intern(name)?, value)
}
