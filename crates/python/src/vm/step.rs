//! The operations, one after the other.

use gleaner::Ref;

use super::run::Flow;
use super::{Args, Frame, Vm};
use crate::compile::{NO_KEYWORDS, Op, Unary};
use crate::objects::instance::{dict_of, list_of, tuple_of};
use crate::objects::sequence::append;
use crate::objects::{Cell, Exception};
use crate::value::{Kind, Raised, Result, Value, expect};

/// What was pushed by an operation before; the compiler sees to it (`compile::verify`).
const BALANCED: &str = "the compiler keeps the stack balanced";

impl Frame {
    pub(super) fn push(&mut self, value: Value) {
        self.stack.push(Some(value));
    }

    pub(super) fn pop(&mut self) -> Value {
        self.stack.pop().flatten().expect(BALANCED)
    }

    pub(super) fn top(&self, from_top: u32) -> &Value {
        self.stack[self.stack.len() - from_top as usize].as_ref().expect(BALANCED)
    }

    fn pop_many(&mut self, count: u32) -> impl Iterator<Item = Value> {
        let at = self.stack.len() - count as usize;
        self.stack.drain(at..).flatten()
    }

    fn name(&self, index: u32) -> Value {
        self.code.names[index as usize].clone()
    }
}

impl Vm {
    /// Runs operations until the frame stops or something raises.
    #[allow(clippy::too_many_lines, reason = "one arm for each operation")]
    pub(super) fn execute(&self, frame: &mut Frame) -> Result<Flow> {
        loop {
            if self.observing.get() {
                self.observe(frame);
            }
            let op = frame.code.code.ops[frame.next];
            frame.next += 1;
            match op {
                Op::Const(index) => frame.push(frame.code.constants[index as usize].clone()),
                Op::Pop => drop(frame.stack.pop()),
                Op::Copy(n) => {
                    let value = frame.stack[frame.stack.len() - n as usize].clone();
                    frame.stack.push(value);
                }
                Op::Swap(n) => {
                    let top = frame.stack.len() - 1;
                    frame.stack.swap(top, top + 1 - n as usize);
                }
                Op::LoadFast(index) => match &frame.locals[index as usize] {
                    Some(value) => {
                        let value = value.clone();
                        frame.push(value);
                    }
                    None => return Err(self.unbound_local(frame, index)),
                },
                Op::StoreFast(index) => {
                    let value = frame.stack.pop().flatten();
                    let old = std::mem::replace(&mut frame.locals[index as usize], value);
                    drop(old);
                }
                Op::DeleteFast(index) => match frame.locals[index as usize].take() {
                    Some(old) => drop(old),
                    None => return Err(self.unbound_local(frame, index)),
                },
                Op::ClearFast(index) => drop(frame.locals[index as usize].take()),
                Op::LoadName(index) => {
                    let value = self.load_name(frame, &frame.name(index))?;
                    frame.push(value);
                }
                Op::StoreName(index) => {
                    let (name, value) = (frame.name(index), frame.pop());
                    self.dict_set(&frame.names.as_ref().unwrap_or(&frame.globals).data, name, value)?;
                }
                Op::DeleteName(index) => {
                    let name = frame.name(index);
                    let names = frame.names.as_ref().unwrap_or(&frame.globals);
                    if self.dict_remove(&names.data, &name)?.is_none() {
                        return Err(self.name_error(&name));
                    }
                }
                Op::LoadGlobal(index) => {
                    let value = self.load_global(frame, &frame.name(index))?;
                    frame.push(value);
                }
                Op::StoreGlobal(index) => {
                    let (name, value) = (frame.name(index), frame.pop());
                    self.dict_set(&frame.globals.data, name, value)?;
                }
                Op::DeleteGlobal(index) => {
                    let name = frame.name(index);
                    if self.dict_remove(&frame.globals.data, &name)?.is_none() {
                        return Err(self.name_error(&name));
                    }
                }
                Op::LoadDeref(index) => match frame.cells[index as usize].value.get() {
                    Some(value) => frame.push(value),
                    None => return Err(self.unbound_cell(frame, index)),
                },
                Op::LoadClassDeref(name, index) => {
                    let name = frame.name(name);
                    let own = match &frame.names {
                        Some(names) => self.dict_get(&names.data, &name)?,
                        None => None,
                    };
                    match own.or_else(|| frame.cells[index as usize].value.get()) {
                        Some(value) => frame.push(value),
                        None => return Err(self.unbound_cell(frame, index)),
                    }
                }
                Op::StoreDeref(index) => {
                    let value = frame.stack.pop().flatten();
                    let cell = frame.cells[index as usize].clone();
                    cell.value.put(value);
                }
                Op::DeleteDeref(index) => {
                    let old = frame.cells[index as usize].value.take();
                    if old.is_none() {
                        return Err(self.unbound_cell(frame, index));
                    }
                }
                Op::LoadClosure(index) => frame.push(frame.cells[index as usize].clone().into_any()),
                Op::LoadAttr(index) => {
                    let (name, object) = (frame.name(index), frame.pop());
                    let value = self.getattr(&object, &name)?;
                    frame.push(value);
                }
                Op::LoadMethod(index) => {
                    let (name, object) = (frame.name(index), frame.pop());
                    if let Some(method) = self.find_method(&object, &name) {
                        frame.push(method);
                        frame.push(object);
                    } else {
                        let attribute = self.getattr(&object, &name)?;
                        frame.push(attribute);
                        frame.stack.push(None);
                    }
                }
                Op::StoreAttr(index) => {
                    let (name, object) = (frame.name(index), frame.pop());
                    let value = frame.pop();
                    self.setattr(&object, &name, value)?;
                }
                Op::DeleteAttr(index) => {
                    let (name, object) = (frame.name(index), frame.pop());
                    self.delattr(&object, &name)?;
                }
                Op::Subscript => {
                    let (key, object) = (frame.pop(), frame.pop());
                    let item = self.getitem(&object, &key)?;
                    frame.push(item);
                }
                Op::StoreSubscript => {
                    let (key, object, value) = (frame.pop(), frame.pop(), frame.pop());
                    self.setitem(&object, key, value)?;
                }
                Op::DeleteSubscript => {
                    let (key, object) = (frame.pop(), frame.pop());
                    self.delitem(&object, &key)?;
                }
                Op::Binary(operator) => {
                    let (right, left) = (frame.pop(), frame.pop());
                    let result = self.binary(operator, &left, &right)?;
                    frame.push(result);
                }
                Op::Inplace(operator) => {
                    let (right, left) = (frame.pop(), frame.pop());
                    let result = self.inplace(operator, &left, &right)?;
                    frame.push(result);
                }
                Op::Unary(operator) => {
                    let operand = frame.pop();
                    let result = match operator {
                        Unary::Not => self.bool(!self.truth(&operand)?),
                        operator => self.unary(operator, &operand)?,
                    };
                    frame.push(result);
                }
                Op::Compare(comparison) => {
                    let (right, left) = (frame.pop(), frame.pop());
                    let result = self.compare(comparison, &left, &right)?;
                    frame.push(result);
                }
                Op::Is { not } => {
                    let (right, left) = (frame.pop(), frame.pop());
                    frame.push(self.bool((left == right) != not));
                }
                Op::Contains { not } => {
                    let (container, item) = (frame.pop(), frame.pop());
                    let found = self.contains(&container, &item)?;
                    frame.push(self.bool(found != not));
                }
                Op::BuildTuple(count) => {
                    let items: smallvec::SmallVec<[Value; 2]> = frame.pop_many(count).collect();
                    let tuple = self.tuple(items)?;
                    frame.push(tuple);
                }
                Op::BuildList(count) => {
                    let items = frame.pop_many(count).collect();
                    let list = self.list(items)?;
                    frame.push(list);
                }
                Op::BuildSet(count) => {
                    let items: Vec<Value> = frame.pop_many(count).collect();
                    let set = self.set(items, false)?;
                    frame.push(set);
                }
                Op::BuildMap(count) => {
                    let items: Vec<Value> = frame.pop_many(2 * count).collect();
                    let mut items = items.into_iter();
                    let dict = self.dict()?;
                    while let (Some(key), Some(value)) = (items.next(), items.next()) {
                        self.dict_set(&dict.data, key, value)?;
                    }
                    frame.push(dict.into_any());
                }
                Op::BuildString(count) => {
                    let parts: Vec<Value> = frame.pop_many(count).collect();
                    let text: String = parts.iter().filter_map(crate::objects::instance::text_of).collect();
                    let string = self.string(text)?;
                    frame.push(string);
                }
                Op::BuildSlice(count) => {
                    let step = if count == 3 { frame.pop() } else { self.none.clone() };
                    let (stop, start) = (frame.pop(), frame.pop());
                    let slice = self.slice(start, stop, step)?;
                    frame.push(slice);
                }
                Op::ListAppend(n) => {
                    let item = frame.pop();
                    append(&mut list_of(frame.top(n)).expect(BALANCED).borrow_mut(), item);
                }
                Op::SetAdd(n) => {
                    let item = frame.pop();
                    let set = frame.top(n).clone();
                    self.set_add(crate::objects::instance::set_of(&set).expect(BALANCED).0, item)?;
                }
                Op::MapAdd(n) => {
                    let (value, key) = (frame.pop(), frame.pop());
                    let dict = frame.top(n).clone();
                    self.dict_set(dict_of(&dict).expect(BALANCED), key, value)?;
                }
                Op::ListExtend => {
                    let iterable = frame.pop();
                    let items = self.collect_for_star(&iterable)?;
                    let list = list_of(frame.top(1)).expect(BALANCED);
                    self.extend(list, items)?;
                }
                Op::SetUpdate => {
                    let iterable = frame.pop();
                    let set = frame.top(1).clone();
                    let (data, _) = crate::objects::instance::set_of(&set).expect(BALANCED);
                    for item in self.collect(&iterable)? {
                        self.set_add(data, item)?;
                    }
                }
                Op::DictUpdate => {
                    let mapping = frame.pop();
                    let dict = frame.top(1).clone();
                    self.dict_merge(dict_of(&dict).expect(BALANCED), &mapping, None)?;
                }
                Op::DictMerge => {
                    let mapping = frame.pop();
                    let dict = frame.top(1).clone();
                    // The function that will be called stands below the tuple and the dict.
                    let callee = frame.top(3).clone();
                    self.dict_merge(dict_of(&dict).expect(BALANCED), &mapping, Some(&callee))?;
                }
                Op::ListToTuple => {
                    let list = frame.pop();
                    let items = list_of(&list).expect(BALANCED).take();
                    let tuple = self.tuple(items)?;
                    frame.push(tuple);
                }
                Op::Format { conversion, spec } => {
                    let spec = if spec { Some(frame.pop()) } else { None };
                    let value = frame.pop();
                    let string = self.format_field(&value, conversion, spec.as_ref())?;
                    frame.push(string);
                }
                Op::Unpack(count) => {
                    let iterable = frame.pop();
                    let items = self.unpack(&iterable, count as usize)?;
                    frame.stack.extend(items.into_iter().rev().map(Some));
                }
                Op::UnpackStarred(before, after) => {
                    let iterable = frame.pop();
                    let items = self.unpack_starred(&iterable, before as usize, after as usize)?;
                    frame.stack.extend(items.into_iter().rev().map(Some));
                }
                Op::Jump(target) => {
                    if (target as usize) < frame.next {
                        self.charge_operation()?;
                    }
                    frame.next = target as usize;
                }
                Op::JumpIfFalse(target) => {
                    let condition = frame.pop();
                    if !self.truth(&condition)? {
                        self.jump(frame, target)?;
                    }
                }
                Op::JumpIfTrue(target) => {
                    let condition = frame.pop();
                    if self.truth(&condition)? {
                        self.jump(frame, target)?;
                    }
                }
                Op::JumpIfFalseOrPop(target) => {
                    let condition = frame.top(1).clone();
                    if self.truth(&condition)? {
                        drop(condition);
                        drop(frame.pop());
                    } else {
                        frame.next = target as usize;
                    }
                }
                Op::JumpIfTrueOrPop(target) => {
                    let condition = frame.top(1).clone();
                    if self.truth(&condition)? {
                        frame.next = target as usize;
                    } else {
                        drop(condition);
                        drop(frame.pop());
                    }
                }
                Op::Iterate => {
                    let iterable = frame.pop();
                    let iterator = self.iter(&iterable)?;
                    frame.push(iterator);
                }
                Op::ForIter(target) => {
                    let iterator = frame.top(1).clone();
                    match self.next(&iterator)? {
                        Some(item) => frame.push(item),
                        None => {
                            drop(iterator);
                            drop(frame.pop());
                            frame.next = target as usize;
                        }
                    }
                }
                Op::Call { arguments, keywords } => {
                    let args = self.take_args(frame, arguments, keywords);
                    let callable = frame.pop();
                    let result = self.call_in_frame(frame, &callable, args)?;
                    frame.push(result);
                }
                Op::CallMethod { arguments, keywords } => {
                    let mut args = self.take_args(frame, arguments, keywords);
                    if let Some(object) = frame.stack.pop().flatten() {
                        args.values.insert(0, object);
                    }
                    let callable = frame.pop();
                    let result = self.call_in_frame(frame, &callable, args)?;
                    frame.push(result);
                }
                Op::CallEx { keywords } => {
                    let named = if keywords { Some(frame.pop()) } else { None };
                    let tuple = frame.pop();
                    let mut args = Args::of(tuple_of(&tuple).unwrap_or_default().iter().cloned());
                    drop(tuple);
                    if let Some(named) = &named {
                        let data = dict_of(named).expect(BALANCED).borrow();
                        args.keywords =
                            data.iter().map(|entry| (entry.key.clone(), entry.value.clone())).collect();
                    }
                    drop(named);
                    let callable = frame.pop();
                    let result = self.call_in_frame(frame, &callable, args)?;
                    frame.push(result);
                }
                Op::MakeFunction { code, defaults, keyword_defaults, closure } => {
                    let cells = closure.then(|| frame.pop());
                    let keyword_defaults = keyword_defaults.then(|| frame.pop());
                    let defaults = defaults.then(|| frame.pop());
                    let function = self.make_function(frame, code, defaults, keyword_defaults, cells)?;
                    frame.push(function);
                }
                Op::LoadBuildClass => frame.push(self.build_class_function()?),
                Op::Return => return Ok(Flow::Return(frame.pop())),
                Op::Yield => return Ok(Flow::Yield(frame.pop())),
                Op::YieldFromIter => {
                    if Kind::of(frame.top(1)) != Kind::Generator {
                        let iterable = frame.pop();
                        let iterator = self.iter(&iterable)?;
                        frame.push(iterator);
                    }
                }
                Op::YieldFrom => {
                    let sent = frame.pop();
                    let iterator = frame.top(1).clone();
                    match self.send(&iterator, sent)? {
                        Flow::Yield(value) => {
                            frame.next -= 1;
                            return Ok(Flow::Yield(value));
                        }
                        Flow::Return(value) => {
                            drop(iterator);
                            drop(frame.pop());
                            frame.push(value);
                        }
                    }
                }
                Op::Raise(count) => {
                    let cause = if count == 2 { Some(frame.pop()) } else { None };
                    let exception = if count > 0 { Some(frame.pop()) } else { None };
                    return Err(self.make_raised(exception, cause));
                }
                Op::PushHandled => {
                    let exception = frame.pop();
                    let previous = self.handled.replace(Some(exception.clone()));
                    frame.stack.push(previous);
                    frame.push(exception);
                }
                Op::PopHandled => {
                    let previous = frame.stack.pop().flatten();
                    let handled = self.handled.replace(previous);
                    drop(handled);
                }
                Op::Matches => {
                    let class = frame.pop();
                    let exception = frame.top(1).clone();
                    let matches = self.exception_matches(&exception, &class)?;
                    frame.push(self.bool(matches));
                }
                Op::Reraise => return Err(Raised(frame.pop())),
                Op::WithEnter => {
                    let manager = frame.pop();
                    let (exit, entered) = self.with_enter(&manager)?;
                    frame.push(exit);
                    frame.push(entered);
                }
                Op::WithExit => {
                    let exception = frame.top(1).clone();
                    let exit = frame.top(3).clone();
                    let class = self.class_of(&exception).into_any();
                    let traceback = match Kind::of(&exception) {
                        Kind::Exception => expect::<Exception>(&exception).traceback.get().map(Ref::into_any),
                        _ => None,
                    };
                    let traceback = traceback.unwrap_or_else(|| self.none.clone());
                    let result = self.call_with(&exit, [class, exception, traceback])?;
                    frame.push(result);
                }
                Op::Import(index) => {
                    let module = self.import(&frame.name(index))?;
                    frame.push(module);
                }
                Op::ImportFrom(index) => {
                    let name = frame.name(index);
                    let module = frame.top(1).clone();
                    let value = self.import_from(&module, &name)?;
                    frame.push(value);
                }
                Op::LoadAssertionError => frame.push(self.types.assertion_error.clone().into_any()),
            }
        }
    }

    fn jump(&self, frame: &mut Frame, target: u32) -> Result<()> {
        if (target as usize) < frame.next {
            self.charge_operation()?;
        }
        frame.next = target as usize;
        Ok(())
    }

    fn take_args(&self, frame: &mut Frame, arguments: u32, keywords: u32) -> Args {
        let mut args = Args::of(frame.pop_many(arguments));
        if keywords != NO_KEYWORDS {
            let names = &frame.code.constants[keywords as usize];
            let names = tuple_of(names).unwrap_or_default();
            let values = args.values.drain(args.values.len() - names.len()..);
            args.keywords = names.iter().cloned().zip(values).collect();
        }
        args
    }

    /// Returns the cell of a closure, for `super()`.
    pub(super) fn cell_named(frame: &Frame, name: &str) -> Option<Ref<Cell>> {
        let code = &frame.code.code;
        let place = code.cells.iter().chain(&code.free).position(|cell| &**cell == name)?;
        frame.cells.get(place).cloned()
    }
}
