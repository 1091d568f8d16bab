//! Application-specific messages: the data of types 6, 8, 25 and 26, named by area code (DAC) and function identifier (FI).
//!
//! | DAC/FI | what | from |
//! |---|---|---|
//! | 0/0 | monitoring of a buoy | Zeni Lite |
//! | 1, 210, 248, 353/0 | text telegram | M.1371-1 annex 5 |
//! | 1/2–1/5 | which applications are understood | M.1371-1 annex 5 |
//! | 1/11, 1/31 | meteorology and hydrology | IMO SN/Circ.236 (superseded, still the most heard), SN.1/Circ.289 |
//! | 1/12–1/15 | dangerous cargo, fairway closed, tidal window, air draught | IMO SN/Circ.236 (superseded) |
//! | 1/16, 1/40 | persons on board | IMO SN.1/Circ.289, SN/Circ.236 |
//! | 1/16 (long), 1/17 | synthetic targets | IMO SN.1/Circ.289 |
//! | 1/18–1/30, 1/32 | clearance, traffic signal, berth, ship's weather, area notice, ship's data, cargo, sensors, route, text, tidal window | IMO SN.1/Circ.289 |
//! | 200/10, 21–25, 40, 55 | inland ship, ETA, RTA, warning, levels, bridge, signals, persons | UNECE/CCNR inland AIS standard |
//! | 235, 250, 366/10, 235/20 | monitoring of an aid to navigation, place of a buoy | General Lighthouse Authorities |
//! | 265/1 | intended route | Sea Traffic Management |
//! | 316, 366/1, 2, 32 | weather, wind, level, flow; lock order, lock times; version | Saint Lawrence Seaway |
//! | 367/33 | sensors | US Coast Guard |
//!
//! Others stay what they are: DAC, FI and bits. Bits are counted from the start of the application data. Each has a shortest and a
//! longest length; outside of them it is not read. What follows a head is kept bit by bit, so that [`Application::encode`] gives
//! exactly what was read.

pub mod area;
pub mod environment;
pub mod general;
pub mod inland;
pub mod observation;
pub mod regional;
pub mod sensor_units;
pub mod units;
pub mod voyage;
pub mod weather;

use super::bits::{Bits, Tail, Value};
use super::record::Record;
use area::{AreaNoticeHead, SubArea};
use environment::{SensorReport, SensorReportUs};
use general::{
    ApplicationAcknowledge, ApplicationInquiry, CapabilityInquiry, CapabilityReply, DescriptionHead, NoHead, PersonsOnBoard,
    SyntheticTarget, TelegramHead,
};
use inland::{InlandBridge, InlandEta, InlandGauge, InlandLevelsHead, InlandPersons, InlandRta, InlandShip, InlandSignal, InlandWarning};
use observation::Observation;
use regional::{
    AidMonitoring, BuoyMonitoring, BuoyPosition, RouteEnd, RouteLeg, SeawayFlowReport, SeawayHead, SeawayLevelReport, SeawayLockOrderHead,
    SeawayLockTimes, SeawayLockage, SeawayVersion, SeawayWeather, SeawayWindReport, StmRouteHead,
};
use voyage::{
    AirDraught236, Berthing, Cargo, CargoHead, CargoIndication236, FairwayClosed, PortClearance, RouteHead, ShipData, TidalHead,
    TidalWindow, TidalWindow236, TrafficSignal, Waypoint,
};
use weather::{MetHydro11, MetHydro31};

/// `choice!`: a table whose layout some of its own bits decide; all layouts are equally long.
macro_rules! choice {
    ($(#[$meta:meta])* pub enum $name:ident ($end:literal) by $at:literal, $width:literal { $($code:pat => $variant:ident($record:ty),)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[allow(clippy::large_enum_variant, reason = "short-lived, on the stack")]
        pub enum $name { $($variant($record),)* }

        const _: () = { $(assert!(<$record as $crate::ais::message::record::Record>::END == $end, stringify!($record));)* };

        impl $crate::ais::message::record::Record for $name {
            const START: usize = 0;
            const END: usize = $end;
            fn read(bits: &$crate::ais::message::bits::Bits, base: usize) -> Self {
                match bits.uint(base + $at, $width) {
                    $($code => Self::$variant(<$record as $crate::ais::message::record::Record>::read(bits, base)),)*
                }
            }
            fn write(&self, bits: &mut $crate::ais::message::bits::Bits, base: usize) {
                match self { $(Self::$variant(record) => $crate::ais::message::record::Record::write(record, bits, base),)* }
            }
            fn list(&self, each: &mut dyn FnMut(&'static str, $crate::ais::message::bits::Value)) {
                match self { $(Self::$variant(record) => $crate::ais::message::record::Record::list(record, each),)* }
            }
        }
    };
}
pub(crate) use choice;

/// `applications!`: a line each: DAC, FI, message number (bits 2–7, where the Seaway has it) and length in bits; the head, how the
/// rest is listed, and its name for people.
macro_rules! applications {
    ($(($dac:pat, $function:pat, $number:pat, $bits:pat) => $variant:ident($head:ty), $rest:expr, $name:literal;)*) => {
        /// Application data that we can read: a head and what follows it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[allow(clippy::large_enum_variant, reason = "short-lived, on the stack")]
        pub enum Application<'a> { $($variant($head, Tail<'a>),)* }

        impl<'a> Application<'a> {
            /// `None`: an application we don't know, or data that are shorter or longer than it can be.
            pub fn read(dac: u32, function: u32, data: Tail<'a>) -> Option<Self> {
                let head = |end| data.cut(0, end).to_bits();
                match (dac, function, data.uint(2, 6), data.len()) {
                    $(($dac, $function, $number, $bits) => {
                        let end = <$head as Record>::END;
                        (end <= data.len()).then(|| Self::$variant(Record::read(&head(end), 0), data.skip(end)))
                    })*
                    _ => None,
                }
            }

            /// The data as bits: what [`Application::read`] reads.
            pub fn encode(&self) -> Bits {
                let mut bits = Bits::new();
                match self {
                    $(Self::$variant(head, rest) => {
                        head.write(&mut bits, 0);
                        rest.append_to(&mut bits);
                    })*
                }
                bits
            }

            /// Calls `each` with the name and value of every field. A repeated part begins with `("part", Value::Part(place))`.
            pub fn list(&self, each: &mut dyn FnMut(&'static str, Value)) {
                match self {
                    $(Self::$variant(head, rest) => {
                        head.list(each);
                        let list: fn(&Tail<'_>, &mut dyn FnMut(&'static str, Value)) = $rest;
                        list(rest, each);
                    })*
                }
            }

            pub const fn name(&self) -> &'static str {
                match self { $(Self::$variant(..) => $name,)* }
            }
        }
    };
}

applications! {
    (0, 0, _, 42..=56) => BuoyMonitoring(BuoyMonitoring), nothing, "buoy monitoring";
    (1 | 210 | 248 | 353, 0, _, 12..=952) => Telegram(TelegramHead), nothing, "telegram";
    (1, 2, _, 16..=88) => ApplicationInquiry(ApplicationInquiry), nothing, "inquiry for an application";
    (1, 3, _, 10..=88) => CapabilityInquiry(CapabilityInquiry), nothing, "inquiry for capabilities";
    (1, 4, _, 138..=272) => CapabilityReply(CapabilityReply), nothing, "capabilities";
    (1, 5, _, 31..=88) => ApplicationAcknowledge(ApplicationAcknowledge), nothing, "acknowledgement";
    (1, 11, _, 290..=304) => MetHydro11(MetHydro11), nothing, "weather and water";
    (1, 12, _, 269..=280) => CargoIndication236(CargoIndication236), nothing, "dangerous cargo";
    (1, 13, _, 412..=424) => FairwayClosed(FairwayClosed), nothing, "fairway closed";
    (1, 14, _, 102..=296) => TidalWindow236(TidalHead), parts::<TidalWindow236>, "tidal window";
    (1, 15, _, 11..=24) => AirDraught236(AirDraught236), nothing, "air draught";
    (1, 16 | 40, _, 13..=56) => Persons(PersonsOnBoard), nothing, "persons on board";
    (1, 16 | 17, _, 120..=488) => Targets(NoHead), parts::<SyntheticTarget>, "synthetic targets";
    (1, 18, _, 229..=280) => PortClearance(PortClearance), nothing, "clearance to enter port";
    (1, 19, _, 202..=312) => TrafficSignal(TrafficSignal), nothing, "traffic signal";
    (1, 20, _, 272..=312) => Berthing(Berthing), nothing, "berth";
    (1, 21, _, 304..=312) => Observation(Observation), nothing, "weather from a ship";
    (1, 22 | 23, _, 55..=936) => AreaNotice(AreaNoticeHead), parts::<SubArea>, "area notice";
    (1, 24, _, 294..=312) => ShipData(ShipData), nothing, "ship's data";
    (1, 25, _, 12..=500) => Cargo(CargoHead), parts::<Cargo>, "dangerous cargo";
    (1, 26, _, 112..=960) => Sensors(NoHead), parts::<SensorReport>, "sensors";
    (1, 27 | 28, _, 61..=960) => Route(RouteHead), parts::<Waypoint>, "route";
    (1, 29 | 30, _, 10..=984) => Description(DescriptionHead), nothing, "description";
    (1, 31, _, 294..=312) => MetHydro31(MetHydro31), nothing, "weather and water";
    (1, 32, _, 97..=288) => TidalWindow(TidalHead), parts::<TidalWindow>, "tidal window";
    // Encrypted variants of 200/10 are longer.
    (200, 10, _, 104..=120) => InlandShip(InlandShip), nothing, "inland ship";
    (200, 21, _, 155..=168) => InlandEta(InlandEta), nothing, "ETA at lock, bridge or terminal";
    (200, 22, _, 142..=152) => InlandRta(InlandRta), nothing, "RTA at lock, bridge or terminal";
    (200, 23, _, 194..=208) => InlandWarning(InlandWarning), nothing, "inland weather warning";
    (200, 24, _, 37..=120) => InlandLevels(InlandLevelsHead), parts::<InlandGauge>, "water levels";
    (200, 25, _, 108..=120) => InlandBridge(InlandBridge), nothing, "bridge clearance";
    (200, 40, _, 101..=120) => InlandSignal(InlandSignal), nothing, "inland signal";
    (200, 55, _, 29..=120) => InlandPersons(InlandPersons), nothing, "persons on board";
    (235 | 250 | 366, 10, _, 44..=88) => AidMonitoring(AidMonitoring), nothing, "monitoring of an aid to navigation";
    (235, 20, _, 276..=288) => BuoyPosition(BuoyPosition), nothing, "place of a buoy";
    (265, 1, _, 56..=528) => StmRoute(StmRouteHead), route, "intended route";
    (316 | 366, 1, 1, 200..=784) => SeawayWeather(SeawayHead), parts::<SeawayWeather>, "Seaway weather";
    (316 | 366, 1, 2, 152..=880) => SeawayWind(SeawayHead), parts::<SeawayWindReport>, "Seaway wind";
    (316 | 366, 1, 3, 152..=880) => SeawayLevel(SeawayHead), parts::<SeawayLevelReport>, "Seaway water level";
    (316 | 366, 1, 6, 152..=880) => SeawayFlow(SeawayHead), parts::<SeawayFlowReport>, "Seaway water flow";
    (316 | 366, 2, 1, 128..=856) => SeawayLockOrder(SeawayLockOrderHead), parts::<SeawayLockage>, "Seaway lock order";
    (316 | 366, 2, 2, 346..=360) => SeawayLockTimes(SeawayLockTimes), nothing, "Seaway lock times";
    (316 | 366, 32, _, 24..=40) => SeawayVersion(SeawayVersion), nothing, "Seaway version";
    (367, 33, _, 112..=960) => SensorsUs(NoHead), parts::<SensorReportUs>, "sensors";
}

impl Application<'_> {
    /// The text that some applications carry.
    pub fn text(&self) -> Option<String> {
        match self {
            Self::Telegram(_, text) | Self::Description(_, text) => Some(text.text()),
            _ => None,
        }
    }
}

/// What follows is text, spare bits or nothing.
fn nothing(_: &Tail<'_>, _: &mut dyn FnMut(&'static str, Value)) {}

/// What follows is the same table again and again; bits that don't fill one are padding.
fn parts<R: Record>(rest: &Tail<'_>, each: &mut dyn FnMut(&'static str, Value)) {
    for place in 0..rest.len() / R::END {
        part::<R>(rest, place * R::END, place, each);
    }
}

fn part<R: Record>(rest: &Tail<'_>, at: usize, place: usize, each: &mut dyn FnMut(&'static str, Value)) {
    each("part", Value::Part(place as u8));
    R::read(&rest.cut(at, at + R::END).to_bits(), 0).list(each);
}

/// Legs, then an end that is longer.
fn route(rest: &Tail<'_>, each: &mut dyn FnMut(&'static str, Value)) {
    let legs = rest.len().saturating_sub(RouteEnd::END) / RouteLeg::END;
    for place in 0..legs {
        part::<RouteLeg>(rest, place * RouteLeg::END, place, each);
    }
    if RouteEnd::END <= rest.len() {
        part::<RouteEnd>(rest, legs * RouteLeg::END, legs, each);
    }
}

/// Several tables one after the other, as what follows a head.
pub fn repeated<R: Record>(parts: &[R]) -> Bits {
    let mut bits = Bits::new();
    for (i, part) in parts.iter().enumerate() {
        part.write(&mut bits, i * R::END);
    }
    bits
}

#[cfg(test)]
mod tests;
