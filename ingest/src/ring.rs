//! The way of sample blocks between the two threads of a receiver: a pool of free blocks and a queue of full ones.
//!
//! ```text
//!   source thread                                              DSP thread
//!   read into spare ──► full queue (ArrayQueue) ──────────────► demodulate
//!        ▲                                                          │
//!        └───────────── free list (ArrayQueue) ◄────────────────────┘
//! ```
//!
//! Constraints:
//! - a live source never waits: when no block is free, what was just read is the loss. The *new* samples go, so that those
//!   in the queue stay whole, and the next block tells how many are missing before it;
//! - a recording read flat out waits for a free block instead;
//! - nothing is allocated after [`ring`]: all blocks exist from the start and only change hands;
//! - a sleeping side is woken by unpark, never by polling.
//!
//! Which queue (256 KiB blocks through the pool, two hops, CPU ns per block, median of 5; 18 to 37 blocks a second pass):
//!
//! | queue | ns |
//! |---|---|
//! | rtrb (one producer, one consumer) | 373 |
//! | crossbeam `ArrayQueue` (any number) | 385 |
//! | crossbeam-channel, blocking | 618 |
//!
//! This file's whole hand-over, wake-ups included, took 450 to 590 ns for 128 KiB, which take 1,500 to 1,900 ns to copy
//! (`benches/benches/ingest.rs`): handing a block over is free with any of them. `ArrayQueue` is taken: 12 ns a block buy one
//! type for the pool, the full list and the frames, whose ends can be used from any thread (a DSP thread that is replaced
//! after a panic, a test that looks on), and no second dependency.

use crate::block::Block;
use crossbeam_queue::ArrayQueue;
use crossbeam_utils::sync::{Parker, Unparker};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Fewest and most blocks between a source and its demodulator, and the size of each in bytes. 32 × 128 KiB are 0.87 s of
/// 2.4 Msps cu8: longer than any pause of a healthy machine.
pub const BLOCKS_MIN: usize = 4;
pub const BLOCKS_MAX: usize = 256;
pub const BLOCKS_DEFAULT: usize = 32;
pub const BLOCK_BYTES: usize = 128 * 1024;

/// Makes the pool and both ends.
pub fn ring(blocks: usize, block_bytes: usize) -> (BlockWriter, BlockReader) {
    let blocks = blocks.clamp(BLOCKS_MIN, BLOCKS_MAX);
    let shared = Arc::new(Shared { free: ArrayQueue::new(blocks), full: ArrayQueue::new(blocks), closed: AtomicBool::new(false) });
    for _ in 0..blocks {
        shared.free.push(Box::new(Block::new(block_bytes))).expect("the free list holds every block");
    }
    let (writer_parker, reader_parker) = (Parker::new(), Parker::new());
    let (writer, reader) = (writer_parker.unparker().clone(), reader_parker.unparker().clone());
    let spare = Box::new(Block::new(block_bytes));
    (
        BlockWriter { shared: Arc::clone(&shared), spare, parker: writer_parker, reader },
        BlockReader { shared, parker: reader_parker, writer },
    )
}

#[derive(Debug)]
struct Shared {
    free: ArrayQueue<Box<Block>>,
    full: ArrayQueue<Box<Block>>,
    /// The writer is gone: what is in `full` is the last.
    closed: AtomicBool,
}

/// The source's end. Dropping it ends the stream after what was pushed.
#[derive(Debug)]
pub struct BlockWriter {
    shared: Arc<Shared>,
    spare: Box<Block>,
    parker: Parker,
    reader: Unparker,
}

impl BlockWriter {
    /// The block to read into. It is the writer's own: always there, however slow the reader is.
    pub fn spare(&mut self) -> &mut Block {
        &mut self.spare
    }

    /// Sends the spare block on; `false` (and nothing sent) when no block is free to take its place.
    pub fn push(&mut self) -> bool {
        let Some(next) = self.shared.free.pop() else { return false };
        let full = std::mem::replace(&mut self.spare, next);
        self.shared.full.push(full).expect("the queue holds as many blocks as there are");
        self.reader.unpark();
        true
    }

    /// Waits until a block may be free, at most for `timeout`.
    pub fn wait(&self, timeout: Duration) {
        if self.shared.free.is_empty() {
            self.parker.park_timeout(timeout);
        }
    }
}

impl Drop for BlockWriter {
    fn drop(&mut self) {
        self.shared.closed.store(true, Ordering::Release);
        self.reader.unpark();
    }
}

/// What [`BlockReader::next`] found.
#[derive(Debug)]
pub enum Next {
    Block(Box<Block>),
    /// Nothing came in time.
    Empty,
    /// Nothing will come any more.
    Closed,
}

/// The demodulator's end.
#[derive(Debug)]
pub struct BlockReader {
    shared: Arc<Shared>,
    parker: Parker,
    writer: Unparker,
}

impl BlockReader {
    /// The next full block; waits for it at most for `timeout`.
    pub fn next(&self, timeout: Duration) -> Next {
        // `closed` is read before the queue: whatever was pushed before closing is then seen.
        let look = || {
            let closed = self.shared.closed.load(Ordering::Acquire);
            match self.shared.full.pop() {
                Some(block) => Next::Block(block),
                None if closed => Next::Closed,
                None => Next::Empty,
            }
        };
        match look() {
            Next::Empty => {
                self.parker.park_timeout(timeout);
                look()
            }
            found => found,
        }
    }

    pub fn give_back(&self, block: Box<Block>) {
        self.shared.free.push(block).expect("the free list holds every block");
        self.writer.unpark();
    }

    /// Blocks that can wait.
    pub fn capacity(&self) -> usize {
        self.shared.full.capacity()
    }

    /// Full blocks waiting.
    pub fn waiting(&self) -> usize {
        self.shared.full.len()
    }

    /// Wakes this end from another thread.
    pub fn unparker(&self) -> Unparker {
        self.parker.unparker().clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::block::BlockMeta;
    use model::Tick12;
    use std::thread;

    const SHORT: Duration = Duration::from_millis(1);

    fn number(writer: &mut BlockWriter, n: u64) {
        let meta = BlockMeta { start_tick: Tick12(n), ..*writer.spare().meta() };
        writer.spare().describe(meta);
    }

    #[test]
    fn full_means_the_new_block_is_the_loss() {
        let (mut writer, reader) = ring(4, 64);
        let sent: Vec<bool> = (0..6)
            .map(|n| {
                number(&mut writer, n);
                writer.push()
            })
            .collect();
        assert_eq!(sent, [true, true, true, true, false, false]);
        assert_eq!(reader.waiting(), 4);
        let Next::Block(first) = reader.next(SHORT) else { panic!("a block") };
        assert_eq!(first.meta().start_tick, Tick12(0));
        reader.give_back(first);
        number(&mut writer, 6);
        assert!(writer.push());
        drop(writer);
        let rest: Vec<u64> = std::iter::from_fn(|| match reader.next(SHORT) {
            Next::Block(b) => Some(b.meta().start_tick.0),
            _ => None,
        })
        .collect();
        assert_eq!(rest, [1, 2, 3, 6]);
        assert!(matches!(reader.next(SHORT), Next::Closed));
    }

    #[test]
    fn a_waiting_writer_loses_nothing() {
        let (mut writer, reader) = ring(4, 64);
        let consumer = thread::spawn(move || {
            let mut seen = Vec::new();
            loop {
                match reader.next(Duration::from_secs(5)) {
                    Next::Block(b) => {
                        seen.push(b.meta().start_tick.0);
                        reader.give_back(b);
                    }
                    Next::Empty => {}
                    Next::Closed => return seen,
                }
            }
        });
        for n in 0..10_000 {
            number(&mut writer, n);
            while !writer.push() {
                writer.wait(Duration::from_secs(5));
            }
        }
        drop(writer);
        assert_eq!(consumer.join().unwrap(), (0..10_000).collect::<Vec<_>>());
    }
}
