//! `open` and files.

use std::fs;
use std::io::Write;

use super::methods;
use crate::objects::File;
use crate::objects::file::Open;
use crate::objects::instance::text_of;
use crate::value::{Kind, Raised, Result, Value, expect};
use crate::vm::{Args, Vm};

pub(super) fn install(vm: &Vm) -> Result<()> {
    methods(vm, &vm.types.file, "TextIOWrapper", FILE)
}

/// `open(path, mode)`
pub(super) fn open(vm: &Vm, mut args: Args) -> Result {
    let mode = args.keyword("mode");
    for ignored in ["encoding", "newline", "errors", "buffering"] {
        drop(args.keyword(ignored));
    }
    let args = args.take(vm, "open", 1, 2)?;
    let Some(path) = text_of(&args[0]) else {
        return Err(vm.type_error("expected str, bytes or os.PathLike object"));
    };
    let mode = args.get(1).cloned().or(mode);
    let mode = mode.as_ref().and_then(text_of).unwrap_or("r").to_string();
    let plain = mode.replace('t', "");
    if !vm.limits.files {
        return Err(os_error(vm, &std::io::ErrorKind::PermissionDenied.into(), path));
    }
    let failed = |error: std::io::Error| os_error(vm, &error, path);
    let state = match plain.as_str() {
        "r" => {
            let bytes = fs::read(path).map_err(failed)?;
            Open::Reading(String::from_utf8_lossy(&bytes).replace("\r\n", "\n"), 0)
        }
        "w" | "w+" => Open::Writing(std::io::BufWriter::new(fs::File::create(path).map_err(failed)?)),
        "x" => Open::Writing(std::io::BufWriter::new(fs::File::create_new(path).map_err(failed)?)),
        "a" => {
            let file = fs::OpenOptions::new().append(true).create(true).open(path).map_err(failed)?;
            Open::Writing(std::io::BufWriter::new(file))
        }
        _ => return Err(vm.value_error(&format!("invalid mode: '{mode}'"))),
    };
    vm.make(File { path: path.to_string(), mode, state: Some(state).into() })
}

fn os_error(vm: &Vm, error: &std::io::Error, path: &str) -> Raised {
    let (class, number, text) = match error.kind() {
        std::io::ErrorKind::NotFound => (&vm.types.file_not_found_error, 2, "No such file or directory"),
        std::io::ErrorKind::AlreadyExists => (&vm.types.file_exists_error, 17, "File exists"),
        std::io::ErrorKind::PermissionDenied => (&vm.types.permission_error, 13, "Permission denied"),
        std::io::ErrorKind::IsADirectory => (&vm.types.is_a_directory_error, 21, "Is a directory"),
        _ => (&vm.types.os_error, 5, "Input/output error"),
    };
    let args = vm
        .int(number)
        .and_then(|number| Ok([number, vm.str(text)?, vm.str(path)?]))
        .and_then(|args| vm.tuple(args));
    match args {
        Ok(args) => vm.raise_with(class, args),
        Err(raised) => raised,
    }
}

fn closed(vm: &Vm) -> Raised {
    vm.value_error("I/O operation on closed file.")
}

fn not_readable(vm: &Vm) -> Raised {
    vm.raise(&vm.types.os_error, "not readable")
}

/// The next line of a file; nothing at its end.
pub(crate) fn next_line(vm: &Vm, file: &Value) -> Result<Option<Value>> {
    let line = match &mut *expect::<File>(file).state.borrow_mut() {
        Some(Open::Reading(text, at)) => {
            let rest = &text[*at..];
            let end = rest.find('\n').map_or(rest.len(), |end| end + 1);
            *at += end;
            rest[..end].to_string()
        }
        Some(_) => return Err(not_readable(vm)),
        None => return Err(closed(vm)),
    };
    if line.is_empty() { Ok(None) } else { vm.string(line).map(Some) }
}

/// How writing to a file went, or where the text goes instead.
enum Written {
    Tried(std::io::Result<()>),
    Standard(bool),
    NotWritable,
    Closed,
}

const FILE: super::Table = &[
    ("read", |vm, args| {
        let (file, args) = args.method(vm, "read", 0, 1)?;
        let most = match args.first() {
            Some(count) if Kind::of(count) != Kind::None => vm.index_i64(count)?,
            _ => -1,
        };
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let text = match &mut *expect::<File>(&file).state.borrow_mut() {
            Some(Open::Reading(text, at)) => {
                let part: String = text[*at..].chars().take(most).collect();
                *at += part.len();
                part
            }
            Some(_) => return Err(not_readable(vm)),
            None => return Err(closed(vm)),
        };
        vm.string(text)
    }),
    ("readline", |vm, args| {
        let (file, _) = args.method(vm, "readline", 0, 0)?;
        next_line(vm, &file)?.map_or_else(|| vm.str(""), Ok)
    }),
    ("readlines", |vm, args| {
        let (file, _) = args.method(vm, "readlines", 0, 0)?;
        let lines = vm.collect(&file)?;
        vm.list(lines)
    }),
    ("write", |vm, args| {
        let (file, args) = args.method(vm, "write", 1, 1)?;
        let Some(text) = text_of(&args[0]) else {
            return Err(vm.type_error("write() argument must be str"));
        };
        let written = match &mut *expect::<File>(&file).state.borrow_mut() {
            Some(Open::Writing(out)) => Written::Tried(out.write_all(text.as_bytes())),
            Some(Open::Standard { error }) => Written::Standard(*error),
            Some(Open::Reading(..)) => Written::NotWritable,
            None => Written::Closed,
        };
        // An error is an object: while it is made, a finalizer may write to the same file.
        match written {
            Written::Tried(result) => result.map_err(|error| os_error(vm, &error, ""))?,
            Written::Standard(error) => vm.write(text, error)?,
            Written::NotWritable => return Err(vm.raise(&vm.types.os_error, "not writable")),
            Written::Closed => return Err(closed(vm)),
        }
        vm.count(text.chars().count())
    }),
    ("writelines", |vm, args| {
        let (file, args) = args.method(vm, "writelines", 1, 1)?;
        let write = vm.getattr(&file, &vm.intern("write")?)?;
        for line in vm.collect(&args[0])? {
            vm.call_with(&write, [line])?;
        }
        Ok(vm.none.clone())
    }),
    ("flush", |vm, args| {
        let (file, _) = args.method(vm, "flush", 0, 0)?;
        if let Some(Open::Writing(out)) = &mut *expect::<File>(&file).state.borrow_mut() {
            let _ = out.flush();
        }
        Ok(vm.none.clone())
    }),
    ("close", |vm, args| {
        let (file, _) = args.method(vm, "close", 0, 0)?;
        close(&file);
        Ok(vm.none.clone())
    }),
    ("__enter__", |vm, args| {
        let (file, _) = args.method(vm, "__enter__", 0, 0)?;
        if expect::<File>(&file).state.borrow().is_none() {
            return Err(closed(vm));
        }
        Ok(file)
    }),
    ("__exit__", |vm, args| {
        let (file, _) = args.method(vm, "__exit__", 3, 3)?;
        close(&file);
        Ok(vm.none.clone())
    }),
];

fn close(file: &Value) {
    let open = expect::<File>(file).state.take();
    drop(open);
}
