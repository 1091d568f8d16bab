//! An independent signal generator with ground truth. It shares no code with the decoders, so that the two check each other.
//!
//! ```text
//!   world (who is where) ──► adsb | ais | aprs | uat (what they say, when) ──► waveform ──► iq (noise, converter) ──► bytes
//!                                             └──────────────► truth (one JSON line per frame on the air)
//! ```
//!
//! Constraints: pure (no clock, I/O, thread, global); everything follows from seeds; streams are the same however they are cut;
//! what is generated is checked by programs that nobody here wrote (`tests/`).

pub mod adsb;
pub mod air;
pub mod ais;
pub mod aprs;
mod civil;
mod geo;
pub mod hdlc;
pub mod iq;
mod json;
pub mod rng;
pub mod uat;
pub mod world;

pub use json::JsonLine;

/// A protocol's world as one receiver hears it: bytes, and what was true.
pub trait Signal: Send {
    /// Writes whole samples to the front of `out` and returns their bytes; 0 = the end.
    fn fill(&mut self, out: &mut [u8]) -> usize;
    /// After the end of a limited signal: the last frames' truth comes out too.
    fn finish(&mut self);
    /// The next frame that was on the air, as a line of JSON (only when truth is kept).
    fn next_truth(&mut self) -> Option<String>;
}

/// The protocols' signals have these by the same names; truth is theirs, JSON is everyone's.
macro_rules! signals {
    ($($signal:ty),* $(,)?) => {$(
        impl Signal for $signal {
            fn fill(&mut self, out: &mut [u8]) -> usize {
                Self::fill(self, out)
            }

            fn finish(&mut self) {
                Self::finish(self);
            }

            fn next_truth(&mut self) -> Option<String> {
                Self::next_truth(self).map(|truth| truth.json())
            }
        }
    )*};
}

signals!(adsb::SkySignal, ais::SeaSignal, aprs::ShoreSignal, uat::UatSky);
