//! The class of an object.

use gleaner::{Ref, WeakReference};

use crate::objects::dict::{View, ViewKind};
use crate::objects::{Builtin, Class, Exception, Instance, Iterator, Member, Set, Slotted, Sort};
use crate::value::{Kind, Value, expect};
use crate::vm::Vm;

impl Vm {
    /// `type(value)`
    #[must_use]
    pub fn class_of(&self, value: &Value) -> Ref<Class> {
        let types = &self.types;
        let class = match Kind::of(value) {
            Kind::Instance => return instance_class(expect::<Instance>(value).class.get(), self),
            Kind::Slotted0 => return instance_class(expect::<Slotted<0>>(value).class.get(), self),
            Kind::Slotted1 => return instance_class(expect::<Slotted<1>>(value).class.get(), self),
            Kind::Slotted2 => return instance_class(expect::<Slotted<2>>(value).class.get(), self),
            Kind::Slotted3 => return instance_class(expect::<Slotted<3>>(value).class.get(), self),
            Kind::Slotted4 => return instance_class(expect::<Slotted<4>>(value).class.get(), self),
            Kind::Exception => return expect::<Exception>(value).class.clone(),
            Kind::Class => {
                return expect::<Class>(value).metaclass.get().unwrap_or_else(|| types.type_.clone());
            }
            Kind::None => &types.none_type,
            Kind::Bool => &types.bool,
            Kind::Int | Kind::Big => &types.int,
            Kind::Float => &types.float,
            Kind::Str => &types.str,
            Kind::Bytes => &types.bytes,
            Kind::Ellipsis => &types.ellipsis,
            Kind::NotImplemented => &types.not_implemented,
            Kind::Tuple => &types.tuple,
            Kind::List => &types.list,
            Kind::Dict => &types.dict,
            Kind::Set => {
                if expect::<Set>(value).frozen {
                    &types.frozenset
                } else {
                    &types.set
                }
            }
            Kind::Range => &types.range,
            Kind::Slice => &types.slice,
            Kind::Function => &types.function,
            Kind::Builtin => {
                if matches!(expect::<Builtin>(value).owner, "" | crate::vm::call_in_frame::FRAME) {
                    &types.builtin
                } else {
                    &types.method_descriptor
                }
            }
            Kind::Method => {
                let function = &expect::<crate::objects::Method>(value).function;
                if Kind::of(function) == Kind::Builtin { &types.builtin } else { &types.method }
            }
            Kind::Cell => &types.cell,
            Kind::Code => &types.code,
            Kind::Generator => &types.generator,
            Kind::Iterator => self.iterator_class(expect::<Iterator>(value)),
            Kind::View => match expect::<View>(value).kind {
                ViewKind::Keys => &types.dict_keys,
                ViewKind::Values => &types.dict_values,
                ViewKind::Items => &types.dict_items,
            },
            Kind::Frame => &types.frame,
            Kind::Traceback => &types.traceback,
            Kind::Module => &types.module,
            Kind::Property => &types.property,
            Kind::StaticMethod => &types.static_method,
            Kind::ClassMethod => &types.class_method,
            Kind::Member => {
                if expect::<Member>(value).index >= Member::WEAKREF {
                    &types.getset
                } else {
                    &types.member
                }
            }
            Kind::File => &types.file,
            Kind::Super => &types.super_,
            Kind::Proxy => {
                if expect::<crate::objects::Proxy>(value).callable {
                    &types.callable_proxy
                } else {
                    &types.proxy
                }
            }
            Kind::MappingProxy => &types.mapping_proxy,
            Kind::Other if value.downcast_ref::<WeakReference>().is_some() => &types.weakref,
            Kind::Other => &types.object,
        };
        class.clone()
    }

    fn iterator_class(&self, iterator: &Iterator) -> &Ref<Class> {
        let types = &self.types;
        match iterator.state.try_borrow().map_or(Sort::Other, |state| state.sort()) {
            Sort::List => &types.list_iterator,
            Sort::ListReversed => &types.list_reverse_iterator,
            Sort::Tuple => &types.tuple_iterator,
            Sort::Str => &types.str_iterator,
            Sort::Bytes => &types.bytes_iterator,
            Sort::Range => &types.range_iterator,
            Sort::Dict(ViewKind::Keys) => &types.dict_key_iterator,
            Sort::Dict(ViewKind::Values) => &types.dict_value_iterator,
            Sort::Dict(ViewKind::Items) => &types.dict_item_iterator,
            Sort::Set => &types.set_iterator,
            Sort::Reversed => &types.reversed,
            Sort::Callable => &types.callable_iterator,
            Sort::Enumerate => &types.enumerate,
            Sort::Zip => &types.zip,
            Sort::Map => &types.map,
            Sort::Filter => &types.filter,
            Sort::Other => &types.iterator,
        }
    }

    /// Whether a value is a function of the program's or of the machine's.
    #[must_use]
    pub fn is_function(&self, value: &Value) -> bool {
        matches!(Kind::of(value), Kind::Function | Kind::Builtin)
    }

    /// `callable(value)`
    #[must_use]
    pub fn is_callable(&self, value: &Value) -> bool {
        match Kind::of(value) {
            Kind::Function | Kind::Builtin | Kind::Method | Kind::Class => true,
            Kind::StaticMethod => true,
            Kind::Other => value.downcast_ref::<WeakReference>().is_some(),
            Kind::Proxy => expect::<crate::objects::Proxy>(value).callable,
            _ => {
                let class = self.class_of(value);
                class.layout == crate::objects::Layout::Weak
                    || self.lookup(&class, &self.names.call).is_some()
            }
        }
    }
}

fn instance_class(class: Option<Ref<Class>>, vm: &Vm) -> Ref<Class> {
    class.unwrap_or_else(|| vm.types.object.clone())
}
