//! What is reported of the graph as a whole.

use gleaner_program::transcript::CENSUS;

use crate::graph::{Id, Kind, NIL, Place, REF_EDGE};
use crate::tasks::Model;

impl Model<'_> {
    /// Returns an object's number, or -1 for nil; the next number for an object that is being made.
    pub(crate) fn number(&self, id: Id) -> i64 {
        match id {
            NIL => -1,
            _ => i64::from(self.graph.object(id).number.min(self.following)),
        }
    }

    /// Returns the marks of all tracked, unfrozen objects, ascending, with the objects.
    fn marks(&self) -> Vec<(i64, Id)> {
        let mut marks = Vec::with_capacity(16);
        for generation in 0..3 {
            let members = self.graph.members(Place::generation(generation));
            marks.extend(members.map(|id| (self.number(id) << 2 | i64::from(generation), id)));
        }
        marks.sort_unstable();
        marks
    }

    /// Logs the marks and how many there are.
    pub(crate) fn log_marks(&mut self) {
        let marks = self.marks();
        self.log(&[marks.len() as i64]);
        self.transcript.tokens.extend(marks.iter().map(|&(mark, _)| mark));
    }

    /// Logs every tracked, unfrozen object with its reference count and its edges.
    pub(crate) fn census(&mut self) {
        let marks = self.marks();
        self.log(&[CENSUS, marks.len() as i64]);
        for (mark, id) in marks {
            self.log(&[mark, self.graph.count(id) as i64]);
            let edges = self.graph.edges[id as usize];
            match self.graph.object(id).kind {
                Kind::Node { fields, .. } => {
                    self.log(&[i64::from(fields) + 1]);
                    for &to in edges[..usize::from(fields)].iter().chain([&edges[REF_EDGE]]) {
                        self.log(&[self.number(to)]);
                    }
                }
                Kind::Ref { .. } => self.log(&[1, self.number(self.graph.referents[id as usize])]),
            }
        }
    }
}
