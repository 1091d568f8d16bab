//! Audio of an FM receiver's discriminator: WAV files of one or two channels, and what rtl_fm writes (signed 16 bit, one channel).
//!
//! Demodulators take complex samples; audio is handed to them as such, the chosen channel in I and 0 in Q:
//!
//! ```text
//!   unsigned 8 bit (zero at 128), signed 16 bit ─► cs16 (audio, 0)      32-bit float ─► cf32 (audio, 0)
//! ```

use super::wav::Width;
use model::IqFormat;

/// Which channel of a recording is the audio. One of a single channel is that, whatever is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum AudioChannel {
    /// The first.
    #[default]
    Left,
    Right,
    /// Their mean.
    Mix,
}

/// How audio is stored, and what of it is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Audio {
    pub width: Width,
    /// 1 or 2.
    pub channels: u16,
    pub pick: AudioChannel,
}

impl Audio {
    /// What rtl_fm writes.
    pub const RAW: Self = Self { width: Width::Signed16, channels: 1, pick: AudioChannel::Left };

    /// Bytes of all channels at one instant.
    pub fn unit(&self) -> usize {
        self.width.bytes() * usize::from(self.channels)
    }

    pub const fn format(&self) -> IqFormat {
        match self.width {
            Width::Unsigned8 | Width::Signed16 => IqFormat::Cs16,
            Width::Float32 => IqFormat::Cf32,
        }
    }

    /// Whole instants to samples; gives the bytes written. `to` has room for all of `from`.
    pub fn expand(&self, from: &[u8], to: &mut [u8]) -> usize {
        let (unit, out) = (self.unit(), self.format().bytes_per_sample());
        let instants = from.chunks_exact(unit).zip(to.chunks_exact_mut(out));
        let mut written = 0;
        for (instant, sample) in instants {
            let (audio, zero) = sample.split_at_mut(out / 2);
            match self.width {
                Width::Unsigned8 => audio.copy_from_slice(&self.picked(instant, |b| (i32::from(b[0]) - 128) * 256)),
                Width::Signed16 => audio.copy_from_slice(&self.picked(instant, |b| i32::from(i16::from_le_bytes([b[0], b[1]])))),
                Width::Float32 => audio.copy_from_slice(&self.picked_float(instant)),
            }
            zero.fill(0);
            written += out;
        }
        written
    }

    fn picked(&self, instant: &[u8], value: impl Fn(&[u8]) -> i32) -> [u8; 2] {
        let (first, last) = self.ends(instant);
        let value = match self.pick {
            AudioChannel::Left => value(first),
            AudioChannel::Right => value(last),
            AudioChannel::Mix => (value(first) + value(last)) / 2,
        };
        (value as i16).to_le_bytes()
    }

    fn picked_float(&self, instant: &[u8]) -> [u8; 4] {
        let (first, last) = self.ends(instant);
        let value = |b: &[u8]| f32::from_le_bytes([b[0], b[1], b[2], b[3]]);
        let value = match self.pick {
            AudioChannel::Left => value(first),
            AudioChannel::Right => value(last),
            AudioChannel::Mix => (value(first) + value(last)) / 2.0,
        };
        value.to_le_bytes()
    }

    fn ends<'a>(&self, instant: &'a [u8]) -> (&'a [u8], &'a [u8]) {
        let width = self.width.bytes();
        (&instant[..width], &instant[instant.len() - width..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(width: Width, channels: u16, pick: AudioChannel, from: &[u8], expected: &[i16]) {
        let audio = Audio { width, channels, pick };
        let mut to = [0xEE; 64];
        let n = audio.expand(from, &mut to);
        let values: Vec<i16> = to[..n].chunks_exact(2).map(|b| i16::from_le_bytes([b[0], b[1]])).collect();
        assert_eq!(values, expected, "{audio:?}");
    }

    #[test]
    fn every_width_and_channel_becomes_samples() {
        check(Width::Unsigned8, 1, AudioChannel::Right, &[128, 0, 255], &[0, 0, -32_768, 0, 32_512, 0]);
        check(Width::Unsigned8, 2, AudioChannel::Mix, &[128, 130, 7], &[256, 0]);
        let stereo = [1, 0, 3, 0, 0, 0x80, 0, 0x80];
        check(Width::Signed16, 2, AudioChannel::Left, &stereo, &[1, 0, -32_768, 0]);
        check(Width::Signed16, 2, AudioChannel::Right, &stereo, &[3, 0, -32_768, 0]);
        check(Width::Signed16, 2, AudioChannel::Mix, &stereo, &[2, 0, -32_768, 0]);
        let floats: Vec<u8> = [0.5f32, -0.25].into_iter().flat_map(f32::to_le_bytes).collect();
        let audio = Audio { width: Width::Float32, channels: 2, pick: AudioChannel::Mix };
        let mut to = [1; 16];
        assert_eq!((audio.format(), audio.expand(&floats, &mut to)), (IqFormat::Cf32, 8));
        assert_eq!(to[..8], [0.125f32.to_le_bytes(), 0f32.to_le_bytes()].concat());
    }
}
