//! The language of operations and observations: what a program asks of a memory manager, and what a machine
//! answers. See `docs/language.md` for the meaning.
//!
//! Invariant: no address, no handle and no line of the heap's code is in here.
#![forbid(unsafe_code)]

mod bindings;
pub mod bytes;
pub mod environment;
pub mod exhaustive;
pub mod generate;
mod kind;
pub mod observation;
pub mod op;
pub mod operands;
pub mod program;
pub mod recording;
pub mod script;
pub mod shrink;
pub mod text;
pub mod transcript;

pub use environment::{Environment, Policy, Profile, Slices, Trigger};
pub use generate::Generator;
pub use observation::Observation;
pub use op::{Callback, Finalizer, Op, Var};
pub use program::Program;
pub use recording::Recording;
pub use shrink::shrink;
pub use transcript::Transcript;
