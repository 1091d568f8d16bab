//! From a driver that calls back to a source that is read.
//!
//! ```text
//!   [driver thread] callback(bytes) ─► free buffer, copied ─► full queue ─► [reader] read(buf)
//!                        │ none free: counted, told with the next buffer
//!                        └ never waits
//! ```
//! A driver keeps its transfers in flight only while its callback returns at once. So the callback copies (4.6 µs for
//! 256 KiB) into one of a fixed number of buffers, and what finds none free is lost, counted and told. Nothing is allocated
//! after the start.

use crate::{Chunk, SourceError};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// A reader that gets nothing for so long is told that the source has stalled.
pub const STALL_MS: u64 = 1_000;

/// Set when the reader is gone: the driver must end.
pub type StopFlag = Arc<AtomicBool>;

/// Size and number of the buffers between driver and reader.
#[derive(Clone, Copy, Debug)]
pub struct StreamShape {
    pub buffers: usize,
    pub buffer_bytes: usize,
    /// Bytes of one complex sample.
    pub sample_bytes: usize,
}

/// The driver's end.
#[derive(Debug)]
pub struct StreamWriter {
    free: Receiver<Filled>,
    full: SyncSender<Filled>,
    shape: StreamShape,
    dropped_bytes: u64,
}

/// The reader's end.
#[derive(Debug)]
pub struct StreamReader {
    what: String,
    free: SyncSender<Filled>,
    full: Receiver<Filled>,
    shape: StreamShape,
    /// The buffer being read, and how much of it has been.
    current: Option<(Filled, usize)>,
    driver: Option<JoinHandle<Result<(), SourceError>>>,
    stop: StopFlag,
}

#[derive(Debug)]
struct Filled {
    bytes: Box<[u8]>,
    len: usize,
    /// Bytes lost before these.
    dropped_bytes: u64,
}

/// Starts `driver` on a thread of its own. It calls [`StreamWriter::push`] until it fails or the flag is set.
pub fn start(
    what: String,
    shape: StreamShape,
    stop: StopFlag,
    driver: impl FnOnce(StreamWriter) -> Result<(), SourceError> + Send + 'static,
) -> Result<StreamReader, SourceError> {
    let (free_in, free_out) = sync_channel(shape.buffers);
    let (full_in, full_out) = sync_channel(shape.buffers);
    for _ in 0..shape.buffers {
        let empty = Filled { bytes: vec![0; shape.buffer_bytes].into(), len: 0, dropped_bytes: 0 };
        free_in.try_send(empty).expect("the queue holds every buffer");
    }
    let writer = StreamWriter { free: free_out, full: full_in, shape, dropped_bytes: 0 };
    let driver = std::thread::Builder::new().name("driver".into()).spawn(move || driver(writer));
    let driver = driver.map_err(|e| SourceError::Busy { what: what.clone(), why: format!("no thread: {e}") })?;
    Ok(StreamReader { what, free: free_in, full: full_out, shape, current: None, driver: Some(driver), stop })
}

impl StreamWriter {
    /// Takes bytes of whole samples from the driver. Never waits.
    pub fn push(&mut self, bytes: &[u8]) {
        let whole = bytes.len() / self.shape.sample_bytes * self.shape.sample_bytes;
        for part in bytes[..whole].chunks(self.shape.buffer_bytes / self.shape.sample_bytes * self.shape.sample_bytes) {
            let Ok(mut buffer) = self.free.try_recv() else {
                self.dropped_bytes += part.len() as u64;
                continue;
            };
            buffer.bytes[..part.len()].copy_from_slice(part);
            buffer.len = part.len();
            buffer.dropped_bytes = std::mem::take(&mut self.dropped_bytes);
            // As many buffers exist as the queue holds; a reader that is gone is told by the flag.
            let _ = self.full.try_send(buffer);
        }
    }
}

impl StreamReader {
    /// What [`crate::SampleSource::read`] promises.
    pub fn read(&mut self, buf: &mut [u8]) -> Result<Chunk, SourceError> {
        let (filled, at) = match self.current.take() {
            Some(current) => current,
            None => (self.next()?, 0),
        };
        let room = buf.len() / self.shape.sample_bytes * self.shape.sample_bytes;
        let n = room.min(filled.len - at);
        buf[..n].copy_from_slice(&filled.bytes[at..at + n]);
        let dropped_samples = if at == 0 { filled.dropped_bytes / self.shape.sample_bytes as u64 } else { 0 };
        if at + n < filled.len {
            self.current = Some((filled, at + n));
        } else {
            let _ = self.free.try_send(filled);
        }
        Ok(Chunk { bytes: n, dropped_samples, utc: None })
    }

    fn next(&mut self) -> Result<Filled, SourceError> {
        match self.full.recv_timeout(Duration::from_millis(STALL_MS)) {
            Ok(filled) => Ok(filled),
            Err(RecvTimeoutError::Timeout) => Err(SourceError::Stalled { what: self.what.clone(), millis: STALL_MS }),
            Err(RecvTimeoutError::Disconnected) => Err(self.why_it_ended()),
        }
    }

    fn why_it_ended(&mut self) -> SourceError {
        let lost = |why: &str| SourceError::Lost { what: self.what.clone(), source: std::io::Error::other(why.to_owned()) };
        match self.driver.take().map(JoinHandle::join) {
            Some(Ok(Err(error))) => error,
            Some(Err(_panic)) => lost("its driver panicked"),
            Some(Ok(Ok(()))) | None => lost("its driver ended"),
        }
    }
}

impl Drop for StreamReader {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        if let Some(driver) = self.driver.take() {
            // The device is powered down by the driver's thread: opening it again must come after.
            let _ = driver.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;

    const SHAPE: StreamShape = StreamShape { buffers: 3, buffer_bytes: 8, sample_bytes: 2 };

    #[test]
    fn what_finds_no_buffer_is_told_with_the_next() {
        let (go, gone) = channel::<()>();
        let (done, wait) = channel();
        let mut reader = start("x".into(), SHAPE, StopFlag::default(), move |mut writer| {
            // 40 bytes are five buffers: two too many.
            writer.push(&(0..40).collect::<Vec<u8>>());
            done.send(()).unwrap();
            gone.recv().unwrap();
            writer.push(&[100, 101, 102]);
            Ok(())
        })
        .unwrap();
        wait.recv().unwrap();
        let (mut all, mut dropped, mut buf) = (Vec::<u8>::new(), Vec::new(), [0; 6]);
        let mut read = |reader: &mut StreamReader| {
            let chunk = reader.read(&mut buf)?;
            all.extend(&buf[..chunk.bytes]);
            dropped.push(chunk.dropped_samples);
            Ok::<(), SourceError>(())
        };
        for _ in 0..6 {
            read(&mut reader).unwrap();
        }
        go.send(()).unwrap();
        read(&mut reader).unwrap();
        let error = read(&mut reader).unwrap_err();
        assert!(matches!(error, SourceError::Lost { .. }), "{error}");
        assert_eq!(all, (0..24).chain([100, 101]).collect::<Vec<u8>>());
        assert_eq!(dropped, [0, 0, 0, 0, 0, 0, 8]);
    }

    #[test]
    fn a_silent_driver_is_a_stall_and_a_dropped_reader_ends_it() {
        let stop = StopFlag::default();
        let seen = Arc::clone(&stop);
        let mut reader = start("x".into(), SHAPE, stop, move |writer| {
            while !seen.load(Ordering::Acquire) {
                std::thread::park_timeout(Duration::from_millis(1));
            }
            drop(writer);
            Ok(())
        })
        .unwrap();
        assert!(reader.read(&mut [0; 8]).unwrap_err().is_stall());
        drop(reader);
    }

    #[test]
    fn a_driver_that_fails_or_panics_says_so() {
        let unplugged = || SourceError::NotFound { what: "dongle".into(), why: "gone".into() };
        let mut failed = start("x".into(), SHAPE, StopFlag::default(), move |_| Err(unplugged())).unwrap();
        assert_eq!(failed.read(&mut [0; 8]).unwrap_err().to_string(), unplugged().to_string());
        let mut panicked = start("x".into(), SHAPE, StopFlag::default(), |_| panic!("on purpose")).unwrap();
        assert_eq!(panicked.read(&mut [0; 8]).unwrap_err().to_string(), "x: lost (its driver panicked)");
    }
}
