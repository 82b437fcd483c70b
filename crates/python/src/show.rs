//! What a learner looks at: what each statement changes, a drawing of the heap, a heap snapshot, who holds what.
//!
//! Nothing here runs the program: objects are described by what they are, not by their `__repr__`.

pub mod drawing;
pub mod explain;
pub mod graph;
pub mod holders;
pub mod snapshot;

use std::collections::HashSet;

use crate::vm::{Frame, Vm};

/// Who watches a program run, line by line.
pub enum Observer {
    /// Nobody.
    None,
    /// Each statement's changes are told on standard error.
    Explain(explain::Explainer),
    /// The heap is drawn before a line of the module runs for the first time.
    Draw {
        /// The line; nothing means at the end.
        line: Option<u32>,
        /// The drawing, once it is made.
        drawn: Option<String>,
    },
    /// It is told who holds the memory at the end.
    Holdings {
        /// What was there before the program began.
        own: HashSet<usize>,
        /// What is told, once it is known.
        told: Option<String>,
    },
    /// It is told why something is alive before a line of the module runs for the first time.
    Why {
        /// The line; nothing means at the end.
        line: Option<u32>,
        /// The name.
        name: String,
        /// What is told, once it is known.
        told: Option<String>,
    },
    /// The heap is written as a snapshot at the end.
    Snapshot {
        /// The snapshot, once it is made.
        written: Option<String>,
    },
}

impl Vm {
    /// Watches the program from here on.
    pub fn watch_lines(&self, observer: Observer) {
        self.observing.set(!matches!(observer, Observer::None));
        self.observer.replace(observer);
    }

    /// Is called before each operation while somebody watches.
    #[cold]
    pub(crate) fn observe(&self, frame: &Frame) {
        // The part of `weakref` that is written in Python is nobody's statement.
        if !self.main.borrow().as_ref().is_some_and(|main| main.is(&frame.globals)) {
            return;
        }
        let line = frame.code.code.positions.get(frame.next).map_or(0, |position| position.line);
        let Ok(mut observer) = self.observer.try_borrow_mut() else { return };
        match &mut *observer {
            Observer::Explain(explainer) => explainer.at(self, frame, line),
            Observer::Draw { line: Some(wanted), drawn: drawn @ None } if *wanted == line => {
                *drawn = Some(drawing::draw(self, &graph::names_of(self, frame)));
            }
            Observer::Why { line: Some(wanted), name, told: told @ None } if *wanted == line => {
                *told = holders::why(self, graph::names_of(self, frame), name);
            }
            _ => {}
        }
    }

    /// Is called when the program has run, before its names go.
    pub(crate) fn observe_end(&self) {
        self.observing.set(false);
        let names = || match &*self.main.borrow() {
            Some(main) => graph::names_in(main),
            None => Vec::new(),
        };
        match &mut *self.observer.borrow_mut() {
            Observer::Explain(explainer) => explainer.end(self, &names()),
            Observer::Draw { line: None, drawn } => *drawn = Some(drawing::draw(self, &names())),
            Observer::Holdings { own, told } => *told = Some(holders::holdings(self, own)),
            Observer::Why { line: None, name, told } => *told = holders::why(self, names(), name),
            Observer::Snapshot { written } => *written = Some(snapshot::snapshot(self, &names())),
            _ => {}
        }
    }

    /// What was drawn, told or written.
    pub(crate) fn take_picture(&self) -> Option<String> {
        match &mut *self.observer.borrow_mut() {
            Observer::Draw { drawn, .. } => drawn.take(),
            Observer::Holdings { told, .. } | Observer::Why { told, .. } => told.take(),
            Observer::Snapshot { written } => written.take(),
            Observer::None | Observer::Explain(_) => None,
        }
    }
}
