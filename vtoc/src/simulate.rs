//! `vtoc sim`: a simulated signal into a file, and the truth about it beside it.

use crate::arguments::{place, protocol};
use crate::cli::SimArgs;
use crate::failure::Failure;
use crate::sky::{self, Hearing, Sky};
use hw::Layout;
use model::{IqFormat, Tuning, UnixMicros};
use sim::Signal;
use sim::iq::LSB_8BIT;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

/// Longest signal: a day.
const SECONDS_MAX: f64 = 86_400.0;
const RATE_SPS_MAX: u32 = 20_000_000;

pub fn run(arguments: &SimArgs) -> Result<(), Failure> {
    let entry = protocol(&arguments.protocol)?;
    if !(0.0..=SECONDS_MAX).contains(&arguments.seconds) {
        return Err(Failure::config(format!("--seconds {}: give 0 to {SECONDS_MAX}", arguments.seconds)));
    }
    let (rate_sps, least) = (arguments.rate.unwrap_or(entry.default_tuning.rate_sps), entry.rates_sps.iter().copied().min().unwrap_or(1));
    if !(least..=RATE_SPS_MAX).contains(&rate_sps) {
        return Err(Failure::config(format!("--rate {rate_sps}: give {least} to {RATE_SPS_MAX} samples per second")));
    }
    let (site, format) = (place(&arguments.site)?, format(&arguments.output)?);
    let world = Sky { seed: arguments.seed, aircraft: arguments.aircraft.min(2_048), center: site, site, receiver_seed: arguments.seed };
    let how = Hearing {
        protocol: entry.protocol,
        tuning: Tuning { rate_sps, ..entry.default_tuning },
        format,
        noise_rms: arguments.noise.map(|lsb| lsb * LSB_8BIT),
        start: UnixMicros(0),
        samples: Some((arguments.seconds * f64::from(rate_sps)).round() as u64),
        keep_truth: arguments.truth.is_some(),
    };
    let signal = sky::signal(&world, &how).ok_or_else(|| Failure::config(format!("nothing simulates {} yet", entry.protocol)))?;
    write(signal, arguments)
}

fn format(output: &Path) -> Result<IqFormat, Failure> {
    if output == Path::new("-") {
        return Ok(IqFormat::Cu8);
    }
    match output.extension().and_then(|e| e.to_str()).and_then(Layout::from_name) {
        Some(Layout::Iq(format)) => Ok(format),
        _ => Err(Failure::config(format!("{}: unknown format; end the name in .cu8, .cs16 or .cf32", output.display()))),
    }
}

fn write(mut signal: Box<dyn Signal>, arguments: &SimArgs) -> Result<(), Failure> {
    let mut out = create(&arguments.output)?;
    let mut truth = arguments.truth.as_deref().map(create).transpose()?;
    let mut block = vec![0; 1 << 17];
    loop {
        let bytes = signal.fill(&mut block);
        if bytes == 0 {
            signal.finish();
        }
        put(&mut out, &block[..bytes], &arguments.output)?;
        if let (Some(file), Some(path)) = (&mut truth, &arguments.truth) {
            while let Some(frame) = signal.next_truth() {
                put(file, format!("{frame}\n").as_bytes(), path)?;
            }
        }
        if bytes == 0 {
            break;
        }
    }
    out.flush().map_err(|e| not_written(&arguments.output, &e))?;
    if let (Some(mut file), Some(path)) = (truth, &arguments.truth) {
        file.flush().map_err(|e| not_written(path, &e))?;
    }
    Ok(())
}

fn create(path: &Path) -> Result<Box<dyn Write>, Failure> {
    if path == Path::new("-") {
        return Ok(Box::new(BufWriter::new(std::io::stdout())));
    }
    let file = File::create(path).map_err(|e| not_written(path, &e))?;
    Ok(Box::new(BufWriter::with_capacity(1 << 18, file)))
}

fn put(out: &mut dyn Write, bytes: &[u8], path: &Path) -> Result<(), Failure> {
    out.write_all(bytes).map_err(|e| not_written(path, &e))
}

fn not_written(path: &Path, error: &std::io::Error) -> Failure {
    Failure::cannot_write(format!("{}: can't be written: {error}", path.display()))
}
