//! A program from its text to its end.

use std::fmt;
use std::sync::Arc;

use gleaner::StrategyKind;

use crate::compile::{Code, CompileError, compile, compile_here};
use crate::objects::instance::tuple_of;
use crate::objects::{Exception, Int};
use crate::profile::Profile;
use crate::protocol::describe::traceback_text;
use crate::show::Observer;
use crate::show::explain::Explainer;
use crate::show::holders::everything;
use crate::value::{Kind, Raised};
use crate::vm::{Limits, Output, Setup, Vm};

/// The bytes of the stack that a program runs on: calls may nest a thousand deep, and more if the program asks.
pub const STACK: usize = 256 << 20;

/// The names of the strategies.
pub fn strategy_names() -> impl Iterator<Item = &'static str> {
    StrategyKind::ALL.into_iter().map(|kind| kind.facts().name)
}

/// The strategy of a name.
#[must_use]
pub fn strategy(name: &str) -> Option<StrategyKind> {
    StrategyKind::ALL.into_iter().find(|kind| kind.facts().name == name)
}

/// A program that was compiled.
#[derive(Clone, Debug)]
pub struct Script {
    code: Arc<Code>,
}

/// How a program is run.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// The version's rules.
    pub profile: Profile,
    /// The collector's strategy.
    pub strategy: StrategyKind,
    /// The bytes of the stack.
    pub stack: usize,
}

impl Default for Options {
    fn default() -> Self {
        Options { profile: Profile::default(), strategy: StrategyKind::default(), stack: STACK }
    }
}

/// What becomes of what a program prints, and whether the heap is checked.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Loud,
    Quiet,
    Checked,
}

/// What is looked at while a program runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Look<'a> {
    /// Nothing.
    Away,
    /// What each statement changes, told on standard error; with the source text.
    Explain(&'a str),
    /// The heap before a line runs for the first time, or at the end: an SVG.
    Draw(Option<u32>),
    /// Who holds the memory at the end: a table.
    Holdings,
    /// Why what a name means is alive, before a line runs for the first time or at the end; nothing if there is no such name.
    Why(&'a str, Option<u32>),
    /// The heap at the end, as a snapshot for Chrome's DevTools.
    Snapshot,
}

/// How a program ended.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Ended {
    /// The exit code: 0, 1 after an exception, what `sys.exit` was given.
    pub code: u8,
    /// What was printed, if it was kept.
    pub out: Vec<u8>,
    /// What was complained of, if it was kept.
    pub errors: Vec<u8>,
}

/// No memory for the machine itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NoMachine;

impl fmt::Display for NoMachine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no memory for the program's heap or stack")
    }
}

impl std::error::Error for NoMachine {}

impl Script {
    /// Compiles a text.
    ///
    /// # Errors
    /// [`CompileError`], with the place.
    ///
    /// # Example
    /// ```
    /// use gleaner_python::script::{Options, Script};
    ///
    /// let script = Script::compile("a = [1]\na.append(a)\nimport gc\ndel a\nprint(gc.collect())").unwrap();
    /// assert_eq!(script.run_quietly(Options::default()).unwrap().out, b"1\n");
    /// ```
    pub fn compile(source: &str) -> Result<Script, CompileError> {
        compile(source).map(|code| Script { code })
    }

    /// Compiles a text on this thread, whose stack must have [`crate::compile::STACK`] bytes left.
    ///
    /// # Errors
    /// [`CompileError`], with the place.
    pub fn compile_here(source: &str) -> Result<Script, CompileError> {
        compile_here(source).map(|code| Script { code })
    }

    /// Runs it; it prints to standard output.
    ///
    /// # Errors
    /// [`NoMachine`]
    pub fn run(&self, options: Options) -> Result<Ended, NoMachine> {
        self.run_with(options, Limits::none, true)
    }

    /// Runs it and keeps what it prints.
    ///
    /// # Errors
    /// [`NoMachine`]
    pub fn run_quietly(&self, options: Options) -> Result<Ended, NoMachine> {
        self.run_with(options, Limits::none, false)
    }

    /// Runs it, printing to standard output, while somebody looks; returns what was drawn or written, if the program came
    /// to where it was to be.
    ///
    /// # Errors
    /// [`NoMachine`]
    pub fn run_shown(&self, options: Options, look: Look) -> Result<(Ended, Option<String>), NoMachine> {
        std::thread::scope(|scope| {
            std::thread::Builder::new()
                .stack_size(options.stack)
                .spawn_scoped(scope, || self.run_looking(options, Limits::none(), Mode::Loud, look))
                .map_err(|_| NoMachine)?
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    }

    /// Runs it within limits and keeps what it prints.
    ///
    /// # Errors
    /// [`NoMachine`]
    pub fn run_within(&self, options: Options, limits: fn() -> Limits) -> Result<Ended, NoMachine> {
        self.run_with(options, limits, false)
    }

    /// Runs it within limits on this thread, which has a stack of [`Options::stack`] bytes left, keeps what it prints, and
    /// checks the heap before and after the program's end.
    ///
    /// # Errors
    /// [`NoMachine`]
    ///
    /// # Panics
    /// If the heap is not as it must be.
    pub fn run_checked(&self, options: Options, limits: Limits) -> Result<Ended, NoMachine> {
        self.run_here(options, limits, Mode::Checked)
    }

    fn run_with(&self, options: Options, limits: fn() -> Limits, loudly: bool) -> Result<Ended, NoMachine> {
        std::thread::scope(|scope| {
            std::thread::Builder::new()
                .stack_size(options.stack)
                .spawn_scoped(scope, || {
                    self.run_here(options, limits(), if loudly { Mode::Loud } else { Mode::Quiet })
                })
                .map_err(|_| NoMachine)?
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    }

    fn run_here(&self, options: Options, limits: Limits, mode: Mode) -> Result<Ended, NoMachine> {
        self.run_looking(options, limits, mode, Look::Away).map(|(ended, _)| ended)
    }

    fn run_looking(
        &self,
        options: Options,
        limits: Limits,
        mode: Mode,
        look: Look,
    ) -> Result<(Ended, Option<String>), NoMachine> {
        let output = if mode == Mode::Loud { Output::process() } else { Output::memory() };
        let Options { profile, strategy, stack } = options;
        let vm = Vm::new(Setup { profile, strategy, output, limits, stack }).map_err(|_| NoMachine)?;
        let _entered = vm.enter();
        vm.watch_lines(match look {
            Look::Away => Observer::None,
            Look::Explain(source) => Observer::Explain(Explainer::new(source)),
            Look::Draw(line) => Observer::Draw { line, drawn: None },
            Look::Holdings => Observer::Holdings { own: everything(&vm), told: None },
            Look::Why(name, line) => Observer::Why { line, name: name.into(), told: None },
            Look::Snapshot => Observer::Snapshot { written: None },
        });
        let code = match vm.run_main(&self.code) {
            Ok(_) => 0,
            Err(raised) => exit_code(&vm, &raised),
        };
        if mode == Mode::Checked {
            vm.heap.check();
        }
        vm.observe_end();
        vm.end();
        if mode == Mode::Checked {
            vm.heap.check();
        }
        let (out, errors) = match &mut *vm.output.borrow_mut() {
            Output::Process(_) => (Vec::new(), Vec::new()),
            Output::Memory { out, errors } => (std::mem::take(out), std::mem::take(errors)),
        };
        Ok((Ended { code, out, errors }, vm.take_picture()))
    }
}

/// What an exception that nobody handled means: `SystemExit` is an end, all others are reported.
fn exit_code(vm: &Vm, raised: &Raised) -> u8 {
    if !vm.is_of(raised, &vm.types.system_exit) {
        let text = traceback_text(vm, &raised.0);
        let _ = vm.write(&text, true);
        return 1;
    }
    let args = raised.0.downcast_ref::<Exception>().and_then(|exception| exception.args.get());
    let first = args.as_ref().and_then(tuple_of).and_then(|args| args.first().cloned());
    match first {
        None => 0,
        Some(value) => match Kind::of(&value) {
            Kind::None => 0,
            Kind::Int | Kind::Bool => {
                let code = value.downcast_ref::<Int>().map_or(0, |code| code.0);
                u8::try_from(code & 0xff).unwrap_or(1)
            }
            _ => {
                let text = vm.str_text(&value).unwrap_or_default();
                let _ = vm.write(&format!("{text}\n"), true);
                1
            }
        },
    }
}
