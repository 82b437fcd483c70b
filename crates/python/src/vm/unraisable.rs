//! Errors that nobody can be given: of `__del__` and of callbacks. They go to standard error.

use gleaner::{Ref, WeakReference};

use super::{Vm, current};
use crate::objects::Exception;
use crate::objects::instance::list_of;
use crate::objects::weak::Target;
use crate::protocol::describe::{kind_name, traceback_text};
use crate::value::{Kind, Raised, Value, expect};

/// Runs the `__del__` of an instance, or ends a generator that rests.
pub fn finalize(object: Value) {
    let Some(vm) = current() else { return };
    let handled = vm.handled.take();
    if Kind::of(&object) == Kind::Generator {
        if let Err(raised) = vm.generator_close(&object) {
            vm.unraisable(&raised, &object);
        }
    } else {
        let class = vm.class_of(&object);
        if let Some(del) = vm.lookup(&class, &vm.names.del) {
            let called = match vm.is_function(&del) {
                true => vm.call_with(&del, [object.clone()]),
                false => {
                    vm.bind_method(del.clone(), &object, &class).and_then(|bound| vm.call_with(&bound, []))
                }
            };
            if let Err(raised) = called {
                vm.unraisable(&raised, &del);
            }
        }
    }
    vm.handled.replace(handled);
}

/// Tells whoever a weak reference tells that its referent has died.
pub fn told(target: &Target, weak: &Ref<WeakReference>) {
    let Some(vm) = current() else { return };
    let handled = vm.handled.take();
    match target {
        Target::Nobody => {}
        Target::Callback(callback) => {
            let face = vm.face(weak);
            if let Err(raised) = vm.call_with(callback, [face]) {
                vm.unraisable(&raised, callback);
            }
        }
        Target::Subclass(target, outer) => {
            if let Some(outer) =
                outer.clone().downcast::<WeakReference>().ok().and_then(|outer| vm.heap.referent(&outer))
                && let Some(callback) = target
                && let Err(raised) = vm.call_with(callback, [outer])
            {
                vm.unraisable(&raised, callback);
            }
        }
    }
    vm.handled.replace(handled);
}

impl Vm {
    /// Reports an error that nobody can be given.
    pub fn unraisable(&self, raised: &Raised, object: &Value) {
        let what = match Kind::of(object) {
            Kind::Other => String::new(),
            _ => self.repr_text(object).unwrap_or_else(|_| format!("<{}>", kind_name(self, object))),
        };
        let text = traceback_text(self, &raised.0);
        let _ = self.write(&format!("Exception ignored in: {what}\n{text}"), true);
        if let Kind::Exception = Kind::of(&raised.0) {
            // What the report has used goes at once, as the traceback of CPython's hook does.
            expect::<Exception>(&raised.0).traceback.clear();
        }
    }

    /// The callbacks of `gc.callbacks`, as a list of values.
    pub(crate) fn values_of_list(&self, list: &Value) -> Vec<Value> {
        list_of(list).map(|items| items.borrow().clone()).unwrap_or_default()
    }
}
