//! The objects that a machine begins with: the builtin types, the names that exist once, the modules.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use compact_str::CompactString;
use gleaner::{Builder, OutOfMemory, Ref, Slot, StrategyKind};

use super::{Limits, Names, Output, RECURSION_LIMIT, STACK_RESERVE, Vm};
use crate::modules::gc::GcState;
use crate::objects::{Bool, Class, Dict, Ellipsis, Int, Layout, NoneType, NotImplemented, Str, Tuple};
use crate::profile::Profile;
use crate::value::Value;

macro_rules! types {
    ($($field:ident: $name:literal, $($base:ident)?, $layout:ident;)*) => {
        /// The builtin types.
        #[allow(missing_docs, reason = "Python's own names")]
        pub struct Types { $(pub $field: Ref<Class>),* }

        impl Types {
            fn new(heap: &gleaner::Heap) -> Result<Types, OutOfMemory> {
                $(let $field = bare(heap, $name, Layout::$layout, &[$(&$base)?])?;)*
                Ok(Types { $($field),* })
            }

            /// All of them, with the type that each inherits from first.
            pub fn all(&self) -> Vec<&Ref<Class>> {
                vec![$(&self.$field),*]
            }
        }
    };
}

types! {
    object: "object", , Object;
    type_: "type", object, Class;
    int: "int", object, Int;
    bool: "bool", int, Bool;
    float: "float", object, Float;
    str: "str", object, Str;
    bytes: "bytes", object, Bytes;
    tuple: "tuple", object, Tuple;
    list: "list", object, List;
    dict: "dict", object, Dict;
    set: "set", object, Set;
    frozenset: "frozenset", object, FrozenSet;
    range: "range", object, Closed;
    slice: "slice", object, Closed;
    none_type: "NoneType", object, Closed;
    ellipsis: "ellipsis", object, Closed;
    not_implemented: "NotImplementedType", object, Closed;
    function: "function", object, Closed;
    builtin: "builtin_function_or_method", object, Closed;
    method_descriptor: "method_descriptor", object, Closed;
    method: "method", object, Closed;
    cell: "cell", object, Closed;
    code: "code", object, Closed;
    generator: "generator", object, Closed;
    frame: "frame", object, Closed;
    traceback: "traceback", object, Closed;
    module: "module", object, Closed;
    property: "property", object, Closed;
    static_method: "staticmethod", object, Closed;
    class_method: "classmethod", object, Closed;
    member: "member_descriptor", object, Closed;
    getset: "getset_descriptor", object, Closed;
    super_: "super", object, Closed;
    mapping_proxy: "mappingproxy", object, Closed;
    dict_keys: "dict_keys", object, Closed;
    dict_values: "dict_values", object, Closed;
    dict_items: "dict_items", object, Closed;
    file: "TextIOWrapper", object, Closed;
    list_iterator: "list_iterator", object, Closed;
    list_reverse_iterator: "list_reverseiterator", object, Closed;
    tuple_iterator: "tuple_iterator", object, Closed;
    str_iterator: "str_ascii_iterator", object, Closed;
    bytes_iterator: "bytes_iterator", object, Closed;
    range_iterator: "range_iterator", object, Closed;
    dict_key_iterator: "dict_keyiterator", object, Closed;
    dict_value_iterator: "dict_valueiterator", object, Closed;
    dict_item_iterator: "dict_itemiterator", object, Closed;
    set_iterator: "set_iterator", object, Closed;
    iterator: "iterator", object, Closed;
    reversed: "reversed", object, Closed;
    callable_iterator: "callable_iterator", object, Closed;
    enumerate: "enumerate", object, Closed;
    zip: "zip", object, Closed;
    map: "map", object, Closed;
    filter: "filter", object, Closed;
    weakref: "ReferenceType", object, Weak;
    proxy: "ProxyType", object, Closed;
    callable_proxy: "CallableProxyType", object, Closed;
    base_exception: "BaseException", object, Exception;
    system_exit: "SystemExit", base_exception, Exception;
    keyboard_interrupt: "KeyboardInterrupt", base_exception, Exception;
    generator_exit: "GeneratorExit", base_exception, Exception;
    exception: "Exception", base_exception, Exception;
    stop_iteration: "StopIteration", exception, Exception;
    arithmetic_error: "ArithmeticError", exception, Exception;
    zero_division_error: "ZeroDivisionError", arithmetic_error, Exception;
    overflow_error: "OverflowError", arithmetic_error, Exception;
    assertion_error: "AssertionError", exception, Exception;
    attribute_error: "AttributeError", exception, Exception;
    buffer_error: "BufferError", exception, Exception;
    eof_error: "EOFError", exception, Exception;
    import_error: "ImportError", exception, Exception;
    module_not_found_error: "ModuleNotFoundError", import_error, Exception;
    lookup_error: "LookupError", exception, Exception;
    index_error: "IndexError", lookup_error, Exception;
    key_error: "KeyError", lookup_error, Exception;
    memory_error: "MemoryError", exception, Exception;
    name_error: "NameError", exception, Exception;
    unbound_local_error: "UnboundLocalError", name_error, Exception;
    os_error: "OSError", exception, Exception;
    file_not_found_error: "FileNotFoundError", os_error, Exception;
    file_exists_error: "FileExistsError", os_error, Exception;
    is_a_directory_error: "IsADirectoryError", os_error, Exception;
    permission_error: "PermissionError", os_error, Exception;
    reference_error: "ReferenceError", exception, Exception;
    runtime_error: "RuntimeError", exception, Exception;
    not_implemented_error: "NotImplementedError", runtime_error, Exception;
    recursion_error: "RecursionError", runtime_error, Exception;
    syntax_error: "SyntaxError", exception, Exception;
    system_error: "SystemError", exception, Exception;
    type_error: "TypeError", exception, Exception;
    value_error: "ValueError", exception, Exception;
    unicode_error: "UnicodeError", value_error, Exception;
    unicode_decode_error: "UnicodeDecodeError", unicode_error, Exception;
    warning: "Warning", exception, Exception;
    user_warning: "UserWarning", warning, Exception;
    runtime_warning: "RuntimeWarning", warning, Exception;
    resource_warning: "ResourceWarning", warning, Exception;
    deprecation_warning: "DeprecationWarning", warning, Exception;
}

/// Makes a builtin type without names.
fn bare(
    heap: &gleaner::Heap,
    name: &str,
    layout: Layout,
    bases: &[&Ref<Class>],
) -> Result<Ref<Class>, OutOfMemory> {
    let class = heap.alloc(Class {
        name: RefCell::new(name.into()),
        metaclass: Slot::empty(),
        dict: heap.alloc(Dict::default())?,
        bases: Slot::empty(),
        mro: Slot::empty(),
        layout,
        builtin: true,
        has_dict: layout == Layout::Exception,
        has_weakref: true,
        slots: 0,
        flags: Cell::new(0),
        subclasses: RefCell::default(),
    })?;
    let items = bases.iter().map(|base| Value::from((*base).clone())).collect();
    class.bases.put(Some(heap.alloc(Tuple(items))?));
    let mut order = vec![class.clone().into_any()];
    if let Some(base) = bases.first()
        && let Some(inherited) = base.mro.get()
    {
        order.extend(inherited.0.iter().cloned());
    }
    class.mro.put(Some(heap.alloc(Tuple(order.into()))?));
    Ok(class)
}

/// How a machine is made.
pub struct Setup {
    /// The version's rules.
    pub profile: Profile,
    /// The collector's strategy.
    pub strategy: StrategyKind,
    /// Where `print` writes.
    pub output: Output,
    /// What a run may use.
    pub limits: Limits,
    /// The bytes of the stack below here.
    pub stack: usize,
}

impl Vm {
    /// Makes a machine.
    ///
    /// # Errors
    /// [`OutOfMemory`]
    pub fn new(setup: Setup) -> Result<Rc<Vm>, OutOfMemory> {
        let Setup { profile, strategy, output, limits, stack } = setup;
        let heap = Builder::default().strategy(strategy).rules(profile.rules()).build()?;
        heap.disable();
        let small_ints: Vec<Value> = (super::create::SMALL_INT_MIN..=profile.small_int_max())
            .map(|value| heap.alloc(Int(value)).map(Ref::into_any))
            .collect::<Result<_, _>>()?;
        let mut characters: Vec<Value> = Vec::new();
        let interned = super::intern::Interned::default();
        for text in (0..=255_u8).map(|byte| char::from(byte).to_string()).chain([String::new()]) {
            let string = heap.alloc(Str::new(CompactString::from(text)))?.into_any();
            characters.push(interned.add(string));
        }
        let names = Names::new(|text| {
            let string = heap.alloc(Str::new(CompactString::const_new(text)));
            Ok(interned.add(string.map_err(|_| crate::value::Raised(characters[0].clone()))?.into_any()))
        })
        .map_err(|_| OutOfMemory { size: size_of::<Str>() })?;
        let types = Types::new(&heap)?;
        let vm = Rc::new(Vm {
            profile,
            none: heap.alloc(NoneType)?.into_any(),
            true_: heap.alloc(Bool(true))?.into_any(),
            false_: heap.alloc(Bool(false))?.into_any(),
            ellipsis: heap.alloc(Ellipsis)?.into_any(),
            not_implemented: heap.alloc(NotImplemented)?.into_any(),
            empty_tuple: heap.alloc(Tuple(smallvec::SmallVec::new()))?.into_any(),
            small_ints,
            characters,
            names,
            types,
            builtins: heap.alloc(Dict::default())?,
            main: RefCell::default(),
            main_code: RefCell::default(),
            modules: RefCell::default(),
            handled: RefCell::default(),
            gc: GcState::new(),
            output: RefCell::new(output),
            limits,
            observer: RefCell::new(crate::show::Observer::None),
            observing: Cell::new(false),
            interned,
            depth: Cell::new(0),
            stack_floor: super::stack_address().saturating_sub(stack).saturating_add(STACK_RESERVE),
            recursion_limit: Cell::new(RECURSION_LIMIT),
            repr_stack: RefCell::default(),
            faces: RefCell::default(),
            heap,
        });
        let entered = vm.enter();
        crate::builtins::install(&vm).map_err(|_| OutOfMemory { size: 0 })?;
        drop(entered);
        vm.heap.enable();
        Ok(vm)
    }
}
