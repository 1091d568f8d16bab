//! What a ground station says: its place, and FIS-B products (DO-282B §2.2.4.6; DO-358B).
//!
//! ```text
//!  byte 1.1   3.8   6.8    7.1   7.3     7.4      8.1         9…432
//!      | lat | lon | valid | UTC | app.  | slot   | TIS-B     | information frames
//!      | 23  | 24  | 1     | 1   | valid | 5      | site 4    |
//!  information frame: | length 9 | reserved 3 | type 4 | length bytes |     type 0: FIS-B APDU; length 0 and type 0: the end
//! ```

mod apdu;
mod assemble;
mod dlac;
mod product;
mod text;

pub use apdu::Apdu;
pub use assemble::Assembler;
pub use product::product_name;
pub use text::{Report, reports};

use super::bytes::Fields;
use super::message::state_place;
use crate::registry::Refusal;
use model::LatLon;

pub const UPLINK_BYTES: usize = 432;
const HEADER_BYTES: usize = 8;

/// A ground uplink message.
#[derive(Clone, Debug, PartialEq)]
pub struct Uplink<'a> {
    /// The ground station's. Stations send it with "position valid" 0, as others found, and it is right all the same; it is never
    /// told as anything else than where the station says it is.
    pub at: Option<LatLon>,
    pub position_valid: bool,
    pub utc_coupled: bool,
    /// Transmission slot, 0…31.
    pub slot: u8,
    /// TIS-B site, 0…15.
    pub site: u8,
    /// Information frames, when the application data are valid.
    data: Option<&'a [u8]>,
}

impl<'a> Uplink<'a> {
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Refusal> {
        if bytes.len() != UPLINK_BYTES {
            return Err(Refusal::Length);
        }
        let f = Fields(bytes);
        Ok(Self {
            at: state_place(f.get(1, 1, 23), f.get(3, 8, 24)),
            position_valid: f.flag(6, 8),
            utc_coupled: f.flag(7, 1),
            slot: f.get(7, 4, 5) as u8,
            site: f.get(8, 1, 4) as u8,
            data: f.flag(7, 3).then(|| &bytes[HEADER_BYTES..]),
        })
    }

    /// Information frames one after another: type and contents. Ends at the first that does not fit.
    pub fn frames(&self) -> impl Iterator<Item = (u8, &'a [u8])> {
        let mut rest = self.data.unwrap_or_default();
        core::iter::from_fn(move || {
            let (head, tail) = rest.split_at_checked(2)?;
            let length = usize::from(head[0]) << 1 | usize::from(head[1] >> 7);
            let kind = head[1] & 0x0F;
            if length == 0 {
                return None;
            }
            let (contents, tail) = tail.split_at_checked(length)?;
            rest = tail;
            Some((kind, contents))
        })
    }

    /// The FIS-B products among them; a header that does not fit is left out.
    pub fn apdus(&self) -> impl Iterator<Item = Apdu<'a>> {
        self.frames().filter(|(kind, _)| *kind == 0).filter_map(|(_, contents)| Apdu::parse(contents))
    }
}
