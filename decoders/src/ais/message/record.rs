//! `record!`: a table of the specification as a struct. Each field states the bit where it starts; that the fields lie side by
//! side without a hole or an overlap is checked when the crate is compiled. Reading, writing and listing come from the one table,
//! so that they can't disagree.

use super::bits::{Bits, Value};

/// A table of fields, at its place `base` bits into a message.
pub trait Record: Sized {
    /// Where the first field starts and the last one ends.
    const START: usize;
    const END: usize;
    fn read(bits: &Bits, base: usize) -> Self;
    fn write(&self, bits: &mut Bits, base: usize);
    /// Calls `each` with every field's name and value, spares left out.
    fn list(&self, each: &mut dyn FnMut(&'static str, Value));
}

macro_rules! record {
    ($(#[$meta:meta])* pub struct $name:ident ($start:literal..$end:literal) {
        $($(#[$fmeta:meta])* $field:ident: $ty:ty = $at:literal,)*
    }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct $name { $($(#[$fmeta])* pub $field: $ty,)* }

        const _: () = {
            let mut at = $start;
            $(
                assert!(at == $at, concat!(stringify!($name), ".", stringify!($field), " starts elsewhere"));
                at += <$ty as $crate::ais::message::bits::Field>::BITS;
            )*
            assert!(at == $end, concat!(stringify!($name), " ends elsewhere"));
        };

        impl $crate::ais::message::record::Record for $name {
            const START: usize = $start;
            const END: usize = $end;
            #[inline]
            fn read(bits: &$crate::ais::message::bits::Bits, base: usize) -> Self {
                Self { $($field: <$ty as $crate::ais::message::bits::Field>::get(bits, base + $at),)* }
            }
            fn write(&self, bits: &mut $crate::ais::message::bits::Bits, base: usize) {
                $($crate::ais::message::bits::Field::put(self.$field, bits, base + $at);)*
            }
            fn list(&self, each: &mut dyn FnMut(&'static str, $crate::ais::message::bits::Value)) {
                $(if !stringify!($field).starts_with("spare") {
                    each(stringify!($field), $crate::ais::message::bits::Field::show(self.$field));
                })*
            }
        }
    };
}

/// `coded!`: a number with a unit. `raw` is what is on the air; `value()` is `None` outside the range in which the specification
/// gives it a meaning ("not available" and reserved codes).
macro_rules! coded {
    ($($(#[$meta:meta])* $name:ident: $kind:ident $width:literal, $low:literal..=$high:literal, * $scale:literal + $offset:literal, $unit:literal;)*) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub struct $name { pub raw: i32 }

        impl $name {
            pub const fn new(raw: i32) -> Self {
                Self { raw }
            }
            /// As transmitted, when it means something.
            pub const fn known(self) -> Option<i32> {
                if $low <= self.raw && self.raw <= $high { Some(self.raw) } else { None }
            }
            /// In the unit that [`Value`](crate::ais::message::Value) names.
            pub fn value(self) -> Option<f64> {
                self.known().map(|raw| f64::from(raw) * $scale + $offset)
            }
        }

        impl $crate::ais::message::bits::Field for $name {
            const BITS: usize = $width;
            #[inline]
            fn get(bits: &$crate::ais::message::bits::Bits, at: usize) -> Self {
                Self { raw: coded!(@get $kind bits at $width) }
            }
            fn put(self, bits: &mut $crate::ais::message::bits::Bits, at: usize) {
                bits.put(at, $width, i64::from(self.raw) as u64);
            }
            fn show(self) -> $crate::ais::message::bits::Value {
                $crate::ais::message::bits::Value::Quantity { raw: i64::from(self.raw), value: self.value(), unit: $unit }
            }
        }
    )*};
    (@get u $bits:ident $at:ident $width:literal) => { $bits.uint($at, $width) as i32 };
    (@get i $bits:ident $at:ident $width:literal) => { $bits.int($at, $width) as i32 };
}

pub(crate) use coded;
pub(crate) use record;
