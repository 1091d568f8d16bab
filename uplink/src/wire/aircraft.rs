//! The kinds of event that only aircraft send, both ways side by side: a field is written and read in the same order.

use super::WireError;
use super::columns::{Col, Columns, Writer};
use super::decode::{flag, number, opt, short_text, small};
use super::encode;
use super::model::Bits;
use super::tags::Tag;
use model::{Advisory, AirData, CentiDegrees, DeciKnots, Icao24, InferredRegister, Intent, LatLon, Quality, Quarantined, Suspect, Threat};

type Result<T> = core::result::Result<T, WireError>;

const THREAT_ADDRESS: u8 = 0;
const THREAT_PLACE: u8 = 1;

const SUSPECT_POSITION: u8 = 0;
const SUSPECT_BARO_ALTITUDE: u8 = 1;
const SUSPECT_SPEED: u8 = 2;
const SUSPECT_TRACK: u8 = 3;
const SUSPECT_SQUAWK: u8 = 4;
const SUSPECT_CALLSIGN: u8 = 5;
const SUSPECT_ON_GROUND: u8 = 6;

fn put_signed(w: &mut Writer, bits: &mut Bits, value: Option<impl Into<i64> + Copy>) {
    if let Some(value) = bits.see(value) {
        w.signed(Col::Number, value.into());
    }
}

fn get_signed<T: TryFrom<i64>>(c: &mut Columns, bits: &mut Bits) -> Result<Option<T>> {
    opt(bits, || T::try_from(c.signed(Col::Number)?).map_err(|_| WireError::Range("number")))
}

fn get_number<T: TryFrom<u64>>(c: &mut Columns, bits: &mut Bits) -> Result<Option<T>> {
    opt(bits, || number(c))
}

fn get_direction(c: &mut Columns, bits: &mut Bits) -> Result<Option<CentiDegrees>> {
    opt(bits, || CentiDegrees::new(number(c)?).ok_or(WireError::Range("direction")))
}

fn get_speed(c: &mut Columns, bits: &mut Bits) -> Result<Option<DeciKnots>> {
    opt(bits, || number(c).map(DeciKnots))
}

fn get_tag<T: Tag>(c: &mut Columns, bits: &mut Bits) -> Result<Option<T>> {
    opt(bits, || T::from_tag(c.u8(Col::Small)?))
}

fn put_inferred(w: &mut Writer, bits: &mut Bits, inferred: Option<InferredRegister>) {
    if let Some(register) = bits.see(inferred) {
        w.u8(Col::Small, register.bds);
        w.u8(Col::Small, register.probability_percent);
    }
}

fn get_inferred(c: &mut Columns, bits: &mut Bits) -> Result<Option<InferredRegister>> {
    opt(bits, || Ok(InferredRegister { bds: c.u8(Col::Small)?, probability_percent: c.u8(Col::Small)? }))
}

pub fn put_intent(w: &mut Writer, bits: &mut Bits, i: &Intent) {
    put_inferred(w, bits, i.inferred);
    put_signed(w, bits, i.panel_alt_ft);
    put_signed(w, bits, i.fms_alt_ft);
    if let Some((reference, direction)) = bits.see(i.selected_heading) {
        w.u8(Col::Small, reference.tag());
        w.varint(Col::Number, direction.get().into());
    }
    encode::number(w, bits, i.altimeter_dhpa);
    let modes = [i.autopilot, i.vertical_navigation, i.altitude_hold, i.approach, i.lateral_navigation, i.tcas_operational];
    modes.into_iter().for_each(|mode| bits.push_flag(mode));
}

pub fn intent(c: &mut Columns, bits: &mut Bits) -> Result<Intent> {
    Ok(Intent {
        inferred: get_inferred(c, bits)?,
        panel_alt_ft: get_signed(c, bits)?,
        fms_alt_ft: get_signed(c, bits)?,
        selected_heading: opt(bits, || {
            let reference = Tag::from_tag(c.u8(Col::Small)?)?;
            Ok((reference, CentiDegrees::new(number(c)?).ok_or(WireError::Range("direction"))?))
        })?,
        altimeter_dhpa: get_number(c, bits)?,
        autopilot: flag(bits)?,
        vertical_navigation: flag(bits)?,
        altitude_hold: flag(bits)?,
        approach: flag(bits)?,
        lateral_navigation: flag(bits)?,
        tcas_operational: flag(bits)?,
    })
}

pub fn put_air_data(w: &mut Writer, bits: &mut Bits, a: &AirData) {
    put_inferred(w, bits, a.inferred);
    put_signed(w, bits, a.roll_cdeg);
    encode::number(w, bits, a.track.map(|d| d.get()));
    put_signed(w, bits, a.track_rate_cdeg_s);
    for speed in [a.ground_speed, a.true_airspeed, a.indicated_airspeed] {
        encode::number(w, bits, speed.map(|s| s.0));
    }
    encode::number(w, bits, a.mach_milli);
    encode::number(w, bits, a.magnetic_heading.map(|d| d.get()));
    put_signed(w, bits, a.baro_rate_fpm);
    put_signed(w, bits, a.inertial_rate_fpm);
    encode::number(w, bits, a.wind_from.map(|d| d.get()));
    encode::number(w, bits, a.wind_speed.map(|s| s.0));
    put_signed(w, bits, a.temperature_cdegc);
    encode::number(w, bits, a.pressure_hpa);
    encode::small(w, bits, a.humidity_percent);
    encode::number(w, bits, a.radio_height_ft);
    for hazard in [a.turbulence, a.wind_shear, a.microburst, a.icing, a.wake_vortex] {
        encode::small(w, bits, hazard.map(Tag::tag));
    }
}

pub fn air_data(c: &mut Columns, bits: &mut Bits) -> Result<AirData> {
    Ok(AirData {
        inferred: get_inferred(c, bits)?,
        roll_cdeg: get_signed(c, bits)?,
        track: get_direction(c, bits)?,
        track_rate_cdeg_s: get_signed(c, bits)?,
        ground_speed: get_speed(c, bits)?,
        true_airspeed: get_speed(c, bits)?,
        indicated_airspeed: get_speed(c, bits)?,
        mach_milli: get_number(c, bits)?,
        magnetic_heading: get_direction(c, bits)?,
        baro_rate_fpm: get_signed(c, bits)?,
        inertial_rate_fpm: get_signed(c, bits)?,
        wind_from: get_direction(c, bits)?,
        wind_speed: get_speed(c, bits)?,
        temperature_cdegc: get_signed(c, bits)?,
        pressure_hpa: get_number(c, bits)?,
        humidity_percent: small(c, bits)?,
        radio_height_ft: get_number(c, bits)?,
        turbulence: get_tag(c, bits)?,
        wind_shear: get_tag(c, bits)?,
        microburst: get_tag(c, bits)?,
        icing: get_tag(c, bits)?,
        wake_vortex: get_tag(c, bits)?,
    })
}

pub fn put_quality(w: &mut Writer, bits: &mut Bits, q: &Quality) {
    encode::number(w, bits, q.position_error_m);
    encode::number(w, bits, q.geom_alt_error_m);
    encode::number(w, bits, q.velocity_error_dm_s);
    encode::small(w, bits, q.integrity_exponent);
    bits.push_flag(q.integrity_per_sample);
    encode::small(w, bits, q.design_assurance_exponent);
    bits.push_flag(q.baro_alt_checked);
    // Later than the rest: absent bits of an older segment read as "not there".
    encode::number(w, bits, q.containment_m);
}

pub fn quality(c: &mut Columns, bits: &mut Bits) -> Result<Quality> {
    Ok(Quality {
        position_error_m: get_number(c, bits)?,
        geom_alt_error_m: get_number(c, bits)?,
        velocity_error_dm_s: get_number(c, bits)?,
        integrity_exponent: small(c, bits)?,
        integrity_per_sample: flag(bits)?,
        design_assurance_exponent: small(c, bits)?,
        baro_alt_checked: flag(bits)?,
        containment_m: get_number(c, bits)?,
    })
}

pub fn put_advisory(w: &mut Writer, bits: &mut Bits, a: &Advisory) {
    w.varint(Col::Number, a.active.into());
    w.u8(Col::Small, a.complements);
    bits.push(a.terminated);
    bits.push(a.multiple_threats);
    match bits.see(a.threat) {
        Some(Threat::Address(address)) => {
            w.u8(Col::Small, THREAT_ADDRESS);
            w.varint(Col::Number, address.get().into());
        }
        Some(Threat::Place { alt_ft, range_dnmi, bearing_deg }) => {
            w.u8(Col::Small, THREAT_PLACE);
            put_signed(w, bits, alt_ft);
            encode::number(w, bits, range_dnmi);
            encode::number(w, bits, bearing_deg);
        }
        None => {}
    }
}

pub fn advisory(c: &mut Columns, bits: &mut Bits) -> Result<Advisory> {
    Ok(Advisory {
        active: number(c)?,
        complements: c.u8(Col::Small)?,
        terminated: bits.next(),
        multiple_threats: bits.next(),
        threat: if bits.next() { Some(threat(c, bits)?) } else { None },
    })
}

fn threat(c: &mut Columns, bits: &mut Bits) -> Result<Threat> {
    match c.u8(Col::Small)? {
        THREAT_ADDRESS => Icao24::new(number(c)?).map(Threat::Address).ok_or(WireError::Range("threat address")),
        THREAT_PLACE => {
            let (alt_ft, range_dnmi) = (get_signed(c, bits)?, get_number(c, bits)?);
            Ok(Threat::Place { alt_ft, range_dnmi, bearing_deg: get_number(c, bits)? })
        }
        _ => Err(WireError::Tag("threat")),
    }
}

pub fn put_quarantined(w: &mut Writer, bits: &mut Bits, q: &Quarantined) {
    w.u8(Col::Small, q.why.tag());
    w.varint(Col::Number, q.count.into());
    match q.suspect {
        Suspect::Position(place) => {
            w.u8(Col::Small, SUSPECT_POSITION);
            w.signed(Col::Number, place.lat_e7().into());
            w.signed(Col::Number, place.lon_e7().into());
        }
        Suspect::BaroAltitude(feet) => {
            w.u8(Col::Small, SUSPECT_BARO_ALTITUDE);
            w.signed(Col::Number, feet.into());
        }
        Suspect::Speed(speed) => {
            w.u8(Col::Small, SUSPECT_SPEED);
            w.varint(Col::Number, speed.0.into());
        }
        Suspect::Track(track) => {
            w.u8(Col::Small, SUSPECT_TRACK);
            w.varint(Col::Number, track.get().into());
        }
        Suspect::Squawk(squawk) => {
            w.u8(Col::Small, SUSPECT_SQUAWK);
            w.varint(Col::Number, squawk.into());
        }
        Suspect::Callsign(callsign) => {
            w.u8(Col::Small, SUSPECT_CALLSIGN);
            w.text(callsign.as_str());
        }
        Suspect::OnGround(on_ground) => {
            w.u8(Col::Small, SUSPECT_ON_GROUND);
            bits.push(on_ground);
        }
    }
}

pub fn quarantined(c: &mut Columns, bits: &mut Bits) -> Result<Quarantined> {
    let (why, count) = (Tag::from_tag(c.u8(Col::Small)?)?, number(c)?);
    let coordinate = |c: &mut Columns| i32::try_from(c.signed(Col::Number)?).map_err(|_| WireError::Range("position"));
    let suspect = match c.u8(Col::Small)? {
        SUSPECT_POSITION => {
            let (lat_e7, lon_e7) = (coordinate(c)?, coordinate(c)?);
            Suspect::Position(LatLon::from_e7(lat_e7, lon_e7).ok_or(WireError::Range("position"))?)
        }
        SUSPECT_BARO_ALTITUDE => Suspect::BaroAltitude(i32::try_from(c.signed(Col::Number)?).map_err(|_| WireError::Range("altitude"))?),
        SUSPECT_SPEED => Suspect::Speed(DeciKnots(number(c)?)),
        SUSPECT_TRACK => Suspect::Track(CentiDegrees::new(number(c)?).ok_or(WireError::Range("direction"))?),
        SUSPECT_SQUAWK => Suspect::Squawk(number(c)?),
        SUSPECT_CALLSIGN => Suspect::Callsign(short_text(c)?),
        SUSPECT_ON_GROUND => Suspect::OnGround(bits.next()),
        _ => return Err(WireError::Tag("suspect")),
    };
    Ok(Quarantined { why, suspect, count })
}
