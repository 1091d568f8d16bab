//! The simulated sky as a sample source: what `--demo` and `source = "sim"` receive.

use hw::{Chunk, Pacer, SampleSource, SourceError, SourceInfo};
use model::{IqFormat, LatLon, Tuning, UnixMicros};
use sim::adsb::{SkyConfig, SkySignal};
use sim::world::WorldConfig;
use std::time::{SystemTime, UNIX_EPOCH};

/// Which sky, and from where it is heard.
#[derive(Clone, Copy, Debug)]
pub struct Sky {
    pub seed: u64,
    pub aircraft: u16,
    pub center: LatLon,
    pub site: LatLon,
    /// The receiver's own noise: another number for each receiver.
    pub receiver_seed: u64,
}

impl Sky {
    pub fn config(&self, rate_sps: u32, start: UnixMicros) -> SkyConfig {
        let world = WorldConfig { seed: self.seed, aircraft: u32::from(self.aircraft), ..WorldConfig::around(self.center) };
        let mut config = SkyConfig::rtl_sdr(world, self.site);
        config.frontend.rate_sps = rate_sps;
        config.start_us = start.0;
        config.seed = self.receiver_seed;
        config
    }
}

/// The sky of this very moment, at the pace of the world: two stations with the same sky see the same aircraft.
pub struct SkySource {
    signal: SkySignal,
    pacer: Pacer,
    tuning: Tuning,
    name: String,
    start: UnixMicros,
    samples: u64,
}

impl SkySource {
    pub fn open(sky: &Sky, tuning: Tuning) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_micros() as i64);
        let start = UnixMicros(now);
        Self {
            signal: SkySignal::new(sky.config(tuning.rate_sps, start), None),
            pacer: Pacer::new(tuning.rate_sps),
            tuning,
            name: format!("sky {}", sky.seed),
            start,
            samples: 0,
        }
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
