//! Any of the kinds of event that only amateurs' stations send.

use super::events::{degrees, text};
use model::{Bearing, Coverage, EventKind, Reading, Telemetry};
use proptest::option::of;
use proptest::prelude::*;

pub fn kind() -> BoxedStrategy<EventKind> {
    prop_oneof![telemetry().prop_map(EventKind::Telemetry).boxed(), coverage().prop_map(EventKind::Coverage).boxed()].boxed()
}

fn reading() -> impl Strategy<Value = Reading> {
    let figure = (0..Telemetry::READINGS_MAX as u8, -Reading::MICRO_MAX..=Reading::MICRO_MAX, any::<bool>());
    (figure, text(), text()).prop_map(|((channel, value_micro, calibrated), name, unit)| Reading {
        channel,
        name,
        unit,
        value_micro,
        calibrated,
    })
}

fn telemetry() -> impl Strategy<Value = Telemetry> {
    let readings = proptest::collection::vec(reading(), 0..=Telemetry::READINGS_MAX);
    (of(any::<u32>()), text(), of(any::<u8>()), readings).prop_map(|(sequence, title, bits, readings)| Telemetry {
        sequence,
        title,
        bits,
        readings: readings.into(),
    })
}

fn coverage() -> impl Strategy<Value = Coverage> {
    let antenna = (of(any::<u16>()), of(any::<u32>()), of(any::<u8>()), of(degrees()));
    let bearing = (degrees(), any::<u8>(), of(any::<u8>()), of(any::<u32>()));
    let bearing = bearing.prop_map(|(from, quality, hits, range_m)| Bearing { from, quality, hits, range_m });
    (antenna, of(any::<u32>()), of(any::<u8>()), of(bearing)).prop_map(
        |((power_w, height_ft, gain_db, beam), range_m, heard_s, bearing)| Coverage {
            power_w,
            height_ft,
            gain_db,
            beam,
            range_m,
            heard_s,
            bearing,
        },
    )
}
