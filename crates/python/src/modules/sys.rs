//! The module `sys`.

use gleaner::Ref;

use super::set;
use crate::builtins::functions;
use crate::objects::file::Open;
use crate::objects::instance::{dict_of, list_of, set_of, slots, text_of, tuple_of};
use crate::objects::{Big, Class, Exception, File, Module};
use crate::value::{Kind, Result, Value, expect};
use crate::vm::Vm;
use crate::vm::call_in_frame::FRAME;

pub(super) fn fill(vm: &Vm, module: &Ref<Module>) -> Result<()> {
    functions(vm, &module.dict, "", FUNCTIONS)?;
    functions(
        vm,
        &module.dict,
        FRAME,
        &[("_getframe", |vm, _| Err(vm.raise(&vm.types.runtime_error, "no frame")))],
    )?;
    let minor = i64::from(vm.profile.minor);
    let version = [vm.int(3)?, vm.int(minor)?, vm.int(0)?, vm.str("final")?, vm.int(0)?];
    set(vm, module, "version_info", vm.tuple(version)?)?;
    set(vm, module, "version", vm.string(format!("3.{minor}.0 (gleaner)"))?)?;
    set(vm, module, "hexversion", vm.int(0x0300_00f0 + (minor << 16))?)?;
    set(vm, module, "maxsize", vm.int(i64::MAX)?)?;
    set(vm, module, "byteorder", vm.str("little")?)?;
    set(vm, module, "platform", vm.str("linux")?)?;
    let implementation = vm.alloc(Module { name: "implementation", dict: vm.dict()? })?;
    set(vm, &implementation, "name", vm.str("cpython")?)?;
    set(vm, module, "implementation", implementation.into_any())?;
    set(vm, module, "argv", vm.list(vec![vm.str("script.py")?])?)?;
    for (name, error) in [("stdout", false), ("stderr", true)] {
        let file = File {
            path: format!("<{name}>"),
            mode: "w".into(),
            state: Some(Open::Standard { error }).into(),
        };
        set(vm, module, name, vm.make(file)?)?;
    }
    Ok(())
}

const FUNCTIONS: crate::builtins::Table = &[
    ("getrefcount", |vm, args| {
        let args = args.take(vm, "getrefcount", 1, 1)?;
        let value = &args[0];
        if let Some(count) = vm.profile.immortal_count()
            && vm.is_immortal(value)
        {
            return vm.int(count);
        }
        let hidden = u32::from(vm.is_interned(value));
        vm.int(i64::from(value.refcount().saturating_sub(hidden)))
    }),
    ("getsizeof", |vm, args| {
        let args = args.take(vm, "getsizeof", 1, 2)?;
        vm.count(vm.size_of(&args[0]))
    }),
    ("intern", |vm, args| {
        let args = args.take(vm, "intern", 1, 1)?;
        if Kind::of(&args[0]) != Kind::Str {
            return match text_of(&args[0]) {
                Some(_) => Err(vm.type_error(&format!(
                    "can't intern {}",
                    crate::protocol::describe::kind_name(vm, &args[0])
                ))),
                None => Err(vm.type_error(&format!(
                    "intern() argument must be str, not {}",
                    crate::protocol::describe::kind_name(vm, &args[0])
                ))),
            };
        }
        Ok(vm.intern_value(args[0].clone()))
    }),
    ("_is_interned", |vm, args| {
        let args = args.take(vm, "_is_interned", 1, 1)?;
        Ok(vm.bool(vm.is_interned(&args[0])))
    }),
    ("_is_immortal", |vm, args| {
        let args = args.take(vm, "_is_immortal", 1, 1)?;
        Ok(vm.bool(vm.is_immortal(&args[0])))
    }),
    ("_is_gil_enabled", |vm, args| {
        args.take(vm, "_is_gil_enabled", 0, 0)?;
        Ok(vm.true_.clone())
    }),
    ("getallocatedblocks", |vm, args| {
        args.take(vm, "getallocatedblocks", 0, 0)?;
        vm.count(vm.heap.live_objects())
    }),
    ("_debugmallocstats", |vm, args| {
        args.take(vm, "_debugmallocstats", 0, 0)?;
        let text =
            format!("Small block threshold = 512, in 32 size classes.\n{:?}\n", vm.heap.allocator_stats());
        vm.write(&text, true)?;
        Ok(vm.none.clone())
    }),
    ("getrecursionlimit", |vm, args| {
        args.take(vm, "getrecursionlimit", 0, 0)?;
        vm.count(vm.recursion_limit())
    }),
    ("setrecursionlimit", |vm, args| {
        let args = args.take(vm, "setrecursionlimit", 1, 1)?;
        match usize::try_from(vm.index_i64(&args[0])?) {
            Ok(limit) if limit > 0 => vm.set_recursion_limit(limit),
            _ => return Err(vm.value_error("recursion limit must be greater or equal than 1")),
        }
        Ok(vm.none.clone())
    }),
    ("exc_info", |vm, args| {
        args.take(vm, "exc_info", 0, 0)?;
        let handled = vm.handled.borrow().clone();
        let none = || vm.none.clone();
        let Some(exception) = handled else { return vm.tuple([none(), none(), none()]) };
        let traceback = exception
            .downcast_ref::<Exception>()
            .and_then(|exception| exception.traceback.get())
            .map_or_else(none, Ref::into_any);
        vm.tuple([vm.class_of(&exception).into_any(), exception, traceback])
    }),
    ("exception", |vm, args| {
        args.take(vm, "exception", 0, 0)?;
        let handled = vm.handled.borrow().clone();
        Ok(handled.unwrap_or_else(|| vm.none.clone()))
    }),
    ("exit", |vm, args| {
        let args = args.take(vm, "exit", 0, 1)?;
        let args = vm.tuple(args)?;
        Err(vm.raise_with(&vm.types.system_exit, args))
    }),
];

impl Vm {
    /// Whether Python never counts an object (PY-60).
    #[must_use]
    pub fn is_immortal(&self, value: &Value) -> bool {
        if self.profile.immortal_count().is_none() {
            return false;
        }
        match Kind::of(value) {
            Kind::None | Kind::Bool | Kind::Ellipsis | Kind::NotImplemented => true,
            Kind::Int => self.small_ints.contains(value),
            Kind::Tuple => *value == self.empty_tuple,
            Kind::Str => {
                self.characters.contains(value)
                    || (self.profile.interns_for_ever() && self.is_interned(value))
            }
            Kind::Class => expect::<Class>(value).builtin,
            _ => false,
        }
    }

    /// `sys.getsizeof(value)`: what CPython would say, with the collector's header.
    pub(crate) fn size_of(&self, value: &Value) -> usize {
        const COLLECTOR: usize = 16;
        if let Some(text) = text_of(value) {
            let header = if self.profile.minor >= 12 { 41 } else { 49 };
            let chars = text.chars().count();
            let widest = text.chars().map(|char| char as u32).max().unwrap_or(0);
            return match widest {
                0..0x80 => header + chars,
                0x80..0x100 => header + 16 + chars,
                0x100..0x1_0000 => header + 17 + 2 * chars,
                _ => header + 19 + 4 * chars,
            };
        }
        if let Some(items) = list_of(value) {
            let items = items.borrow();
            let room = items.capacity().min(items.len() + items.len() / 8 + 8);
            return 40 + COLLECTOR + if items.is_empty() { 0 } else { 8 * room };
        }
        if let Some(items) = tuple_of(value) {
            return 24 + COLLECTOR + 8 * items.len();
        }
        if let Some(data) = dict_of(value) {
            return table_size(data.borrow().len());
        }
        if let Some((data, _)) = set_of(value) {
            return 200 + COLLECTOR + data.borrow().len().saturating_sub(4) * 16;
        }
        match Kind::of(value) {
            Kind::Int | Kind::Bool => match crate::protocol::number::Number::of(value) {
                Some(crate::protocol::number::Number::Int(number)) => {
                    28 + 4 * (number.unsigned_abs().checked_ilog2().unwrap_or(0) as usize / 30)
                }
                _ => 28,
            },
            Kind::Big => {
                let bits = usize::try_from(expect::<Big>(value).0.bits()).unwrap_or(usize::MAX);
                24 + 4 * bits.div_ceil(30)
            }
            Kind::Float => 24,
            Kind::None | Kind::Ellipsis | Kind::NotImplemented => 16,
            Kind::Bytes => 33 + expect::<crate::objects::Bytes>(value).0.len(),
            Kind::Slotted0 if self.class_of(value).builtin => 16,
            Kind::Slotted0 | Kind::Slotted1 | Kind::Slotted2 | Kind::Slotted3 | Kind::Slotted4 => {
                16 + COLLECTOR + 8 * slots(value).len()
            }
            Kind::Instance => 32 + COLLECTOR,
            _ => value.size() + COLLECTOR,
        }
    }
}

/// The bytes of a dict of so many keys in CPython.
fn table_size(length: usize) -> usize {
    match length {
        0 => 64,
        1..=5 => 184,
        6..=10 => 352,
        _ => {
            let places = (length * 3 / 2).next_power_of_two();
            88 + places + places * 2 / 3 * 16
        }
    }
}
