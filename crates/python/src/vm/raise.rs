//! Making exceptions.

use core::cell::Cell;

use gleaner::{AnySlot, Ref, Slot};

use super::Vm;
use crate::objects::{Attributes, Class, Exception};
use crate::value::{Kind, Raised, Result, Value, expect};

impl Vm {
    /// Makes an exception of a class with a message.
    pub fn raise(&self, class: &Ref<Class>, message: &str) -> Raised {
        let args = if message.is_empty() {
            self.empty_tuple.clone()
        } else {
            match self.str(message).and_then(|message| self.tuple([message])) {
                Ok(args) => args,
                Err(raised) => return raised,
            }
        };
        self.raise_with(class, args)
    }

    /// Makes an exception of a class with a tuple of arguments.
    pub fn raise_with(&self, class: &Ref<Class>, args: Value) -> Raised {
        match self.exception(class, args) {
            Ok(exception) => Raised(exception),
            Err(raised) => raised,
        }
    }

    /// Makes an exception object.
    ///
    /// # Errors
    /// `MemoryError`.
    pub fn exception(&self, class: &Ref<Class>, args: Value) -> Result {
        let exception = Exception {
            class: class.clone(),
            args: AnySlot::new(args),
            traceback: Slot::empty(),
            cause: AnySlot::empty(),
            context: AnySlot::empty(),
            suppress: Cell::new(false),
            attributes: Attributes::default().into(),
        };
        // Whatever the limits: an exception is how the program hears of them.
        match self.heap.alloc(exception) {
            Ok(exception) => Ok(exception.into_any()),
            Err(_) => Err(Raised(self.none.clone())),
        }
    }

    /// `TypeError`
    pub fn type_error(&self, message: &str) -> Raised {
        self.raise(&self.types.type_error, message)
    }

    /// `ValueError`
    pub fn value_error(&self, message: &str) -> Raised {
        self.raise(&self.types.value_error, message)
    }

    /// `KeyError`
    pub fn key_error(&self, key: Value) -> Raised {
        match self.tuple([key]) {
            Ok(args) => self.raise_with(&self.types.key_error, args),
            Err(raised) => raised,
        }
    }

    /// `IndexError`
    pub fn index_error(&self, message: &str) -> Raised {
        self.raise(&self.types.index_error, message)
    }

    /// `AttributeError`
    pub fn attribute_error(&self, message: &str) -> Raised {
        self.raise(&self.types.attribute_error, message)
    }

    /// Whether an exception is of a class.
    #[must_use]
    pub fn is_of(&self, raised: &Raised, class: &Ref<Class>) -> bool {
        match Kind::of(&raised.0) {
            Kind::Exception => self.is_subclass(&expect::<Exception>(&raised.0).class, class),
            _ => false,
        }
    }

    /// Turns an exception of a class into nothing; others go on.
    ///
    /// # Errors
    /// Exceptions of other classes.
    pub fn unless<T>(&self, result: Result<T>, class: &Ref<Class>) -> Result<Option<T>> {
        match result {
            Ok(value) => Ok(Some(value)),
            Err(raised) if self.is_of(&raised, class) => Ok(None),
            Err(raised) => Err(raised),
        }
    }

    /// Sets the context of an exception: what was being handled (PEP 3134). Cycles are avoided as CPython does.
    pub fn add_context(&self, exception: &Value) {
        let Some(handled) = self.handled.borrow().clone() else { return };
        if handled == *exception || Kind::of(exception) != Kind::Exception {
            return;
        }
        let mut link = handled.clone();
        for _ in 0..1000 {
            if Kind::of(&link) != Kind::Exception {
                break;
            }
            let Some(next) = expect::<Exception>(&link).context.get() else { break };
            if next == *exception {
                expect::<Exception>(&link).context.clear();
                break;
            }
            link = next;
        }
        expect::<Exception>(exception).context.set(&handled);
    }
}
