//! The simulated sky, sea and shore as a sample source: what `--demo` and `source = "sim"` receive.

use crate::clock::now;
use hw::{Chunk, Pacer, SampleSource, SourceError, SourceInfo};
use model::{IqFormat, LatLon, Protocol, Tuning, UnixMicros};
use sim::Signal;
use sim::adsb::{SkyConfig, SkySignal};
use sim::ais::{SeaConfig, SeaSignal};
use sim::aprs::{ShoreConfig, ShoreSignal};
use sim::iq::Frontend;
use sim::uat::{UatSky, UatSkyConfig};
use sim::world::WorldConfig;

/// Which world, and from where it is heard. The same seed and centre give the same world to everyone who listens.
#[derive(Clone, Copy, Debug)]
pub struct Sky {
    pub seed: u64,
    pub aircraft: u16,
    pub center: LatLon,
    pub site: LatLon,
    /// The receiver's own noise: another number for each receiver.
    pub receiver_seed: u64,
}

/// How it is heard.
#[derive(Clone, Copy, Debug)]
pub struct Hearing {
    pub protocol: Protocol,
    pub tuning: Tuning,
    pub format: IqFormat,
    /// Standard deviation of the noise on each axis, full scales; `None`: what an RTL-SDR has.
    pub noise_rms: Option<f32>,
    /// The world's time at the first sample.
    pub start: UnixMicros,
    /// Where it ends; `None`: never.
    pub samples: Option<u64>,
    pub keep_truth: bool,
}

/// A protocol's signal. `None`: nothing simulates it.
pub fn signal(sky: &Sky, how: &Hearing) -> Option<Box<dyn Signal>> {
    let world = WorldConfig { seed: sky.seed, aircraft: u32::from(sky.aircraft), ..WorldConfig::around(sky.center) };
    let front = |usual: Frontend| Frontend {
        rate_sps: how.tuning.rate_sps,
        format: how.format,
        noise_rms: how.noise_rms.unwrap_or(usual.noise_rms),
        ..usual
    };
    let (start_us, seed, keep_truth, center_hz) = (how.start.0, sky.receiver_seed, how.keep_truth, how.tuning.center_hz);
    Some(match how.protocol {
        Protocol::Adsb => {
            let usual = SkyConfig::rtl_sdr(world, sky.site);
            Box::new(SkySignal::new(SkyConfig { start_us, seed, keep_truth, frontend: front(usual.frontend), ..usual }, how.samples))
        }
        Protocol::Ais => {
            let usual = SeaConfig::rtl_sdr(world, sky.site);
            let config = SeaConfig { start_us, seed, keep_truth, center_hz, frontend: front(usual.frontend), ..usual };
            Box::new(SeaSignal::new(config, how.samples))
        }
        Protocol::Aprs => {
            let usual = ShoreConfig::rtl_sdr(world, sky.site);
            let config = ShoreConfig { start_us, seed, keep_truth, center_hz, frontend: front(usual.frontend), ..usual };
            Box::new(ShoreSignal::new(config, how.samples))
        }
        Protocol::Uat => {
            let usual = UatSkyConfig::rtl_sdr(world, sky.site);
            let config = UatSkyConfig { start_us, seed, keep_truth, center_hz, frontend: front(usual.frontend), ..usual };
            Box::new(UatSky::new(config, how.samples))
        }
    })
}

/// The world of this very moment, at the pace of the world: two stations see the same aircraft.
pub struct SkySource {
    signal: Box<dyn Signal>,
    pacer: Pacer,
    tuning: Tuning,
    name: String,
    start: UnixMicros,
    samples: u64,
}

impl SkySource {
    pub fn open(sky: &Sky, protocol: Protocol, tuning: Tuning) -> Result<Self, SourceError> {
        let name = format!("sky {}", sky.seed);
        let how = Hearing { protocol, tuning, format: IqFormat::Cu8, noise_rms: None, start: now(), samples: None, keep_truth: false };
        let signal = signal(sky, &how)
            .ok_or_else(|| SourceError::Unusable { what: name.clone(), why: format!("nothing simulates {protocol} yet") })?;
        Ok(Self { signal, pacer: Pacer::new(tuning.rate_sps), tuning, name, start: how.start, samples: 0 })
    }
}

impl SampleSource for SkySource {
    fn info(&self) -> SourceInfo {
        SourceInfo { kind: "sim", name: self.name.clone(), live: true }
    }

    fn tuning(&self) -> Tuning {
        self.tuning
    }

    fn format(&self) -> IqFormat {
        IqFormat::Cu8
    }

    fn read(&mut self, buf: &mut [u8]) -> Result<Chunk, SourceError> {
        let most = self.pacer.run_samples_max() * 2;
        let end = buf.len().min(most);
        let bytes = self.signal.fill(&mut buf[..end]);
        self.pacer.wait(bytes / 2);
        let micros = i128::from(self.samples) * 1_000_000 / i128::from(self.tuning.rate_sps);
        self.samples += bytes as u64 / 2;
        Ok(Chunk { bytes, dropped_samples: 0, utc: Some(self.start.plus_micros(micros as i64)) })
    }
}
