//! Payloads as frames: parity, interleaving, sync word, bits.

use super::parity::with_parity;
use core::fmt;

/// The three lengths that are on the air.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FrameKind {
    Basic,
    Long,
    Uplink,
}

impl FrameKind {
    /// Payload bytes, without parity.
    pub const fn payload_bytes(self) -> usize {
        match self {
            Self::Basic => 18,
            Self::Long => 34,
            Self::Uplink => 432,
        }
    }

    /// Sync word and everything behind it.
    pub const fn bits(self) -> usize {
        match self {
            Self::Basic => 36 + 240,
            Self::Long => 36 + 384,
            Self::Uplink => 36 + 4416,
        }
    }
}

/// The 36 bits before a message of an aircraft; a ground station sends their complement.
const SYNC: u64 = 0xE_ACDD_A4E2;

/// A payload of one of the three lengths.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct UatFrame {
    payload: Vec<u8>,
    kind: FrameKind,
}

impl UatFrame {
    /// `None`: no frame has a payload of this length, or its type does not fit its length (only type 0 is basic).
    pub fn new(payload: &[u8]) -> Option<Self> {
        let kind = [FrameKind::Basic, FrameKind::Long, FrameKind::Uplink].into_iter().find(|k| k.payload_bytes() == payload.len())?;
        let basic = payload[0] >> 3 == 0;
        (kind == FrameKind::Uplink || basic == (kind == FrameKind::Basic)).then(|| Self { payload: payload.to_vec(), kind })
    }

    pub fn kind(&self) -> FrameKind {
        self.kind
    }

    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// Bytes behind the sync word, as they are sent.
    pub fn coded(&self) -> Vec<u8> {
        match self.kind {
            FrameKind::Basic => with_parity(&self.payload, 12),
            FrameKind::Long => with_parity(&self.payload, 14),
            FrameKind::Uplink => {
                let blocks: Vec<Vec<u8>> = self.payload.chunks(72).map(|block| with_parity(block, 20)).collect();
                (0..92).flat_map(|i| blocks.iter().map(move |block| block[i])).collect()
            }
        }
    }

    /// Everything from the sync word on, first on the air first.
    pub fn bits(&self) -> Vec<bool> {
        let flip = self.kind == FrameKind::Uplink;
        let sync = (0..36).rev().map(|i| (SYNC >> i & 1 == 1) != flip);
        let coded = self.coded();
        sync.chain(coded.iter().flat_map(|byte| (0..8).rev().map(move |i| byte >> i & 1 == 1))).collect()
    }
}

impl fmt::Display for UatFrame {
    /// As dump978 has it: `-` or `+` and hex.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.kind == FrameKind::Uplink { "+" } else { "-" })?;
        self.payload.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for UatFrame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UatFrame({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_have_the_standards_lengths() {
        for (payload, first) in [(vec![0; 18], true), (vec![8; 34], true), (vec![0; 432], false)] {
            let frame = UatFrame::new(&payload).unwrap();
            let bits = frame.bits();
            assert_eq!((bits.len(), bits[0]), (frame.kind().bits(), first));
        }
        for wrong in [vec![8; 18], vec![0; 34], vec![0; 17], vec![]] {
            assert_eq!(UatFrame::new(&wrong), None);
        }
    }

    #[test]
    fn uplink_blocks_take_turns() {
        let payload: Vec<u8> = (0..432).map(|i| (i / 72) as u8).collect();
        let coded = UatFrame::new(&payload).unwrap().coded();
        assert_eq!((coded.len(), &coded[..7]), (552, &[0, 1, 2, 3, 4, 5, 0][..]));
    }
}
