//! Frames: what a call has while it runs. They lie outside the heap, so what they hold counts as held from outside: they
//! are the collector's roots. A generator's frame lies in the generator while it rests.

use gleaner::{Ref, Released, Trace, Visitor};

use crate::objects::{Cell, CodeObject, Dict, FrameObject};
use crate::value::Value;

/// A frame.
pub struct Frame {
    /// What it runs.
    pub code: Ref<CodeObject>,
    /// The function, which lives as long as the call.
    pub function: Option<Value>,
    /// Where its globals are.
    pub globals: Ref<Dict>,
    /// Where the names of a module or a class body are.
    pub names: Option<Ref<Dict>>,
    /// Local variables.
    pub locals: Vec<Option<Value>>,
    /// Cells: its own, then those of the closure.
    pub cells: Vec<Ref<Cell>>,
    /// The stack of values; nothing stands for what C would call NULL.
    pub stack: Vec<Option<Value>>,
    /// The next operation.
    pub next: usize,
    /// The frame as an object, once somebody keeps it.
    pub object: Option<Ref<FrameObject>>,
    /// What was being handled when the generator rested.
    pub handled: Option<Value>,
}

impl Frame {
    /// The number of the operation that runs.
    pub(crate) fn here(&self) -> usize {
        self.next.saturating_sub(1)
    }

    /// The line it is at.
    pub(crate) fn line(&self) -> u32 {
        self.code.code.positions.get(self.here()).map_or(0, |position| position.line)
    }

    /// Whether it rests where an exception would be handled.
    pub fn is_inside_handler(&self) -> bool {
        let here = u32::try_from(self.here()).unwrap_or(u32::MAX);
        self.code.code.handlers.iter().any(|handler| handler.start <= here && here < handler.end)
    }

    /// Ends the frame: its object takes over the variables, if somebody keeps it.
    pub(crate) fn end(&mut self) {
        let line = self.line();
        if let Some(object) = self.object.take() {
            object.line.set(line);
            if object.refcount() > 1 {
                object.locals.replace(std::mem::take(&mut self.locals));
                object.cells.replace(self.cells.drain(..).map(Ref::into_any).collect());
            }
        }
        self.locals = Vec::new();
        self.cells = Vec::new();
        self.stack = Vec::new();
    }

    pub(crate) fn trace(&self, visitor: &mut impl Visitor) {
        self.function.trace(visitor);
        self.globals.trace(visitor);
        self.names.trace(visitor);
        self.locals.trace(visitor);
        self.cells.trace(visitor);
        self.stack.trace(visitor);
        self.object.trace(visitor);
        self.handled.trace(visitor);
    }

    pub(crate) fn give_up(self, released: &mut Released<'_>) {
        let Frame { function, globals, names, locals, cells, stack, object, handled, code: _, next: _ } =
            self;
        stack.give_up(released);
        locals.give_up(released);
        cells.give_up(released);
        object.give_up(released);
        handled.give_up(released);
        names.give_up(released);
        globals.give_up(released);
        function.give_up(released);
    }
}
