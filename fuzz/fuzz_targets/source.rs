//! Any bytes as a Python script, and any bytes as a choice of constructs, compile or are told why not, run within limits
//! under the strategy and the version that the first bytes choose, and leave a heap in order.
#![no_main]

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{LazyLock, Mutex};

use libfuzzer_sys::fuzz_target;

#[path = "../../crates/python/tests/hostile/generator.rs"]
mod generator;
#[path = "../../crates/python/tests/hostile/run.rs"]
mod run;

type Runner = Mutex<(Sender<(String, u8)>, Receiver<Result<bool, String>>)>;

/// The one thread that runs them all: its stack is large, and is made once.
static RUNNER: LazyLock<Runner> = LazyLock::new(|| {
    let (text, texts) = channel::<(String, u8)>();
    let (end, ends) = channel();
    std::thread::spawn(move || {
        run::on_a_large_stack(move || {
            for (text, choice) in texts {
                if end.send(run::text(&text, choice, "an input")).is_err() {
                    break;
                }
            }
        });
    });
    Mutex::new((text, ends))
});

fuzz_target!(|data: &[u8]| {
    let [structured, choice, rest @ ..] = data else { return };
    let text = if structured % 2 == 0 {
        generator::program(rest)
    } else {
        String::from_utf8_lossy(rest).into_owned()
    };
    let runner = RUNNER.lock().expect("nobody panicked with it");
    runner.0.send((text, *choice)).expect("the thread runs");
    let ended = runner.1.recv().expect("the thread runs");
    drop(runner);
    if let Err(error) = ended {
        panic!("{error}");
    }
});
