//! The shelves of a heap: an allocator for the objects of each type.
//!
//! These are the tutorial's object-specific allocators. A chunk of memory holds objects of one type; what an object's own
//! header need not say for that reason is told in `gleaner_object::shelf`. A shelf is made with the first object of its
//! type.

use ::core::cell::{Cell, RefCell};
use ::core::ptr::{self, NonNull};

use gleaner_allocator::{Allocator, Geometry, Mmap, Options, Stats};
use gleaner_collector::{Region, Space, Span};
use gleaner_object::{Address, CHUNK_ALIGN, Chunk, Grid, Header, Shelf, Trace, TypeRecord, shelf_of};
use gleaner_refcount::count;

use crate::core::{self, Core};
use crate::garbage::Burial;

const _: () = assert!(CHUNK_ALIGN == gleaner_allocator::ARENA_ALIGN, "an object finds its chunk by one mask");

/// The types whose shelves are found without searching.
const CACHED: usize = 32;

/// The objects of one type.
#[repr(C)]
pub(crate) struct TypeShelf {
    shelf: Shelf,
    /// What is done to an object that dies: see [`crate::core`].
    pub(crate) bury: unsafe fn(Address),
    pub(crate) condemn: unsafe fn(&Core, Address, &mut Vec<Address>) -> bool,
    pub(crate) free: unsafe fn(&Core, Address),
    /// What is done to objects that are garbage.
    pub(crate) burial: Burial,
    /// Whether a block is given back to the system as soon as it is free.
    pub(crate) is_large: bool,
    /// Where they lie.
    pub(crate) allocator: Allocator,
}

impl TypeShelf {
    /// Returns the heap.
    #[inline]
    pub(crate) fn heap(&self) -> NonNull<Core> {
        // SAFETY: H1: that is the heap's core, never null.
        unsafe { NonNull::new_unchecked(self.shelf.heap.cast::<Core>().cast_mut()) }
    }
}

/// All shelves of a heap.
pub(crate) struct Shelves {
    geometry: Geometry,
    heap: Cell<*const ()>,
    all: RefCell<Vec<Box<TypeShelf>>>,
    cache: [Cell<(*const TypeRecord, *const TypeShelf)>; CACHED],
}

impl Shelves {
    pub(crate) fn new(geometry: Geometry) -> Shelves {
        Shelves {
            geometry,
            heap: Cell::new(ptr::null()),
            all: RefCell::default(),
            cache: [const { Cell::new((ptr::null(), ptr::null())) }; CACHED],
        }
    }

    /// Says whose shelves they are: before the first is made.
    pub(crate) fn set_heap(&self, heap: *const ()) {
        self.heap.set(heap);
    }

    /// Returns the shelf for the values of a type; `None` if it had to be made and there is no memory.
    #[inline]
    pub(crate) fn of<T: Trace>(&self) -> Option<&TypeShelf> {
        let record = TypeRecord::of::<T>();
        let (cached, shelf) = self.cached(record).get();
        if ptr::eq(cached, record) {
            // SAFETY: H2: a shelf is never removed as long as the heap is there.
            return Some(unsafe { &*shelf });
        }
        self.find(record, core::bury::<T>, core::condemn::<T>, core::free::<T>, Burial::of::<T>())
    }

    #[inline]
    fn cached(&self, record: &'static TypeRecord) -> &Cell<(*const TypeRecord, *const TypeShelf)> {
        &self.cache[ptr::from_ref(record).addr() / align_of::<TypeRecord>() % CACHED]
    }

    #[cold]
    fn find(
        &self,
        record: &'static TypeRecord,
        bury: unsafe fn(Address),
        condemn: unsafe fn(&Core, Address, &mut Vec<Address>) -> bool,
        free: unsafe fn(&Core, Address),
        burial: Burial,
    ) -> Option<&TypeShelf> {
        let mut all = self.all.borrow_mut();
        let known = all.iter().position(|shelf| shelf.shelf.record.type_id() == record.type_id());
        let index = match known {
            Some(index) => index,
            None => {
                all.try_reserve(1).ok()?;
                let options = Options { clean: true, ..Options::default() };
                let shelf = Box::new(TypeShelf {
                    shelf: Shelf { record, heap: self.heap.get() },
                    bury,
                    condemn,
                    free,
                    burial,
                    is_large: record.size > self.geometry.class_max(),
                    allocator: Allocator::with_options(self.geometry, options, Box::new(Mmap)),
                });
                shelf.allocator.set_owner(ptr::from_ref(&shelf.shelf).cast());
                // The collector remembers where objects were: see `tidy`.
                shelf.allocator.hold(true);
                all.push(shelf);
                all.len() - 1
            }
        };
        let shelf: *const TypeShelf = &raw const *all[index];
        self.cached(record).set((ptr::from_ref(record), shelf));
        // SAFETY: H2.
        Some(unsafe { &*shelf })
    }

    /// Returns the shelf of an object.
    ///
    /// # Safety
    /// O1, O2: the object is one of a heap's.
    #[inline]
    pub(crate) unsafe fn of_object<'a>(object: Address) -> &'a TypeShelf {
        // SAFETY: H2: every shelf of a heap is the first field of a `TypeShelf`, and outlives its objects.
        unsafe { &*ptr::from_ref(shelf_of(object)).cast::<TypeShelf>() }
    }

    /// Lets go of memory that is not needed. Nobody may remember where dead objects were.
    pub(crate) fn tidy(&self) {
        for shelf in &*self.all.borrow() {
            shelf.allocator.hold(false);
            shelf.allocator.hold(true);
        }
    }

    /// Returns the figures of all shelves together.
    pub(crate) fn stats(&self) -> Stats {
        let mut stats = Stats::empty(&self.geometry);
        self.all.borrow().iter().for_each(|shelf| shelf.allocator.add_to(&mut stats));
        stats
    }

    /// Calls `visit` with every object, tracked or not.
    pub(crate) fn each_object(&self, mut visit: impl FnMut(Address)) {
        for shelf in &*self.all.borrow() {
            shelf.allocator.for_each_block(|block, _| {
                let object = block.cast::<Header>();
                // SAFETY: O1: a block in use begins with a header; what is about to be freed has no references.
                if count(unsafe { object.as_ref() }) != 0 {
                    visit(object);
                }
            });
        }
    }

    /// Checks every allocator.
    pub(crate) fn check(&self) {
        self.all.borrow().iter().for_each(|shelf| shelf.allocator.check());
    }
}

impl Space for Shelves {
    fn each_region(&self, visit: &mut dyn FnMut(Region)) {
        for shelf in &*self.all.borrow() {
            let record = shelf.shelf.record;
            if !record.tracked {
                continue;
            }
            let (page, unit) = match self.geometry.class_of(record.size) {
                Some(class) if self.geometry.units(class) == 1 => {
                    (self.geometry.pool(), self.geometry.class_size(class))
                }
                Some(_) => (self.geometry.pool(), 16),
                None => (CHUNK_ALIGN, 16),
            };
            let mut chunks = Vec::new();
            shelf.allocator.for_each_chunk(|chunk| chunks.push(chunk.cast::<Chunk>()));
            // The allocator's list begins with the newest; objects are in the order of their making oldest first.
            for chunk in chunks.into_iter().rev() {
                let grid = Grid { page_shift: page.trailing_zeros(), unit };
                visit(Region { chunk, record, grid });
            }
        }
    }

    fn each_span(&self, chunk: NonNull<Chunk>, visit: &mut dyn FnMut(Span)) {
        // SAFETY: H2: the collector asks for chunks of these shelves, which `each_region` has shown and which are held.
        unsafe {
            Allocator::for_each_span(chunk.cast(), |span| {
                visit(Span { base: span.base, stride: span.stride, blocks: span.blocks, free: span.free });
            });
        }
    }
}
