//! Bell 202 tones: 1,200 bit/s, mark (1) 1,200 Hz, space (0) 2,200 Hz, phase-continuous, NRZI.
//!
//! The audio is known in closed form at any instant, so it can be sampled at any rate and integrated exactly for FM:
//! within one bit it is `gain · cos(θ + 2π·f·t)`, its integral `gain · (sin(θ + 2π·f·t) − sin θ)/(2π·f)`.
//!
//! Pre-emphasis is a differentiator: it makes a tone's level proportional to its frequency, which for these tones is a twist of
//! 5.26 dB exactly; de-emphasis takes the same away.

use super::ax25::UiFrame;
use crate::hdlc;
use core::f64::consts::TAU;

/// How a transmitter makes its tones.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tones {
    pub bit_rate: f64,
    pub mark_hz: f64,
    pub space_hz: f64,
    /// Space over mark, decibels, on top of pre-emphasis.
    pub twist_db: f64,
    pub pre_emphasis: bool,
    /// Flags before the frame (TXDELAY: 30 are 200 ms) and after it.
    pub opening_flags: usize,
    pub closing_flags: usize,
}

impl Default for Tones {
    fn default() -> Self {
        Self {
            bit_rate: 1200.0,
            mark_hz: 1200.0,
            space_hz: 2200.0,
            twist_db: 0.0,
            pre_emphasis: false,
            opening_flags: 30,
            closing_flags: 3,
        }
    }
}

impl Tones {
    /// Bit rate and tones together off by so many percent, as with a sound card's wrong clock.
    #[must_use]
    pub fn with_clock_error(self, percent: f64) -> Self {
        let factor = 1.0 + percent / 100.0;
        Self { bit_rate: self.bit_rate * factor, mark_hz: self.mark_hz * factor, space_hz: self.space_hz * factor, ..self }
    }

    /// Gains of mark and space: the louder is 1.
    fn gains(&self) -> (f64, f64) {
        let emphasis = if self.pre_emphasis { self.space_hz / self.mark_hz } else { 1.0 };
        let space = emphasis * 10_f64.powf(self.twist_db / 20.0);
        if 1.0 < space { (1.0 / space, 1.0) } else { (1.0, space) }
    }
}

/// One frame as tones.
#[derive(Clone, Debug, PartialEq)]
pub struct Afsk {
    bit_s: f64,
    bits: Vec<Bit>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Bit {
    hz: f64,
    gain: f64,
    /// Audio phase at its start, radians.
    phase: f64,
    /// Integral of the audio until its start, seconds.
    integral: f64,
}

impl Afsk {
    pub fn new(frame: &UiFrame, tones: &Tones) -> Self {
        Self::from_bytes(&frame.bytes(), tones)
    }

    /// Any bytes, to which the check sequence is added.
    pub fn from_bytes(bytes: &[u8], tones: &Tones) -> Self {
        let mut bits: Vec<bool> = core::iter::repeat_n(hdlc::flag(), tones.opening_flags.max(1) - 1).flatten().collect();
        bits.extend(hdlc::frame_bits(bytes));
        bits.extend(core::iter::repeat_n(hdlc::flag(), tones.closing_flags.max(1) - 1).flatten());
        Self::from_levels(&hdlc::nrzi(&bits, true), tones)
    }

    /// Levels as they are (true: mark), for what has no NRZI.
    pub fn from_levels(levels: &[bool], tones: &Tones) -> Self {
        let (mark, space) = tones.gains();
        let bit_s = 1.0 / tones.bit_rate;
        let (mut phase, mut integral) = (0.0, 0.0);
        let of_level = |level: &bool| {
            let (hz, gain) = if *level { (tones.mark_hz, mark) } else { (tones.space_hz, space) };
            let bit = Bit { hz, gain, phase, integral };
            integral = bit.integral_at(bit_s);
            phase = (phase + TAU * hz * bit_s) % TAU;
            bit
        };
        let bits = levels.iter().map(of_level).collect();
        Self { bit_s, bits }
    }

    pub fn duration_s(&self) -> f64 {
        self.bits.len() as f64 * self.bit_s
    }

    /// The audio at `t_s` after the start, −1…1; 0 before and after.
    pub fn audio(&self, t_s: f64) -> f64 {
        self.find(t_s).map_or(0.0, |(bit, t)| bit.gain * (bit.phase + TAU * bit.hz * t).cos())
    }

    /// The audio summed from the start until `t_s`, seconds.
    pub fn integral(&self, t_s: f64) -> f64 {
        match self.find(t_s) {
            Some((bit, t)) => bit.integral_at(t),
            None if t_s < 0.0 => 0.0,
            None => self.bits.last().map_or(0.0, |bit| bit.integral_at(self.bit_s)),
        }
    }

    /// All of it as samples at `rate_sps`, with `silence_s` before and after.
    pub fn samples(&self, rate_sps: u32, silence_s: f64) -> Vec<f32> {
        let rate = f64::from(rate_sps);
        let count = ((self.duration_s() + 2.0 * silence_s) * rate) as usize;
        (0..count).map(|i| self.audio(i as f64 / rate - silence_s) as f32).collect()
    }

    fn find(&self, t_s: f64) -> Option<(&Bit, f64)> {
        if t_s < 0.0 {
            return None;
        }
        let i = (t_s / self.bit_s) as usize;
        self.bits.get(i).map(|bit| (bit, t_s - i as f64 * self.bit_s))
    }
}

impl Bit {
    fn integral_at(&self, t_s: f64) -> f64 {
        let turn = TAU * self.hz;
        self.integral + self.gain * ((self.phase + turn * t_s).sin() - self.phase.sin()) / turn
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn afsk(tones: &Tones) -> Afsk {
        Afsk::new(&UiFrame::new("N0CALL", "APZSIM", &[], b">The quick brown fox").unwrap(), tones)
    }

    #[test]
    fn the_integral_is_that_of_the_audio() {
        let signal = afsk(&Tones::default());
        let (mut sum, step) = (0.0, 1e-6);
        for i in 0..300_000 {
            sum += signal.audio((f64::from(i) + 0.5) * step) * step;
            if i % 10_000 == 9999 {
                assert!((signal.integral(f64::from(i + 1) * step) - sum).abs() < 5e-8, "{i}");
            }
        }
    }

    #[test]
    fn audio_is_continuous_and_pre_emphasis_is_a_twist() {
        let signal = afsk(&Tones::default());
        let mut last = signal.audio(0.0);
        for i in 1..100_000 {
            let now = signal.audio(f64::from(i) * 1e-6);
            assert!((now - last).abs() < TAU * 2200.0 * 1.1e-6);
            last = now;
        }
        let (mark, space) = Tones { pre_emphasis: true, ..Tones::default() }.gains();
        assert!((20.0 * (space / mark).log10() - 5.265).abs() < 0.001 && space == 1.0);
        let slow = afsk(&Tones::default().with_clock_error(-4.0));
        assert!((slow.duration_s() / signal.duration_s() - 1.0 / 0.96).abs() < 1e-9);
    }
}
