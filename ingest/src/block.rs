//! A block of samples: memory from the pool, and what is known about the samples in it.
//!
//! The memory is allocated as 64-bit words, so that the same bytes can be viewed as `u8`, `i16` or `f32` pairs without a
//! copy. Samples are little endian in files and on wires, and so must the machine be.

use model::{IqBlock, IqFormat, IqSamples, Tick12, Tuning, UnixMicros};

#[cfg(target_endian = "big")]
compile_error!("sample blocks are viewed in place: a little-endian machine is needed");

/// What is known about the samples in a [`Block`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockMeta {
    /// Bytes of whole samples at the front of the memory.
    pub bytes: usize,
    pub format: IqFormat,
    pub tuning: Tuning,
    pub start_tick: Tick12,
    pub start_utc: Option<UnixMicros>,
    /// Samples lost just before these.
    pub dropped_samples: u64,
}

/// Memory for samples, reused for as long as the receiver lives.
#[derive(Debug)]
pub struct Block {
    words: Box<[u64]>,
    meta: BlockMeta,
}

impl Block {
    /// A block that holds up to `bytes` bytes (rounded up to whole words).
    pub fn new(bytes: usize) -> Self {
        let meta = BlockMeta {
            bytes: 0,
            format: IqFormat::Cu8,
            tuning: Tuning { center_hz: 0, rate_sps: 1 },
            start_tick: Tick12(0),
            start_utc: None,
            dropped_samples: 0,
        };
        Self { words: vec![0; bytes.div_ceil(8)].into(), meta }
    }

    /// All of the memory, to read samples into.
    pub fn memory(&mut self) -> &mut [u8] {
        bytemuck::cast_slice_mut(&mut self.words)
    }

    /// Says what was read. Panics when `meta.bytes` is more than the memory holds: a source lied about its own buffer.
    pub fn describe(&mut self, meta: BlockMeta) {
        assert!(meta.bytes <= self.words.len() * 8, "{} bytes in a block of {}", meta.bytes, self.words.len() * 8);
        self.meta = meta;
    }

    pub fn meta(&self) -> &BlockMeta {
        &self.meta
    }

    /// Complex samples in the block.
    pub fn samples(&self) -> u64 {
        (self.meta.bytes / self.meta.format.bytes_per_sample()) as u64
    }

    /// How long the samples last, microseconds.
    pub fn signal_us(&self) -> u64 {
        (u128::from(self.samples()) * 1_000_000 / u128::from(self.meta.tuning.rate_sps.max(1))) as u64
    }

    /// The samples as a demodulator takes them. `more_dropped` samples were lost between the block before and this one
    /// for reasons that the source doesn't know.
    pub fn iq(&self, more_dropped: u64) -> IqBlock<'_> {
        let BlockMeta { bytes, format, tuning, start_tick, start_utc, dropped_samples } = self.meta;
        let whole = bytes / format.bytes_per_sample() * format.bytes_per_sample();
        let bytes: &[u8] = &bytemuck::cast_slice(&self.words)[..whole];
        let samples = match format {
            IqFormat::Cu8 => IqSamples::Cu8(bytes),
            IqFormat::Cs16 => IqSamples::Cs16(bytemuck::cast_slice(bytes)),
            IqFormat::Cf32 => IqSamples::Cf32(bytemuck::cast_slice(bytes)),
        };
        IqBlock { samples, tuning, start_tick, start_utc, dropped_samples: dropped_samples + more_dropped }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_memory_three_views() {
        let mut block = Block::new(1_001);
        assert_eq!(block.memory().len(), 1_008);
        block.memory()[..8].copy_from_slice(&[1, 0, 0xff, 0xff, 0, 0, 0x80, 0x3f]);
        for (format, samples) in [(IqFormat::Cu8, 4), (IqFormat::Cs16, 2), (IqFormat::Cf32, 1)] {
            block.describe(BlockMeta { bytes: 8, format, dropped_samples: 3, ..*block.meta() });
            let iq = block.iq(2);
            assert_eq!((block.samples(), iq.samples.len(), iq.dropped_samples), (samples, samples as usize, 5));
            match iq.samples {
                IqSamples::Cu8(s) => assert_eq!(s, [1, 0, 0xff, 0xff, 0, 0, 0x80, 0x3f]),
                IqSamples::Cs16(s) => assert_eq!(s, [1, -1, 0, 0x3f80]),
                IqSamples::Cf32(s) => assert_eq!(s[1], 1.0),
            }
        }
    }

    #[test]
    #[should_panic(expected = "16 bytes in a block of 8")]
    fn a_source_cannot_claim_more_than_the_memory() {
        let mut block = Block::new(8);
        block.describe(BlockMeta { bytes: 16, ..*block.meta() });
    }
}
