//! Exceptions, tracebacks, and frames as objects.

use core::cell::{Cell, RefCell};

use gleaner::{AnySlot, Ref, Slot, Trace};

use super::class::Class;
use super::dict::Dict;
use super::function::CodeObject;
use super::instance::Attributes;
use crate::value::{Kind, Value};

/// An exception of any class.
#[derive(Trace)]
#[trace(tag = Kind::Exception as u8)]
pub struct Exception {
    /// Its attributes.
    pub attributes: RefCell<Attributes>,
    /// `args`, a tuple.
    pub args: AnySlot,
    /// `__traceback__`
    pub traceback: Slot<Traceback>,
    /// `__cause__`
    pub cause: AnySlot,
    /// `__context__`
    pub context: AnySlot,
    /// `__suppress_context__`
    pub suppress: Cell<bool>,
    /// Its class.
    pub class: Ref<Class>,
}

/// An entry of a traceback.
#[derive(Trace)]
#[trace(tag = Kind::Traceback as u8)]
pub struct Traceback {
    /// The frame.
    pub frame: Ref<FrameObject>,
    /// The line.
    pub line: u32,
    /// The entry of the frame that this one called.
    pub next: Slot<Traceback>,
}

/// A frame that somebody keeps: it takes over the variables when the frame ends.
#[derive(Trace)]
#[trace(tag = Kind::Frame as u8)]
pub struct FrameObject {
    /// The code.
    pub code: Ref<CodeObject>,
    /// Where its globals are.
    pub globals: Slot<Dict>,
    /// The local variables, once the frame has ended.
    pub locals: RefCell<Vec<Option<Value>>>,
    /// The cells, once the frame has ended.
    pub cells: RefCell<Vec<Value>>,
    /// The line it is at.
    pub line: Cell<u32>,
}
