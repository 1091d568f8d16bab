//! Points of interest and the watch-list: what an event about one gains; and names for the description (the shapes of the
//! records themselves follow from `crate::records`).

use super::Payload;
use crate::store::Poi;
use serde::Serialize;
use utoipa::{PartialSchema, ToSchema};

/// Names a schema that the records' description makes.
macro_rules! named {
    ($($name:ident),*) => {$(
        #[derive(Debug)]
        pub struct $name;

        impl PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                utoipa::openapi::schema::Object::new().into()
            }
        }

        impl ToSchema for $name {}
    )*};
}

named!(PoiIdentifierRead, PoiIdentifierCreate, ImeiWatchEntryRead);

/// What an event about a point of interest gains in its payload.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct PoiMark<'a> {
    pub poi_watchlist_hit: bool,
    pub poi_id: i64,
    pub poi_name: &'a str,
    pub poi_risk_level: &'a str,
}

impl<'a> PoiMark<'a> {
    /// Of the event.
    pub const STATUS: &'static str = "poi_seen";

    pub fn of(poi: &'a Poi) -> Self {
        Self { poi_watchlist_hit: true, poi_id: poi.id, poi_name: &poi.name, poi_risk_level: &poi.risk_level }
    }
}

#[derive(Debug, Serialize)]
pub(crate) struct PoiMarked<'a> {
    #[serde(flatten)]
    pub payload: &'a Payload<'a>,
    #[serde(flatten)]
    pub mark: PoiMark<'a>,
}
