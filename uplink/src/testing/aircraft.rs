//! Any of the kinds of event that only aircraft send.

use super::events::degrees;
use model::{
    Advisory, AirData, DeciKnots, Disbelief, EventKind, Hazard, HeadingReference, Icao24, InferredRegister, Intent, LatLon, Quality,
    Quarantined, ShortText, Suspect, Threat,
};
use proptest::option::of;
use proptest::prelude::*;

// Boxed: by value these strategies are so large that an unoptimised test overflows its stack.
pub fn kind() -> BoxedStrategy<EventKind> {
    prop_oneof![
        intent().prop_map(EventKind::Intent).boxed(),
        air_data().prop_map(EventKind::AirData).boxed(),
        quality().prop_map(EventKind::Quality).boxed(),
        advisory().prop_map(EventKind::Advisory).boxed(),
        quarantined().prop_map(EventKind::Quarantined).boxed(),
    ]
    .boxed()
}

fn inferred() -> impl Strategy<Value = Option<InferredRegister>> {
    of((any::<u8>(), any::<u8>()).prop_map(|(bds, probability_percent)| InferredRegister { bds, probability_percent }))
}

fn reference() -> impl Strategy<Value = HeadingReference> {
    use HeadingReference::{MagneticHeading, TrueHeading, TrueTrack};
    proptest::sample::select(&[TrueTrack, TrueHeading, MagneticHeading][..])
}

fn hazard() -> impl Strategy<Value = Option<Hazard>> {
    of(proptest::sample::select(&[Hazard::Nil, Hazard::Light, Hazard::Moderate, Hazard::Severe][..]))
}

fn speed() -> impl Strategy<Value = Option<DeciKnots>> {
    of(any::<u16>().prop_map(DeciKnots))
}

fn intent() -> impl Strategy<Value = Intent> {
    let selected = (of(any::<i32>()), of(any::<i32>()), of((reference(), degrees())), of(any::<u16>()));
    (inferred(), selected, any::<[Option<bool>; 6]>()).prop_map(|(inferred, (panel, fms, selected_heading, altimeter_dhpa), modes)| {
        Intent {
            inferred,
            panel_alt_ft: panel,
            fms_alt_ft: fms,
            selected_heading,
            altimeter_dhpa,
            autopilot: modes[0],
            vertical_navigation: modes[1],
            altitude_hold: modes[2],
            approach: modes[3],
            lateral_navigation: modes[4],
            tcas_operational: modes[5],
        }
    })
}

fn air_data() -> impl Strategy<Value = AirData> {
    let angles = (of(any::<i16>()), of(degrees()), of(any::<i16>()), of(degrees()), of(degrees()));
    let speeds = (speed(), speed(), speed(), speed(), of(any::<u16>()));
    let rates = (of(any::<i32>()), of(any::<i32>()), of(any::<u32>()));
    let air = (of(any::<i16>()), of(any::<u16>()), of(any::<u8>()));
    let hazards = (hazard(), hazard(), hazard(), hazard(), hazard());
    (inferred(), angles, speeds, rates, air, hazards).prop_map(|(inferred, angles, speeds, rates, air, hazards)| AirData {
        inferred,
        roll_cdeg: angles.0,
        track: angles.1,
        track_rate_cdeg_s: angles.2,
        magnetic_heading: angles.3,
        wind_from: angles.4,
        ground_speed: speeds.0,
        true_airspeed: speeds.1,
        indicated_airspeed: speeds.2,
        wind_speed: speeds.3,
        mach_milli: speeds.4,
        baro_rate_fpm: rates.0,
        inertial_rate_fpm: rates.1,
        radio_height_ft: rates.2,
        temperature_cdegc: air.0,
        pressure_hpa: air.1,
        humidity_percent: air.2,
        turbulence: hazards.0,
        wind_shear: hazards.1,
        microburst: hazards.2,
        icing: hazards.3,
        wake_vortex: hazards.4,
    })
}

fn quality() -> impl Strategy<Value = Quality> {
    let errors = (of(any::<u32>()), of(any::<u16>()), of(any::<u16>()));
    (errors, of(any::<u8>()), of(any::<bool>()), of(any::<u8>()), of(any::<bool>()), of(any::<u32>())).prop_map(
        |((position_error_m, geom_alt_error_m, velocity_error_dm_s), integrity_exponent, integrity_per_sample, design, checked, rc)| {
            Quality {
                position_error_m,
                geom_alt_error_m,
                velocity_error_dm_s,
                integrity_exponent,
                integrity_per_sample,
                design_assurance_exponent: design,
                baro_alt_checked: checked,
                containment_m: rc,
            }
        },
    )
}

fn advisory() -> impl Strategy<Value = Advisory> {
    let threat = prop_oneof![
        (0..=0xff_ffff_u32).prop_map(|a| Threat::Address(Icao24::new(a).expect("in range"))),
        (of(any::<i32>()), of(any::<u16>()), of(any::<u16>())).prop_map(|(alt_ft, range_dnmi, bearing_deg)| Threat::Place {
            alt_ft,
            range_dnmi,
            bearing_deg
        }),
    ];
    (any::<u16>(), any::<u8>(), any::<bool>(), any::<bool>(), of(threat)).prop_map(
        |(active, complements, terminated, multiple_threats, threat)| Advisory {
            active,
            complements,
            terminated,
            multiple_threats,
            threat,
        },
    )
}

fn quarantined() -> impl Strategy<Value = Quarantined> {
    let place = (-900_000_000..=900_000_000_i32, -1_800_000_000..1_800_000_000_i32)
        .prop_map(|(lat, lon)| Suspect::Position(LatLon::from_e7(lat, lon).expect("in range")));
    let suspect = prop_oneof![
        place.boxed(),
        any::<i32>().prop_map(Suspect::BaroAltitude).boxed(),
        any::<u16>().prop_map(|s| Suspect::Speed(DeciKnots(s))).boxed(),
        degrees().prop_map(Suspect::Track).boxed(),
        (0..7_778_u16).prop_map(Suspect::Squawk).boxed(),
        "[A-Z0-9]{1,8}".prop_map(|t| Suspect::Callsign(ShortText::truncated(&t))).boxed(),
        any::<bool>().prop_map(Suspect::OnGround).boxed(),
    ];
    (proptest::sample::select(&Disbelief::ALL[..]), suspect, any::<u32>()).prop_map(|(why, suspect, count)| Quarantined {
        why,
        suspect,
        count,
    })
}
