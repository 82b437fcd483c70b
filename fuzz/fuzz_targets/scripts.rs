//! Any bytes are a script of Python's object layer; the first selects the strategy. What it prints must be what the CPython on
//! the PATH prints; without one, what the generational strategy prints.
#![no_main]

use std::cell::RefCell;

use gleaner::StrategyKind;
use gleaner_oracle::python::Python;
use gleaner_oracle::scripts::{Subject, differ, part};
use gleaner_program::script::Script as Program;
use gleaner_python::profile::Profile;
use gleaner_python::script::{Options, Script};
use gleaner_python::vm::Limits;

thread_local! {
    static PYTHON: RefCell<Option<Python>> = RefCell::new(Python::find().map(Python::for_scripts));
}

fn subject(strategy: StrategyKind, profile: Profile) -> Subject<'static> {
    let options = Options { profile, strategy, ..Options::default() };
    let run = move |text: &str| {
        let script = Script::compile(text).expect("scripts are in the subset");
        let ended = script.run_within(options, Limits::none).expect("memory for a machine");
        String::from_utf8(ended.out).expect("UTF-8")
    };
    let (name, exact) = (strategy.facts().name.to_string(), strategy == StrategyKind::Generational);
    Subject { name, exact, run: Box::new(run) }
}

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let Some((&first, rest)) = input.split_first() else { return };
    let exact = StrategyKind::ALL.into_iter().filter(|kind| kind.facts().finds_cycles);
    let strategies: Vec<StrategyKind> = exact.collect();
    let strategy = strategies[usize::from(first) % strategies.len()];
    let program = Program::from_bytes(&rest[..rest.len().min(400)]);
    let parted = PYTHON.with_borrow_mut(|python| match python {
        Some(python) => {
            let profile = Profile::from_name(&format!("3.{}", python.version().minor)).expect("a profile");
            differ(&program, &subject(strategy, profile), python).expect("CPython runs every script")
        }
        None => {
            let profile = Profile::default();
            let expected = (subject(StrategyKind::Generational, profile).run)(&program.to_python());
            part(&program, &subject(strategy, profile), &expected)
        }
    });
    if let Some(difference) = parted {
        panic!("{difference:?}\n{}", program.to_python());
    }
});
