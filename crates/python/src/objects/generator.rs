//! Generators: frames that rest on the heap.

use core::cell::{Cell, RefCell};

use gleaner::{Live, Ref, Released, Trace, Visitor};

use crate::value::{Kind, Value};
use crate::vm::Frame;

/// A generator.
pub struct Generator {
    /// The frame, while it rests; nothing while it runs and when it has ended.
    pub frame: RefCell<Option<Box<Frame>>>,
    /// Whether it runs.
    pub running: Cell<bool>,
    /// Whether it has run at all.
    pub started: Cell<bool>,
    /// Its name, for people.
    pub name: Value,
}

impl Trace for Generator {
    const TAG: u8 = Kind::Generator as u8;
    const TELLS_FIRST: bool = true;

    fn trace(&self, visitor: &mut impl Visitor) {
        if let Ok(frame) = self.frame.try_borrow()
            && let Some(frame) = &*frame
        {
            frame.trace(visitor);
        }
    }

    fn clear(&self, released: &mut Released<'_>) {
        let taken = self.frame.try_borrow_mut().ok().and_then(|mut frame| frame.take());
        if let Some(frame) = taken {
            frame.give_up(released);
        }
    }

    fn finalizes(&self) -> bool {
        // One that rests inside `try` or `with` has something to do at its end.
        self.frame.try_borrow().is_ok_and(|frame| {
            frame.as_ref().is_some_and(|frame| self.started.get() && frame.is_inside_handler())
        })
    }

    fn finalize(this: Live<'_, Self>) {
        crate::vm::finalize(Ref::from(this).into_any());
    }
}
