//! A small modulator for the tests: rectangular pulses behind a windowed-sinc low pass, with carrier, noise and quantisation.
//! It shares nothing with `shape`.

use crate::adsb::parity;
use core::f64::consts::PI;

/// xorshift64*: tests need a seed, not quality.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    pub fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    pub fn normal(&mut self) -> f64 {
        (-2.0 * self.unit().max(1e-300).ln()).sqrt() * (2.0 * PI * self.unit()).cos()
    }
}

#[derive(Clone, Debug)]
pub struct Sent {
    pub at_us: f64,
    /// Carrier to noise density, dB·Hz, of the pulse's top.
    pub cn0_db: f64,
    pub offset_hz: f64,
    pub frame: Vec<u8>,
}

/// A frame of 7 or 14 bytes with its parity, overlaid with `overlay`.
pub fn frame(data: &[u8], overlay: u32) -> Vec<u8> {
    let parity = parity::crc(data) ^ overlay;
    [data, &parity.to_be_bytes()[1..]].concat()
}

/// A DF 17 frame of `address` with a random message.
pub fn squitter(address: u32, random: &mut Random) -> Vec<u8> {
    let mut data = [0x8D, (address >> 16) as u8, (address >> 8) as u8, address as u8, 0, 0, 0, 0, 0, 0, 0];
    data[4..].copy_from_slice(&random.next().to_be_bytes()[..7]);
    frame(&data, 0)
}

/// Standard deviation of the noise in each of I and Q, in steps of an 8-bit sample.
const SIGMA: f64 = 2.5;

/// 8-bit samples of `sent` in noise.
pub fn cu8(rate_sps: f64, micros: f64, sent: &[Sent], random: &mut Random) -> Vec<u8> {
    let n = (micros * rate_sps / 1e6) as usize;
    let mut iq = vec![0.0_f64; 2 * n];
    for s in sent {
        add(&mut iq, rate_sps, s, 2.0 * PI * random.unit());
    }
    iq.iter().map(|x| (x + SIGMA * random.normal() + 127.5).round().clamp(0.0, 255.0) as u8).collect()
}

fn add(iq: &mut [f64], rate_sps: f64, sent: &Sent, phase: f64) {
    let amplitude = (10_f64.powf(sent.cn0_db / 10.0) * 2.0 * SIGMA * SIGMA / rate_sps).sqrt();
    let mut edges = vec![0.0, 1.0, 3.5, 4.5];
    for (k, byte) in sent.frame.iter().enumerate() {
        for bit in 0..8 {
            let one = byte & (0x80 >> bit) != 0;
            edges.push(8.0 + (8 * k + bit) as f64 + if one { 0.0 } else { 0.5 });
        }
    }
    let reach = 8.0 / rate_sps * 1e6;
    for edge in edges {
        let edge_us = sent.at_us + edge;
        let (from, to) = ((edge_us - reach) * rate_sps / 1e6, (edge_us + 0.5 + reach) * rate_sps / 1e6);
        for m in (from.ceil().max(0.0) as usize)..(to.max(0.0) as usize).min(iq.len() / 2) {
            let t_us = m as f64 / rate_sps * 1e6;
            let level = amplitude * pulse(t_us - edge_us, rate_sps / 1e6);
            let angle = phase + 2.0 * PI * sent.offset_hz * (t_us - sent.at_us) / 1e6;
            iq[2 * m] += level * angle.cos();
            iq[2 * m + 1] += level * angle.sin();
        }
    }
}

/// 0.5 µs behind a low pass of nearly half the rate, by 16-point integration.
fn pulse(t_us: f64, rate_msps: f64) -> f64 {
    let cutoff = 0.48 * rate_msps;
    (0..16)
        .map(|i| t_us - (f64::from(i) + 0.5) / 32.0)
        .map(|t| {
            let x = 2.0 * PI * cutoff * t;
            let window = (0.5 + 0.5 * (PI * t * rate_msps / 8.0).clamp(-PI, PI).cos()).max(0.0);
            2.0 * cutoff * if x.abs() < 1e-9 { 1.0 } else { x.sin() / x } * window / 32.0
        })
        .sum()
}
