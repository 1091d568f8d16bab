//! Published replies, and the properties that any inference must have.

use super::*;
use proptest::prelude::*;

fn mb(value: u64) -> Bits<56> {
    Bits::new(value)
}

#[track_caller]
fn check(value: u64, context: &Context, expected: Option<Register>) {
    let told = infer(mb(value), context).filter(|i| TOLD_PERCENT <= i.probability_percent);
    assert_eq!(told.map(|i| i.register), expected, "{:?}", infer(mb(value), context));
}

/// Replies published with their registers; without any context.
#[test]
fn published_replies_are_told_apart() {
    let none = Context::default();
    check(0x10_030a_80fd_0000, &none, Some(Register::DataLink));
    check(0xfa_81c3_0000_0000, &none, Some(Register::Served));
    check(0x20_2cc3_71cf_0ca0, &none, Some(Register::Identification));
    check(0x30_0000_0000_0000, &none, Some(Register::Advisory));
    check(0x85_e42f_3130_0000, &none, Some(Register::Selected));
    check(0xfe_be5b_10ff_a446, &none, Some(Register::TrackAndTurn));
    check(0xfc_8a51_24e1_fc3c, &none, Some(Register::HeadingAndSpeed));
}

#[test]
fn an_empty_register_is_nothing() {
    assert_eq!(infer(mb(0), &Context::default()), None);
}

/// One reply that fits 5,0 and 6,0: what is known of the aircraft decides.
#[test]
fn the_track_decides_between_registers() {
    let reply = 0xfc_8a51_24e1_fc3c;
    let as_6_0 = Context { alt_ft: Some(20_000), track_deg: Some(350.0), vertical_rate_fpm: Some(2000), ..Context::default() };
    check(reply, &as_6_0, Some(Register::HeadingAndSpeed));
    let told = infer(mb(reply), &Context { served: Some(mb(1 << (56 - 24) ^ 0xff_ffff_0000_0000)), ..as_6_0 }).unwrap();
    assert!(told.probability_percent <= infer(mb(reply), &as_6_0).unwrap().probability_percent, "an unserved register is less likely");
}

proptest! {
    /// Random bits are hardly ever told as a register: each told one would be wrong.
    #[test]
    fn noise_is_rarely_a_register(seed in any::<u64>()) {
        let (mut told, mut state) = (0, seed | 1);
        for _ in 0..2000 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let value = state >> 8;
            let inference = infer(mb(value), &Context { alt_ft: Some(30_000), ..Context::default() });
            told += u32::from(inference.is_some_and(|i| TOLD_PERCENT <= i.probability_percent));
        }
        prop_assert!(told <= 12, "{told} of 2000");
    }

    /// A probability is one, and does not depend on anything but its arguments.
    #[test]
    fn probabilities_are_probabilities(value in 0_u64..1 << 56, alt in -1000_i32..60_000, kt in 0.0_f64..700.0, deg in 0.0_f64..360.0) {
        let context = Context { alt_ft: Some(alt), speed_kt: Some(kt), track_deg: Some(deg), ..Context::default() };
        let first = infer(mb(value), &context);
        prop_assert!(first.is_none_or(|i| i.probability_percent <= 100));
        prop_assert_eq!(first, infer(mb(value), &context));
    }
}
