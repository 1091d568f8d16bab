//! What each receiver, protocol and the merge have done: atomics written by one thread, read by anyone without a lock.

use crate::profile::Account;
use decoders::{Counters, Profile, Refusal};
use model::{Protocol, ReceiverId};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU8, AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

/// What a receiver is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum ReceiverState {
    /// Opening its source for the first time.
    #[default]
    Starting,
    Running,
    /// Open, but nothing comes.
    Stalled,
    /// The source failed; it is opened again after a pause.
    Waiting,
    /// The recording has been read to its end.
    Ended,
    /// The source can't be used; the error says what to do.
    Failed,
    /// Stopped by request.
    Stopped,
}

impl ReceiverState {
    const ALL: [Self; 7] = [Self::Starting, Self::Running, Self::Stalled, Self::Waiting, Self::Ended, Self::Failed, Self::Stopped];

    /// The lower-case name used in metrics and JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Stalled => "stalled",
            Self::Waiting => "waiting",
            Self::Ended => "ended",
            Self::Failed => "failed",
            Self::Stopped => "stopped",
        }
    }

    /// Nothing more will come.
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Ended | Self::Failed | Self::Stopped)
    }
}

/// A state that has lasted without a block for so long is [`ReceiverState::Stalled`], whatever the source's thread says
/// (it may hang inside a driver), in microseconds.
pub const STALL_AFTER_US: i64 = 2_500_000;

macro_rules! counters {
    ($(#[$doc:meta])* $live:ident => $(#[$shot_doc:meta])* $shot:ident { $($(#[$field_doc:meta])* $field:ident),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Default)]
        pub(crate) struct $live { $(pub $field: AtomicU64),* }

        $(#[$shot_doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
        pub struct $shot { $($(#[$field_doc])* pub $field: u64),* }

        impl $live {
            pub fn read(&self) -> $shot {
                $shot { $($field: self.$field.load(Relaxed)),* }
            }
        }
    };
}

counters! {
    /// One receiver's counters while it runs.
    LiveReceiver =>
    /// One receiver's counters at an instant.
    ReceiverCounters {
        /// Blocks (or runs of bytes) that came from the source.
        blocks,
        /// Complex samples in them.
        samples,
        /// Bytes that came from a byte source.
        bytes,
        /// Samples that the source knew to be lost (its own overruns).
        dropped_by_source,
        /// Samples thrown away because every block was in use: the demodulator is too slow.
        dropped_pool_empty,
        /// Samples thrown away because the demodulator had panicked.
        dropped_after_panic,
        /// Samples that passed while the source was away.
        dropped_source_away,
        /// Time for which samples are missing without a word, in microseconds (see `clock`).
        lost_us_suspected,
        /// Time that the demodulator has worked, in microseconds: with the samples' own time, the load.
        dsp_busy_us,
        /// Most blocks that have waited for the demodulator at once.
        blocks_waiting_max,
        /// Frames passed on to the merge.
        frames,
        /// Facts passed on to the merge, by a feed that tells what was decoded elsewhere.
        facts,
        /// Facts of such a feed that had been told and have not changed.
        facts_unchanged,
        /// Times that the machine's UTC was set while receiving.
        clock_steps,
        /// Successful openings of the source, less the first.
        restarts,
        /// Failed openings and failed reads.
        source_errors,
        /// Reads in which nothing came in time.
        stalls,
        /// Panics in the source, its framing or its demodulator.
        panics,
        /// Messages of a feed that are no frame of the receiver's protocol (status, Mode A/C…).
        feed_other,
        /// Messages of a feed refused: broken, or their parity is wrong.
        feed_refused,
        /// Bytes of a feed skipped to find the next message.
        feed_skipped_bytes,
    }
}

counters! {
    /// How hard one receiver's demodulator tries, while it runs.
    LiveProfile =>
    /// How hard one receiver's demodulator tries, and what that costs and gives (see `profile`).
    ProfileCounters {
        /// 1: the fast profile is in force.
        is_fast,
        /// Changes from one profile to the other.
        switches,
        /// Signal demodulated in each, in microseconds.
        full_us,
        fast_us,
        /// Frames found in each.
        full_frames,
        fast_frames,
        /// Frames that the full profile would have found beyond those of the fast one, as far as both were compared.
        given_up_frames,
        /// Working time over signal time of the last second, in thousandths.
        load_permille,
        /// The part of the full profile's frames that the fast one finds, in thousandths; 0: never compared.
        fast_yield_permille,
    }
}

impl LiveProfile {
    pub fn store(&self, profile: Profile, account: &Account) {
        self.is_fast.store(u64::from(profile == Profile::Fast), Relaxed);
        self.switches.store(account.switches, Relaxed);
        self.full_us.store(account.full_us, Relaxed);
        self.fast_us.store(account.fast_us, Relaxed);
        self.full_frames.store(account.full_frames, Relaxed);
        self.fast_frames.store(account.fast_frames, Relaxed);
        self.given_up_frames.store(account.given_up_frames(), Relaxed);
        self.load_permille.store((account.load * 1e3) as u64, Relaxed);
        self.fast_yield_permille.store(account.fast_yield.map_or(0, |part| (part * 1e3) as u64), Relaxed);
    }
}

counters! {
    /// The merge's counters while it runs.
    LiveMerge =>
    /// The merge's counters at an instant.
    MergeCounters {
        /// Frames taken from the receivers.
        frames,
        /// Frames dropped because another receiver had heard the same transmission.
        duplicates,
        /// Frames that came after a later one had been passed on (they were passed on all the same).
        late,
        /// Facts taken from feeds that tell what was decoded elsewhere.
        facts,
        /// Facts dropped because another receiver had heard or told the same.
        facts_known,
        /// Events given to the sink.
        events,
        /// Panics in a message decoder or in the sink.
        panics,
        /// Times that the merge went round; it does so twice a second at least, even with nothing to do.
        turns,
    }
}

const UNKNOWN: i64 = i64::MIN;

/// What the threads of one receiver tell.
#[derive(Debug)]
pub(crate) struct ReceiverStatus {
    pub id: ReceiverId,
    pub name: String,
    pub protocol: Protocol,
    state: AtomicU8,
    /// Monotonic time of the last block, microseconds since the station's start.
    pub last_block_us: AtomicI64,
    /// The source produces at the pace of the world.
    pub live: AtomicBool,
    pub counters: LiveReceiver,
    pub profile: LiveProfile,
    pub demodulator: AtomicCounters,
    /// Parts per billion; [`UNKNOWN`].
    crystal_error_ppb: AtomicI64,
    /// The last error's sentence. Not on the sample path.
    error: Mutex<Option<String>>,
}

impl ReceiverStatus {
    pub fn new(id: ReceiverId, name: String, protocol: Protocol) -> Self {
        Self {
            id,
            name,
            protocol,
            state: AtomicU8::new(ReceiverState::Starting as u8),
            last_block_us: AtomicI64::new(0),
            live: AtomicBool::new(true),
            counters: LiveReceiver::default(),
            profile: LiveProfile::default(),
            demodulator: AtomicCounters::default(),
            crystal_error_ppb: AtomicI64::new(UNKNOWN),
            error: Mutex::new(None),
        }
    }

    pub fn set_crystal_error(&self, ppm: Option<f32>) {
        self.crystal_error_ppb.store(ppm.map_or(UNKNOWN, |ppm| (ppm * 1e3).round() as i64), Relaxed);
    }

    pub fn set_state(&self, state: ReceiverState) {
        self.state.store(state as u8, Relaxed);
    }

    /// What the source's thread said last.
    pub fn told_state(&self) -> ReceiverState {
        ReceiverState::ALL[usize::from(self.state.load(Relaxed))]
    }

    /// The state with the watchdog's view: a source that says nothing for [`STALL_AFTER_US`] is stalled.
    pub fn state(&self, now_us: i64) -> ReceiverState {
        match self.told_state() {
            ReceiverState::Running if STALL_AFTER_US < now_us - self.last_block_us.load(Relaxed) => ReceiverState::Stalled,
            told => told,
        }
    }

    /// Keeps the sentence of the last error; `true` when it is a new one.
    pub fn set_error(&self, error: Option<String>) -> bool {
        let mut kept = self.error.lock().unwrap_or_else(PoisonError::into_inner);
        let changed = *kept != error;
        *kept = error;
        changed
    }

    pub fn report(&self, now_us: i64) -> ReceiverReport {
        ReceiverReport {
            id: self.id,
            name: self.name.clone(),
            protocol: self.protocol,
            state: self.state(now_us),
            error: self.error.lock().unwrap_or_else(PoisonError::into_inner).clone(),
            counters: self.counters.read(),
            profile: self.profile.read(),
            demodulator: self.demodulator.read(),
            crystal_error_ppb: Some(self.crystal_error_ppb.load(Relaxed)).filter(|&ppb| ppb != UNKNOWN),
        }
    }
}

/// One receiver at an instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceiverReport {
    pub id: ReceiverId,
    pub name: String,
    pub protocol: Protocol,
    pub state: ReceiverState,
    /// Why it waits, stalls or failed.
    pub error: Option<String>,
    pub counters: ReceiverCounters,
    pub profile: ProfileCounters,
    /// The present demodulator's own counters (they begin anew when it is replaced).
    pub demodulator: Counters,
    /// By how much its crystal seems to be fast, parts per billion, beyond what it is corrected by. `None`: not known.
    pub crystal_error_ppb: Option<i64>,
}

/// [`decoders::Counters`] that other threads can read.
#[derive(Debug, Default)]
pub(crate) struct AtomicCounters {
    samples: AtomicU64,
    frames: AtomicU64,
    corrected_frames: AtomicU64,
    events: AtomicU64,
    refused: [AtomicU64; Refusal::ALL.len()],
}

impl AtomicCounters {
    pub fn store(&self, counters: &Counters) {
        self.samples.store(counters.samples, Relaxed);
        self.frames.store(counters.frames, Relaxed);
        self.corrected_frames.store(counters.corrected_frames, Relaxed);
        self.events.store(counters.events, Relaxed);
        for (slot, why) in self.refused.iter().zip(Refusal::ALL) {
            slot.store(counters.refused(why), Relaxed);
        }
    }

    pub fn read(&self) -> Counters {
        let mut counters = Counters::default();
        counters.samples = self.samples.load(Relaxed);
        counters.frames = self.frames.load(Relaxed);
        counters.corrected_frames = self.corrected_frames.load(Relaxed);
        counters.events = self.events.load(Relaxed);
        for (slot, why) in self.refused.iter().zip(Refusal::ALL) {
            counters.refuse_many(why, slot.load(Relaxed));
        }
        counters
    }
}

/// Adds to a counter that only the calling thread writes.
pub(crate) fn add(counter: &AtomicU64, n: u64) {
    counter.fetch_add(n, Relaxed);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_silent_source_is_stalled_whatever_it_says() {
        let status = ReceiverStatus::new(ReceiverId(0), "r".into(), Protocol::Adsb);
        for state in ReceiverState::ALL {
            status.set_state(state);
            assert_eq!(status.state(STALL_AFTER_US), state);
        }
        status.set_state(ReceiverState::Running);
        assert_eq!(status.state(STALL_AFTER_US + 1), ReceiverState::Stalled);
        status.last_block_us.store(1_000, Relaxed);
        assert_eq!(status.state(STALL_AFTER_US + 1), ReceiverState::Running);
    }

    #[test]
    fn counters_survive_the_way_through_atomics() {
        let mut counters = Counters::default();
        (counters.samples, counters.frames, counters.corrected_frames, counters.events) = (1, 2, 3, 4);
        counters.refuse(Refusal::Integrity);
        counters.refuse(Refusal::Integrity);
        let shared = AtomicCounters::default();
        shared.store(&counters);
        assert_eq!(shared.read(), counters);
    }
}
