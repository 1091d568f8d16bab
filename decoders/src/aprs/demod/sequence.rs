//! One belief about how a transmitter modulates, followed through the signal: trellis and reader.

use super::reader::{Read, Reader};
use super::trellis::{Correlations, Trellis, Turns, Waveform};

#[derive(Debug)]
pub struct Sequence<const P: usize> {
    trellis: Trellis<P>,
    reader: Reader,
}

impl<const P: usize> Sequence<P> {
    pub fn new(trellis: Trellis<P>) -> Self {
        Self { trellis, reader: Reader::new() }
    }

    /// Takes what the segments that begin at this step have in common with the signal; calls `out` with each frame.
    #[inline]
    pub fn step<W: Waveform<P>>(&mut self, turns: &Turns<P>, correlations: &Correlations<P>, out: &mut dyn FnMut(Read<'_>)) {
        if !self.trellis.step::<W>(turns, correlations) {
            return;
        }
        for tone in self.trellis.tones() {
            if let Some(read) = self.reader.push(tone.mark, tone.end) {
                out(read);
            }
        }
    }

    /// Frames whose FCS was wrong.
    pub fn failed(&self) -> u64 {
        self.reader.failed
    }
}
