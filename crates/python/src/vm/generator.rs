//! Generators: they rest and go on.

use super::run::Flow;
use super::{Frame, Vm};
use crate::objects::{Exception, Generator};
use crate::value::{Kind, Raised, Result, Value, expect};

impl Vm {
    /// Lets a generator go on: with a value, or with an exception.
    pub(super) fn generator_resume(&self, generator: &Value, sent: Result) -> Result<Flow> {
        let object = expect::<Generator>(generator);
        if object.running.get() {
            return Err(self.value_error("generator already executing"));
        }
        let Some(mut frame) = object.frame.take() else {
            return match sent {
                Ok(_) => Ok(Flow::Return(self.none.clone())),
                Err(raised) => Err(raised),
            };
        };
        let started = object.started.replace(true);
        let raised = match sent {
            Ok(value) => {
                if !started && Kind::of(&value) != Kind::None {
                    object.started.set(false);
                    object.frame.replace(Some(frame));
                    return Err(self.type_error("can't send non-None value to a just-started generator"));
                }
                if started {
                    frame.push(value);
                }
                None
            }
            Err(raised) if !started => {
                // Nothing of it has run: there is no handler yet.
                frame.end();
                return Err(raised);
            }
            Err(raised) => Some(raised),
        };
        object.running.set(true);
        let outer = self.handled.borrow().clone();
        if let Some(handled) = frame.handled.take() {
            self.handled.replace(Some(handled));
        }
        let result = self.nested("", || self.resume(&mut frame, raised));
        object.running.set(false);
        let inner = self.handled.replace(outer.clone());
        match &result {
            Ok(Flow::Yield(_)) => {
                frame.handled = inner.filter(|inner| Some(inner) != outer.as_ref());
                object.frame.replace(Some(frame));
            }
            _ => {
                frame.end();
                drop(frame);
            }
        }
        match result {
            Err(raised) if self.is_of(&raised, &self.types.stop_iteration) => {
                let error = self.raise(&self.types.runtime_error, "generator raised StopIteration");
                if Kind::of(&error.0) == Kind::Exception {
                    let exception = expect::<Exception>(&error.0);
                    exception.cause.set(&raised.0);
                    exception.context.set(&raised.0);
                    exception.suppress.set(true);
                }
                Err(error)
            }
            result => result,
        }
    }

    /// `next()` of a generator: nothing at its end, what it returned is lost.
    pub(crate) fn generator_next(&self, generator: &Value) -> Result<Option<Value>> {
        match self.generator_resume(generator, Ok(self.none.clone()))? {
            Flow::Yield(value) => Ok(Some(value)),
            Flow::Return(_) => Ok(None),
        }
    }

    /// `send()`, `throw()`: the end is a `StopIteration`.
    pub(crate) fn generator_go_on(&self, generator: &Value, sent: Result) -> Result {
        match self.generator_resume(generator, sent)? {
            Flow::Yield(value) => Ok(value),
            Flow::Return(value) => {
                let args = if Kind::of(&value) == Kind::None {
                    self.empty_tuple.clone()
                } else {
                    self.tuple([value])?
                };
                Err(self.raise_with(&self.types.stop_iteration, args))
            }
        }
    }

    /// `close()`
    pub(crate) fn generator_close(&self, generator: &Value) -> Result {
        let object = expect::<Generator>(generator);
        if !object.started.get() {
            let frame = object.frame.take();
            drop(frame);
            return Ok(self.none.clone());
        }
        if object.frame.try_borrow().is_ok_and(|frame| frame.is_none()) && !object.running.get() {
            return Ok(self.none.clone());
        }
        let exit = self.raise(&self.types.generator_exit, "");
        match self.generator_resume(generator, Err(exit)) {
            Ok(Flow::Yield(_)) => {
                Err(self.raise(&self.types.runtime_error, "generator ignored GeneratorExit"))
            }
            Ok(Flow::Return(value)) => {
                if self.profile.minor >= 13 {
                    Ok(value)
                } else {
                    Ok(self.none.clone())
                }
            }
            Err(raised)
                if self.is_of(&raised, &self.types.generator_exit)
                    || self.is_of(&raised, &self.types.stop_iteration) =>
            {
                Ok(self.none.clone())
            }
            Err(raised) => Err(raised),
        }
    }

    /// One step of `yield from`.
    pub(super) fn send(&self, iterator: &Value, sent: Value) -> Result<Flow> {
        if Kind::of(iterator) == Kind::Generator {
            return self.generator_resume(iterator, Ok(sent));
        }
        match self.next(iterator) {
            Ok(Some(value)) => Ok(Flow::Yield(value)),
            Ok(None) => Ok(Flow::Return(self.none.clone())),
            Err(raised) => Err(raised),
        }
    }

    /// Throws into the innermost generator of a `yield from`.
    pub(crate) fn generator_throw(&self, generator: &Value, raised: Raised) -> Result {
        let object = expect::<Generator>(generator);
        if object.running.get() {
            return Err(self.value_error("generator already executing"));
        }
        let inner = {
            let frame = object.frame.try_borrow().ok();
            frame.as_ref().and_then(|frame| frame.as_ref().and_then(|frame| delegate(frame)))
        };
        let raised = match inner {
            Some(inner) if Kind::of(&inner) == Kind::Generator => {
                if self.is_of(&raised, &self.types.generator_exit) {
                    self.delegated(object, || self.generator_close(&inner))?;
                    raised
                } else {
                    match self.delegated(object, || self.generator_resume_inner(&inner, raised))? {
                        Flow::Yield(value) => return Ok(value),
                        Flow::Return(value) => {
                            // The operation of `yield from` is over with this value.
                            if let Some(frame) = &mut *object.frame.borrow_mut() {
                                frame.stack.pop();
                                frame.next += 1;
                            }
                            return self.generator_go_on(generator, Ok(value));
                        }
                    }
                }
            }
            _ => raised,
        };
        self.generator_go_on(generator, Err(raised))
    }

    /// Does something with the generator that another one goes through, which counts as running meanwhile.
    fn delegated<T>(&self, outer: &Generator, work: impl FnOnce() -> Result<T>) -> Result<T> {
        outer.running.set(true);
        let result = self.nested("", work);
        outer.running.set(false);
        result
    }

    fn generator_resume_inner(&self, inner: &Value, raised: Raised) -> Result<Flow> {
        match self.generator_throw(inner, raised) {
            Ok(value) => Ok(Flow::Yield(value)),
            Err(raised) if self.is_of(&raised, &self.types.stop_iteration) => {
                let args = expect::<Exception>(&raised.0).args.get();
                let value = args
                    .as_ref()
                    .and_then(crate::objects::instance::tuple_of)
                    .and_then(|args| args.first().cloned());
                Ok(Flow::Return(value.unwrap_or_else(|| self.none.clone())))
            }
            Err(raised) => Err(raised),
        }
    }
}

/// What a resting frame goes through by `yield from`.
fn delegate(frame: &Frame) -> Option<Value> {
    let op = frame.code.code.ops.get(frame.next)?;
    matches!(op, crate::compile::Op::YieldFrom).then(|| frame.stack.last().cloned().flatten()).flatten()
}
