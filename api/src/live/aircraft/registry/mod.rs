//! Who an aircraft is beyond what it says: its state always, its registration and type where something knows.
//!
//! ```text
//!   registration:  broadcast (register 2,1) ─► the operator's file ─► the state's rule        the first that has one
//!   type:          the operator's file
//! ```

pub mod country;
pub mod database;
pub mod registration;

pub use country::Country;
pub use database::{Database, DatabaseError};

use model::ShortText;

/// Where a registration is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegisteredBy {
    Broadcast,
    Database,
    Rule,
}

impl RegisteredBy {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Broadcast => "broadcast",
            Self::Database => "database",
            Self::Rule => "rule",
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identified {
    pub country: Option<Country>,
    pub registration: Option<(String, RegisteredBy)>,
    /// ICAO Doc 8643 designator.
    pub type_code: Option<String>,
}

/// `broadcast`: the registration that the aircraft itself sent.
pub fn identify(address: u32, broadcast: Option<ShortText<34>>, database: Option<&Database>) -> Identified {
    let listed = database.and_then(|d| d.find(address));
    let said = broadcast.map(|text| (text.to_string(), RegisteredBy::Broadcast));
    let by_file = || listed.as_ref().and_then(|row| row.registration).map(|text| (text.to_owned(), RegisteredBy::Database));
    let by_rule = || registration::of(address).map(|text| (text.to_string(), RegisteredBy::Rule));
    Identified {
        country: country::of(address),
        registration: said.or_else(by_file).or_else(by_rule),
        type_code: listed.as_ref().and_then(|row| row.type_code).map(str::to_owned),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_source_wins() {
        let file = Database::read(&b"a05f21;N1FILE;B738;00\na05f22;;C172;00\n"[..]).unwrap();
        let of = |address, broadcast, file| identify(address, broadcast, file).registration;
        let text = |t: &str, by| Some((t.to_owned(), by));
        assert_eq!(of(0xa0_5f21, ShortText::new("N1SAID").ok(), Some(&file)), text("N1SAID", RegisteredBy::Broadcast));
        assert_eq!(of(0xa0_5f21, None, Some(&file)), text("N1FILE", RegisteredBy::Database));
        assert_eq!(of(0xa0_5f21, None, None), text("N123CZ", RegisteredBy::Rule));
        let listed = identify(0xa0_5f22, None, Some(&file));
        assert_eq!((listed.registration.unwrap().1, listed.type_code.as_deref()), (RegisteredBy::Rule, Some("C172")));
        assert_eq!(identify(0x40_0001, None, None), Identified { country: country::of(0x40_0001), ..Identified::default() });
    }
}
