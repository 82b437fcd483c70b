//! Names: where they are looked up, and what is said if they are not there.

use gleaner::Ref;

use super::{Frame, Vm};
use crate::objects::Module;
use crate::objects::instance::text_of;
use crate::value::{Raised, Result, Value};

impl Vm {
    /// A name of a module or class body: its names, the globals, the builtins.
    pub(super) fn load_name(&self, frame: &Frame, name: &Value) -> Result {
        if let Some(names) = &frame.names
            && let Some(value) = self.dict_get(&names.data, name)?
        {
            return Ok(value);
        }
        self.load_global(frame, name)
    }

    /// A global or a builtin.
    pub(super) fn load_global(&self, frame: &Frame, name: &Value) -> Result {
        if let Some(value) = self.dict_get(&frame.globals.data, name)? {
            return Ok(value);
        }
        match self.dict_get(&self.builtins.data, name)? {
            Some(value) => Ok(value),
            None => Err(self.name_error(name)),
        }
    }

    pub(super) fn name_error(&self, name: &Value) -> Raised {
        let name = text_of(name).unwrap_or_default();
        self.raise(&self.types.name_error, &format!("name '{name}' is not defined"))
    }

    pub(super) fn unbound_local(&self, frame: &Frame, index: u32) -> Raised {
        let name = &frame.code.code.locals[index as usize];
        self.raise(
            &self.types.unbound_local_error,
            &format!("cannot access local variable '{name}' where it is not associated with a value"),
        )
    }

    pub(super) fn unbound_cell(&self, frame: &Frame, index: u32) -> Raised {
        let code = &frame.code.code;
        let index = index as usize;
        match code.cells.get(index) {
            Some(name) => self.raise(
                &self.types.unbound_local_error,
                &format!("cannot access local variable '{name}' where it is not associated with a value"),
            ),
            None => self.raise(
                &self.types.name_error,
                &format!(
                    "cannot access free variable '{}' where it is not associated with a value in enclosing scope",
                    code.free[index - code.cells.len()]
                ),
            ),
        }
    }

    /// Returns a module by its name.
    pub(super) fn import(&self, name: &Value) -> Result {
        let text = text_of(name).unwrap_or_default();
        let known = self.modules.borrow().iter().find(|module| module.name == text).cloned();
        let module: Ref<Module> = match known {
            Some(module) => module,
            None => match crate::modules::load(self, text)? {
                Some(module) => module,
                None => {
                    return Err(
                        self.raise(&self.types.module_not_found_error, &format!("No module named '{text}'"))
                    );
                }
            },
        };
        Ok(module.into_any())
    }

    pub(super) fn import_from(&self, module: &Value, name: &Value) -> Result {
        let found = self.unless(self.getattr(module, name), &self.types.attribute_error)?;
        found.ok_or_else(|| {
            let (name, from) = (
                text_of(name).unwrap_or_default(),
                module.downcast_ref::<Module>().map_or("?", |module| module.name),
            );
            self.raise(
                &self.types.import_error,
                &format!("cannot import name '{name}' from '{from}' (unknown location)"),
            )
        })
    }
}
