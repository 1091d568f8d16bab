//! RTL-SDR over USB: the only file that names `rtl_sdr_rs`.
//!
//! What that crate (0.4.3) does not do, and what is done about it here:
//! - it panics when no tuner answers: opening runs in `catch_unwind`;
//! - it never detaches the kernel's television driver: "busy" says how (`hw/linux/` has the files);
//! - `read_sync` loses 1–2 % of the samples between transfers: only `read_async` is used, on a thread of its own;
//! - 15 × 256 KiB per dongle exhaust usbfs (16 MB for all) with the fifth: 8 × 128 KiB (0.22 s at 2.4 Msps) are asked for;
//! - a device that stops sending is silent: the reader sees a stall, and the supervisor opens it again;
//! - corrections of ±128 ppm and more overflow in it: refused here.
//!
//! Known tuners: R820T, R820T2, R860, R828D (RTL-SDR Blog V3, V4, V4L among others). The bias tee is switched off when the
//! source is dropped. None of this has met a real dongle yet; everything around it is tested through the trait.

use crate::stream::{self, StopFlag, StreamReader, StreamShape, StreamWriter};
use crate::{Chunk, SampleSource, SourceError, SourceInfo};
use model::{IqFormat, Tuning};
use rtl_sdr_rs::error::{RtlsdrError, UsbErrorKind};
use rtl_sdr_rs::{CancelHandle, DeviceDescriptor, DeviceId, RtlSdr, TunerGain};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// USB transfers in flight, and bytes of each.
pub const TRANSFERS: usize = 8;
pub const TRANSFER_BYTES: usize = 128 * 1024;
/// Largest correction of the crystal, parts per million.
pub const PPM_MAX: i32 = 127;
/// The rate that the device really takes may differ by this much, parts per million, and still be called the one asked for
/// (the sample clock is disciplined anyway).
const RATE_PPM_MAX: u64 = 100;

/// Which dongle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RtlSdrDevice {
    /// By serial number: stable when plugged in elsewhere.
    Serial(String),
    /// By its place among those found.
    Index(usize),
}

/// How much the tuner amplifies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum TunerGainSetting {
    /// The tuner's own control.
    #[default]
    Auto,
    /// Tenths of a decibel; the nearest step of the tuner's table is taken.
    TenthsDb(i32),
}

#[derive(Clone, Debug)]
pub struct RtlSdrOptions {
    pub device: RtlSdrDevice,
    pub tuning: Tuning,
    pub gain: TunerGainSetting,
    /// Correction of the crystal, parts per million.
    pub ppm: i32,
    /// Feed 4.5 V to an amplifier at the antenna.
    pub bias_tee: bool,
    /// Tuner bandwidth; `None`: by the sample rate.
    pub bandwidth_hz: Option<u32>,
}

/// A dongle that is plugged in, for `vtoc doctor`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RtlSdrFound {
    pub index: usize,
    pub serial: String,
    pub manufacturer: String,
    pub product: String,
}

/// An open dongle that streams.
#[derive(Debug)]
pub struct RtlSdrSource {
    name: String,
    tuning: Tuning,
    stream: StreamReader,
}

impl RtlSdrSource {
    pub fn open(options: &RtlSdrOptions) -> Result<Self, SourceError> {
        let name = describe(&options.device);
        check(&name, options)?;
        let index = choose(&name, &options.device, &list()?)?;
        let sdr = catch_unwind(AssertUnwindSafe(|| set_up(index, options))).unwrap_or_else(|_| {
            let why = "no known tuner answers (R820T, R820T2, R860 and R828D are known): unplug it and plug it in again".into();
            Err(SourceError::NotFound { what: name.clone(), why })
        });
        let sdr = sdr.map_err(|e| rename(e, &name))?;
        let tuning = Tuning { rate_sps: true_rate(options.tuning.rate_sps, sdr.get_sample_rate()), ..options.tuning };
        let (stop, bias_tee, what) = (StopFlag::default(), options.bias_tee, name.clone());
        let shape = StreamShape { buffers: TRANSFERS, buffer_bytes: TRANSFER_BYTES, sample_bytes: 2 };
        let seen = Arc::clone(&stop);
        let stream = stream::start(name.clone(), shape, stop, move |writer| run(&what, &sdr, bias_tee, &seen, writer))?;
        Ok(Self { name, tuning, stream })
    }

    /// Every dongle that is plugged in.
    pub fn found() -> Result<Vec<RtlSdrFound>, SourceError> {
        let found = list()?.into_iter();
        Ok(found.map(|d| RtlSdrFound { index: d.index, serial: d.serial, manufacturer: d.manufacturer, product: d.product }).collect())
    }
}

impl SampleSource for RtlSdrSource {
    fn info(&self) -> SourceInfo {
        SourceInfo { kind: "rtlsdr", name: self.name.clone(), live: true }
    }

    fn tuning(&self) -> Tuning {
        self.tuning
    }

    fn format(&self) -> IqFormat {
        IqFormat::Cu8
    }

    fn read(&mut self, buf: &mut [u8]) -> Result<Chunk, SourceError> {
        self.stream.read(buf)
    }
}

fn describe(device: &RtlSdrDevice) -> String {
    match device {
        RtlSdrDevice::Serial(serial) => format!("RTL-SDR {serial}"),
        RtlSdrDevice::Index(index) => format!("RTL-SDR number {index}"),
    }
}

fn check(name: &str, options: &RtlSdrOptions) -> Result<(), SourceError> {
    let Tuning { center_hz, rate_sps } = options.tuning;
    if !matches!(rate_sps, 225_001..=300_000 | 900_001..=3_200_000) {
        let why = format!("{rate_sps} samples/s can't be taken; use 225,001 to 300,000 or 900,001 to 3,200,000");
        return Err(SourceError::unusable(name, why));
    }
    if u32::try_from(center_hz).is_err() {
        return Err(SourceError::unusable(name, format!("can't be tuned to {center_hz} Hz")));
    }
    if PPM_MAX < options.ppm.saturating_abs() {
        return Err(SourceError::unusable(name, format!("a correction of {} ppm is too much; at most {PPM_MAX}", options.ppm)));
    }
    Ok(())
}

fn list() -> Result<Vec<DeviceDescriptor>, SourceError> {
    catch_unwind(RtlSdr::list_devices)
        .unwrap_or_else(|_| Err(RtlsdrError::RtlsdrErr("the USB list can't be read".into())))
        .map_err(|e| failure("USB", e))
}

/// The place of the dongle in the list. Two with one serial number can't be told apart.
fn choose(name: &str, device: &RtlSdrDevice, found: &[DeviceDescriptor]) -> Result<usize, SourceError> {
    let missing = |why: String| Err(SourceError::NotFound { what: name.to_owned(), why });
    if found.is_empty() {
        return missing("no RTL-SDR is plugged in, or USB is not visible here: see `lsusb`".into());
    }
    match device {
        RtlSdrDevice::Index(index) => match found.get(*index) {
            Some(d) => Ok(d.index),
            None => missing(format!("only {} plugged in, counted from 0", found.len())),
        },
        RtlSdrDevice::Serial(serial) => {
            let same: Vec<usize> = found.iter().filter(|d| d.serial == *serial).map(|d| d.index).collect();
            match same[..] {
                [index] => Ok(index),
                [] => {
                    let serials: Vec<&str> = found.iter().map(|d| d.serial.as_str()).collect();
                    missing(format!("plugged in: {}", serials.join(", ")))
                }
                _ => {
                    let why = format!("{} dongles have this serial number; give each its own with `rtl_eeprom -s`", same.len());
                    Err(SourceError::unusable(name, why))
                }
            }
        }
    }
}

fn set_up(index: usize, options: &RtlSdrOptions) -> Result<RtlSdr, SourceError> {
    let mut sdr = RtlSdr::open(DeviceId::Index(index)).map_err(|e| failure("", e))?;
    let set = |sdr: &mut RtlSdr| -> Result<(), RtlsdrError> {
        if options.ppm != 0 {
            sdr.set_freq_correction(options.ppm)?;
        }
        sdr.set_sample_rate(options.tuning.rate_sps)?;
        sdr.set_tuner_bandwidth(options.bandwidth_hz.unwrap_or(0))?;
        sdr.set_center_freq(u32::try_from(options.tuning.center_hz).unwrap_or(u32::MAX))?;
        let gain = match options.gain {
            TunerGainSetting::Auto => TunerGain::Auto,
            TunerGainSetting::TenthsDb(tenths) => TunerGain::Manual(nearest(&sdr.get_tuner_gains()?, tenths)),
        };
        sdr.set_tuner_gain(gain)?;
        sdr.set_bias_tee(options.bias_tee)?;
        sdr.reset_buffer()
    };
    set(&mut sdr).map_err(|e| failure("", e))?;
    Ok(sdr)
}

fn nearest(table: &[i32], tenths: i32) -> i32 {
    table.iter().copied().min_by_key(|g| (g - tenths).abs()).unwrap_or(tenths)
}

fn true_rate(asked: u32, taken: u32) -> u32 {
    let off_ppm = u64::from(asked.abs_diff(taken)) * 1_000_000 / u64::from(asked.max(1));
    if off_ppm <= RATE_PPM_MAX { asked } else { taken }
}

/// The driver's thread: streams until told to stop or until USB fails, then switches the bias tee off. The device is
/// powered down when `sdr` is dropped.
fn run(what: &str, sdr: &RtlSdr, bias_tee: bool, stop: &StopFlag, mut writer: StreamWriter) -> Result<(), SourceError> {
    let cancel = CancelHandle::new();
    let watched = cancel.clone();
    let ended = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let (seen, over) = (Arc::clone(stop), Arc::clone(&ended));
    // The callback isn't called when nothing comes: the wish to stop is carried over by a thread that looks 20 times a second.
    let watcher = std::thread::Builder::new().name("usb-stop".into()).spawn(move || {
        while !seen.load(Ordering::Acquire) && !over.load(Ordering::Acquire) {
            std::thread::park_timeout(std::time::Duration::from_millis(50));
        }
        watched.cancel();
    });
    let watcher = watcher.map_err(|e| SourceError::Busy { what: what.to_owned(), why: format!("no thread: {e}") })?;
    let streamed = sdr.read_async(TRANSFERS, TRANSFER_BYTES, &cancel, |bytes| writer.push(bytes));
    ended.store(true, Ordering::Release);
    watcher.thread().unpark();
    let _ = watcher.join();
    if bias_tee && let Err(error) = sdr.set_bias_tee(false) {
        tracing::warn!(source = what, %error, "the bias tee may still be on");
    }
    match streamed {
        Err(error) if !stop.load(Ordering::Acquire) => {
            Err(SourceError::Lost { what: what.to_owned(), source: std::io::Error::other(error.to_string()) })
        }
        _ => Ok(()),
    }
}

/// Says what to do about a USB error.
fn failure(what: &str, error: RtlsdrError) -> SourceError {
    let what = what.to_owned();
    let RtlsdrError::Usb(usb) = &error else {
        return SourceError::Lost { what, source: std::io::Error::other(error.to_string()) };
    };
    match usb.kind() {
        UsbErrorKind::Busy => SourceError::Busy {
            what,
            why: "another program has it, or the kernel's television driver: stop the program, or put \
                  \"blacklist dvb_usb_rtl28xxu\" into /etc/modprobe.d/vtoc-rtlsdr.conf, `rmmod dvb_usb_rtl28xxu`, and plug it in again"
                .into(),
        },
        UsbErrorKind::PermissionDenied => SourceError::Busy {
            what,
            why: "no permission: install the udev rule 60-vtoc-rtlsdr.rules, add the user to the group plugdev, and plug it in again"
                .into(),
        },
        UsbErrorKind::NotFound | UsbErrorKind::Disconnected => SourceError::NotFound { what, why: format!("unplugged: {error}") },
        _ => SourceError::Lost { what, source: std::io::Error::other(error.to_string()) },
    }
}

/// The same failure, with the dongle's name.
fn rename(error: SourceError, name: &str) -> SourceError {
    let what = name.to_owned();
    match error {
        SourceError::NotFound { why, .. } => SourceError::NotFound { what, why },
        SourceError::Busy { why, .. } => SourceError::Busy { what, why },
        SourceError::Lost { source, .. } => SourceError::Lost { what, source },
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dongle(index: usize, serial: &str) -> DeviceDescriptor {
        DeviceDescriptor {
            index,
            vendor_id: 0x0bda,
            product_id: 0x2838,
            manufacturer: "Realtek".into(),
            product: "RTL2838UHIDIR".into(),
            serial: serial.into(),
        }
    }

    fn chosen(device: RtlSdrDevice, found: &[DeviceDescriptor]) -> Result<usize, String> {
        choose(&describe(&device), &device, found).map_err(|e| e.to_string())
    }

    #[test]
    fn a_dongle_is_found_by_serial_or_place_and_twins_are_refused() {
        let found = [dongle(0, "00000001"), dongle(1, "1090"), dongle(2, "00000001")];
        let serial = |s: &str| RtlSdrDevice::Serial(s.into());
        assert_eq!(chosen(serial("1090"), &found), Ok(1));
        assert_eq!(chosen(RtlSdrDevice::Index(2), &found), Ok(2));
        for (device, found, says) in [
            (serial("00000001"), &found[..], "2 dongles have this serial number"),
            (serial("978"), &found[..], "plugged in: 00000001, 1090, 00000001"),
            (RtlSdrDevice::Index(3), &found[..], "only 3 plugged in"),
            (serial("1090"), &[][..], "no RTL-SDR is plugged in"),
        ] {
            let why = chosen(device, found).unwrap_err();
            assert!(why.contains(says), "{why}");
        }
    }

    #[test]
    fn settings_that_the_device_can_not_take_are_refused_before_it_is_touched() {
        let good = RtlSdrOptions {
            device: RtlSdrDevice::Index(0),
            tuning: Tuning { center_hz: 1_090_000_000, rate_sps: 2_400_000 },
            gain: TunerGainSetting::Auto,
            ppm: -127,
            bias_tee: false,
            bandwidth_hz: None,
        };
        assert!(check("x", &good).is_ok());
        for (bad, says) in [
            (RtlSdrOptions { tuning: Tuning { rate_sps: 500_000, ..good.tuning }, ..good.clone() }, "500000 samples/s"),
            (RtlSdrOptions { tuning: Tuning { center_hz: 1 << 32, ..good.tuning }, ..good.clone() }, "4294967296 Hz"),
            (RtlSdrOptions { ppm: 128, ..good.clone() }, "128 ppm"),
            (RtlSdrOptions { ppm: i32::MIN, ..good }, "ppm is too much"),
        ] {
            let error = check("x", &bad).unwrap_err();
            assert!(error.is_final() && error.to_string().contains(says), "{error}");
        }
    }

    #[test]
    fn gain_and_rate_are_the_nearest() {
        let table = [0, 9, 14, 27, 386, 402, 496];
        assert_eq!([nearest(&table, 390), nearest(&table, -5), nearest(&table, 900), nearest(&[], 7)], [386, 0, 496, 7]);
        assert_eq!((true_rate(2_400_000, 2_400_001), true_rate(2_400_000, 2_410_000)), (2_400_000, 2_410_000));
    }
}
