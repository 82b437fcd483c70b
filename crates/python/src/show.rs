//! What a learner looks at: what each statement changes, a drawing of the heap, a heap snapshot.
//!
//! Nothing here runs the program: objects are described by what they are, not by their `__repr__`.

pub mod drawing;
pub mod explain;
pub mod graph;
pub mod snapshot;

use crate::value::Value;
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
            _ => {}
        }
    }

    /// Is called when the program has run, before its names go.
    pub(crate) fn observe_end(&self) {
        self.observing.set(false);
        let names: Vec<(String, Value)> = match &*self.main.borrow() {
            Some(main) => graph::names_in(main),
            None => Vec::new(),
        };
        match &mut *self.observer.borrow_mut() {
            Observer::Explain(explainer) => explainer.end(self, &names),
            Observer::Draw { line: None, drawn } => *drawn = Some(drawing::draw(self, &names)),
            Observer::Snapshot { written } => *written = Some(snapshot::snapshot(self, &names)),
            _ => {}
        }
    }

    /// What was drawn or written.
    pub(crate) fn take_picture(&self) -> Option<String> {
        match &mut *self.observer.borrow_mut() {
            Observer::Draw { drawn, .. } => drawn.take(),
            Observer::Snapshot { written } => written.take(),
            _ => None,
        }
    }
}
