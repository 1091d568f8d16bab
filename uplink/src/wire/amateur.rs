//! The kinds of event of version 3, both ways side by side: a field is written and read in the same order.

use super::WireError;
use super::columns::{Col, Columns, Writer};
use super::decode::{number, opt, short_text, small};
use super::encode;
use super::model::Bits;
use model::{Bearing, CentiDegrees, Coverage, Reading, Telemetry};

type Result<T> = core::result::Result<T, WireError>;

pub fn put_telemetry(w: &mut Writer, bits: &mut Bits, t: &Telemetry) {
    w.needs(3);
    encode::number(w, bits, t.sequence);
    encode::small(w, bits, t.bits);
    w.text(t.title.as_str());
    w.u8(Col::Small, t.readings.len() as u8);
    for reading in &t.readings {
        w.u8(Col::Small, reading.channel << 1 | u8::from(reading.calibrated));
        w.text(reading.name.as_str());
        w.text(reading.unit.as_str());
        w.signed(Col::Number, reading.value_micro);
    }
}

pub fn telemetry(c: &mut Columns, bits: &mut Bits) -> Result<Telemetry> {
    let (sequence, digital, title) = (opt(bits, || number(c))?, small(c, bits)?, short_text(c)?);
    let count = usize::from(c.u8(Col::Small)?);
    if Telemetry::READINGS_MAX < count {
        return Err(WireError::TooLarge { what: "readings", value: count as u64, limit: Telemetry::READINGS_MAX as u64 });
    }
    let readings = (0..count).map(|_| reading(c)).collect::<Result<_>>()?;
    Ok(Telemetry { sequence, title, bits: digital, readings })
}

fn reading(c: &mut Columns) -> Result<Reading> {
    let tag = c.u8(Col::Small)?;
    let (channel, calibrated) = (tag >> 1, tag & 1 == 1);
    let (name, unit, value_micro) = (short_text(c)?, short_text(c)?, c.signed(Col::Number)?);
    let fits = usize::from(channel) < Telemetry::READINGS_MAX && value_micro.unsigned_abs() <= Reading::MICRO_MAX as u64;
    if fits { Ok(Reading { channel, name, unit, value_micro, calibrated }) } else { Err(WireError::Range("reading")) }
}

pub fn put_coverage(w: &mut Writer, bits: &mut Bits, c: &Coverage) {
    w.needs(3);
    encode::number(w, bits, c.power_w);
    encode::number(w, bits, c.height_ft);
    encode::small(w, bits, c.gain_db);
    encode::number(w, bits, c.beam.map(|d| d.get()));
    encode::number(w, bits, c.range_m);
    encode::small(w, bits, c.heard_s);
    if let Some(bearing) = bits.see(c.bearing) {
        w.varint(Col::Number, bearing.from.get().into());
        w.u8(Col::Small, bearing.quality);
        encode::small(w, bits, bearing.hits);
        encode::number(w, bits, bearing.range_m);
    }
}

pub fn coverage(c: &mut Columns, bits: &mut Bits) -> Result<Coverage> {
    Ok(Coverage {
        power_w: opt(bits, || number(c))?,
        height_ft: opt(bits, || number(c))?,
        gain_db: small(c, bits)?,
        beam: opt(bits, || direction(c))?,
        range_m: opt(bits, || number(c))?,
        heard_s: small(c, bits)?,
        bearing: if bits.next() { Some(bearing(c, bits)?) } else { None },
    })
}

fn bearing(c: &mut Columns, bits: &mut Bits) -> Result<Bearing> {
    let (from, quality) = (direction(c)?, c.u8(Col::Small)?);
    Ok(Bearing { from, quality, hits: small(c, bits)?, range_m: opt(bits, || number(c))? })
}

fn direction(c: &mut Columns) -> Result<CentiDegrees> {
    CentiDegrees::new(number(c)?).ok_or(WireError::Range("direction"))
}
