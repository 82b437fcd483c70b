//! The objects: their fields, what the collector sees of them, and nothing of what they do.

pub mod class;
pub mod dict;
pub mod exception;
pub mod file;
pub mod function;
pub mod generator;
pub mod instance;
pub mod iterator;
pub mod scalar;
pub mod sequence;
pub mod string;
pub mod weak;

pub use class::{Class, ClassMethod, Layout, Member, Module, Property, StaticMethod, Super};
pub use dict::{Dict, DictData, MappingProxy, Set, View, ViewKind};
pub use exception::{Exception, FrameObject, Traceback};
pub use file::File;
pub use function::{Builtin, CodeObject, Function, Method};
pub use generator::Generator;
pub use instance::{Attributes, Extra, Instance, Payload, Slotted};
pub use iterator::{Iter, Iterator, Sort};
pub use scalar::{Big, Bool, Ellipsis, Float, Int, NoneType, NotImplemented};
pub use sequence::{Cell, List, Range, Slice, Tuple};
pub use string::{Bytes, Str};
pub use weak::{Proxy, Target};
