//! `gleaner run --explain`: after each statement, what it changed: names, objects, counts, generations.

use std::collections::HashMap;

use super::graph::{count, generation, names_of, words};
use crate::value::Value;
use crate::vm::{Frame, Vm};

/// How many statements are told.
const STATEMENTS: usize = 2000;

/// What is known of a name: the object, and what is told of it.
#[derive(Clone, PartialEq, Eq)]
struct Known {
    id: usize,
    told: [String; 3],
}

/// Tells what statements change.
pub struct Explainer {
    source: Vec<String>,
    /// The code that ran last, and its line.
    last: Option<(usize, u32)>,
    known: HashMap<(usize, String), Known>,
    live: usize,
    collections: u64,
    told: usize,
}

impl Explainer {
    /// Makes one for a source text.
    #[must_use]
    pub fn new(source: &str) -> Explainer {
        Explainer {
            source: source.lines().map(str::to_string).collect(),
            last: None,
            known: HashMap::new(),
            live: 0,
            collections: 0,
            told: 0,
        }
    }

    /// Is called before an operation of a line.
    pub(super) fn at(&mut self, vm: &Vm, frame: &Frame, line: u32) {
        let code = frame.code.as_any().id();
        if self.last == Some((code, line)) || frame.code.code.name.starts_with("<listcomp") {
            return;
        }
        if let Some((before, at)) = self.last
            && before == code
        {
            let names: Vec<(String, Value)> =
                names_of(vm, frame).into_iter().filter(|(name, _)| !name.ends_with(" (module)")).collect();
            self.tell(vm, code, at, &names);
        } else if self.last.is_none() {
            self.settle(vm);
        }
        self.last = Some((code, line));
    }

    /// Is called when the program has run.
    pub(super) fn end(&mut self, vm: &Vm, names: &[(String, Value)]) {
        if let Some((code, at)) = self.last {
            self.tell(vm, code, at, names);
        }
    }

    fn settle(&mut self, vm: &Vm) {
        self.live = vm.heap.live_objects();
        self.collections = collections(vm);
    }

    fn tell(&mut self, vm: &Vm, code: usize, line: u32, names: &[(String, Value)]) {
        if self.told == STATEMENTS {
            return;
        }
        let mut rows: Vec<[String; 4]> = Vec::new();
        let mut now: HashMap<String, Known> = HashMap::new();
        for (name, value) in names {
            // The list of names holds one reference to each.
            let same = names.iter().filter(|(_, other)| other == value).count();
            let extra = u32::try_from(same).unwrap_or(1);
            let told = [words(vm, value), count(vm, value, extra), generation(vm, value)];
            now.insert(name.clone(), Known { id: value.id(), told });
        }
        let mut sorted: Vec<&String> = now.keys().collect();
        sorted.sort();
        for name in sorted {
            let known = &now[name];
            if self.known.get(&(code, name.clone())) != Some(known) {
                let [what, count, generation] = known.told.clone();
                rows.push([name.clone(), what, count, generation]);
            }
        }
        let mut gone: Vec<String> = self
            .known
            .keys()
            .filter(|(of, name)| *of == code && !now.contains_key(name))
            .map(|(_, name)| name.clone())
            .collect();
        gone.sort();
        for name in &gone {
            rows.push([name.clone(), "(unbound)".into(), "-".into(), "-".into()]);
        }
        self.known.retain(|(of, _), _| *of != code);
        self.known.extend(now.into_iter().map(|(name, known)| ((code, name), known)));
        self.told += 1;
        let source = self.source.get(line as usize - 1).map_or("", |line| line.trim_end());
        let mut text = format!("{line:>4} | {source}\n");
        let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let (first, second, third) = (width(0), width(1), width(2));
        for [name, what, count, generation] in &rows {
            text.push_str(&format!(
                "     | {name:first$} -> {what:second$}  count {count:>third$}  generation {generation}\n"
            ));
        }
        let (live, ran) = (vm.heap.live_objects(), collections(vm));
        if live < self.live {
            text.push_str(&format!("     | {} objects fewer\n", self.live - live));
        }
        if ran > self.collections {
            text.push_str(&format!("     | {} collections ran\n", ran - self.collections));
        }
        if self.told == STATEMENTS {
            text.push_str("     | (further statements are not told)\n");
        }
        vm.output.borrow_mut().error(&text);
        self.settle(vm);
    }
}

fn collections(vm: &Vm) -> u64 {
    vm.heap.get_stats().iter().map(|stats| stats.collections).sum()
}
