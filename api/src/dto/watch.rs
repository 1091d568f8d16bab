//! Points of interest and the watch-list, for the description: the shapes themselves follow from `crate::records`.

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
