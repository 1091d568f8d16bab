//! Data extensions behind a position (ch. 7): how it moves, how far it reaches, where it heard something.
//!
//! ```text
//!   088/036         course, knots            088/036/270/729   and bearing, number, range, quality
//!   PHG5132 [n/]    power, height, gain, direction, beacons an hour
//!   DFS2360         strength, height, gain, direction        RNG0050   miles
//!   %270/8          a packet of its own: Agrelo's bearing and quality
//! ```

use super::{PacketError, Report, number};
use model::{CentiDegrees, Coverage, DeciKnots};

/// What a station says of its reach.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Reach {
    Station(Antenna),
    /// Omni-directional report for direction finding: `power` is the strength heard, S points 0–9.
    Heard(Antenna),
    /// Pre-calculated range, miles.
    RangeMi(f64),
}

/// The figures of PHG and DFS, as they were sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Antenna {
    pub power: u8,
    /// Character minus `0`: 10 · 2^n feet above average terrain.
    pub height: u8,
    /// dB.
    pub gain_db: u8,
    /// Eighths of a circle; 0 and 9: all directions.
    pub direction: u8,
    /// Beacons an hour, as a character: `1`–`9`, `A`–`Z`.
    pub rate: Option<u8>,
}

impl Antenna {
    /// Watts of a PHG: the figure squared.
    pub fn power_w(&self) -> u32 {
        u32::from(self.power).pow(2)
    }

    pub fn height_ft(&self) -> f64 {
        10.0 * 2.0_f64.powi(self.height.into())
    }

    /// `b`: four figures.
    fn read(b: &[u8]) -> Option<Self> {
        let digit = |b: u8| b.is_ascii_digit().then(|| b - b'0');
        let height = (b'0'..=b'~').contains(&b[1]).then(|| b[1] - b'0')?;
        Some(Self { power: digit(b[0])?, height, gain_db: digit(b[2])?, direction: digit(b[3])?, rate: None })
    }
}

/// Where a direction finder's signal comes from (ch. 7, BRG/NRQ).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bearing {
    pub from: CentiDegrees,
    /// 0: meaningless, 1–8: of eight pulses, 9: by hand.
    pub number: u8,
    /// Range of about 2^n miles.
    pub range: u8,
    /// 0: useless; 1: 240°, each step half as wide.
    pub quality: u8,
}

const METRES_PER_MILE: f64 = 1_609.344;

/// In the model's terms. `None`: the report says nothing of the kind.
pub fn coverage(report: &Report) -> Option<Coverage> {
    let mut coverage = match report.reach {
        Some(Reach::Station(antenna)) => Coverage { power_w: Some(antenna.power_w() as u16), ..of_antenna(&antenna) },
        Some(Reach::Heard(antenna)) => Coverage { heard_s: Some(antenna.power), ..of_antenna(&antenna) },
        Some(Reach::RangeMi(miles)) => Coverage { range_m: metres(miles), ..Coverage::default() },
        None => Coverage::default(),
    };
    coverage.bearing = report.bearing.map(|b| model::Bearing {
        from: b.from,
        quality: b.quality,
        hits: Some(b.number),
        range_m: metres(2.0_f64.powi(b.range.into())),
    });
    (coverage != Coverage::default()).then_some(coverage)
}

fn of_antenna(antenna: &Antenna) -> Coverage {
    let beam = (1..=8).contains(&antenna.direction).then(|| f64::from(antenna.direction) * 45.0);
    Coverage {
        // 10 · 2^n; the last characters name heights that no antenna has.
        height_ft: Some(antenna.height_ft()).filter(|feet| *feet <= f64::from(u32::MAX)).map(|feet| feet as u32),
        gain_db: Some(antenna.gain_db),
        beam: beam.and_then(CentiDegrees::from_degrees),
        ..Coverage::default()
    }
}

fn metres(miles: f64) -> Option<u32> {
    let metres = (miles * METRES_PER_MILE).round();
    (metres <= f64::from(u32::MAX)).then_some(metres as u32)
}

/// Agrelo DFJr, MicroFinder: `BRG/Q`, as the device measures it: against its own zero, which is north where it stands fixed.
pub fn agrelo(b: &[u8]) -> Result<model::Bearing, PacketError> {
    let b = b.trim_ascii_end();
    let quality = b.get(4).filter(|q| b.len() == 5 && b[3] == b'/' && q.is_ascii_digit()).ok_or(PacketError::Bearing)?;
    let degrees = number(&b[..3]).filter(|d| *d <= 360).ok_or(PacketError::Bearing)?;
    let from = CentiDegrees::from_degrees(f64::from(degrees)).ok_or(PacketError::Bearing)?;
    Ok(model::Bearing { from, quality: quality - b'0', hits: None, range_m: None })
}

/// Reads what stands there; what is left.
pub fn read<'a>(b: &'a [u8], report: &mut Report) -> &'a [u8] {
    if let Some(head) = b.get(..7).filter(|h| h[3] == b'/' && is_figure(&h[..3]) && is_figure(&h[4..])) {
        report.track = course(number(&head[..3]));
        report.speed = number(&head[4..]).and_then(|kt| DeciKnots::from_knots(f64::from(kt)));
        return bearing(&b[7..], report);
    }
    let Some((head, rest)) = b.split_at_checked(7) else { return b };
    let figures = &head[3..];
    report.reach = match &head[..3] {
        b"PHG" => Antenna::read(figures).map(Reach::Station),
        b"DFS" => Antenna::read(figures).map(Reach::Heard),
        b"RNG" => number(figures).map(|mi| Reach::RangeMi(f64::from(mi))),
        _ => None,
    };
    match &mut report.reach {
        None => b,
        Some(Reach::Station(antenna)) if rest.len() >= 2 && rest[0].is_ascii_alphanumeric() && rest[1] == b'/' => {
            antenna.rate = Some(rest[0]);
            &rest[2..]
        }
        Some(_) => rest,
    }
}

fn bearing<'a>(b: &'a [u8], report: &mut Report) -> &'a [u8] {
    let Some(head) = b.get(..8).filter(|h| h[0] == b'/' && h[4] == b'/') else { return b };
    let (Some(degrees), Some(nrq)) = (number(&head[1..4]).filter(|d| *d <= 360), number(&head[5..8])) else { return b };
    let digit = |weight: u32| (nrq / weight % 10) as u8;
    report.bearing = CentiDegrees::from_degrees(f64::from(degrees)).map(|from| Bearing {
        from,
        number: digit(100),
        range: digit(10),
        quality: digit(1),
    });
    &b[8..]
}

/// Figures, or dots or blanks for "unknown".
fn is_figure(b: &[u8]) -> bool {
    b.iter().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b' '))
}

/// 1–360; 0 is unknown.
pub fn course(degrees: Option<u32>) -> Option<CentiDegrees> {
    degrees.filter(|d| (1..=360).contains(d)).and_then(|d| CentiDegrees::from_degrees(f64::from(d)))
}
