//! What a FIS-B product is called (DO-358B table A-1; FAA SBS description document; DO-267A for the old ones).

/// The payload holds a text record, or a graphic one: NOTAM, AIRMET …
pub const fn has_records(product: u16) -> bool {
    matches!(product, 8..=17)
}

/// Name for people. `None`: not known here.
pub const fn product_name(product: u16) -> Option<&'static str> {
    Some(match product {
        8 => "NOTAM",
        9 => "D-ATIS",
        10 => "TWIP",
        11 => "AIRMET",
        12 => "SIGMET",
        13 => "special use airspace",
        14 => "G-AIRMET",
        15 => "center weather advisory",
        16 => "NOTAM-TRA",
        17 => "NOTAM-TMOA",
        51..=54 => "national NEXRAD",
        55..=58 => "regional NEXRAD (old)",
        59..=62 => "single NEXRAD",
        63 => "regional NEXRAD",
        64 => "CONUS NEXRAD",
        70 => "icing forecast, low",
        71 => "icing forecast, high",
        81..=83 => "radar echo tops",
        84 => "cloud tops",
        90 => "turbulence forecast, low",
        91 => "turbulence forecast, high",
        101..=103 => "lightning",
        151 => "point phenomena",
        201 => "surface conditions",
        202 => "surface weather systems",
        254 => "AIRMET and SIGMET bitmap",
        351 => "system time",
        352 => "operational status",
        353 => "ground station status",
        401..=405 | 411 | 412 => "generic product",
        413 => "text",
        600 | 2004 => "proprietary",
        2000..=2005 => "developmental",
        _ => return None,
    })
}
