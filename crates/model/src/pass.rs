//! A collection: what is unreachable, in which order, and what is done about it. PY-36, PY-37.
//!
//! *Members* are the objects of the collected generation and all younger ones. A member is *held* if anything
//! but a member refers to it; what held members reach is reachable, the rest is trash. The survivors go to the
//! next generation, `old`. Then, with user code at the points marked *:
//!
//! 1. `handle_weakrefs`: refs to trash are cleared, and so is trash that is a ref; of those with a callback the
//!    ones that are not trash are queued and *told; whoever survives that goes to `old`.
//! 2. `finalize_garbage`: every trash node's finalizer is *called, once in its life.
//! 3. `handle_resurrected_objects`: of the trash, what is now held and what that reaches goes to `old`.
//! 4. `delete_garbage`: the rest is counted; one by one its edges are *cleared.
//! 5. The pass is reported.

use gleaner_program::transcript::COLLECTION;
use gleaner_program::{Finalizer, Policy};

use crate::graph::{Graph, Id, Kind, NIL, Place};
use crate::tasks::{Model, Task};

/// Where a pass goes on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Pass {
    /// The next queued ref is told.
    Tell,
    /// This queued ref has been told.
    Told(Id),
    /// The next trash is finalized.
    Finalize,
    /// The next trash is cleared.
    Delete,
    /// This trash has been cleared.
    Deleted(Id),
}

/// What the collector remembers between passes, and of the one under way.
#[derive(Clone, Debug)]
pub(crate) struct Collector {
    pub(crate) enabled: bool,
    pub(crate) thresholds: [u32; 3],
    pub(crate) counts: [u32; 3],
    /// For each generation: collections, collected, uncollectable.
    pub(crate) stats: [[i64; 3]; 3],
    /// Whether the foreign objects have been moved to generation 2.
    pub(crate) thawed: bool,
    /// Survivors of passes over generation 1 since the last full one.
    long_lived_pending: u64,
    /// Survivors of the last full pass.
    long_lived_total: u64,
    /// What the last call of `collect` has returned.
    pub(crate) result: i64,
    /// The generation that is being collected, as the books have it.
    collecting: Option<u8>,
    /// Objects that the pass has found to be garbage so far.
    collected: i64,
}

impl Collector {
    pub(crate) fn new(thresholds: [u32; 3]) -> Collector {
        Collector {
            enabled: true,
            thresholds,
            counts: [0; 3],
            stats: [[0; 3]; 3],
            thawed: false,
            long_lived_pending: 0,
            long_lived_total: 0,
            result: 0,
            collecting: None,
            collected: 0,
        }
    }

    /// Returns whether an allocation, counted already, has to collect.
    pub(crate) fn is_due(&self) -> bool {
        let threshold = self.thresholds[0];
        self.enabled && threshold != 0 && self.counts[0] > threshold && self.collecting.is_none()
    }

    /// Returns the generation that an automatic collection takes: the oldest that is due.
    fn choose(&self) -> Option<u8> {
        let due = |&generation: &u8| {
            let at = usize::from(generation);
            let worthwhile = generation < 2 || self.long_lived_pending >= self.long_lived_total / 4;
            self.counts[at] > self.thresholds[at] && worthwhile
        };
        (0..3).rev().find(due)
    }
}

impl Model<'_> {
    /// `gc.collect`: the result is in `result` once all tasks above are done.
    pub(crate) fn collect(&mut self, generation: u8) {
        self.collector.result = if generation > 2 { -1 } else { 0 };
        if generation > 2 || self.collector.collecting.is_some() {
            return;
        }
        match self.environment.policy {
            Policy::RefcountOnly | Policy::Recycler | Policy::Incremental | Policy::Paced => {}
            Policy::MarkSweep => self.begin_pass(2),
            Policy::Generational | Policy::Full => self.begin_pass(generation),
        }
    }

    pub(crate) fn collect_automatically(&mut self) {
        // Worth a pass over everything once a quarter of what survived the last has come anew.
        let (new, quarter) = (u64::from(self.collector.counts[0]), self.collector.long_lived_total / 4);
        let due = match self.environment.policy {
            Policy::RefcountOnly | Policy::Recycler | Policy::Incremental | Policy::Paced => None,
            Policy::MarkSweep => (new > quarter).then_some(2),
            Policy::Full => (new >= quarter || self.collector.thresholds[1] == 0).then_some(0),
            Policy::Generational => self.collector.choose(),
        };
        if let Some(generation) = due {
            self.begin_pass(generation);
        }
    }

    fn begin_pass(&mut self, generation: u8) {
        let collector = &mut self.collector;
        collector.collecting = Some(generation);
        collector.collected = 0;
        collector.counts[..=usize::from(generation)].fill(0);
        if generation < 2 {
            collector.counts[usize::from(generation) + 1] += 1;
        }
        let generation = self.reach();
        let (young, old) = (Place::generation(generation), self.old());
        for younger in 0..generation {
            self.graph.merge(Place::generation(younger), young);
        }
        let survivors = self.deduce_unreachable(young);
        if generation == 1 {
            self.collector.long_lived_pending += survivors as u64;
        }
        if generation == 2 {
            self.collector.long_lived_pending = 0;
            let foreign = if self.collector.thawed { self.environment.foreign } else { 0 };
            self.collector.long_lived_total = survivors as u64 + foreign;
        } else {
            self.graph.merge(young, old);
        }
        self.handle_weakrefs();
        self.tasks.push(Task::Pass(Pass::Tell));
    }

    /// Returns the oldest generation that the pass under way looks at.
    fn reach(&self) -> u8 {
        match self.environment.policy {
            Policy::Full => 2,
            _ => self.collector.collecting.unwrap_or(2),
        }
    }

    /// Returns where the survivors of the pass under way go.
    fn old(&self) -> Place {
        Place::generation((self.reach() + 1).min(2))
    }

    /// Moves the unreachable members of a list to the trash; returns how many stay.
    fn deduce_unreachable(&mut self, place: Place) -> usize {
        let members = self.graph.members(place).collect();
        let mut deduction = Deduction::new(&self.graph, members);
        let (survivors, trash) = match self.environment.policy {
            Policy::MarkSweep | Policy::Full => deduction.mark(&self.graph),
            _ => deduction.move_unreachable(&self.graph),
        };
        let staying = survivors.len();
        self.graph.set_list(place, survivors);
        self.graph.set_list(Place::Trash, trash);
        staying
    }

    /// Clears refs to trash, and trash that is a ref; queues whom to tell.
    fn handle_weakrefs(&mut self) {
        let late = self.environment.profile.plain_refs_survive;
        let trash: Vec<Id> = self.graph.members(Place::Trash).collect();
        for id in trash {
            if let Kind::Ref { .. } = self.graph.object(id).kind {
                if !late {
                    self.graph.clear_ref(id);
                }
                continue;
            }
            let refs: Vec<Id> = self.graph.refs_to(id).collect();
            for to in refs {
                let tells = self.graph.callback(to).is_some();
                if tells || !late {
                    self.graph.clear_ref(to);
                }
                if tells && self.graph.place(to) != Place::Trash {
                    self.graph.temporaries.push(to);
                    self.graph.track(to, Place::Queue);
                }
            }
        }
    }

    pub(crate) fn continue_pass(&mut self, phase: Pass) {
        match phase {
            Pass::Tell => match self.graph.first(Place::Queue) {
                Some(to) => {
                    self.tasks.extend([Task::Pass(Pass::Told(to)), Task::Drop(to)]);
                    self.tell(to);
                }
                None => self.tasks.push(Task::Pass(Pass::Finalize)),
            },
            Pass::Told(to) => {
                // It was no trash: if it has died of this, it counts.
                if self.graph.place(to) == Place::Queue {
                    self.graph.track(to, self.old());
                } else {
                    self.collector.collected += 1;
                }
                self.tasks.push(Task::Pass(Pass::Tell));
            }
            Pass::Finalize => self.finalize_next(),
            Pass::Delete => self.delete_next(),
            Pass::Deleted(id) => {
                if self.graph.place(id) == Place::Trash {
                    self.graph.track(id, self.old());
                }
                self.tasks.push(Task::Pass(Pass::Delete));
            }
        }
    }

    fn finalize_next(&mut self) {
        while let Some(id) = self.graph.first(Place::Trash) {
            self.graph.track(id, Place::Seen);
            if self.graph.finalizer(id) != Finalizer::None && !self.graph.object(id).finalized {
                self.graph.object_mut(id).finalized = true;
                self.graph.temporaries.push(id);
                self.tasks.extend([Task::Pass(Pass::Finalize), Task::Drop(id)]);
                self.finalize(id);
                return;
            }
        }
        self.graph.merge(Place::Seen, Place::Trash);
        self.handle_resurrected();
        self.tasks.push(Task::Pass(Pass::Delete));
    }

    /// Keeps what finalizers have made reachable; the rest is garbage.
    fn handle_resurrected(&mut self) {
        // The list of what is resurrected takes the place of the one that was seen.
        self.graph.merge(Place::Trash, Place::Seen);
        self.deduce_unreachable(Place::Seen);
        self.graph.merge(Place::Seen, self.old());
        let garbage: Vec<Id> = self.graph.members(Place::Trash).collect();
        self.collector.collected += garbage.len() as i64;
        for id in garbage {
            self.graph.clear_ref(id);
            let refs: Vec<Id> = self.graph.refs_to(id).collect();
            for to in refs {
                self.graph.clear_ref(to);
            }
        }
    }

    fn delete_next(&mut self) {
        let Some(id) = self.graph.first(Place::Trash) else {
            return self.end_pass();
        };
        self.graph.temporaries.push(id);
        self.tasks.extend([Task::Pass(Pass::Deleted(id)), Task::Drop(id), Task::Clear(id, 0)]);
    }

    fn end_pass(&mut self) {
        let generation = self.collector.collecting.take().expect("a pass under way");
        let collected = self.collector.collected;
        let stats = &mut self.collector.stats[usize::from(generation)];
        stats[0] += 1;
        stats[1] += collected;
        self.collector.result = collected;
        self.log(&[COLLECTION, i64::from(generation), collected]);
        self.log_marks();
    }
}

/// What is known of an object during a deduction.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// It is not being collected.
    Outside,
    /// A member nobody is known to refer to.
    Unknown,
    /// A member that was passed over while unknown.
    Tentative,
    /// A member that is held or reached.
    Reachable,
}

struct Deduction {
    members: Vec<Id>,
    states: Vec<State>,
}

impl Deduction {
    /// Finds out which members are held: `update_refs` and `subtract_refs`.
    fn new(graph: &Graph, members: Vec<Id>) -> Deduction {
        let mut states = vec![State::Outside; graph.objects.len()];
        for &id in &members {
            states[id as usize] = State::Unknown;
        }
        let outside = graph.edges.iter().enumerate().filter(|&(id, _)| states[id] == State::Outside);
        let roots = [&graph.variables, &graph.saved, &graph.temporaries].into_iter().flatten();
        let held: Vec<Id> = roots.chain(outside.flat_map(|(_, edges)| edges)).copied().collect();
        for id in held.into_iter().filter(|&id| id != NIL) {
            if states[id as usize] == State::Unknown {
                states[id as usize] = State::Reachable;
            }
        }
        Deduction { members, states }
    }

    /// Returns survivors and trash as CPython orders them: a member that is passed over, and turns out to be
    /// reachable from a later one, comes after all members, in the order of discovery.
    fn move_unreachable(&mut self, graph: &Graph) -> (Vec<Id>, Vec<Id>) {
        let mut young = std::mem::take(&mut self.members);
        let mut survivors = Vec::with_capacity(young.len());
        let mut unreachable = Vec::new();
        let mut at = 0;
        while let Some(&id) = young.get(at) {
            at += 1;
            if self.states[id as usize] != State::Reachable {
                self.states[id as usize] = State::Tentative;
                unreachable.push(id);
                continue;
            }
            survivors.push(id);
            for &to in graph.edges[id as usize].iter().filter(|&&to| to != NIL) {
                match self.states[to as usize] {
                    State::Outside | State::Reachable => continue,
                    State::Unknown => {}
                    State::Tentative => young.push(to),
                }
                self.states[to as usize] = State::Reachable;
            }
        }
        unreachable.retain(|&id| self.states[id as usize] == State::Tentative);
        (survivors, unreachable)
    }

    /// Returns survivors and trash, both in the order in which they were.
    fn mark(&mut self, graph: &Graph) -> (Vec<Id>, Vec<Id>) {
        let is_reachable = |states: &[State], id: Id| states[id as usize] == State::Reachable;
        let mut gray: Vec<Id> =
            self.members.iter().copied().filter(|&id| is_reachable(&self.states, id)).collect();
        while let Some(id) = gray.pop() {
            for &to in graph.edges[id as usize].iter().filter(|&&to| to != NIL) {
                if self.states[to as usize] == State::Unknown {
                    self.states[to as usize] = State::Reachable;
                    gray.push(to);
                }
            }
        }
        std::mem::take(&mut self.members).into_iter().partition(|&id| is_reachable(&self.states, id))
    }
}
