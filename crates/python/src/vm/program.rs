//! A program: its module, its end, its output and its limits.

use std::cell::Cell;
use std::io::Write;
use std::sync::Arc;

use gleaner::Ref;

use super::{Frame, Vm};
use crate::compile::Code;
use crate::objects::{Builtin, Dict};
use crate::value::{Raised, Result, Value};

/// Where a program writes.
pub enum Output {
    /// To the process's standard output and standard error.
    Process(std::io::BufWriter<std::io::Stdout>),
    /// Into memory.
    Memory {
        /// What was printed.
        out: Vec<u8>,
        /// What was complained of.
        errors: Vec<u8>,
    },
}

impl Output {
    /// The process's.
    #[must_use]
    pub fn process() -> Output {
        Output::Process(std::io::BufWriter::new(std::io::stdout()))
    }

    /// Memory.
    #[must_use]
    pub fn memory() -> Output {
        Output::Memory { out: Vec::new(), errors: Vec::new() }
    }

    /// Writes to standard output. A reader that has gone away is nobody's error.
    pub fn write(&mut self, text: &str) {
        match self {
            Output::Process(out) => {
                let _ = out.write_all(text.as_bytes());
            }
            Output::Memory { out, .. } => out.extend_from_slice(text.as_bytes()),
        }
    }

    /// Writes to standard error, after what was written before.
    pub fn error(&mut self, text: &str) {
        match self {
            Output::Process(out) => {
                let _ = out.flush();
                let _ = std::io::stderr().write_all(text.as_bytes());
            }
            Output::Memory { errors, .. } => errors.extend_from_slice(text.as_bytes()),
        }
    }

    /// Writes what is still kept back.
    pub fn flush(&mut self) {
        if let Output::Process(out) = self {
            let _ = out.flush();
        }
    }
}

/// What a run may use. What is used up stays used up: a program that catches the error gets the next one.
pub struct Limits {
    /// Calls and loops that are left.
    pub operations: Cell<u64>,
    /// Objects that may live.
    pub objects: usize,
    /// Bytes that one object may have beside itself.
    pub bytes: usize,
    /// Bytes of large objects (over a KiB) that may be made in all.
    pub large: Cell<u64>,
    /// Bytes that may be written.
    pub output: Cell<u64>,
    /// Whether `open` may touch the file system.
    pub files: bool,
}

impl Limits {
    /// What no program on this machine gets to.
    #[must_use]
    pub fn none() -> Limits {
        Limits {
            operations: Cell::new(u64::MAX),
            objects: usize::MAX,
            bytes: 1 << 36,
            large: Cell::new(u64::MAX),
            output: Cell::new(u64::MAX),
            files: true,
        }
    }
}

/// What is a large object's size.
const LARGE: usize = 1024;

impl Vm {
    /// Counts a call or a turn of a loop.
    ///
    /// # Errors
    /// `MemoryError` when there is none left.
    #[inline]
    pub fn charge_operation(&self) -> Result<()> {
        match self.limits.operations.get().checked_sub(1) {
            Some(left) => {
                self.limits.operations.set(left);
                Ok(())
            }
            None => Err(self.no_memory()),
        }
    }

    /// Counts an object.
    ///
    /// # Errors
    /// `MemoryError` if there are too many.
    #[inline]
    pub fn charge_object(&self) -> Result<()> {
        if self.limits.objects != usize::MAX && self.heap.live_objects() >= self.limits.objects {
            return Err(self.no_memory());
        }
        Ok(())
    }

    /// Counts what an object has beside itself.
    ///
    /// # Errors
    /// `MemoryError` if it is too much.
    pub fn charge_bytes(&self, bytes: usize) -> Result<()> {
        if bytes <= LARGE {
            return Ok(());
        }
        let left = self.limits.large.get().checked_sub(bytes as u64);
        match left {
            Some(left) if bytes <= self.limits.bytes => {
                self.limits.large.set(if self.limits.large.get() == u64::MAX { u64::MAX } else { left });
                Ok(())
            }
            _ => Err(self.no_memory()),
        }
    }

    /// Counts work of a size that nothing else counts, a KiB an operation.
    ///
    /// # Errors
    /// `MemoryError` when there is none left.
    pub fn charge_work(&self, bytes: u64) -> Result<()> {
        match self.limits.operations.get().checked_sub(bytes >> 10) {
            Some(left) => {
                self.limits.operations.set(left);
                Ok(())
            }
            None => Err(self.no_memory()),
        }
    }

    /// Writes to standard output or standard error.
    ///
    /// # Errors
    /// `MemoryError` if it is too much.
    pub fn write(&self, text: &str, error: bool) -> Result<()> {
        let left = self.limits.output.get().checked_sub(text.len() as u64);
        let Some(left) = left else { return Err(self.no_memory()) };
        self.limits.output.set(left);
        let mut output = self.output.borrow_mut();
        if error {
            output.error(text)
        } else {
            output.write(text)
        }
        Ok(())
    }

    /// Runs a module's code as the program.
    ///
    /// # Errors
    /// What the program raises.
    pub fn run_main(&self, code: &Arc<Code>) -> Result {
        let main = self.dict()?;
        self.dict_set(&main.data, self.names.name.clone(), self.names.main.clone())?;
        self.main.replace(Some(main.clone()));
        self.run_module(code, &main)
    }

    /// Runs code as a module's, with its names.
    ///
    /// # Errors
    /// What it raises.
    pub(crate) fn run_module(&self, code: &Arc<Code>, names: &Ref<Dict>) -> Result {
        let code = self.code_object(code)?;
        if self.main.borrow().as_ref().is_some_and(|main| main.is(names)) {
            // It lives as long as its module, so that nothing dies of it unasked.
            self.main_code.replace(Some(code.clone()));
        }
        let stack = Vec::with_capacity(code.code.stack as usize);
        let mut frame = Frame {
            code,
            function: None,
            globals: names.clone(),
            names: Some(names.clone()),
            locals: Vec::new(),
            cells: Vec::new(),
            stack,
            next: 0,
            object: None,
            handled: None,
        };
        let result = self.nested("", || self.run(&mut frame));
        frame.end();
        result
    }

    /// Ends the program as the interpreter ends: finalizers at exit, the module's names, what is left of cycles.
    pub fn end(&self) {
        self.run_finalizers_at_exit();
        self.handled.replace(None);
        self.heap.collect();
        drop(self.main_code.take());
        let Some(main) = self.main.take() else { return };
        let watch = self.heap.watch(main.as_any(), None).ok();
        drop(main);
        self.heap.collect();
        let main =
            watch.and_then(|watch| self.heap.referent(&watch)).and_then(|main| main.downcast::<Dict>().ok());
        if let Some(main) = main {
            self.clear_names(&main);
        }
        self.heap.collect();
        self.output.borrow_mut().flush();
    }

    /// Unbinds a module's names one by one, those with an underscore first.
    fn clear_names(&self, names: &Ref<Dict>) {
        for underscore in [true, false] {
            let keys: Vec<Value> = names
                .data
                .borrow()
                .iter()
                .map(|entry| entry.key.clone())
                .filter(|key| {
                    let text = crate::objects::instance::text_of(key).unwrap_or_default();
                    (text.starts_with('_') && !text.starts_with("__")) == underscore
                })
                .collect();
            for key in keys {
                let _ = self.dict_remove(&names.data, &key);
            }
        }
    }

    /// Calls what `weakref.finalize` holds for the exit.
    fn run_finalizers_at_exit(&self) {
        let module = self.modules.borrow().iter().find(|module| module.name == "weakref").cloned();
        let Some(class) = module.and_then(|module| self.dict_get_text(&module.dict.data, "finalize")) else {
            return;
        };
        let called = self
            .intern("_at_exit")
            .and_then(|name| self.getattr(&class, &name))
            .and_then(|run| Ok((run, self.make(REPORT)?)))
            .and_then(|(run, report)| self.call_with(&run, [report]));
        if let Err(raised) = called {
            self.unraisable(&raised, &class);
        }
    }
}

/// Reports the error of a finalizer at exit.
const REPORT: Builtin = Builtin {
    name: "report",
    owner: "",
    call: |vm, args| {
        let args = args.take(vm, "report", 2, 2)?;
        vm.unraisable(&Raised(args[1].clone()), &args[0]);
        Ok(vm.none.clone())
    },
};
