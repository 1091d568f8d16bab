//! For tests only: recordings that nobody here made, and an allocator that counts.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::path::PathBuf;

/// A recording's path below `VTOC_RECORDINGS`. `None`, and a word about it, when the default folder is not there; when the
/// variable is set, a missing file is an error of whoever set it.
pub fn recording(name: &str) -> Option<PathBuf> {
    if let Some(set) = std::env::var_os("VTOC_RECORDINGS") {
        return Some(PathBuf::from(set).join(name));
    }
    let default = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/recordings"));
    if default.is_dir() {
        return Some(default.join(name));
    }
    println!("skipped: no recordings");
    None
}

struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

/// Allocations of this thread since it started.
pub fn allocations() -> u64 {
    ALLOCATIONS.with(Cell::get)
}

fn count() {
    // A thread that is ending has no cell any more; nobody asks it.
    let _ = ALLOCATIONS.try_with(|n| n.set(n.get() + 1));
}

// SAFETY: every call is handed on unchanged to the system's allocator; counting touches no memory of the heap (the cell is
// const-initialised and has no destructor). Test build only: there is no other way to see allocations, so no benchmark.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller's promise about `layout` is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        count();
        // SAFETY: `ptr` came from `System` with `layout`, as the caller promises.
        unsafe { System.realloc(ptr, layout, new_size) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        // SAFETY: `ptr` came from `System` with `layout`, as the caller promises.
        unsafe { System.dealloc(ptr, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;
