//! What Python calls weak references. A `weakref.ref` is the heap's own weak reference object; what it tells, and whom, is
//! a [`Target`].

use gleaner::{Live, Notify, Ref, Trace, Visitor, WeakReference};

use crate::value::{Kind, Value};

/// Whom a weak reference tells of its referent's death.
pub enum Target {
    /// A callable of the program's.
    Callback(Value),
    /// Nobody: the weak reference of a proxy.
    Nobody,
    /// An instance of a subclass, watched weakly, and its callback.
    Subclass(Option<Value>, Value),
}

impl Notify for Target {
    fn trace(&self, mut visitor: &mut dyn Visitor) {
        match self {
            Target::Callback(value) => value.trace(&mut visitor),
            Target::Subclass(callback, outer) => {
                callback.trace(&mut visitor);
                outer.trace(&mut visitor);
            }
            Target::Nobody => {}
        }
    }

    fn call(&self, weak: Live<'_, WeakReference>) {
        crate::vm::told(self, &Ref::from(weak));
    }
}

/// `weakref.proxy`
#[derive(Trace)]
#[trace(tag = Kind::Proxy as u8)]
pub struct Proxy {
    /// What it goes through.
    pub weak: Ref<WeakReference>,
    /// Whether what it stands for can be called.
    pub callable: bool,
}
