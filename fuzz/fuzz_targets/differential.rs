//! Any bytes are a program; the first selects the environment. Heap and model must agree on it.
#![no_main]

use gleaner_oracle::{check, environments};
use gleaner_program::bytes;

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let Some((&first, rest)) = input.split_first() else { return };
    let program = bytes::decode(rest, 128);
    if let Err(divergence) = check(&program, &[environments::of_byte(first)]) {
        panic!("{divergence}\n{}", divergence.program.to_python());
    }
});
