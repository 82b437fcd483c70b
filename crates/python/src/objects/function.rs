//! Functions, bound methods, functions of the machine, and code.

use std::sync::Arc;

use gleaner::{AnySlot, Ref, Slot, Trace, Visitor};

use super::dict::Dict;
use crate::compile::Code;
use crate::value::{Kind, Result, Value};
use crate::vm::{Args, Vm};

/// Code and its constants as objects. Their references count as held from outside: they are atoms, and code of inner
/// functions.
pub struct CodeObject {
    /// The code.
    pub code: Arc<Code>,
    /// Its constants.
    pub constants: Box<[Value]>,
    /// Its names.
    pub names: Box<[Value]>,
    /// The names of its local variables.
    pub locals: Box<[Value]>,
}

impl Trace for CodeObject {
    const TRACKED: bool = false;
    const UNSEEN: bool = false;
    const FINALIZES: bool = false;
    const TAG: u8 = Kind::Code as u8;

    fn trace(&self, _: &mut impl Visitor) {}
}

/// A function of the program's.
#[derive(Trace)]
#[trace(tag = Kind::Function as u8)]
pub struct Function {
    /// Its code.
    pub code: Ref<CodeObject>,
    /// Where its globals are.
    pub globals: Slot<Dict>,
    /// A tuple, if there are any defaults.
    pub defaults: AnySlot,
    /// A dict, if there are any defaults of keyword-only parameters.
    pub keyword_defaults: AnySlot,
    /// `__dict__`, once somebody asked for it.
    pub dict: Slot<Dict>,
    /// A tuple of cells, if there are free variables.
    pub closure: AnySlot,
    /// `__name__`
    pub name: AnySlot,
    /// `__qualname__`
    pub qualified_name: AnySlot,
    /// `__doc__`
    pub doc: AnySlot,
    /// `__module__`
    pub module: AnySlot,
}

/// A method bound to its object.
#[derive(Trace)]
#[trace(tag = Kind::Method as u8)]
pub struct Method {
    /// `__func__`
    pub function: Value,
    /// `__self__`
    pub object: Value,
}

/// What a function of the machine is in Rust.
pub type Native = fn(&Vm, Args) -> Result;

/// A function of the machine, or a method of a builtin type.
pub struct Builtin {
    /// Its name.
    pub name: &'static str,
    /// The type whose method it is; empty for a function.
    pub owner: &'static str,
    /// What it does.
    pub call: Native,
}

impl Trace for Builtin {
    const TRACKED: bool = false;
    const UNSEEN: bool = false;
    const FINALIZES: bool = false;
    const TAG: u8 = Kind::Builtin as u8;

    fn trace(&self, _: &mut impl Visitor) {}
}
