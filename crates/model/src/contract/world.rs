//! What the judge knows: the graph, who lives, who is in doubt.

use gleaner_program::{Environment, Observation, Policy, Slices, Transcript};

use super::passes::Pass;
use super::reader::Reader;
use super::reports::Growth;
use super::{Breach, Law};
use crate::graph::{Graph, Id, Kind, NIL};

/// What a check returns.
pub(super) type Checked<T = ()> = Result<T, Breach>;

/// What is known of an object's life.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Fate {
    /// It lives.
    Live,
    /// It is unreachable, and the collector may have freed it since.
    Doubtful,
    /// It dies by count: it is not listed, but holds what it still refers to.
    Dying,
    /// It is dead.
    Dead,
}

/// The judge of one transcript.
pub(super) struct Judge<'a> {
    pub(super) environment: &'a Environment,
    pub(super) said: Reader<'a>,
    pub(super) graph: Graph,
    pub(super) fates: Vec<Fate>,
    /// Objects that the stack holds, if they live.
    pub(super) perhaps: Vec<Id>,
    /// Objects in the permanent generation.
    pub(super) frozen: Vec<bool>,
    /// Refs of which it is not known whether they were cleared.
    pub(super) unsure: Vec<bool>,
    /// The objects by their numbers.
    pub(super) numbers: Vec<Id>,
    /// What was unreachable when everything was reported last, and has been since: the next cycle finds it.
    pub(super) overdue: Vec<bool>,
    /// The object that has no number yet.
    pub(super) making: Id,
    pub(super) enabled: bool,
    pub(super) thresholds: [u32; 3],
    pub(super) allocations: u64,
    /// The collection under way.
    pub(super) pass: Option<Pass>,
    /// For each generation: collections, collected, uncollectable.
    pub(super) stats: [[i64; 3]; 3],
    pub(super) growth: Growth,
    /// How many objects have died.
    pub(super) dead: u64,
    choices: Vec<bool>,
    chosen: usize,
}

impl<'a> Judge<'a> {
    pub(super) fn new(environment: &'a Environment, said: &'a Transcript, choices: Vec<bool>) -> Judge<'a> {
        Judge {
            environment,
            said: Reader::new(said),
            graph: Graph::new(),
            fates: Vec::with_capacity(32),
            perhaps: Vec::new(),
            frozen: Vec::with_capacity(32),
            unsure: Vec::with_capacity(32),
            numbers: Vec::with_capacity(32),
            overdue: Vec::new(),
            making: NIL,
            enabled: true,
            thresholds: environment.profile.thresholds,
            allocations: 0,
            pass: None,
            stats: [[0; 3]; 3],
            growth: Growth::default(),
            dead: 0,
            choices,
            chosen: 0,
        }
    }

    /// Returns the choices of this reading.
    pub(super) fn into_choices(mut self) -> Vec<bool> {
        self.choices.truncate(self.chosen);
        self.choices
    }

    /// Chooses between two explanations.
    pub(super) fn choose(&mut self) -> bool {
        if self.chosen == self.choices.len() {
            self.choices.push(false);
        }
        self.chosen += 1;
        self.choices[self.chosen - 1]
    }

    /// Returns whether the collector may be in the middle of its work while the program runs.
    pub(super) fn is_sliced(&self) -> bool {
        self.environment.policy == Policy::Paced
    }

    /// Returns whether a cycle is over when it has begun.
    pub(super) fn has_long_slices(&self) -> bool {
        self.is_sliced() && self.environment.slices == Slices::Long
    }

    pub(super) fn breach<T>(&self, law: Law, what: impl Into<String>) -> Checked<T> {
        Err(Breach { law, at: self.said.at, what: what.into() })
    }

    /// Says what is wrong with the next observation, which nothing explains.
    pub(super) fn unexpected<T>(&self, instead: &str) -> Checked<T> {
        let Some(next) = self.said.peek() else {
            return self.breach(Law::L2, format!("there is nothing where {instead} belongs"));
        };
        let about = match next {
            Observation::Finalized(number) => self.find(number)?,
            Observation::Callback(number) => match self.graph.referents[self.find(number)? as usize] {
                NIL => {
                    return self.breach(Law::L5, format!("{next}, whose weak reference is cleared or dead"));
                }
                node => node,
            },
            _ => return self.breach(Law::L8, format!("\"{next}\" where {instead} belongs")),
        };
        let finalized = matches!(next, Observation::Finalized(_)) && self.graph.object(about).finalized;
        let (law, why) = match self.fates[about as usize] {
            Fate::Dead => (Law::L7, "it is dead"),
            _ if finalized => (Law::L4, "it has run before"),
            _ if self.reach(false)[about as usize] => (Law::L1, "the object is reachable"),
            _ => (Law::L2, "nothing has happened to the object"),
        };
        self.breach(law, format!("{next}, but {why} ({instead} belongs here)"))
    }

    /// Returns the object of a number, or that which is about to get it.
    pub(super) fn find(&self, number: i64) -> Checked<Id> {
        let known = usize::try_from(number).ok().and_then(|number| self.numbers.get(number).copied());
        match known {
            Some(id) => Ok(id),
            None if number == self.numbers.len() as i64 && self.making != NIL => Ok(self.making),
            None => self.breach(Law::L7, format!("there is no object {number}")),
        }
    }

    /// Returns an object's number, -1 for nil, the next for one that has none.
    pub(super) fn number(&self, id: Id) -> i64 {
        if id == NIL { -1 } else { i64::from(self.graph.object(id).number.min(self.numbers.len() as u32)) }
    }

    pub(super) fn ids(&self) -> std::ops::Range<Id> {
        0..self.fates.len() as Id
    }

    pub(super) fn fate(&self, id: Id) -> Fate {
        self.fates[id as usize]
    }

    /// Finds out what is reachable: from variables, saved nodes, the stack, what dies, what is frozen. Generously, that
    /// which is in doubt counts, too.
    pub(super) fn reach(&self, generously: bool) -> Vec<bool> {
        let mut reached = vec![false; self.fates.len()];
        let roots = [&self.graph.variables, &self.graph.saved, &self.graph.temporaries];
        let mut gray: Vec<Id> = roots.into_iter().flatten().copied().collect();
        if generously {
            gray.extend(&self.perhaps);
        }
        for id in self.ids() {
            match self.fate(id) {
                Fate::Dying => gray.extend(self.graph.edges[id as usize]),
                Fate::Live if self.frozen[id as usize] => gray.push(id),
                Fate::Doubtful if self.frozen[id as usize] && generously => gray.push(id),
                _ => {}
            }
        }
        while let Some(id) = gray.pop() {
            if id != NIL && !reached[id as usize] {
                reached[id as usize] = true;
                gray.extend(self.graph.edges[id as usize]);
            }
        }
        reached
    }

    /// Puts all that is unreachable in doubt, and what is frozen and only held by that.
    pub(super) fn doubt_garbage(&mut self) {
        let reached = self.reach(false);
        let garbage: Vec<Id> = self.ids().filter(|&id| !reached[id as usize]).collect();
        for &id in &garbage {
            if self.fate(id) == Fate::Live {
                self.fates[id as usize] = Fate::Doubtful;
            }
        }
        for id in garbage {
            for to in self.graph.edges[id as usize] {
                self.doubt(to);
            }
        }
    }

    /// Puts an object in doubt, and what only it holds, if nothing holds it of which it is certain that it is there.
    pub(super) fn doubt(&mut self, id: Id) {
        if id == NIL || self.fate(id) != Fate::Live || self.count_sure(id) > 0 {
            return;
        }
        self.fates[id as usize] = Fate::Doubtful;
        self.growth.due -= 1;
        for to in self.graph.edges[id as usize] {
            self.doubt(to);
        }
    }

    /// Counts the references to an object that are there for certain.
    pub(super) fn count_sure(&self, id: Id) -> usize {
        let edges = self.ids().filter(|&from| self.fate(from) == Fate::Doubtful);
        let doubtful: usize =
            edges.map(|from| self.graph.edges[from as usize].iter().filter(|&&to| to == id).count()).sum();
        self.graph.count(id) - doubtful
    }

    /// Lets all that is reachable live: whatever was in doubt about it, but whether refs to it, or it, were cleared.
    pub(super) fn settle(&mut self) {
        let reached = self.reach(false);
        for id in self.ids() {
            if self.fate(id) == Fate::Doubtful && reached[id as usize] {
                self.revive(id, &reached);
            }
        }
        self.overdue.iter_mut().zip(reached).for_each(|(overdue, reached)| *overdue &= !reached);
    }

    /// Ends the doubt about an object: it lives. Refs to it may have been cleared, but for those whose callbacks would have
    /// been called then.
    pub(super) fn revive(&mut self, id: Id, reached: &[bool]) {
        self.fates[id as usize] = Fate::Live;
        self.unsure[id as usize] = true;
        for to in self.graph.refs_to(id).collect::<Vec<_>>() {
            self.unsure[to as usize] |= !self.must_tell(to, reached);
        }
    }

    /// Ends the doubt about an object that nobody has seen die: it is dead.
    pub(super) fn bury_unseen(&mut self, id: Id, reached: &[bool]) -> Checked {
        if reached[id as usize] {
            return self.breach(Law::L1, format!("{} is reachable, and is gone", self.number(id)));
        }
        let object = self.graph.object(id);
        if matches!(object.kind, Kind::Node { .. }) && self.may_be_finalized(id) {
            return self.breach(Law::L4, format!("{} is gone without its finalizer", self.number(id)));
        }
        let untold = self.graph.refs_to(id).find(|&to| self.must_tell(to, reached));
        if let Some(to) = untold {
            let (number, of) = (self.number(to), self.number(id));
            return self
                .breach(Law::L5, format!("{of} is gone, and the callback of {number} was not called"));
        }
        self.kill(id);
        Ok(())
    }

    /// Returns whether a ref has a callback that runs for certain when its referent is found to be garbage.
    pub(super) fn must_tell(&self, to: Id, reached: &[bool]) -> bool {
        let certain = self.fate(to) == Fate::Live && !self.unsure[to as usize] && reached[to as usize];
        certain && self.graph.callback(to).is_some()
    }

    /// Takes a dead object out of the graph.
    pub(super) fn kill(&mut self, id: Id) {
        for to in self.graph.refs_to(id).collect::<Vec<_>>() {
            self.graph.clear_ref(to);
        }
        self.graph.clear_ref(id);
        self.graph.edges[id as usize].fill(NIL);
        self.fates[id as usize] = Fate::Dead;
        self.frozen[id as usize] = false;
        self.dead += 1;
    }

    /// Compares the number of objects that are not freed with those that live, and those that may.
    pub(super) fn check_live(&mut self, live: u64) -> Checked {
        let of = |fate: Fate| self.fates.iter().filter(|&&known| known == fate).count() as u64;
        let (sure, doubtful) = (of(Fate::Live), of(Fate::Doubtful));
        if live < sure {
            return self.breach(Law::L1, format!("{sure} objects live, and only {live} are not freed"));
        }
        if live > sure + doubtful {
            let most = sure + doubtful;
            return self.breach(Law::L2, format!("at most {most} objects live, but {live} are not freed"));
        }
        if live == sure && doubtful > 0 {
            let reached = self.reach(false);
            for id in self.ids() {
                if self.fate(id) == Fate::Doubtful {
                    self.bury_unseen(id, &reached)?;
                }
            }
        }
        Ok(())
    }
}
