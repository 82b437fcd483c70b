//! The module `gc`.

use std::cell::{Cell, RefCell};

use gleaner::{CollectionInfo, Debug, Phase, Ref, Report, WeakReference};

use super::set;
use crate::builtins::functions;
use crate::objects::instance::{dict_of, list_of, set_of, text_of, tuple_of};
use crate::objects::{Class, Module};
use crate::protocol::describe::kind_name;
use crate::value::{Kind, Result, Value, expect};
use crate::vm::{Vm, current};

/// What the module keeps.
pub struct GcState {
    garbage: RefCell<Option<Value>>,
    callbacks: RefCell<Option<Value>>,
    collecting: Cell<bool>,
    /// Whether a class was among the garbage of the running collection.
    lost_class: Cell<bool>,
}

impl GcState {
    pub(crate) fn new() -> GcState {
        GcState {
            garbage: RefCell::default(),
            callbacks: RefCell::default(),
            collecting: Cell::new(false),
            lost_class: Cell::new(false),
        }
    }
}

pub(super) fn fill(vm: &Vm, module: &Ref<Module>) -> Result<()> {
    functions(vm, &module.dict, "", FUNCTIONS)?;
    let constants = [
        ("DEBUG_STATS", Debug::STATS),
        ("DEBUG_COLLECTABLE", Debug::COLLECTABLE),
        ("DEBUG_UNCOLLECTABLE", Debug::UNCOLLECTABLE),
        ("DEBUG_SAVEALL", Debug::SAVEALL),
        ("DEBUG_LEAK", Debug::LEAK),
    ];
    for (name, value) in constants {
        set(vm, module, name, vm.int(value.bits().into())?)?;
    }
    let (garbage, callbacks) = (vm.list(Vec::new())?, vm.list(Vec::new())?);
    set(vm, module, "garbage", garbage.clone())?;
    set(vm, module, "callbacks", callbacks.clone())?;
    vm.gc.garbage.replace(Some(garbage));
    vm.gc.callbacks.replace(Some(callbacks));
    vm.heap.add_callback(|_, phase, info| {
        if let Some(vm) = current() {
            vm.tell_of_collection(phase, info);
        }
    });
    vm.heap.set_counts(|object| current().is_none_or(|vm| vm.counts(object)));
    vm.heap.set_debug_hook(|_, report| {
        if let Some(vm) = current() {
            let text = match report {
                Report::Collectable(object) => {
                    format!("gc: collectable <{} {:#x}>\n", kind_name(&vm, object), object.id())
                }
                other => format!("{other}\n"),
            };
            let _ = vm.write(&text, true);
        }
    });
    Ok(())
}

impl Vm {
    /// What happens at both ends of a collection: garbage that is kept, the program's callbacks.
    fn tell_of_collection(&self, phase: Phase, info: &CollectionInfo) {
        let state = &self.gc;
        state.collecting.set(phase == Phase::Start);
        if phase == Phase::Stop {
            let garbage = state.garbage.borrow().clone();
            if let Some(items) = garbage.as_ref().and_then(list_of) {
                items.borrow_mut().extend(self.heap.take_garbage());
            }
            if state.lost_class.take() {
                self.forget_subclasses();
            }
            self.untrack_tuples(info.generation);
            if info.generation == 2 {
                self.untrack_dicts();
                self.sweep_interned();
            }
        }
        let callbacks = state.callbacks.borrow().clone();
        let callbacks = callbacks.map(|callbacks| self.values_of_list(&callbacks)).unwrap_or_default();
        if callbacks.is_empty() {
            return;
        }
        let handled = self.handled.take();
        for callback in callbacks {
            let called = self
                .info_dict(info)
                .and_then(|dict| Ok([self.str(if phase == Phase::Start { "start" } else { "stop" })?, dict]))
                .and_then(|args| self.call_with(&callback, args));
            if let Err(raised) = called {
                self.unraisable(&raised, &callback);
            }
        }
        self.handled.replace(handled);
    }

    /// Whether an object of the garbage is one of Python's, and was tracked.
    fn counts(&self, object: &Value) -> bool {
        match Kind::of(object) {
            // The weak reference in a proxy, or in an instance of a subclass, is part of it.
            Kind::Other => !self.faces.borrow().contains_key(&object.id()),
            Kind::Class => {
                self.gc.lost_class.set(true);
                true
            }
            _ if !self.profile.untracks_dicts() => true,
            Kind::Dict => dict_of(object).is_none_or(|data| data.borrow().tracked),
            _ => true,
        }
    }

    /// Lets go of the weak references by which classes know those that have inherited from them and died.
    fn forget_subclasses(&self) {
        let mut dead = Vec::new();
        self.heap.for_each_object(|object| {
            if let Some(class) = object.downcast_ref::<Class>() {
                let is_dead = |weak: &mut Value| {
                    weak.downcast_ref::<WeakReference>().is_none_or(|weak| weak.referent().is_none())
                };
                dead.extend(class.subclasses.borrow_mut().extract_if(.., is_dead));
            }
        });
    }

    /// Up to 3.13 a collection untracks those tuples among its survivors, in their order, in which nothing is tracked.
    fn untrack_tuples(&self, generation: usize) {
        if self.profile.untracks_tuples_at_once() {
            return;
        }
        let generation = (generation < 2).then_some(generation + 1);
        for object in self.heap.get_objects(generation).unwrap_or_default() {
            let tracked = |items: &[Value]| items.iter().any(|item| self.may_be_tracked(item));
            if Kind::of(&object) == Kind::Tuple && !tuple_of(&object).is_some_and(tracked) {
                object.untrack();
            }
        }
    }

    /// Up to 3.13 a full collection untracks the dicts in which there is nothing tracked any more.
    fn untrack_dicts(&self) {
        if !self.profile.untracks_dicts() {
            return;
        }
        self.heap.for_each_object(|object| {
            if Kind::of(object) == Kind::Dict
                && let Some(data) = dict_of(object)
                && let Ok(mut data) = data.try_borrow_mut()
                && data.tracked
            {
                let holds = |value: &Value| self.may_be_tracked(value);
                let tracked = data.iter().any(|entry| holds(&entry.key) || holds(&entry.value));
                data.tracked = tracked;
            }
        });
    }

    fn info_dict(&self, info: &CollectionInfo) -> Result {
        let number = |value: u64| self.int(i64::try_from(value).unwrap_or(i64::MAX));
        let mut entries = vec![
            (self.intern("generation")?, self.count(info.generation)?),
            (self.intern("collected")?, number(info.collected)?),
            (self.intern("uncollectable")?, number(info.uncollectable)?),
        ];
        if self.profile.tells_candidates() {
            entries.push((self.intern("candidates")?, number(info.candidates)?));
            entries.push((self.intern("duration")?, self.float(info.duration.as_secs_f64())?));
        }
        self.dict_of(entries)
    }

    /// Whether Python's collector would track an object (PY-23).
    pub(crate) fn is_tracked(&self, value: &Value) -> bool {
        match Kind::of(value) {
            Kind::Class => !expect::<Class>(value).builtin,
            // `object()` itself has nothing to hold.
            Kind::Slotted0 => !self.class_of(value).builtin,
            Kind::Dict if self.profile.untracks_dicts() => {
                dict_of(value).is_some_and(|data| data.borrow().tracked)
            }
            Kind::Tuple if self.profile.untracks_tuples_at_once() => {
                tuple_of(value).is_some_and(|items| items.iter().any(|item| self.may_be_tracked(item)))
            }
            Kind::Tuple => value.is_tracked() && tuple_of(value).is_some_and(|items| !items.is_empty()),
            _ => value.is_tracked(),
        }
    }

    /// Whether a container with this in it must be tracked.
    pub(crate) fn may_be_tracked(&self, value: &Value) -> bool {
        match Kind::of(value) {
            Kind::Dict | Kind::Class => true,
            Kind::Tuple if !self.profile.untracks_tuples_at_once() => self.is_tracked(value),
            Kind::Tuple => self.nested("", || Ok(self.is_tracked(value))).unwrap_or(true),
            _ => value.is_tracked(),
        }
    }
}

fn generation(vm: &Vm, value: Option<Value>) -> Result<Option<usize>> {
    let Some(value) = value.filter(|value| Kind::of(value) != Kind::None) else { return Ok(None) };
    let number = vm.index_i64(&value)?;
    match usize::try_from(number) {
        Ok(generation) if generation <= 2 => Ok(Some(generation)),
        _ => Err(vm.value_error("invalid generation")),
    }
}

const FUNCTIONS: crate::builtins::Table = &[
    ("enable", |vm, args| {
        args.take(vm, "enable", 0, 0)?;
        vm.heap.enable();
        Ok(vm.none.clone())
    }),
    ("disable", |vm, args| {
        args.take(vm, "disable", 0, 0)?;
        vm.heap.disable();
        Ok(vm.none.clone())
    }),
    ("isenabled", |vm, args| {
        args.take(vm, "isenabled", 0, 0)?;
        Ok(vm.bool(vm.heap.is_enabled()))
    }),
    ("collect", |vm, mut args| {
        let named = args.keyword("generation");
        let args = args.take(vm, "collect", 0, 1)?;
        let which = generation(vm, args.first().cloned().or(named))?.unwrap_or(2);
        vm.charge_work(vm.heap.live_objects() as u64 * 16)?;
        let found = vm.heap.collect_generation(which).unwrap_or(0);
        vm.int(i64::try_from(found).unwrap_or(i64::MAX))
    }),
    ("set_threshold", |vm, args| {
        let args = args.take(vm, "set_threshold", 1, 3)?;
        let mut thresholds = vm.heap.get_threshold();
        for (place, value) in args.iter().enumerate() {
            thresholds[place] = u32::try_from(vm.index_i64(value)?.max(0)).unwrap_or(u32::MAX);
        }
        vm.heap.set_threshold(thresholds);
        Ok(vm.none.clone())
    }),
    ("get_threshold", |vm, args| {
        args.take(vm, "get_threshold", 0, 0)?;
        numbers(vm, vm.heap.get_threshold())
    }),
    ("get_count", |vm, args| {
        args.take(vm, "get_count", 0, 0)?;
        numbers(vm, vm.heap.get_count())
    }),
    ("get_stats", |vm, args| {
        args.take(vm, "get_stats", 0, 0)?;
        let mut dicts = Vec::new();
        for stats in vm.heap.get_stats() {
            let number = |value: u64| vm.int(i64::try_from(value).unwrap_or(i64::MAX));
            let mut entries = vec![
                (vm.intern("collections")?, number(stats.collections)?),
                (vm.intern("collected")?, number(stats.collected)?),
                (vm.intern("uncollectable")?, number(stats.uncollectable)?),
            ];
            if vm.profile.tells_candidates() {
                entries.push((vm.intern("candidates")?, number(stats.candidates)?));
                entries.push((vm.intern("duration")?, vm.float(stats.duration.as_secs_f64())?));
            }
            dicts.push(vm.dict_of(entries)?);
        }
        vm.list(dicts)
    }),
    ("get_objects", |vm, mut args| {
        let named = args.keyword("generation");
        let args = args.take(vm, "get_objects", 0, 1)?;
        let wanted = args.first().cloned().or(named).filter(|value| Kind::of(value) != Kind::None);
        let which = match wanted {
            None => None,
            Some(value) => match vm.index_i64(&value)? {
                number if number < 0 => return Err(vm.value_error("generation parameter cannot be negative")),
                number if number > 2 => {
                    return Err(vm.value_error(
                        "generation parameter must be less than the number of available generations (3)",
                    ));
                }
                number => usize::try_from(number).ok(),
            },
        };
        let mut objects = vm.heap.get_objects(which).unwrap_or_default();
        objects.retain(|object| vm.is_tracked(object));
        vm.list(objects)
    }),
    ("get_referents", |vm, args| {
        let args = args.take(vm, "get_referents", 0, usize::MAX)?;
        let mut found = Vec::new();
        for object in &args {
            if let Some((data, _)) = set_of(object)
                && Kind::of(object) == Kind::Set
            {
                found.extend(data.borrow().iter().map(|entry| entry.key.clone()));
                continue;
            }
            let names_only = dict_of(object)
                .filter(|data| data.borrow().iter().all(|entry| text_of(&entry.key).is_some()))
                .filter(|_| Kind::of(object) == Kind::Dict);
            match names_only {
                Some(data) => found.extend(data.borrow().iter().map(|entry| entry.value.clone())),
                None => found.extend(vm.heap.get_referents(object)),
            }
        }
        vm.list(found)
    }),
    ("get_referrers", |vm, args| {
        let args = args.take(vm, "get_referrers", 0, usize::MAX)?;
        vm.charge_work(vm.heap.live_objects() as u64 * 16)?;
        let mut found: Vec<Value> = Vec::new();
        if vm.gc.collecting.get() && args.iter().all(|object| object.generation().is_none()) {
            return vm.list(found);
        }
        for object in &args {
            for referrer in vm.heap.get_referrers(object) {
                if !found.contains(&referrer) && vm.is_tracked(&referrer) {
                    found.push(referrer);
                }
            }
        }
        vm.list(found)
    }),
    ("is_tracked", |vm, args| {
        let args = args.take(vm, "is_tracked", 1, 1)?;
        Ok(vm.bool(vm.is_tracked(&args[0])))
    }),
    ("is_finalized", |vm, args| {
        let args = args.take(vm, "is_finalized", 1, 1)?;
        Ok(vm.bool(args[0].is_finalized()))
    }),
    ("freeze", |vm, args| {
        args.take(vm, "freeze", 0, 0)?;
        vm.heap.freeze();
        Ok(vm.none.clone())
    }),
    ("unfreeze", |vm, args| {
        args.take(vm, "unfreeze", 0, 0)?;
        vm.heap.unfreeze();
        Ok(vm.none.clone())
    }),
    ("get_freeze_count", |vm, args| {
        args.take(vm, "get_freeze_count", 0, 0)?;
        vm.count(vm.heap.get_freeze_count())
    }),
    ("set_debug", |vm, args| {
        let args = args.take(vm, "set_debug", 1, 1)?;
        let flags = vm.index_i64(&args[0])?;
        let Ok(flags) = i32::try_from(flags) else {
            return Err(vm.raise(&vm.types.overflow_error, "Python int too large to convert to C int"));
        };
        vm.heap.set_debug(Debug::from_bits(flags));
        Ok(vm.none.clone())
    }),
    ("get_debug", |vm, args| {
        args.take(vm, "get_debug", 0, 0)?;
        vm.int(vm.heap.get_debug().bits().into())
    }),
];

fn numbers(vm: &Vm, numbers: [u32; 3]) -> Result {
    let numbers: Vec<Value> =
        numbers.iter().map(|number| vm.int(i64::from(*number))).collect::<Result<_>>()?;
    vm.tuple(numbers)
}
