//! Any bytes as Python source are a program or an error; and any bytes as a program print to text that
//! parses to the same program.
#![no_main]

use gleaner_program::{bytes, text};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(program) = text::parse_bytes(data, "fuzz") {
        assert_eq!(text::parse(&program.to_python(), "printed"), Ok(program));
    }
    let program = bytes::decode(data, 256);
    assert_eq!(text::parse(&program.to_python(), "printed"), Ok(program.clone()));
    assert_eq!(bytes::decode(&bytes::encode(&program), usize::MAX), program);
});
