//! How the channel is kept in order: types 7, 10, 13, 15, 16, 20, 22, 23 (ITU-R M.1371-5 annex 8 §3). Where a message may end
//! early, what is not sent is read as 0.

use super::bits::U;
use super::record::record;
use super::units::{CoarseLatitude, CoarseLongitude};

record! {
    /// Types 7 and 13: acknowledgement of 1–4 messages (§3.5, §3.11); MMSI 0 = not used.
    pub struct Acknowledge (38..168) {
        spare: U<2> = 38,
        mmsi1: U<30> = 40,
        sequence1: U<2> = 70,
        mmsi2: U<30> = 72,
        sequence2: U<2> = 102,
        mmsi3: U<30> = 104,
        sequence3: U<2> = 134,
        mmsi4: U<30> = 136,
        sequence4: U<2> = 166,
    }
}

record! {
    /// Type 10: UTC and date inquiry (§3.8 table 59).
    pub struct UtcInquiry (38..72) {
        spare: U<2> = 38,
        destination: U<30> = 40,
        spare2: U<2> = 70,
    }
}

record! {
    /// Type 15: interrogation of one or two stations (§3.13 table 63); MMSI or type 0 = not used.
    pub struct Interrogation (38..160) {
        spare: U<2> = 38,
        mmsi1: U<30> = 40,
        type1_1: U<6> = 70,
        offset1_1: U<12> = 76,
        spare2: U<2> = 88,
        type1_2: U<6> = 90,
        offset1_2: U<12> = 96,
        spare3: U<2> = 108,
        mmsi2: U<30> = 110,
        type2_1: U<6> = 140,
        offset2_1: U<12> = 146,
        spare4: U<2> = 158,
    }
}

record! {
    /// Type 16: assignment of slots to one (96 bits) or two (144 bits) stations (§3.14 table 65).
    pub struct Assignment (38..144) {
        spare: U<2> = 38,
        mmsi1: U<30> = 40,
        offset1: U<12> = 70,
        increment1: U<10> = 82,
        mmsi2: U<30> = 92,
        offset2: U<12> = 122,
        increment2: U<10> = 134,
    }
}

record! {
    /// Type 20: slots that base stations reserve (§3.18 table 72); number 0 = not used.
    pub struct Reservation (38..160) {
        spare: U<2> = 38,
        offset1: U<12> = 40,
        number1: U<4> = 52,
        timeout1: U<3> = 56,
        increment1: U<11> = 59,
        offset2: U<12> = 70,
        number2: U<4> = 82,
        timeout2: U<3> = 86,
        increment2: U<11> = 89,
        offset3: U<12> = 100,
        number3: U<4> = 112,
        timeout3: U<3> = 116,
        increment3: U<11> = 119,
        offset4: U<12> = 130,
        number4: U<4> = 142,
        timeout4: U<3> = 146,
        increment4: U<11> = 149,
    }
}

record! {
    /// Type 22: channel management (§3.20 table 75). With `addressed` the corner bits hold two MMSIs instead.
    pub struct ChannelManagement (38..168) {
        spare: U<2> = 38,
        /// Channel numbers of ITU-R M.1084.
        channel_a: U<12> = 40,
        channel_b: U<12> = 52,
        txrx: U<4> = 64,
        low_power: bool = 68,
        ne_lon: CoarseLongitude = 69,
        ne_lat: CoarseLatitude = 87,
        sw_lon: CoarseLongitude = 104,
        sw_lat: CoarseLatitude = 122,
        addressed: bool = 139,
        narrow_a: bool = 140,
        narrow_b: bool = 141,
        zone_size: U<3> = 142,
        spare2: U<23> = 145,
    }
}

impl ChannelManagement {
    /// The two stations meant when `addressed`: bits 69–98 and 104–133.
    pub fn destinations(&self) -> Option<[u32; 2]> {
        let mmsi = |lon: CoarseLongitude, lat: CoarseLatitude| ((lon.raw as u32 & 0x3_FFFF) << 12) | ((lat.raw as u32 & 0x1_FFFF) >> 5);
        self.addressed.then(|| [mmsi(self.ne_lon, self.ne_lat), mmsi(self.sw_lon, self.sw_lat)])
    }
}

record! {
    /// Type 23: assignment for a group of stations (§3.21 table 75 bis). 160 bits.
    pub struct GroupAssignment (38..160) {
        spare: U<2> = 38,
        ne_lon: CoarseLongitude = 40,
        ne_lat: CoarseLatitude = 58,
        sw_lon: CoarseLongitude = 75,
        sw_lat: CoarseLatitude = 93,
        station_type: U<4> = 110,
        ship_type: U<8> = 114,
        spare2: U<22> = 122,
        txrx: U<2> = 144,
        interval: U<4> = 146,
        /// Minutes of silence; 0 = none.
        quiet_min: U<4> = 150,
        spare3: U<6> = 154,
    }
}
