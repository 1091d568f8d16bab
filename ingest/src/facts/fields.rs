//! A fact taken apart: what it says field by field, so that it can be compared with what is known already, however either was
//! put together. Also the ranges in which a told value is believed.

use model::{
    CentiDegrees, DeciKnots, Emergency, EventKind, HeadingReference, Icao24, LatLon, ShortText, SpeedKind, Subject, VerticalSource,
};

/// What an event says about an aircraft, of the fields that facts have.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct Fields {
    pub place: Option<LatLon>,
    pub baro_alt_ft: Option<i32>,
    pub geom_alt_ft: Option<i32>,
    pub speed: Option<DeciKnots>,
    pub track: Option<CentiDegrees>,
    pub heading: Option<CentiDegrees>,
    pub vertical_rate: Option<(VerticalSource, i32)>,
    pub callsign: Option<ShortText<9>>,
    pub category: Option<ShortText<4>>,
    pub squawk: Option<u16>,
    pub emergency: Option<Emergency>,
    pub on_ground: Option<bool>,
    pub ident: Option<bool>,
}

/// Facts about motion are the same when they differ by no more than rounding does in the formats that carry them.
const SAME_PLACE_M: f64 = 30.0;
const SAME_ALT_FT: u32 = 25;
const SAME_SPEED_DKT: u16 = 10;
const SAME_ANGLE_CDEG: u16 = 100;
const SAME_RATE_FPM: u32 = 64;

impl Fields {
    /// `None`: no event of a kind that facts have.
    pub fn of(kind: &EventKind) -> Option<Self> {
        let mut f = Self::default();
        match kind {
            EventKind::Position(p) => {
                (f.place, f.baro_alt_ft, f.geom_alt_ft) = (Some(p.at), p.baro_alt_ft, p.geom_alt_ft);
                (f.on_ground, f.speed, f.track, f.heading) = (p.on_ground, p.speed, p.track, p.heading);
            }
            EventKind::Velocity(v) => {
                f.speed = v.speed.and_then(|(kind, speed)| (kind == SpeedKind::Ground).then_some(speed));
                match v.direction {
                    Some((HeadingReference::TrueTrack, angle)) => f.track = Some(angle),
                    Some((HeadingReference::TrueHeading, angle)) => f.heading = Some(angle),
                    Some((HeadingReference::MagneticHeading, _)) | None => {}
                }
                f.vertical_rate = v.vertical_rate_fpm;
            }
            EventKind::Identity(i) => (f.callsign, f.category) = (i.callsign, i.category),
            EventKind::Status(s) => {
                (f.squawk, f.emergency, f.ident) = (s.squawk, s.emergency, s.ident);
                (f.baro_alt_ft, f.on_ground) = (s.baro_alt_ft, s.on_ground);
            }
            _ => return None,
        }
        Some(f)
    }

    /// Takes away what `known` says too. `moving`: of place and motion as well, which are true for seconds only.
    pub fn less(&mut self, known: &Self, moving: bool) {
        drop_if(&mut self.callsign, known.callsign, |a, b| a == b);
        drop_if(&mut self.category, known.category, |a, b| a == b);
        drop_if(&mut self.squawk, known.squawk, |a, b| a == b);
        drop_if(&mut self.emergency, known.emergency, |a, b| a == b);
        drop_if(&mut self.on_ground, known.on_ground, |a, b| a == b);
        drop_if(&mut self.ident, known.ident, |a, b| a == b);
        if !moving {
            return;
        }
        drop_if(&mut self.place, known.place, |a, b| a.distance_m(b) <= SAME_PLACE_M);
        drop_if(&mut self.baro_alt_ft, known.baro_alt_ft, |a, b| a.abs_diff(b) <= SAME_ALT_FT);
        drop_if(&mut self.geom_alt_ft, known.geom_alt_ft, |a, b| a.abs_diff(b) <= SAME_ALT_FT);
        drop_if(&mut self.speed, known.speed, |a, b| a.0.abs_diff(b.0) <= SAME_SPEED_DKT);
        drop_if(&mut self.track, known.track, same_angle);
        drop_if(&mut self.heading, known.heading, same_angle);
        // SBS does not say which vertical rate it tells.
        drop_if(&mut self.vertical_rate, known.vertical_rate, |a, b| a.1.abs_diff(b.1) <= SAME_RATE_FPM);
    }

    /// With what only `older` says.
    pub fn or(self, older: &Self) -> Self {
        Self {
            place: self.place.or(older.place),
            baro_alt_ft: self.baro_alt_ft.or(older.baro_alt_ft),
            geom_alt_ft: self.geom_alt_ft.or(older.geom_alt_ft),
            speed: self.speed.or(older.speed),
            track: self.track.or(older.track),
            heading: self.heading.or(older.heading),
            vertical_rate: self.vertical_rate.or(older.vertical_rate),
            callsign: self.callsign.or(older.callsign),
            category: self.category.or(older.category),
            squawk: self.squawk.or(older.squawk),
            emergency: self.emergency.or(older.emergency),
            on_ground: self.on_ground.or(older.on_ground),
            ident: self.ident.or(older.ident),
        }
    }

    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

fn same_angle(a: CentiDegrees, b: CentiDegrees) -> bool {
    let apart = a.get().abs_diff(b.get());
    apart.min(36_000 - apart) <= SAME_ANGLE_CDEG
}

fn drop_if<T: Copy>(mine: &mut Option<T>, known: Option<T>, same: impl Fn(T, T) -> bool) {
    if let (Some(m), Some(k)) = (*mine, known)
        && same(m, k)
    {
        *mine = None;
    }
}

/// Six hexadecimal digits, `~` before those that ICAO did not assign.
pub fn address(text: &str) -> Option<Subject> {
    let (digits, assigned) = text.strip_prefix('~').map_or((text, true), |rest| (rest, false));
    if digits.len() != 6 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    let address = Icao24::new(u32::from_str_radix(digits, 16).ok()?)?;
    Some(if assigned { Subject::Aircraft(address) } else { Subject::NonIcao(address) })
}

/// A place on earth. 0° N 0° E is what programs write that don't know one.
pub fn place(lat_deg: f64, lon_deg: f64) -> Option<LatLon> {
    let known = lon_deg.abs() <= 180.0 && (lat_deg != 0.0 || lon_deg != 0.0);
    if known { LatLon::from_degrees(lat_deg, lon_deg) } else { None }
}

/// From the Dead Sea to where balloons fly.
pub fn altitude_ft(feet: f64) -> Option<i32> {
    (-2_000.0..=150_000.0).contains(&feet).then(|| feet.round() as i32)
}

pub fn speed(knots: f64) -> Option<DeciKnots> {
    (0.0..=4_000.0).contains(&knots).then(|| DeciKnots::from_knots(knots))?
}

pub fn angle(degrees: f64) -> Option<CentiDegrees> {
    (-360.0..=360.0).contains(&degrees).then(|| CentiDegrees::from_degrees(degrees))?
}

pub fn rate_fpm(fpm: f64) -> Option<i32> {
    (-60_000.0..=60_000.0).contains(&fpm).then(|| fpm.round() as i32)
}

/// Four octal digits.
pub fn squawk(text: &str) -> Option<u16> {
    let fine = text.len() == 4 && text.bytes().all(|b| (b'0'..=b'7').contains(&b));
    if fine { text.parse().ok() } else { None }
}

/// Up to eight characters of a callsign, without padding; nothing is no callsign.
pub fn callsign(text: &str) -> Option<ShortText<9>> {
    let text = text.trim_matches([' ', '_', '@']);
    let plain = text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || matches!(b, b' ' | b'-'));
    if text.is_empty() || 8 < text.len() || !plain { None } else { ShortText::new(text).ok() }
}
