//! The fields of the Comm-B registers that are told (ICAO Doc 9871, tables A-2-16, -33, -64, -68, -69, -80, -96).
//!
//! ```text
//!        status / sign+value                                LSB                 reserved, always 0
//!   4,0  1/2–13 panel altitude   14/15–26 FMS altitude      16 ft               40–47, 52–53
//!        27/28–39 altimeter setting, 800 hPa +              0.1 hPa
//!        48/49 VNAV 50 altitude hold 51 approach   54/55–56 source of the target altitude
//!   4,4  1–4 source   5/6–14 wind 15–23 from                1 kt, 180/256°
//!        24–34 temperature   35/36–46 pressure              0.25 °C, 1 hPa
//!        47/48–49 turbulence   50/51–56 humidity            100/64 %
//!   4,5  1/2–3 turbulence 4/5–6 wind shear 7/8–9 microburst 10/11–12 icing 13/14–15 wake
//!        16/17–26 temperature 27/28–38 pressure 39/40–51 radio height   0.25 °C, 1 hPa, 16 ft    52–56
//!   5,0  1/2–11 roll   12/13–23 true track   24/25–34 ground speed      45/256°, 90/512°, 2 kt
//!        35/36–45 track rate   46/47–56 true airspeed                   8/256 °/s, 2 kt
//!   6,0  1/2–12 magnetic heading   13/14–23 IAS   24/25–34 Mach         90/512°, 1 kt, 0.004
//!        35/36–45 barometric rate   46/47–56 inertial rate              32 ft/min
//! ```

use crate::bits::Bits;
use model::{AirData, CentiDegrees, DeciKnots, Hazard, Intent, ShortText};

/// Register 4,0: what is selected.
pub fn selected(mb: Bits<56>) -> Intent {
    let modes = mb.flag::<48>();
    Intent {
        panel_alt_ft: mb.get_if::<1, 13>().map(|n| 16 * n as i32),
        fms_alt_ft: mb.get_if::<14, 26>().map(|n| 16 * n as i32),
        altimeter_dhpa: mb.get_if::<27, 39>().map(|n| 8000 + n as u16),
        vertical_navigation: modes.then(|| mb.flag::<49>()),
        altitude_hold: modes.then(|| mb.flag::<50>()),
        approach: modes.then(|| mb.flag::<51>()),
        ..Intent::default()
    }
}

/// Register 4,4: meteorological routine report.
pub fn routine_report(mb: Bits<56>) -> AirData {
    let wind = mb.flag::<5>();
    AirData {
        wind_speed: wind.then(|| whole_knots(mb.get::<6, 14>())),
        wind_from: if wind { direction(mb.get::<15, 23>(), 180.0 / 256.0) } else { None },
        temperature_cdegc: Some(25 * mb.signed::<24, 34>() as i16),
        pressure_hpa: mb.get_if::<35, 46>().map(|n| n as u16),
        turbulence: mb.get_if::<47, 49>().map(hazard),
        humidity_percent: mb.get_if::<50, 56>().map(|n| (n * 100 / 64) as u8),
        ..AirData::default()
    }
}

/// Register 4,5: meteorological hazard report.
pub fn hazard_report(mb: Bits<56>) -> AirData {
    AirData {
        turbulence: mb.get_if::<1, 3>().map(hazard),
        wind_shear: mb.get_if::<4, 6>().map(hazard),
        microburst: mb.get_if::<7, 9>().map(hazard),
        icing: mb.get_if::<10, 12>().map(hazard),
        wake_vortex: mb.get_if::<13, 15>().map(hazard),
        temperature_cdegc: mb.flag::<16>().then(|| 25 * mb.signed::<17, 26>() as i16),
        pressure_hpa: mb.get_if::<27, 38>().map(|n| n as u16),
        radio_height_ft: mb.get_if::<39, 51>().map(|n| 16 * n),
        ..AirData::default()
    }
}

/// Register 5,0: track and turn.
pub fn track_and_turn(mb: Bits<56>) -> AirData {
    AirData {
        // 45/256 degree in hundredths: 4,500/256.
        roll_cdeg: mb.flag::<1>().then(|| scaled(mb.signed::<2, 11>(), 4500, 256)),
        track: if mb.flag::<12>() { direction(mb.get::<13, 23>(), 90.0 / 512.0) } else { None },
        ground_speed: mb.get_if::<24, 34>().map(|n| whole_knots(2 * n)),
        track_rate_cdeg_s: mb.flag::<35>().then(|| scaled(mb.signed::<36, 45>(), 800, 256)),
        true_airspeed: mb.get_if::<46, 56>().map(|n| whole_knots(2 * n)),
        ..AirData::default()
    }
}

/// Register 6,0: heading and speed.
pub fn heading_and_speed(mb: Bits<56>) -> AirData {
    AirData {
        magnetic_heading: if mb.flag::<1>() { direction(mb.get::<2, 12>(), 90.0 / 512.0) } else { None },
        indicated_airspeed: mb.get_if::<13, 23>().map(whole_knots),
        mach_milli: mb.get_if::<24, 34>().map(|n| 4 * n as u16),
        baro_rate_fpm: mb.flag::<35>().then(|| 32 * mb.signed::<36, 45>()),
        inertial_rate_fpm: mb.flag::<46>().then(|| 32 * mb.signed::<47, 56>()),
        ..AirData::default()
    }
}

/// Register 2,1: seven characters of registration. `None`: not valid, or characters that are not defined.
pub fn registration(mb: Bits<56>) -> Option<ShortText<34>> {
    if !mb.flag::<1>() {
        return None;
    }
    // The same alphabet as a callsign's: shifted into the place of one, with a space behind.
    let shifted = Bits::new((mb.value() >> 13 & 0x3FF_FFFF_FFFF) << 6 | 0x20);
    let text = crate::adsb::message::ident::callsign(shifted)?;
    ShortText::new(text.as_str()).ok()
}

fn hazard(level: u32) -> Hazard {
    match level {
        0 => Hazard::Nil,
        1 => Hazard::Light,
        2 => Hazard::Moderate,
        _ => Hazard::Severe,
    }
}

fn whole_knots(kt: u32) -> DeciKnots {
    DeciKnots(10 * kt as u16)
}

/// The field fills the circle, so that its two's complement and its unsigned reading are the same direction.
fn direction(code: u32, lsb_deg: f64) -> Option<CentiDegrees> {
    CentiDegrees::from_degrees(f64::from(code) * lsb_deg)
}

/// `code · numerator / denominator`, rounded to nearest, halves away from zero.
fn scaled(code: i32, numerator: i32, denominator: i32) -> i16 {
    let product = code * numerator;
    ((product + product.signum() * denominator / 2) / denominator) as i16
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values as published for these replies, and as pyModeS 3.6.1 reads them.
    #[test]
    fn published_replies() {
        let intent = selected(Bits::new(0x85_e42f_3130_0000));
        assert_eq!((intent.panel_alt_ft, intent.fms_alt_ft, intent.altimeter_dhpa), (Some(3008), Some(3008), Some(10_200)));
        let air = track_and_turn(Bits::new(0x80_53a7_003f_e800));
        assert_eq!((air.roll_cdeg, air.track_rate_cdeg_s), (Some(35), Some(-9)));
        assert_eq!((air.track.unwrap().get(), air.ground_speed, air.true_airspeed), (8209, Some(DeciKnots(0)), None));
        let air = heading_and_speed(Bits::new(0xfc_8a51_24e1_fc3c));
        assert_eq!((air.magnetic_heading.unwrap().get(), air.indicated_airspeed), (35_016, Some(DeciKnots(2960))));
        assert_eq!((air.mach_milli, air.baro_rate_fpm, air.inertial_rate_fpm), (Some(588), Some(2016), Some(1920)));
    }

    #[test]
    fn weather_registers() {
        // Source 1, wind 22 kt from 344.5°, −48.75 °C.
        let wind = 1 << 52 | 1 << 51 | 22 << 42 | 490 << 33;
        let air = routine_report(Bits::new(wind | ((-195_i64 as u64) & 0x7FF) << 22));
        assert_eq!((air.wind_speed, air.wind_from.unwrap().get()), (Some(DeciKnots(220)), 34_453));
        assert_eq!((air.temperature_cdegc, air.pressure_hpa, air.humidity_percent), (Some(-4875), None, None));
        let air = hazard_report(Bits::new(1 << 55 | 2 << 53 | 1 << 17 | 100 << 5));
        assert_eq!((air.turbulence, air.icing, air.radio_height_ft), (Some(Hazard::Moderate), None, Some(1600)));
    }

    #[test]
    fn registrations() {
        // P H - B X A: the hyphen is not in the alphabet, registrations come without it.
        let text = [16_u64, 8, 2, 24, 1, 32, 32].iter().fold(0, |v, c| v << 6 | c);
        assert_eq!(registration(Bits::new(1 << 55 | text << 13)).unwrap().as_str(), "PHBXA");
        assert_eq!(registration(Bits::new(text << 13)), None);
        assert_eq!(registration(Bits::new(1 << 55 | 63 << 13)), None);
    }
}
