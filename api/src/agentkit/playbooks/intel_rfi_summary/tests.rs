//! What is unusual, on made-up series.

use super::*;
use model::UnixMicros;

fn rates(of: &[i64]) -> Vec<Rate> {
    let all = of.iter().zip(0..).filter(|(events, _)| **events != 0);
    all.map(|(events, quarters_ago)| Rate { source_id: 1, quarters_ago, events: *events }).collect()
}

#[test]
fn a_drop_is_less_than_half_by_more_than_chance() {
    // The last quarter first, then those before.
    for (series, dropped) in [
        (&[400, 1000, 1010, 990, 1000, 1000, 1000, 1000, 1000][..], true),
        (&[510, 1000, 1010, 990, 1000, 1000, 1000, 1000, 1000], false),
        (&[0, 1000, 1010, 990, 1000, 1000, 1000, 1000, 1000], true),
        // Four of nine are not unusual where nine are usual.
        (&[4, 9, 9, 9, 9, 9, 9, 9, 9], false),
        // Two hours of history are needed.
        (&[0, 1000, 1000, 1000, 1000, 1000, 1000, 1000], false),
        // It is often silent: that is its usual.
        (&[0, 900, 0, 0, 0, 0, 900, 0, 0, 900], false),
    ] {
        assert_eq!(rate_view(1, &rates(series)).unwrap().dropped, dropped, "{series:?}");
    }
    assert_eq!(rate_view(2, &rates(&[1, 2])), None);
}

#[test]
fn a_quiet_night_is_no_drop_and_a_quiet_day_is_one() {
    // 20 events a quarter by night (00:00 to 06:00), 1,000 by day, for a week; `now` is so many quarters after midnight.
    let week = |now: i32, last: i64, days: i32| -> Vec<Rate> {
        let usual = |ago: i32| if (now - ago).rem_euclid(96) < 24 { 20 } else { 1_000 };
        let quarters = (0..days * 96 + 3).filter(|q| *q < 96 || (q + 2) % 96 <= 4);
        quarters.map(|q| Rate { source_id: 1, quarters_ago: q, events: if q == 0 { last } else { usual(q) } }).collect()
    };
    for (now, last, days, baseline, dropped) in [
        // At three in the night by the hour, and by the day for want of four days.
        (12, 20, 7, 20.0, false),
        (12, 20, 3, 1_000.0, true),
        (12, 2, 7, 20.0, true),
        // At noon.
        (48, 1_000, 7, 1_000.0, false),
        (48, 300, 7, 1_000.0, true),
    ] {
        let view = rate_view(1, &week(now, last, days)).unwrap();
        assert_eq!((view.median, view.dropped), (Some(baseline), dropped), "{now} {last} {days}: {view:?}");
    }
    // Days on which it was off are not its usual.
    let mut off = week(48, 1_000, 9);
    off.retain(|r| r.quarters_ago < 96 * 2 || 96 * 4 < r.quarters_ago);
    assert_eq!(rate_view(1, &off).unwrap().median, Some(1_000.0));
}

#[test]
fn noise_is_compared_in_its_own_unit() {
    let sample = |quarters_ago, dbfs: Option<&str>, dbm: Option<&str>| NoiseSample {
        source_id: 1,
        quarters_ago,
        dbfs: dbfs.map(str::to_owned),
        dbm: dbm.map(str::to_owned),
    };
    let mut samples: Vec<NoiseSample> = (1..=4).map(|q| sample(q, Some("-40.5"), Some("-100"))).collect();
    samples.extend([sample(0, Some("-34.5"), Some("-95")), sample(0, Some("-34.0"), Some("much")), sample(0, Some("-35"), Some("1e999"))]);
    let views = noise_views(1, &samples);
    assert_eq!(views[0], NoiseView { unit: "dBFS", now: Some(-34.5), usual: Some(-40.5), risen: true });
    assert_eq!(views[1], NoiseView { unit: "dBm", now: Some(-95.0), usual: Some(-100.0), risen: false });
    assert!(noise_views(2, &samples).is_empty());
    samples.retain(|s| s.quarters_ago != 4);
    assert!(noise_views(1, &samples).iter().all(|v| v.usual.is_none() && !v.risen));
}

#[test]
fn a_square_is_degraded_where_many_say_so() {
    let aircraft = |n: usize, epu: Option<&str>, lat: f64| Accuracy {
        ident: format!("icao:{n:06x}"),
        at: UnixMicros(1),
        by_station: true,
        position_error_m: epu.map(str::to_owned),
        containment_m: None,
        nac_p: None,
        nic: None,
        latitude: lat,
        longitude: -0.5,
    };
    let mut all: Vec<Accuracy> = (0..5).map(|n| aircraft(n, if n < 2 { None } else { Some("30") }, 35.5)).collect();
    all.extend((10..14).map(|n| aircraft(n, None, 40.5)));
    all.extend((20..30).map(|n| aircraft(n, if n < 22 { Some("186") } else { Some("93") }, -1.5)));
    // Heard by another role too, later, and well by then.
    all.push(Accuracy { at: UnixMicros(2), ..aircraft(10, Some("10"), 40.5) });
    let cells = grid(&all);
    let found: Vec<_> = cells.iter().map(|c| (c.south, c.west, c.aircraft, c.low, c.is_degraded())).collect();
    assert_eq!(found, [(35, -1, 5, 2, true), (40, -1, 4, 3, false), (-2, -1, 10, 2, false)]);
    let text = cells_text(30, &cells);
    assert!(text.contains("degraded in 1 of 3") && text.contains("from N35° W1°**: 2 of 5 aircraft (40 %)"), "{text}");
    // A program's record has the categories themselves.
    let told = |nac_p: Option<&str>, nic: Option<&str>| {
        let (nac_p, nic) = (nac_p.map(str::to_owned), nic.map(str::to_owned));
        is_low(&Accuracy { by_station: false, nac_p, nic, ..aircraft(1, None, 0.0) })
    };
    let found = [
        told(Some("8"), Some("7")),
        told(Some("9"), Some("6")),
        told(Some("0"), None),
        told(None, Some("8")),
        told(None, None),
        told(Some("x"), None),
    ];
    assert_eq!(found, [Some(false), Some(true), Some(true), Some(false), None, None]);
}
