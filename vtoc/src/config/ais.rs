//! AIS: which channels a receiver listens to.

use super::layers::Problem;
use super::settings::{Receiver, SourceKind};
use decoders::ais::{Channel, Channels};
use model::{Protocol, Tuning};
use serde::{Deserialize, Serialize};

/// `ab`: 161.975 and 162.025 MHz; `cd`: long range, 156.775 and 156.825 MHz; or one alone.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum AisChannels {
    Ab,
    Cd,
    A,
    B,
    C,
    D,
}

impl From<AisChannels> for Channels {
    fn from(name: AisChannels) -> Self {
        match name {
            AisChannels::Ab => Self::Ab,
            AisChannels::Cd => Self::Cd,
            AisChannels::A => Self::Only(Channel::A),
            AisChannels::B => Self::Only(Channel::B),
            AisChannels::C => Self::Only(Channel::C),
            AisChannels::D => Self::Only(Channel::D),
        }
    }
}

pub(super) fn check(path: &str, r: &Receiver, problems: &mut Vec<Problem>) {
    let Some(channels) = r.channels.map(Channels::from) else { return };
    let path = format!("{path}.channels");
    if r.protocol != Protocol::Ais {
        return problems.push(Problem::new(path, "only AIS has channels to choose: protocol = \"ais\""));
    }
    let has_samples = matches!(r.source, SourceKind::Rtlsdr | SourceKind::RtlTcp | SourceKind::Sim | SourceKind::File);
    if !has_samples || r.audio.is_some() {
        return problems
            .push(Problem::new(path, "only a receiver of samples chooses channels; audio is of the one that `center_hz` names"));
    }
    let usual = channels.entry().default_tuning;
    // A recording's name may tell what is not said here.
    if r.source == SourceKind::File && (r.center_hz.is_none() || r.rate_sps.is_none()) {
        return;
    }
    let tuning = Tuning { center_hz: r.center_hz.unwrap_or(usual.center_hz), rate_sps: r.rate_sps.unwrap_or(usual.rate_sps) };
    for channel in channels.all().iter().filter(|c| !c.is_covered_by(tuning)) {
        let (letter, hz, Tuning { center_hz, rate_sps }) = (channel.letter(), channel.center_hz(), tuning);
        let message = format!("channel {letter} ({hz} Hz) is not within {rate_sps} samples/s around {center_hz} Hz");
        problems.push(Problem::new(path.clone(), message));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sky::{Hearing, Sky, signal};
    use decoders::{DemodulatorConfig, Profile, ais};
    use model::{IqBlock, IqFormat, IqSamples, LatLon, ReceiverId, Tick12, UnixMicros};

    fn problems(change: impl FnOnce(&mut Receiver)) -> Vec<String> {
        let mut receiver = Receiver::new(Protocol::Ais, SourceKind::RtlTcp);
        change(&mut receiver);
        let mut problems = Vec::new();
        check("receivers.x", &receiver, &mut problems);
        problems.iter().map(|p| p.message.clone()).collect()
    }

    #[test]
    fn channels_out_of_the_tuning_are_told() {
        for channels in [AisChannels::Ab, AisChannels::Cd, AisChannels::C] {
            assert_eq!(problems(|r| r.channels = Some(channels)), [""; 0]);
        }
        let told = problems(|r| (r.channels, r.center_hz) = (Some(AisChannels::Cd), Some(162_000_000)));
        assert!(told.len() == 2 && told[0].starts_with("channel C (156775000 Hz)"), "{told:?}");
        assert_eq!(problems(|r| (r.channels, r.rate_sps) = (Some(AisChannels::Ab), Some(48_000))).len(), 2);
        assert_eq!(problems(|r| (r.channels, r.protocol) = (Some(AisChannels::A), Protocol::Adsb)).len(), 1);
        assert_eq!(problems(|r| (r.channels, r.source) = (Some(AisChannels::A), SourceKind::NmeaTcp)).len(), 1);
        assert_eq!(problems(|_| {}).len(), 0);
    }

    /// The simulated sea, heard as each setting says: sentences have the letters of its channels; on C and D there is nothing but type 27.
    #[test]
    fn each_setting_hears_its_channels_of_the_sea() {
        let place = LatLon::from_e7(524_600_000, 42_500_000).unwrap();
        let sky = Sky { seed: 1, aircraft: 0, center: place, site: place, receiver_seed: 1 };
        for (name, letters) in [("ab", "AB"), ("cd", "CD"), ("b", "B"), ("d", "D")] {
            let setting: AisChannels = serde_json::from_value(name.into()).unwrap();
            let entry = Channels::from(setting).entry();
            let tuning = Tuning { rate_sps: 96_000, ..entry.default_tuning };
            let samples = 60 * u64::from(tuning.rate_sps);
            let (format, start) = (IqFormat::Cu8, UnixMicros(1_795_392_000_000_000));
            let how =
                Hearing { protocol: Protocol::Ais, tuning, format, noise_rms: None, start, samples: Some(samples), keep_truth: false };
            let mut signal = signal(&sky, &how).unwrap();
            let config = DemodulatorConfig { receiver: ReceiverId(0), tuning, profile: Profile::Full };
            let mut demodulator = (entry.demodulator)(&config).unwrap();
            let (mut bytes, mut lines) = (vec![0; 2 * samples as usize], Vec::new());
            assert_eq!(signal.fill(&mut bytes), bytes.len());
            let samples = IqSamples::Cu8(&bytes);
            let block = IqBlock { samples, tuning, start_tick: Tick12(0), start_utc: Some(start), dropped_samples: 0 };
            let mut keep = |frame: model::Frame| lines.push((frame.raw.as_slice()[0] >> 2, ais::nmea::frame_text(&frame)));
            demodulator.process(&block, &mut keep);
            demodulator.finish(&mut keep);
            let on = |letter: char| lines.iter().filter(|(_, line)| line.split(',').nth(4) == Some(&letter.to_string())).count();
            assert_eq!(letters.chars().map(on).sum::<usize>(), lines.len(), "{name}");
            assert!(letters.chars().all(|letter| 0 < on(letter)), "{name}: {}", lines.len());
            let is_long_range = name.contains(['c', 'd']);
            assert!(lines.iter().all(|(kind, _)| (*kind == 27) == is_long_range), "{name}");
        }
    }
}
