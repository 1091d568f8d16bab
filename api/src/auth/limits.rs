//! How often somebody may ask: token buckets by address and by account. Pure: time comes in.
//!
//! Constraints: at most [`KEYS_MAX`] buckets are kept. When they are used up, those that are full again are forgotten; if
//! none is, all newcomers share one bucket, so that nobody gets around a limit by filling the table.

use model::UnixMicros;
use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

const KEYS_MAX: usize = 4_096;

/// `burst` at once, then `per_second`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    pub burst: f64,
    pub per_second: f64,
}

#[derive(Clone, Copy, Debug)]
struct Bucket {
    left: f64,
    at: UnixMicros,
}

impl Bucket {
    fn refilled(self, rate: Rate, now: UnixMicros) -> Self {
        // A clock that was set back gives nothing and takes nothing.
        let seconds = now.micros_since(self.at).max(0) as f64 / 1e6;
        Self { left: (self.left + seconds * rate.per_second).min(rate.burst), at: now }
    }
}

/// Buckets of one kind.
#[derive(Debug)]
pub(crate) struct Limiter<K> {
    rate: Rate,
    state: Mutex<State<K>>,
}

#[derive(Debug)]
struct State<K> {
    buckets: HashMap<K, Bucket>,
    overflow: Bucket,
}

impl<K: Hash + Eq> Limiter<K> {
    pub fn new(rate: Rate) -> Self {
        let overflow = Bucket { left: rate.burst, at: UnixMicros(0) };
        Self { rate, state: Mutex::new(State { buckets: HashMap::new(), overflow }) }
    }

    /// Takes one. `Err`: seconds until there is one again.
    pub fn take(&self, key: K, now: UnixMicros) -> Result<(), u64> {
        let rate = self.rate;
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if KEYS_MAX <= state.buckets.len() && !state.buckets.contains_key(&key) {
            state.buckets.retain(|_, bucket| bucket.refilled(rate, now).left < rate.burst);
        }
        let full = KEYS_MAX <= state.buckets.len() && !state.buckets.contains_key(&key);
        let bucket = if full { &mut state.overflow } else { state.buckets.entry(key).or_insert(Bucket { left: rate.burst, at: now }) };
        *bucket = bucket.refilled(rate, now);
        if bucket.left < 1.0 {
            return Err(((1.0 - bucket.left) / rate.per_second).ceil().max(1.0) as u64);
        }
        bucket.left -= 1.0;
        Ok(())
    }

    /// It was right after all: gives all back.
    pub fn forgive(&self, key: &K) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).buckets.remove(key);
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        self.state.lock().unwrap().buckets.len()
    }
}

/// Addresses that count as one: an IPv6 customer has a whole /64.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Neighbourhood(u128);

impl Neighbourhood {
    pub fn of(address: Option<IpAddr>) -> Self {
        match address.map(|a| a.to_canonical()) {
            None => Self(0),
            Some(IpAddr::V4(v4)) => Self(v4.to_ipv6_mapped().to_bits()),
            Some(IpAddr::V6(v6)) => Self(v6.to_bits() >> 64 << 64),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate { burst: 3.0, per_second: 0.5 };

    #[test]
    fn a_burst_then_the_rate() {
        let limiter = Limiter::new(RATE);
        let at = |seconds: i64| UnixMicros::from_secs(1_000 + seconds);
        assert_eq!([0; 4].map(|_| limiter.take("a", at(0))), [Ok(()), Ok(()), Ok(()), Err(2)]);
        assert_eq!(limiter.take("b", at(0)), Ok(()), "each has its own");
        assert_eq!((limiter.take("a", at(2)), limiter.take("a", at(2))), (Ok(()), Err(2)));
        assert_eq!(limiter.take("a", at(-500)), Err(2), "a clock set back gives nothing");
        limiter.forgive(&"a");
        assert_eq!(limiter.take("a", at(2)), Ok(()));
    }

    #[test]
    fn the_table_is_bounded_and_filling_it_is_no_way_around() {
        let limiter = Limiter::new(RATE);
        let now = UnixMicros::from_secs(1_000);
        for n in 0..KEYS_MAX {
            assert_eq!(limiter.take(n, now), Ok(()));
        }
        let refused = (KEYS_MAX..2 * KEYS_MAX).filter(|n| limiter.take(*n, now).is_err()).count();
        assert_eq!((limiter.len(), refused), (KEYS_MAX, KEYS_MAX - 3), "newcomers share one bucket");
        assert_eq!(limiter.take(usize::MAX, UnixMicros::from_secs(1_100)), Ok(()));
        assert_eq!(limiter.len(), 1, "those that are full again are forgotten");
    }

    #[test]
    fn neighbours_count_as_one() {
        let of = |text: &str| Neighbourhood::of(Some(text.parse().unwrap()));
        assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:2"));
        assert_ne!(of("2001:db8:0:1::1"), of("2001:db8::1"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
    }
}
