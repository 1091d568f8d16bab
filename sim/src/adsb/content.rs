//! Frames that somebody recorded, as content for signals: hexadecimal text in the forms that people exchange.

use super::frame::ModeS;
use super::traffic::{ReplyRates, Traffic};
use crate::rng::Rng;
use crate::world::{World, WorldConfig};
use std::collections::HashSet;

/// Recorded frames that are believable: parity right, or (address parity) from an address that squitters elsewhere in the set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Content {
    pub frames: Vec<ModeS>,
    /// Frames in the text that were left out.
    pub refused: usize,
}

impl Content {
    /// One frame a line: `8d4840d6…`, `*8d4840d6…;`, `@<12 digits time>8d…;`, `time,8d…` or `time,1a33…` (Beast). Lines without
    /// a frame are passed over.
    pub fn from_text(text: &str) -> Self {
        Self::from_frames(text.lines().filter_map(frame_of_line).collect())
    }

    pub fn from_frames(all: Vec<ModeS>) -> Self {
        let plain = |f: &ModeS| match f.df() {
            11 => f.residue() < 80,
            17 | 18 => f.residue() == 0,
            _ => false,
        };
        let known: HashSet<u32> = all.iter().filter(|f| plain(f)).map(ModeS::address).collect();
        let believable = |f: &ModeS| match f.df() {
            11 | 17 | 18 => plain(f),
            0 | 4 | 5 => f.bits() == 56 && known.contains(&f.address()),
            16 | 20 | 21 | 24 => f.bits() == 112 && known.contains(&f.address()),
            _ => false,
        };
        let frames: Vec<ModeS> = all.iter().copied().filter(believable).collect();
        Self { refused: all.len() - frames.len(), frames }
    }

    /// The first `count` frames of a simulated fleet in the mix of a busy sky: what to use where there is no recording.
    pub fn of_fleet(aircraft: u32, count: usize) -> Self {
        let world = World::new(WorldConfig { aircraft, ..WorldConfig::default() });
        if aircraft == 0 {
            return Self::default();
        }
        let mut traffic = Traffic::new(world, ReplyRates::BUSY, 0);
        let mut frames = Vec::with_capacity(count);
        while frames.len() < count {
            frames.extend(traffic.step().map(|emission| emission.frame));
        }
        Self::from_frames(frames)
    }

    /// 12,000 frames of 120 addresses in the mix of a busy terminal area, bits at random: DF 17 31 %, 0 34 %, 11 21 %, 4 10 %,
    /// 16 2 %, 20 2 %. For laboratories: every reading of a bit is as hard as any other.
    pub fn terminal_area() -> Self {
        let mut rng = Rng::stream(7, &[1]);
        let frame = |i: u32| {
            let address = 0x40_0000 + (i % 120) * 0x0123F;
            let mut body = [0_u8; 11];
            body.iter_mut().for_each(|b| *b = rng.below(256) as u8);
            let (df, long) = match rng.below(100) {
                0..31 => (17, true),
                31..65 => (0, false),
                65..86 => (11, false),
                86..96 => (4, false),
                96..98 => (16, true),
                _ => (20, true),
            };
            body[0] = df << 3 | if matches!(df, 11 | 17) { 5 } else { body[0] & 7 };
            let plain = matches!(df, 11 | 17);
            if plain {
                body[1..4].copy_from_slice(&address.to_be_bytes()[1..]);
            }
            ModeS::seal(&body[..if long { 11 } else { 4 }], if plain { 0 } else { address })
        };
        Self::from_frames((0..12_000).map(frame).collect())
    }

    /// Only the frames of one downlink format.
    #[must_use]
    pub fn only(&self, df: u8) -> Self {
        let frames: Vec<ModeS> = self.frames.iter().copied().filter(|f| f.df() == df).collect();
        Self { refused: self.refused + self.frames.len() - frames.len(), frames }
    }
}

fn frame_of_line(line: &str) -> Option<ModeS> {
    let token = line.split(|c: char| !c.is_ascii_hexdigit()).max_by_key(|token| token.len())?;
    match token.len() {
        14 | 28 if !token.starts_with("1a3") => ModeS::from_hex(token),
        26 | 40 if line.starts_with('@') => ModeS::from_hex(&token[12..]),
        _ => beast(token),
    }
}

/// `1a`, type `32` (short) or `33` (long), 6 bytes of time, 1 of level, the frame. On a link 1a within is doubled; in logs (one frame
/// a line) often not: as long as the bare frame is, it is bare. A doubled 1a makes it longer.
fn beast(token: &str) -> Option<ModeS> {
    let byte = |i: usize| token.get(i..i + 2).and_then(|two| u8::from_str_radix(two, 16).ok());
    let length = match (byte(0)?, byte(2)?) {
        (0x1a, 0x32) => 7,
        (0x1a, 0x33) => 14,
        _ => return None,
    };
    let bare = token.len() == 2 * (2 + 7 + length);
    let (mut bytes, mut at) = (Vec::with_capacity(21), 4);
    while bytes.len() < 7 + length {
        let b = byte(at)?;
        at += if b == 0x1a && !bare { 4 } else { 2 };
        bytes.push(b);
    }
    ModeS::from_bytes(&bytes[7..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_form_of_a_line_is_read() {
        let hex = "8d4840d6202cc371c32ce0576098";
        let forms = [
            hex.to_owned(),
            format!("*{};", hex.to_uppercase()),
            format!("@0123456789ab{hex};"),
            format!("1698140962.119813,{hex}"),
            format!("1698140962.1,1a330123456789abff{hex}"),
            // A level of 1a, doubled.
            format!("1698140962.1,1a330123456789ab1a1a{hex}"),
        ];
        for line in &forms {
            assert_eq!(Content::from_text(line).frames, [ModeS::from_hex(hex).unwrap()], "{line}");
        }
        // Bare, with 1a at the end, at the level, and twice in a row.
        for (line, hex) in [
            ("1698140962.119813,1a32000023b1dda011210000bd6b441a", "210000bd6b441a"),
            ("1,1a320123456789ab1a5d4840d6f8a4d7", "5d4840d6f8a4d7"),
            ("1,1a320123456789abff5d1a1ad6f8a4d7", "5d1a1ad6f8a4d7"),
        ] {
            assert_eq!(frame_of_line(line), ModeS::from_hex(hex), "{line}");
        }
        assert_eq!(Content::from_text("time,frame\n\n1a33zz\n1a3301\n"), Content::default());
    }

    proptest! {
        #[test]
        fn any_text_is_read_and_only_believable_frames_come_out(text in "(?s).{0,400}|([0-9a-fA-F@*;,.\n]{0,60}\n){0,12}|1a3[23]([0-9a-f]{2}){0,40}") {
            for frame in Content::from_text(&text).frames {
                prop_assert!(matches!(frame.df(), 0 | 4 | 5 | 11 | 16 | 17 | 18 | 20 | 21 | 24));
                prop_assert!(!matches!(frame.df(), 17 | 18) || frame.residue() == 0);
            }
        }
    }

    #[test]
    fn unbelievable_frames_are_left_out() {
        let known = "8d4840d6202cc371c32ce0576098";
        let altitude = super::super::frame::Fields::default().put(5, 4).put(27, 0x1718);
        let (good, stranger) = (altitude.seal(0x4840d6), altitude.seal(0x123456));
        let broken = "8d4840d6202cc371c32ce0576099";
        let content = Content::from_text(&format!("{good}\n{known}\n{stranger}\n{broken}\n"));
        assert_eq!((content.frames.len(), content.refused), (2, 2));
        assert_eq!(content.only(17).frames.len(), 1);
    }
}
