//! How likely a register makes these 56 bits: log2 P(bits | register, track), `None` for impossible.
//!
//! Scales and shares below are rounded from what 47,714 replies of a flight from Toulouse to Amsterdam, and 5,000 over the
//! Netherlands, show. None is critical: halving every scale changes 13 of those 52,714 answers, doubling them leaves 2 %
//! more undecided; neither turns one register into another.

use super::{Context, Register};
use crate::adsb::message::{ident, status};
use crate::bits::Bits;

/// A field is valid in nine replies of ten that hold its register.
const VALID_LOG2: f64 = -0.15;
const INVALID_LOG2: f64 = -3.3;
/// One value in 64 is far from where the track says: a stale track, a turn, an odd installation.
const OUTLIER_LOG2: f64 = -6.0;
/// Wind carries nobody faster than this.
const WIND_KT_MAX: f64 = 250.0;

pub(super) fn log2(register: Register, mb: Bits<56>, context: &Context) -> Option<f64> {
    match register {
        Register::DataLink => data_link(mb),
        Register::Served => served(mb),
        Register::Identification => identification(mb, context),
        Register::Registration => registration(mb),
        Register::Advisory => advisory(mb),
        Register::Selected => selected(mb, context),
        Register::RoutineReport => routine_report(mb, context),
        Register::HazardReport => hazard_report(mb, context),
        Register::TrackAndTurn => track_and_turn(mb, context),
        Register::HeadingAndSpeed => heading_and_speed(mb, context),
    }
}

/// log2 of the probability of one code of `lsb`, `off` from the centre of a Laplace distribution of this scale.
#[inline]
fn laplace(off: f64, scale: f64, lsb: f64) -> f64 {
    (lsb / (2.0 * scale)).log2() - off.abs() / scale * core::f64::consts::LOG2_E
}

/// The same with a floor: an outlier, anywhere in the field's `bits`.
#[inline]
fn near(off: f64, scale: f64, lsb: f64, bits: i32) -> f64 {
    laplace(off, scale, lsb).max(OUTLIER_LOG2 - f64::from(bits))
}

/// A field with its status bit before it: `None` when the status says "not valid" and the value is not zero.
/// Gives the status' share, and whether there is a value.
#[inline]
fn valid<const STATUS: u32, const LAST: u32>(mb: Bits<56>) -> Option<(f64, bool)> {
    if mb.flag::<STATUS>() {
        Some((VALID_LOG2, true))
    } else if mb.get::<STATUS, LAST>() == 0 {
        Some((INVALID_LOG2, false))
    } else {
        None
    }
}

/// The smaller way round between two directions, degrees.
fn turn_deg(a: f64, b: f64) -> f64 {
    (a - b + 540.0).rem_euclid(360.0) - 180.0
}

/// 1,0: names itself in its first byte; 10–14 reserved. Of the other 43 bits most are usually the same.
fn data_link(mb: Bits<56>) -> Option<f64> {
    (mb.get::<1, 8>() == 0x10 && mb.get::<10, 14>() == 0).then_some(-30.0)
}

/// 1,7: 24 flags, then nothing. An aircraft that can answer at all serves 2,0.
fn served(mb: Bits<56>) -> Option<f64> {
    if !mb.flag::<7>() || mb.get::<25, 56>() != 0 {
        return None;
    }
    let differing = (mb.get::<1, 24>() ^ USUALLY_SERVED).count_ones();
    // Each flag is as usual nine times in ten.
    Some(f64::from(24 - differing) * VALID_LOG2 + f64::from(differing) * INVALID_LOG2)
}

/// 0,5 to 0,9, 2,0, 4,0, 5,0, 5,F and 6,0.
const USUALLY_SERVED: u32 = 0xFA_8103;

fn identification(mb: Bits<56>, context: &Context) -> Option<f64> {
    if mb.get::<1, 8>() != 0x20 {
        return None;
    }
    match (ident::callsign(mb), context.callsign) {
        (Some(sent), Some(known)) if sent == known => Some(-1.0),
        // Eight characters of 37; a blank callsign is one in sixteen.
        (Some(_), _) => Some(-41.7),
        (None, _) => (mb.value() & 0xFFFF_FFFF_FFFF == 0x8208_2082_0820).then_some(-4.0),
    }
}

/// 2,1: seven characters, then an airline's two.
fn registration(mb: Bits<56>) -> Option<f64> {
    super::registers::registration(mb)?;
    let (airline, present) = valid::<44, 56>(mb)?;
    Some(-36.5 + airline + if present { -10.4 } else { 0.0 })
}

/// 3,0: names itself; nearly always without an advisory.
fn advisory(mb: Bits<56>) -> Option<f64> {
    if mb.get::<1, 8>() != 0x30 || !status::is_well_formed_advisory(mb) {
        return None;
    }
    Some(if mb.value() == 0x30 << 48 { -1.0 } else { -40.0 })
}

fn selected(mb: Bits<56>, context: &Context) -> Option<f64> {
    if mb.get::<40, 47>() != 0 || mb.get::<52, 53>() != 0 {
        return None;
    }
    let (panel_status, panel) = valid::<1, 13>(mb)?;
    let (fms_status, fms) = valid::<14, 26>(mb)?;
    let (qnh_status, qnh) = valid::<27, 39>(mb)?;
    let (modes_status, modes) = valid::<48, 51>(mb)?;
    let (source_status, source) = valid::<54, 56>(mb)?;
    // Without any of the three values the reply says nothing, and could be half a dozen other registers.
    if !panel && !fms && !qnh {
        return None;
    }
    let panel_ft = 16.0 * f64::from(mb.get::<2, 13>());
    let fms_ft = 16.0 * f64::from(mb.get::<15, 26>());
    let same = panel && fms && mb.get::<2, 13>() == mb.get::<15, 26>();
    Some(
        panel_status + fms_status + qnh_status
            // Modes and source are often left unfilled: a coin's toss each.
            + modes_status.max(-1.0) + source_status.max(-1.0)
            + if panel { selected_altitude(panel_ft, context) } else { 0.0 }
            + if fms { if same { -1.0 } else { -1.0 + selected_altitude(fms_ft, context) } } else { 0.0 }
            + if qnh { near(f64::from(mb.get::<28, 39>()) - 2132.5, 50.0, 1.0, 12) } else { 0.0 }
            + if modes { -2.0 } else { 0.0 }
            + if source { -1.0 } else { 0.0 },
    )
}

/// Round hundreds of feet (the nearest code of 16 ft), and not far from where the aircraft is.
fn selected_altitude(feet: f64, context: &Context) -> f64 {
    let off_hundred = (feet - (feet / 100.0).round() * 100.0).abs();
    // One code of the 6.25 in a hundred feet is round; up to 50,000 ft there are 3,125 codes, then nobody.
    let round = if off_hundred <= 8.0 { 2.2 } else { -4.0 };
    if 50_000.0 < feet {
        return -20.0;
    }
    round + context.alt_ft.map_or(-11.6, |alt| near(feet - f64::from(alt), 6000.0, 16.0, 12))
}

/// ISA temperature at a pressure altitude, °C (to 65,000 ft).
fn isa_temperature(alt_ft: f64) -> f64 {
    (15.0 - 0.001_981_2 * alt_ft).max(-56.5)
}

/// ISA pressure relative to sea level.
fn isa_pressure(alt_ft: f64) -> f64 {
    if alt_ft <= 36_089.0 { (1.0 - 6.875_586e-6 * alt_ft).powf(5.255_88) } else { 0.223_361 * ((36_089.0 - alt_ft) / 20_805.8).exp() }
}

fn temperature(degc: f64, context: &Context) -> f64 {
    match context.alt_ft {
        Some(alt) => near(degc - isa_temperature(f64::from(alt)), 8.0, 0.25, 11),
        None if (-80.0..=60.0).contains(&degc) => -9.1,
        None => -20.0,
    }
}

fn pressure(hpa: f64, context: &Context) -> f64 {
    match context.alt_ft {
        Some(alt) => near(hpa - 1013.25 * isa_pressure(f64::from(alt)), 10.0, 1.0, 11),
        None if (100.0..=1100.0).contains(&hpa) => -10.0,
        None => -20.0,
    }
}

fn routine_report(mb: Bits<56>, context: &Context) -> Option<f64> {
    let source = mb.get::<1, 4>();
    let (wind_status, wind) = valid::<5, 23>(mb)?;
    let (pressure_status, has_pressure) = valid::<35, 46>(mb)?;
    let (turbulence_status, turbulence) = valid::<47, 49>(mb)?;
    let (humidity_status, humidity) = valid::<50, 56>(mb)?;
    // Source 1–4 are defined; a report without wind, or with temperature exactly 0 and nothing else, is not sent.
    if !(1..=4).contains(&source) || !wind || WIND_KT_MAX < f64::from(mb.get::<6, 14>()) {
        return None;
    }
    Some(
        wind_status - 1.5 // source
            + laplace(f64::from(mb.get::<6, 14>()), 40.0, 2.0) - 8.5 // speed, direction (0–359 of 512 codes)
            + temperature(0.25 * f64::from(mb.signed::<24, 34>()), context)
            // Few aircraft measure these.
            + if has_pressure { -2.0 + pressure(f64::from(mb.get::<36, 46>()), context) } else { pressure_status.max(-0.4) }
            + if turbulence { -4.0 } else { turbulence_status.max(-0.4) }
            + if humidity { -8.0 } else { humidity_status.max(-0.4) },
    )
}

fn hazard_report(mb: Bits<56>, context: &Context) -> Option<f64> {
    let hazards = [hazard::<1, 3>(mb)?, hazard::<4, 6>(mb)?, hazard::<7, 9>(mb)?, hazard::<10, 12>(mb)?, hazard::<13, 15>(mb)?];
    let (_, temperature_valid) = valid::<16, 26>(mb)?;
    let (_, pressure_valid) = valid::<27, 38>(mb)?;
    let (_, height) = valid::<39, 51>(mb)?;
    if mb.get::<52, 56>() != 0 {
        return None;
    }
    Some(
        hazards.iter().sum::<f64>() - 3.0 // three status bits, an even chance each
            + if temperature_valid { temperature(0.25 * f64::from(mb.signed::<17, 26>()), context) } else { 0.0 }
            + if pressure_valid { pressure(f64::from(mb.get::<28, 38>()), context) } else { 0.0 }
            + if height { -11.0 } else { 0.0 },
    )
}

/// A hazard is measured in half the reports, and then nearly always nil.
fn hazard<const STATUS: u32, const LAST: u32>(mb: Bits<56>) -> Option<f64> {
    let (_, measured) = valid::<STATUS, LAST>(mb)?;
    let level = mb.get::<STATUS, LAST>() & 3;
    Some(if measured { [-1.2, -4.0, -6.0, -8.0][level as usize] } else { -1.0 })
}

fn track_and_turn(mb: Bits<56>, context: &Context) -> Option<f64> {
    let (roll_status, roll) = valid::<1, 11>(mb)?;
    let (track_status, track) = valid::<12, 23>(mb)?;
    let (speed_status, speed) = valid::<24, 34>(mb)?;
    let (rate_status, rate) = valid::<35, 45>(mb)?;
    let (air_status, air) = valid::<46, 56>(mb)?;
    let speed_kt = 2.0 * f64::from(mb.get::<25, 34>());
    let air_kt = 2.0 * f64::from(mb.get::<47, 56>());
    if (speed && 800.0 < speed_kt) || (air && 700.0 < air_kt) || (speed && air && WIND_KT_MAX < (speed_kt - air_kt).abs()) {
        return None;
    }
    let roll_deg = f64::from(mb.signed::<2, 11>()) * 45.0 / 256.0;
    if roll && 60.0 < roll_deg.abs() {
        return None;
    }
    let track_deg = f64::from(mb.signed::<13, 23>()) * 90.0 / 512.0;
    let rate_deg_s = f64::from(mb.signed::<36, 45>()) / 32.0;
    let expected_kt = if speed { Some(speed_kt) } else { context.speed_kt };
    Some(
        roll_status
            + track_status
            + speed_status
            + rate_status
            + air_status
            + if roll { near(roll_deg, 4.0, 45.0 / 256.0, 10) } else { 0.0 }
            + if track { direction(track_deg, context.track_deg, 4.0) } else { 0.0 }
            + if speed { context.speed_kt.map_or(-8.6, |kt| near(speed_kt - kt, 8.0, 2.0, 10)) } else { 0.0 }
            + if rate { near(rate_deg_s - turn_rate(roll, roll_deg, expected_kt), 0.3, 1.0 / 32.0, 10) } else { 0.0 }
            + if air { expected_kt.map_or(-8.6, |kt| near(air_kt - kt, 35.0, 2.0, 10)) } else { 0.0 },
    )
}

/// Degrees per second of a coordinated turn: g · tan(roll) / speed = 1,091 tan(roll) / kt.
fn turn_rate(known: bool, roll_deg: f64, speed_kt: Option<f64>) -> f64 {
    match speed_kt {
        // tan x ≈ x (1 + x²/3) within 60°·: 10 % there, exact where nearly all are.
        Some(kt) if known && 80.0 < kt => {
            let x = roll_deg.to_radians();
            1091.0 * x * (1.0 + x * x / 3.0) / kt
        }
        _ => 0.0,
    }
}

fn direction(deg: f64, expected: Option<f64>, scale_deg: f64) -> f64 {
    expected.map_or(-11.0, |e| near(turn_deg(deg, e), scale_deg, 90.0 / 512.0, 11))
}

fn heading_and_speed(mb: Bits<56>, context: &Context) -> Option<f64> {
    let (heading_status, heading) = valid::<1, 12>(mb)?;
    let (ias_status, ias) = valid::<13, 23>(mb)?;
    let (mach_status, mach) = valid::<24, 34>(mb)?;
    let (baro_status, baro) = valid::<35, 45>(mb)?;
    let (inertial_status, inertial) = valid::<46, 56>(mb)?;
    let ias_kt = f64::from(mb.get::<14, 23>());
    let mach_number = 0.004 * f64::from(mb.get::<25, 34>());
    let baro_fpm = 32.0 * f64::from(mb.signed::<36, 45>());
    let inertial_fpm = 32.0 * f64::from(mb.signed::<47, 56>());
    let too_fast = (ias && 500.0 < ias_kt) || (mach && 1.0 < mach_number);
    let too_steep = (baro && 8000.0 < baro_fpm.abs()) || (inertial && 8000.0 < inertial_fpm.abs());
    if too_fast || too_steep {
        return None;
    }
    let heading_deg = f64::from(mb.signed::<2, 12>()) * 90.0 / 512.0;
    let expected_fpm = context.vertical_rate_fpm.map(f64::from);
    let rate = |fpm: f64, expected: Option<f64>| near(fpm - expected.unwrap_or(0.0), expected.map_or(700.0, |_| 250.0), 32.0, 10);
    Some(
        heading_status + ias_status + mach_status + baro_status + inertial_status
            // Magnetic variation and wind lie between heading and track.
            + if heading { direction(heading_deg, context.track_deg, 10.0) } else { 0.0 }
            + match (ias, mach, context.alt_ft) {
                (true, true, Some(alt)) => {
                    -8.2 + near(ias_kt - calibrated_airspeed_kt(mach_number, f64::from(alt)), 8.0, 1.0, 10)
                }
                (true, true, None) => -8.5 - 7.0,
                (true, false, _) => -8.5,
                (false, true, _) => -7.6,
                (false, false, _) => 0.0,
            }
            + if baro { rate(baro_fpm, expected_fpm) } else { 0.0 }
            + if inertial { rate(inertial_fpm, if baro { Some(baro_fpm) } else { expected_fpm }) } else { 0.0 },
    )
}

/// Calibrated airspeed at a Mach number and pressure altitude (compressible, ISA): what the indicator shows but for its errors.
fn calibrated_airspeed_kt(mach: f64, alt_ft: f64) -> f64 {
    let impact = isa_pressure(alt_ft) * ((1.0 + 0.2 * mach * mach).powf(3.5) - 1.0);
    661.479 * (5.0 * ((impact + 1.0).powf(2.0 / 7.0) - 1.0)).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_standard_atmosphere() {
        for (alt_ft, ratio) in [(0.0, 1.0), (10_000.0, 0.6877), (36_089.0, 0.2234), (45_000.0, 0.1455)] {
            assert!((isa_pressure(alt_ft) - ratio).abs() < 2e-4, "{alt_ft}");
        }
        assert!((isa_temperature(10_000.0) + 4.8).abs() < 0.05);
        // Mach 0.78 at FL370 is 252 kt calibrated.
        assert!((calibrated_airspeed_kt(0.78, 37_000.0) - 252.4).abs() < 0.5);
    }

    /// A distribution's codes add up to one: no hypothesis gets more weight than it has.
    #[test]
    fn probabilities_add_up() {
        let sum: f64 = (-512..512).map(|code| laplace(f64::from(code) * 45.0 / 256.0, 4.0, 45.0 / 256.0).exp2()).sum();
        assert!((sum - 1.0).abs() < 0.01, "{sum}");
        let altitudes = (0..4096).map(|code| selected_altitude(16.0 * f64::from(code), &Context::default()).exp2());
        let sum: f64 = altitudes.sum();
        assert!((0.7..=1.1).contains(&sum), "{sum}");
    }
}
