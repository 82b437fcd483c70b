//! The machine: the heap, the objects that exist once, the names, and what is being run.

mod boot;
mod call;
pub(crate) mod call_in_frame;
mod class;
mod create;
mod frame;
mod generator;
mod intern;
mod names;
mod program;
mod raise;
mod run;
mod step;
mod unraisable;
mod variables;

pub use boot::{Setup, Types};
pub use call::Args;
pub use class::ClassSpec;
pub use frame::Frame;
pub use names::Names;
pub use program::{Limits, Output};
pub use unraisable::{finalize, told};

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use gleaner::{Heap, Ref};

use crate::modules::gc::GcState;
use crate::objects::{Dict, Module};
use crate::profile::Profile;
use crate::value::Value;

/// How deep the program's calls may nest at first (`sys.getrecursionlimit()`).
const RECURSION_LIMIT: usize = 1000;

/// How deep they may nest at most, whatever the program asks for: the thread's stack must hold them.
const RECURSION_MAX: usize = 30_000;

/// The bytes of a stack that calls may not use: the collector, and what is called at the deepest place, need some.
const STACK_RESERVE: usize = 192 << 10;

/// About where the stack's end is now.
#[inline(never)]
fn stack_address() -> usize {
    let here = 0_u8;
    std::ptr::from_ref(std::hint::black_box(&here)).addr()
}

/// A machine. It belongs to one thread and is its current one while something runs.
pub struct Vm {
    /// The version's rules.
    pub profile: Profile,
    /// `None`
    pub none: Value,
    /// `True`
    pub true_: Value,
    /// `False`
    pub false_: Value,
    /// `...`
    pub ellipsis: Value,
    /// `NotImplemented`
    pub not_implemented: Value,
    /// `()`
    pub empty_tuple: Value,
    /// The ints that exist once, from -5 on.
    pub small_ints: Vec<Value>,
    /// The strings of one Latin-1 character.
    pub characters: Vec<Value>,
    /// The names that the machine itself asks for.
    pub names: Names,
    /// The builtin types.
    pub types: Types,
    /// The names of the module `builtins`.
    pub builtins: Ref<Dict>,
    /// The names of the program's module.
    pub main: RefCell<Option<Ref<Dict>>>,
    /// The program's code.
    main_code: RefCell<Option<Ref<crate::objects::CodeObject>>>,
    /// Modules that were imported.
    pub modules: RefCell<Vec<Ref<Module>>>,
    /// The exception that is being handled.
    pub handled: RefCell<Option<Value>>,
    /// The state of the module `gc`.
    pub gc: GcState,
    /// Where `print` writes.
    pub output: RefCell<Output>,
    /// What a run may use.
    pub limits: Limits,
    /// Who watches the program run.
    pub(crate) observer: RefCell<crate::show::Observer>,
    /// Whether anybody does.
    pub(crate) observing: Cell<bool>,
    interned: intern::Interned,
    depth: Cell<usize>,
    /// The address below which the stack is kept for what does not nest.
    stack_floor: usize,
    recursion_limit: Cell<usize>,
    pub(crate) repr_stack: RefCell<Vec<usize>>,
    /// What Python shows of a weak reference that is hidden in another object (a proxy, an instance of a subclass): weakly.
    pub(crate) faces: RefCell<std::collections::HashMap<usize, Value>>,
    /// The heap goes last.
    pub heap: Heap,
}

thread_local! {
    static CURRENT: RefCell<Option<Rc<Vm>>> = const { RefCell::new(None) };
}

/// Returns the thread's machine.
pub(crate) fn current() -> Option<Rc<Vm>> {
    CURRENT.try_with(|current| current.try_borrow().ok().and_then(|current| current.clone())).ok().flatten()
}

impl Vm {
    /// Makes this the thread's machine until the guard goes.
    #[must_use]
    pub fn enter(self: &Rc<Self>) -> Entered {
        Entered(CURRENT.with(|current| current.replace(Some(self.clone()))))
    }

    /// Sets how deep calls may nest.
    pub fn set_recursion_limit(&self, limit: usize) {
        self.recursion_limit.set(limit);
    }

    /// Returns how deep calls may nest.
    #[must_use]
    pub fn recursion_limit(&self) -> usize {
        self.recursion_limit.get()
    }

    /// Runs something that nests, unless it is too deep.
    ///
    /// # Errors
    /// `RecursionError`.
    pub fn nested<T>(
        &self,
        what: &str,
        work: impl FnOnce() -> crate::value::Result<T>,
    ) -> crate::value::Result<T> {
        self.charge_operation()?;
        let depth = self.depth.get();
        if depth >= self.recursion_limit.get().min(RECURSION_MAX) || stack_address() < self.stack_floor {
            return Err(
                self.raise(&self.types.recursion_error, &format!("maximum recursion depth exceeded{what}"))
            );
        }
        self.depth.set(depth + 1);
        let result = work();
        self.depth.set(depth);
        result
    }
}

/// The machine that was the thread's before comes back when this goes.
pub struct Entered(Option<Rc<Vm>>);

impl Drop for Entered {
    fn drop(&mut self) {
        let left = CURRENT.with(|current| current.replace(self.0.take()));
        drop(left);
    }
}
