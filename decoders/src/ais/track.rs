//! What was last said by whom, as far as the decoder needs it to tell news from repetition: a bounded table that ages by the
//! frames' own time.

use model::UnixMicros;

/// Stations remembered. A busy strait has about 2,000 in range of one antenna; a network feed may exceed this, and then old ones
/// are told again early, nothing worse.
const STATIONS: usize = 8192;
/// Places where a station may be.
const PROBES: usize = 8;
/// A status that doesn't change is told again after this time, so that whoever joins later learns it.
const REPEAT_MICROS: i64 = 180_000_000;

/// The last navigational status of each station.
#[derive(Debug)]
pub struct Tracks {
    slots: Box<[Option<Track>]>,
}

#[derive(Clone, Copy, Debug)]
struct Track {
    mmsi: u32,
    nav_status: u8,
    told: UnixMicros,
}

impl Tracks {
    pub fn new() -> Self {
        Self { slots: vec![None; STATIONS].into_boxed_slice() }
    }

    /// Is `nav_status` news: first heard, changed, or not told for a while?
    pub fn is_news(&mut self, mmsi: u32, nav_status: u8, at: UnixMicros) -> bool {
        let fresh = Track { mmsi, nav_status, told: at };
        let slot = self.slot(mmsi);
        let news = match &self.slots[slot] {
            Some(known) if known.mmsi == mmsi && known.nav_status == nav_status => {
                let age = at.micros_since(known.told);
                !(0..REPEAT_MICROS).contains(&age)
            }
            _ => true,
        };
        if news {
            self.slots[slot] = Some(fresh);
        }
        news
    }

    /// The station's place; for a new one an empty place or that of the one told longest ago.
    fn slot(&self, mmsi: u32) -> usize {
        let start = (mmsi.wrapping_mul(0x9E37_79B1) >> 16) as usize;
        let places = (0..PROBES).map(|i| (start + i) % STATIONS);
        places
            .clone()
            .find(|&i| self.slots[i].is_some_and(|t| t.mmsi == mmsi))
            .or_else(|| places.min_by_key(|&i| self.slots[i].map_or(UnixMicros(i64::MIN), |t| t.told)))
            .expect("there are PROBES places")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_news_when_it_changes_or_gets_old() {
        let mut tracks = Tracks::new();
        let at = |s| UnixMicros::from_secs(s);
        assert!(tracks.is_news(244_000_000, 0, at(0)));
        assert!(!tracks.is_news(244_000_000, 0, at(10)));
        assert!(tracks.is_news(244_000_000, 1, at(11)));
        assert!(!tracks.is_news(244_000_000, 1, at(190)));
        assert!(tracks.is_news(244_000_000, 1, at(191)));
    }

    #[test]
    fn a_crowd_displaces_but_does_not_grow() {
        let mut tracks = Tracks::new();
        for mmsi in 0..100_000 {
            assert!(tracks.is_news(mmsi, 0, UnixMicros::from_secs(i64::from(mmsi))));
        }
        assert_eq!(tracks.slots.len(), STATIONS);
    }
}
