//! A server's loop: every request leaves a cycle behind that outlives the young generation.
//!
//! A request makes 50 objects. Request, response and session refer to each other, an exception keeps a chain of frames that
//! refer to all three, and headers and body hang from them. The last hundred requests are kept, so that each dies when it
//! is no longer young. A live random graph of `objects` nodes stands beside it, the cache that every session points into.
//! The collector runs when it sees fit. It shows what a collector does to a process whose garbage dies middle-aged, beside
//! much that never dies: `requests`, `asyncio`, and the programs that made CPython take its incremental collector back.

use super::{About, NOTHING, end, make_random_graph, trees};
use crate::meter::{Meter, Phase};
use crate::subject::{Abilities, Slot, Subject};

/// How many requests are kept.
const KEPT: usize = 100;
/// Headers of a request and of a response.
const HEADERS: usize = 8;
/// Frames that an exception keeps.
const FRAMES: usize = 12;
/// The depth of the body, a tree.
const BODY_DEPTH: u32 = 3;
/// Objects of a request: request, response, session, exception, context; two tables of headers; frames; body.
const GRAPH: usize = 5 + 2 * (1 + HEADERS) + FRAMES + trees::size(BODY_DEPTH);
const _: () = assert!(GRAPH == 50, "what the essay says");

/// The cache's root; before it is built, the table holds all its nodes.
const CACHE: Slot = 0;
/// The kept requests begin here.
const FIRST_KEPT: Slot = 1;
const REQUEST: Slot = FIRST_KEPT + KEPT;
const RESPONSE: Slot = REQUEST + 1;
const SESSION: Slot = RESPONSE + 1;
const SCRATCH: Slot = SESSION + 1;
const SLOTS: usize = SCRATCH + trees::slots(BODY_DEPTH);

pub(super) const ABOUT: About = About {
    name: "requests",
    summary: "requests of 50 objects in cycles, the last 100 kept, beside a live cache; an operation is a request",
    objects: 1_000_000,
    needs: Abilities { cycles: true, deep: true, ..NOTHING },
};

pub(super) fn run<S: Subject + ?Sized>(subject: &mut S, objects: usize, meter: &mut Meter<'_>) {
    meter.begin_phase(Phase::Build, subject);
    make_random_graph(subject, objects, meter);
    subject.resize(SLOTS);
    meter.live(objects);

    meter.begin_phase(Phase::Work, subject);
    let requests = objects / 20 + 2 * KEPT;
    for number in 0..requests {
        serve(subject);
        // The cache's root moves on, so that sessions point to different nodes.
        subject.follow(CACHE, CACHE, 0);
        subject.copy(FIRST_KEPT + number % KEPT, REQUEST);
        for slot in REQUEST..SLOTS {
            subject.clear(slot);
        }
        subject.safepoint();
        meter.op();
    }
    meter.made(requests * GRAPH);
    meter.live(objects + KEPT * GRAPH);
    end(subject, meter);
}

/// Makes the graph of a request in `REQUEST`, `RESPONSE` and `SESSION`.
fn serve<S: Subject + ?Sized>(subject: &mut S) {
    subject.make(REQUEST, 4);
    subject.make(RESPONSE, 4);
    subject.make(SESSION, 3);
    subject.link(REQUEST, 0, RESPONSE);
    subject.link(REQUEST, 1, SESSION);
    subject.link(RESPONSE, 0, REQUEST);
    subject.link(RESPONSE, 1, SESSION);
    subject.link(SESSION, 0, REQUEST);
    subject.link(SESSION, 1, RESPONSE);
    subject.link(SESSION, 2, CACHE);
    headers(subject, REQUEST);
    headers(subject, RESPONSE);
    trees::bottom_up(subject, SCRATCH, BODY_DEPTH);
    subject.link(RESPONSE, 3, SCRATCH);
    fail(subject);
}

/// Gives a request or a response its table of headers.
fn headers<S: Subject + ?Sized>(subject: &mut S, owner: Slot) {
    let (table, header) = (SCRATCH, SCRATCH + 1);
    subject.make(table, HEADERS);
    for edge in 0..HEADERS {
        subject.make(header, 2);
        subject.link(table, edge, header);
        subject.safepoint();
    }
    subject.link(owner, 2, table);
}

/// Raises an exception: a chain of frames whose locals are the request, the response and the session in turn, the exception
/// that keeps the innermost, and the context by which the request keeps the exception.
fn fail<S: Subject + ?Sized>(subject: &mut S) {
    let (caller, frame, exception, context) = (SCRATCH, SCRATCH + 1, SCRATCH + 2, SCRATCH + 3);
    subject.clear(caller);
    for depth in 0..FRAMES {
        subject.make(frame, 2);
        subject.link(frame, 0, caller);
        subject.link(frame, 1, [REQUEST, RESPONSE, SESSION][depth % 3]);
        subject.copy(caller, frame);
        subject.safepoint();
    }
    subject.make(exception, 3);
    subject.link(exception, 0, frame);
    subject.link(exception, 1, REQUEST);
    subject.link(exception, 2, RESPONSE);
    subject.make(context, 2);
    subject.link(context, 0, REQUEST);
    subject.link(context, 1, exception);
    subject.link(REQUEST, 3, context);
    subject.safepoint();
}
