//! Objects, who refers to whom, and the collector's lists.
//!
//! Invariant: every reference is in one of four places (`variables`, `saved`, `temporaries`, `edges`), and
//! nothing else is counted.

use gleaner_program::op::{NODE_VARS, REF_VARS};
use gleaner_program::{Callback, Finalizer};

/// The index of an object, in the order of making. [`NIL`] is no object.
pub(crate) type Id = u32;
/// Nil, or nothing.
pub(crate) const NIL: Id = Id::MAX;
/// The number of an object whose constructor has not returned yet.
pub(crate) const UNNUMBERED: u32 = u32::MAX;
/// Variables per frame: those of nodes, then those of refs.
pub(crate) const FRAME: usize = (NODE_VARS + REF_VARS) as usize;
/// The edge that holds a node's ref; the fields are below.
pub(crate) const REF_EDGE: usize = 4;

/// What an object is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// Of so many fields.
    Node { fields: u8, finalizer: Finalizer },
    /// Plain, or with a callback.
    Ref { callback: Option<Callback> },
}

/// One of the collector's lists, or none of them. A dying object is in none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(crate) enum Place {
    /// Generation 0.
    Young,
    /// Generation 1.
    Middle,
    /// Generation 2.
    Old,
    /// The permanent generation.
    Frozen,
    /// Found unreachable by the pass under way.
    Trash,
    /// Trash that has had its finalizer called.
    Seen,
    /// Refs whose callback the pass is going to call.
    Queue,
    /// In no list: dying, or dead.
    Untracked,
}

/// The number of lists.
const LISTS: usize = Place::Untracked as usize;

impl Place {
    /// Returns the list of a generation: 0, 1 or 2.
    pub(crate) fn generation(generation: u8) -> Place {
        [Place::Young, Place::Middle, Place::Old][usize::from(generation)]
    }
}

/// A node or a ref, alive or not.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Object {
    pub(crate) kind: Kind,
    /// The number it is reported under.
    pub(crate) number: u32,
    /// Whether its finalizer has been called.
    pub(crate) finalized: bool,
    /// Refs with callback that it has been given in its life.
    pub(crate) watchers: u8,
    /// The list it is in,
    place: Place,
    /// and where in that.
    slot: u32,
}

/// A list with holes: what leaves it leaves a NIL behind.
#[derive(Clone, Debug, Default)]
struct List {
    items: Vec<Id>,
    /// Below are only holes.
    head: usize,
}

/// All objects ever made and all references there are.
#[derive(Debug)]
pub(crate) struct Graph {
    pub(crate) objects: Vec<Object>,
    /// What each object refers to: fields 0 to 3, then the ref.
    pub(crate) edges: Vec<[Id; REF_EDGE + 1]>,
    /// For each object, if it is a living ref to a living node, that node.
    pub(crate) referents: Vec<Id>,
    /// The global frame's variables, then each open frame's.
    pub(crate) variables: Vec<Id>,
    /// Saved nodes, the newest last.
    pub(crate) saved: Vec<Id>,
    /// References from the stack: objects being made, finalized, cleared or told.
    pub(crate) temporaries: Vec<Id>,
    lists: [List; LISTS],
}

impl Graph {
    pub(crate) fn new() -> Graph {
        Graph {
            objects: Vec::with_capacity(32),
            edges: Vec::with_capacity(32),
            referents: Vec::with_capacity(32),
            variables: vec![NIL; FRAME],
            saved: Vec::new(),
            temporaries: Vec::new(),
            lists: Default::default(),
        }
    }

    /// Makes an object that refers to nothing, the newest of the youngest generation.
    pub(crate) fn add(&mut self, kind: Kind) -> Id {
        let id = Id::try_from(self.objects.len()).expect("fewer than 2^32 allocations");
        let place = Place::Untracked;
        self.objects.push(Object { kind, number: UNNUMBERED, finalized: false, watchers: 0, place, slot: 0 });
        self.edges.push([NIL; REF_EDGE + 1]);
        self.referents.push(NIL);
        self.track(id, Place::Young);
        id
    }

    pub(crate) fn object(&self, id: Id) -> &Object {
        &self.objects[id as usize]
    }

    pub(crate) fn object_mut(&mut self, id: Id) -> &mut Object {
        &mut self.objects[id as usize]
    }

    pub(crate) fn finalizer(&self, id: Id) -> Finalizer {
        match self.object(id).kind {
            Kind::Node { finalizer, .. } => finalizer,
            Kind::Ref { .. } => Finalizer::None,
        }
    }

    /// Returns every reference there is.
    fn references(&self) -> [&[Id]; 4] {
        [&self.variables, &self.saved, &self.temporaries, self.edges.as_flattened()]
    }

    /// Counts the references to an object.
    pub(crate) fn count(&self, id: Id) -> usize {
        let occurrences = |of: &[Id]| of.iter().filter(|&&held| held == id).count();
        self.references().into_iter().map(occurrences).sum()
    }

    /// Returns whether any reference to an object is left.
    pub(crate) fn is_referenced(&self, id: Id) -> bool {
        self.references().into_iter().any(|held| held.contains(&id))
    }

    /// Returns the node's living refs in CPython's order: the plain one, then the others, the newest first.
    pub(crate) fn refs_to(&self, node: Id) -> impl Iterator<Item = Id> {
        let all = || (0..).zip(&self.referents).filter(move |&(_, &to)| to == node).map(|(id, _)| id);
        let plain = all().filter(|&id| self.callback(id).is_none());
        let newest = self.referents.len() as Id;
        let telling = (0..newest).rev().filter(move |&id| self.referents[id as usize] == node);
        plain.chain(telling.filter(|&id| self.callback(id).is_some()))
    }

    pub(crate) fn callback(&self, id: Id) -> Option<Callback> {
        match self.object(id).kind {
            Kind::Ref { callback } => callback,
            Kind::Node { .. } => None,
        }
    }

    /// Clears a ref: it answers nil from now on, and nobody is told.
    pub(crate) fn clear_ref(&mut self, id: Id) {
        self.referents[id as usize] = NIL;
    }

    /// Takes away one reference from the stack.
    pub(crate) fn remove_temporary(&mut self, id: Id) {
        let at = self.temporaries.iter().rposition(|&held| held == id).expect("a temporary reference");
        self.temporaries.remove(at);
    }

    /// Returns the list an object is in.
    pub(crate) fn place(&self, id: Id) -> Place {
        self.object(id).place
    }

    /// Takes an object out of its list, if any.
    pub(crate) fn untrack(&mut self, id: Id) {
        let Object { place, slot, .. } = *self.object(id);
        if place != Place::Untracked {
            self.lists[place as usize].items[slot as usize] = NIL;
            self.object_mut(id).place = Place::Untracked;
        }
    }

    /// Puts an object at a list's end, out of the one it was in.
    pub(crate) fn track(&mut self, id: Id, place: Place) {
        self.untrack(id);
        let items = &mut self.lists[place as usize].items;
        let slot = items.len() as u32;
        items.push(id);
        let object = self.object_mut(id);
        (object.place, object.slot) = (place, slot);
    }

    /// Returns a list's members.
    pub(crate) fn members(&self, place: Place) -> impl Iterator<Item = Id> {
        self.lists[place as usize].items.iter().copied().filter(|&id| id != NIL)
    }

    /// Returns the first member of a list.
    pub(crate) fn first(&mut self, place: Place) -> Option<Id> {
        let List { items, head } = &mut self.lists[place as usize];
        *head += items[*head..].iter().take_while(|&&id| id == NIL).count();
        items.get(*head).copied()
    }

    /// Moves all members of one list to another's end.
    pub(crate) fn merge(&mut self, from: Place, to: Place) {
        for id in std::mem::take(&mut self.lists[from as usize]).items {
            if id != NIL {
                self.object_mut(id).place = Place::Untracked;
                self.track(id, to);
            }
        }
    }

    /// Makes a list of these objects, which are taken to be in no other.
    pub(crate) fn set_list(&mut self, place: Place, members: Vec<Id>) {
        for (slot, &id) in (0..).zip(&members) {
            let object = self.object_mut(id);
            (object.place, object.slot) = (place, slot);
        }
        self.lists[place as usize] = List { items: members, head: 0 };
    }
}
