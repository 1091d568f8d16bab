//! A source that fails on purpose, by a seed: short reads, stalls, lost samples, unplugging, a panic.
//!
//! The logic around a device (supervision, gaps, clocks) is tested through this, because no hardware is needed and the
//! seed is the bug report. What was injected is counted in [`Faults`], so that a test can compare it with what was seen.

use crate::{Chunk, SampleSource, SourceError, SourceInfo};
use model::{IqFormat, Tuning};
use std::sync::{Arc, Mutex, PoisonError};

/// What goes wrong, and how often. "1 in n" faults happen at random, 0 = never.
#[derive(Clone, Debug, Default)]
pub struct FaultPlan {
    pub seed: u64,
    /// A read gives less than asked for.
    pub short_1_in: u32,
    /// A read gives nothing and says [`SourceError::Stalled`]; nothing is lost.
    pub stall_1_in: u32,
    /// A run of samples is lost, and the source says so with the next one.
    pub lost_1_in: u32,
    /// After these reads (counted over the life of the plan) the device is unplugged.
    pub unplug_at: Vec<u64>,
    /// Opening fails this often after each unplugging.
    pub absent_opens: u32,
    /// At this read the source panics.
    pub panic_at: Option<u64>,
}

/// What has been injected so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    pub reads: u64,
    pub opens: u64,
    pub failed_opens: u64,
    pub short_reads: u64,
    pub stalls: u64,
    pub lost_samples: u64,
    pub unplugged: u64,
    pub panics: u64,
    /// Samples that were given out.
    pub given_samples: u64,
}

/// Opens faulty sources by one plan, which goes on through each re-opening.
#[derive(Clone, Debug)]
pub struct FaultInjector {
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    plan: FaultPlan,
    rng: u64,
    faults: Faults,
    absent: u32,
}

impl FaultInjector {
    pub fn new(plan: FaultPlan) -> Self {
        let rng = plan.seed;
        Self { state: Arc::new(Mutex::new(State { plan, rng, faults: Faults::default(), absent: 0 })) }
    }

    /// Wraps a source, unless the device is unplugged just now.
    pub fn open(&self, inner: impl FnOnce() -> Result<Box<dyn SampleSource>, SourceError>) -> Result<Box<dyn SampleSource>, SourceError> {
        {
            let mut state = lock(&self.state);
            if 0 < state.absent {
                state.absent -= 1;
                state.faults.failed_opens += 1;
                return Err(SourceError::NotFound { what: "fault".into(), why: "unplugged by plan".into() });
            }
            state.faults.opens += 1;
        }
        Ok(Box::new(FaultySource { inner: inner()?, state: Arc::clone(&self.state), lost: 0, gone: false }))
    }

    pub fn faults(&self) -> Faults {
        lock(&self.state).faults
    }
}

struct FaultySource {
    inner: Box<dyn SampleSource>,
    state: Arc<Mutex<State>>,
    /// Samples lost since the last run that was given out.
    lost: u64,
    gone: bool,
}

impl SampleSource for FaultySource {
    fn info(&self) -> SourceInfo {
        self.inner.info()
    }

    fn tuning(&self) -> Tuning {
        self.inner.tuning()
    }

    fn format(&self) -> IqFormat {
        self.inner.format()
    }

    fn read(&mut self, buf: &mut [u8]) -> Result<Chunk, SourceError> {
        let unit = self.format().bytes_per_sample();
        let mut len = buf.len();
        {
            let mut state = lock(&self.state);
            state.faults.reads += 1;
            let (reads, stall_1_in, short_1_in) = (state.faults.reads, state.plan.stall_1_in, state.plan.short_1_in);
            if state.plan.panic_at == Some(reads) {
                state.faults.panics += 1;
                drop(state);
                panic!("a panic by plan at read {reads}");
            }
            if self.gone || state.plan.unplug_at.contains(&reads) {
                if !self.gone {
                    state.faults.unplugged += 1;
                    state.absent = state.plan.absent_opens;
                }
                self.gone = true;
                return Err(SourceError::Lost { what: "fault".into(), source: std::io::ErrorKind::BrokenPipe.into() });
            }
            if state.one_in(stall_1_in) {
                state.faults.stalls += 1;
                return Err(SourceError::Stalled { what: "fault".into(), millis: 0 });
            }
            if state.one_in(short_1_in) {
                state.faults.short_reads += 1;
                len = (unit + state.below((len - unit) as u64 + 1) as usize) / unit * unit;
            }
        }
        if self.draw_loss() {
            let lost = self.inner.read(&mut buf[..len])?;
            let samples = (lost.bytes / unit) as u64 + lost.dropped_samples;
            self.lost += samples;
            lock(&self.state).faults.lost_samples += samples;
        }
        let mut chunk = self.inner.read(&mut buf[..len])?;
        chunk.dropped_samples += std::mem::take(&mut self.lost);
        lock(&self.state).faults.given_samples += (chunk.bytes / unit) as u64;
        Ok(chunk)
    }
}

impl FaultySource {
    fn draw_loss(&self) -> bool {
        let mut state = lock(&self.state);
        let n = state.plan.lost_1_in;
        state.one_in(n)
    }
}

impl State {
    /// SplitMix64: small, seeded, good enough to spread faults.
    fn next(&mut self) -> u64 {
        self.rng = self.rng.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.rng ^ (self.rng >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: u64) -> u64 {
        self.next() % n.max(1)
    }

    fn one_in(&mut self, n: u32) -> bool {
        n != 0 && self.below(u64::from(n)) == 0
    }
}

/// A panic by plan happens outside the lock; a poisoned one only means that a test thread died elsewhere.
fn lock(state: &Mutex<State>) -> std::sync::MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives 1,000 samples whose two bytes are the sample's number, then the end.
    struct Ramp(u16);

    impl SampleSource for Ramp {
        fn info(&self) -> SourceInfo {
            SourceInfo { kind: "ramp", name: String::new(), live: true }
        }
        fn tuning(&self) -> Tuning {
            Tuning { center_hz: 0, rate_sps: 1_000_000 }
        }
        fn format(&self) -> IqFormat {
            IqFormat::Cu8
        }
        fn read(&mut self, buf: &mut [u8]) -> Result<Chunk, SourceError> {
            let mut bytes = 0;
            for out in buf.chunks_exact_mut(2).take(7) {
                if self.0 == 1_000 {
                    break;
                }
                out.copy_from_slice(&self.0.to_le_bytes());
                (self.0, bytes) = (self.0 + 1, bytes + 2);
            }
            Ok(Chunk { bytes, ..Chunk::default() })
        }
    }

    #[test]
    fn each_sample_is_given_or_told_as_lost_and_the_seed_repeats() {
        let run = |seed| {
            let injector = FaultInjector::new(FaultPlan { seed, short_1_in: 3, stall_1_in: 5, lost_1_in: 4, ..FaultPlan::default() });
            let mut source = injector.open(|| Ok(Box::new(Ramp(0)))).unwrap();
            let (mut buf, mut next) = ([0; 64], 0_u64);
            loop {
                let chunk = match source.read(&mut buf) {
                    Err(SourceError::Stalled { .. }) => continue,
                    other => other.unwrap(),
                };
                next += chunk.dropped_samples;
                if chunk.bytes == 0 {
                    break;
                }
                for sample in buf[..chunk.bytes].chunks_exact(2) {
                    assert_eq!(u64::from(u16::from_le_bytes([sample[0], sample[1]])), next);
                    next += 1;
                }
            }
            assert_eq!(next, 1_000);
            let faults = injector.faults();
            assert_eq!(faults.given_samples + faults.lost_samples, 1_000);
            assert!(0 < faults.short_reads && 0 < faults.stalls && 0 < faults.lost_samples, "{faults:?}");
            faults
        };
        assert_eq!(run(1), run(1));
        assert_ne!(run(1), run(2));
    }

    #[test]
    fn unplugged_until_the_plan_says_otherwise() {
        let injector = FaultInjector::new(FaultPlan { unplug_at: vec![2], absent_opens: 2, ..FaultPlan::default() });
        let open = || injector.open(|| Ok(Box::new(Ramp(0))));
        let (mut source, mut buf) = (open().unwrap(), [0; 64]);
        assert!(source.read(&mut buf).is_ok());
        assert!(matches!(source.read(&mut buf), Err(SourceError::Lost { .. })));
        assert!(matches!(source.read(&mut buf), Err(SourceError::Lost { .. })));
        assert!(open().is_err() && open().is_err());
        assert!(open().unwrap().read(&mut buf).is_ok());
    }
}
