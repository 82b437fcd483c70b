//! Running a frame to its end or to its next rest, and what an exception does to it.

use gleaner::Slot;

use super::{Frame, Vm};
use crate::compile::Op;
use crate::objects::{Exception, FrameObject, Traceback};
use crate::value::{Kind, Raised, Result, Value, expect};

/// How a frame stops.
pub(crate) enum Flow {
    /// It has ended.
    Return(Value),
    /// It rests.
    Yield(Value),
}

impl Vm {
    /// Runs a frame that is no generator's to its end.
    pub(super) fn run(&self, frame: &mut Frame) -> Result {
        match self.resume(frame, None)? {
            Flow::Return(value) | Flow::Yield(value) => Ok(value),
        }
    }

    /// Runs a frame until it stops; with an exception that is raised where it rests.
    pub(super) fn resume(&self, frame: &mut Frame, raised: Option<Raised>) -> Result<Flow> {
        self.charge_operation()?;
        let mut raised = raised;
        loop {
            if let Some(raised) = raised.take() {
                self.unwind(frame, raised)?;
            }
            match self.execute(frame) {
                Ok(flow) => return Ok(flow),
                Err(exception) => raised = Some(exception),
            }
        }
    }

    /// Finds the handler of an exception; without one, the frame has ended with it.
    fn unwind(&self, frame: &mut Frame, raised: Raised) -> Result<()> {
        let here = u32::try_from(frame.here()).unwrap_or(u32::MAX);
        let again = matches!(frame.code.code.ops.get(here as usize), Some(Op::Reraise));
        if !again {
            self.add_context(&raised.0);
            self.add_traceback(frame, &raised.0)?;
        }
        let handler =
            frame.code.code.handlers.iter().find(|handler| handler.start <= here && here < handler.end);
        let Some(handler) = handler.copied() else { return Err(raised) };
        while frame.stack.len() > handler.depth as usize {
            drop(frame.stack.pop());
        }
        frame.stack.push(Some(raised.0));
        frame.next = handler.target as usize;
        Ok(())
    }

    fn add_traceback(&self, frame: &mut Frame, exception: &Value) -> Result<()> {
        if Kind::of(exception) != Kind::Exception {
            return Ok(());
        }
        let exception = expect::<Exception>(exception);
        let line = frame.line();
        let next = exception.traceback.get();
        if let (Some(next), Some(object)) = (&next, &frame.object)
            && next.frame.is(object)
        {
            return Ok(());
        }
        let object = self.frame_object(frame)?;
        let next = next.map_or_else(Slot::empty, Slot::new);
        let Ok(entry) = self.heap.alloc(Traceback { frame: object, line, next }) else { return Ok(()) };
        exception.traceback.put(Some(entry));
        Ok(())
    }

    /// Returns the frame as an object.
    pub(crate) fn frame_object(&self, frame: &mut Frame) -> Result<gleaner::Ref<FrameObject>> {
        if let Some(object) = &frame.object {
            object.line.set(frame.line());
            return Ok(object.clone());
        }
        let object = FrameObject {
            code: frame.code.clone(),
            globals: Slot::new(frame.globals.clone()),
            locals: Vec::new().into(),
            cells: Vec::new().into(),
            line: frame.line().into(),
        };
        let object = self.heap.alloc(object).map_err(|_| self.no_memory())?;
        frame.object = Some(object.clone());
        Ok(object)
    }
}
