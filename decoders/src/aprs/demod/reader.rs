//! Rows of levels to frames: NRZI, flags, check sequence, addresses; plain, repaired, in FX.25, and IL2P.

use super::fx25::Fx25;
use super::il2p::Il2p;
use super::memory::Memory;
use super::repair::Repair;
use super::scrambler::Descrambler;
use super::trellis::Detour;
use crate::aprs::ax25;
use crate::hdlc::{Deframer, GOOD_FCS, Heard, Nrzi, crc_register};

pub const BAUD: f64 = 1200.0;
/// Two to ten addresses, control, PID, 256 bytes of information, FCS.
pub const FRAME_BYTES_MAX: usize = 70 + 2 + 256 + 2;
/// Two addresses, control, FCS.
const FRAME_BYTES_MIN: usize = 14 + 1 + 2;

#[derive(Debug)]
pub struct Reader {
    /// 9600 baud: plain frames and FX.25 are scrambled.
    descrambler: Option<Descrambler>,
    nrzi: Nrzi,
    deframer: Deframer<FRAME_BYTES_MAX>,
    fx25: Fx25,
    repair: Repair,
    memory: Memory,
    il2p: Il2p,
    /// Where the flag that may open a frame ended.
    flag_at: u64,
    /// Frames whose FCS was wrong.
    pub failed: u64,
}

/// A frame whose check passed, without FCS.
#[derive(Clone, Copy, Debug)]
pub struct Read<'a> {
    pub bytes: &'a [u8],
    /// Where its opening flag ended.
    pub opened_at: u64,
    /// Bytes that a Reed–Solomon code set right before the check.
    pub corrected_bytes: usize,
    /// Bits chosen so that the check passed ([`super::repair`], [`super::memory`]).
    pub repaired_bits: u8,
}

impl Reader {
    pub fn new() -> Self {
        Self::at(BAUD)
    }

    fn at(baud: f64) -> Self {
        Self {
            descrambler: None,
            nrzi: Nrzi::new(),
            deframer: Deframer::new(),
            fx25: Fx25::new(),
            il2p: Il2p::new(),
            repair: Repair::new(),
            memory: Memory::new(8 * baud as u64),
            flag_at: 0,
            failed: 0,
        }
    }

    /// For levels of 9600 baud.
    pub fn scrambled() -> Self {
        Self { descrambler: Some(Descrambler::default()), ..Self::at(8.0 * BAUD) }
    }

    /// Takes a bit's level (true: mark), which ended at `at`, in eighths of a bit, and what may be there instead.
    #[inline]
    pub fn push(&mut self, level: bool, at: u64, or: Option<Detour>) -> Option<Read<'_>> {
        if let Some(corrected_bytes) = self.il2p.push(level, at) {
            let (bytes, opened_at) = (self.il2p.bytes(), self.il2p.opened_at());
            return ax25::has_addresses(bytes).then_some(Read { bytes, opened_at, corrected_bytes, repaired_bits: 0 });
        }
        let level = self.descrambler.as_mut().map_or(level, |d| d.bit(level));
        let bit = self.nrzi.bit(level);
        if let Some(corrected) = self.fx25.push(bit, at) {
            return good(self.fx25.bytes(), self.fx25.opened_at(), corrected);
        }
        self.repair.push(level, or);
        match self.deframer.push(bit) {
            Heard::More => None,
            Heard::Abort => {
                self.repair.close();
                None
            }
            heard => {
                let opened_at = core::mem::replace(&mut self.flag_at, at);
                self.flag(heard, level, opened_at)
            }
        }
    }

    /// A flag has ended.
    fn flag(&mut self, heard: Heard, level: bool, opened_at: u64) -> Option<Read<'_>> {
        let whole = heard == Heard::Frame && FRAME_BYTES_MIN <= self.deframer.bytes().len();
        if whole && crc_register(self.deframer.bytes()) == GOOD_FCS {
            self.repair.open(level);
            return good(self.deframer.bytes(), opened_at, 0);
        }
        self.failed += u64::from(whole);
        let repaired = self.repair.search();
        let together = if repaired.is_some() { None } else { self.memory.search(self.repair.levels(), self.repair.before(), self.flag_at) };
        self.repair.open(level);
        let (bits, bytes) = match (repaired, together) {
            (Some(bits), _) => (bits, self.repair.bytes()),
            (None, Some(bits)) => (bits, self.memory.bytes()),
            (None, None) => return None,
        };
        Some(Read { bytes, opened_at, corrected_bytes: 0, repaired_bits: bits })
    }
}

fn good(bytes: &[u8], opened_at: u64, corrected_bytes: usize) -> Option<Read<'_>> {
    let whole = FRAME_BYTES_MIN <= bytes.len() && crc_register(bytes) == GOOD_FCS;
    let bytes = &bytes[..bytes.len().saturating_sub(2)];
    (whole && ax25::has_addresses(bytes)).then_some(Read { bytes, opened_at, corrected_bytes, repaired_bits: 0 })
}
