//! Which tracks of several sensors are one aircraft. Pure: from positions over time to merges with their reasons.
//!
//! ```text
//!   tracks ──same address, no contradiction──► groups ──flew together, one candidate──► merges
//!              └─ contradiction ─► conflict              └─ several candidates ─► conflict
//! ```
//! Two tracks **agree** at an instant when one lies where the other, on a straight line between two of its positions, then
//! was: within [`GATE_M`] and what the aircraft flies in [`CLOCKS_S`] (senders' clocks differ) and in a tenth of the time to
//! the nearer of the two (it may turn), and within [`GATE_FT`] where both tell an altitude.
//!
//! Constraints: a doubt leaves tracks apart, and is listed; two addresses are never one aircraft; what stands still is never
//! merged by its place.

use model::{LatLon, UnixMicros};
use std::collections::BTreeMap;

const GATE_M: f64 = 500.0;
const GATE_FT: f64 = 500.0;
const CLOCKS_S: f64 = 2.0;
/// Positions farther apart in time say nothing of what was between them.
const STEP_MAX_US: i64 = 30_000_000;
/// A position exactly at a track's end is compared with that end.
const END_US: i64 = 1_000_000;
/// Instants that must agree, the share of all compared ones, and the time they must be spread over.
const PAIRS_MIN: u32 = 3;
const SHARE_SAME: f64 = 0.8;
const SHARE_DIFFERENT: f64 = 0.5;
const SPAN_MIN_US: i64 = 20_000_000;
/// What flies slower than this, by its own positions, is not merged by its place.
const SPEED_MIN_MPS: f64 = 15.0;
const SPEED_MAX_MPS: f64 = 350.0;
/// Boxes farther apart (degrees of latitude) can't hold the same aircraft.
const BOX_MARGIN_DEG: f64 = 0.1;

#[derive(Clone, Copy, Debug)]
pub(super) struct Point {
    pub at: UnixMicros,
    pub place: LatLon,
    pub alt_ft: Option<f64>,
    pub speed_kt: Option<f64>,
}

/// One sensor's track of one subject.
#[derive(Clone, Debug)]
pub(super) struct Track {
    /// Source and station: it sees one aircraft as one subject at a time.
    pub sensor: String,
    /// 24-bit address that ICAO assigned.
    pub address: Option<u32>,
    pub callsign: Option<String>,
    /// In the order of time.
    pub points: Vec<Point>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Merge {
    /// Indices of tracks, ascending.
    pub members: Vec<usize>,
    /// `address`, or `kinematic` where at least one member is in by its movement alone.
    pub method: &'static str,
    /// 0 to 1.
    pub confidence: f64,
    pub reasons: Vec<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Conflict {
    pub members: Vec<usize>,
    pub why: String,
}

/// How two tracks compare.
#[derive(Clone, Copy, Debug, Default)]
struct Compared {
    pairs: u32,
    agreeing: u32,
    with_altitude: u32,
    first: Option<UnixMicros>,
    last: Option<UnixMicros>,
    sum_m: f64,
}

impl Compared {
    fn share(&self) -> f64 {
        f64::from(self.agreeing) / f64::from(self.pairs.max(1))
    }

    fn same(&self) -> bool {
        let span = self.last.zip(self.first).map_or(0, |(last, first)| last.micros_since(first));
        PAIRS_MIN <= self.agreeing && SHARE_SAME <= self.share() && SPAN_MIN_US <= span
    }

    fn different(&self) -> bool {
        PAIRS_MIN <= self.pairs && self.share() < SHARE_DIFFERENT
    }
}

/// What is known to be one so far.
#[derive(Debug)]
struct Group {
    members: Vec<usize>,
    address: Option<u32>,
}

/// A group joined to another by movement.
struct Link {
    a: usize,
    b: usize,
    compared: Compared,
    callsign: bool,
}

pub(super) fn merge(tracks: &[Track]) -> (Vec<Merge>, Vec<Conflict>) {
    let (mut merges, mut conflicts) = (Vec::new(), Vec::new());
    let groups = by_address(tracks, &mut conflicts);
    let links = links(tracks, &groups);
    for part in components(groups.len(), &links) {
        let own: Vec<&Link> = links.iter().filter(|link| part.contains(&link.a)).collect();
        let doubt = if own.is_empty() { None } else { doubt(tracks, &groups, &part) };
        let members = |part: &[usize]| {
            let mut members: Vec<usize> = part.iter().flat_map(|g| groups[*g].members.iter().copied()).collect();
            members.sort_unstable();
            members
        };
        match doubt {
            None if !own.is_empty() => merges.push(by_movement(members(&part), &own, part.iter().find_map(|g| groups[*g].address))),
            doubt => {
                let alone = part.iter().filter(|g| 2 <= groups[**g].members.len());
                merges.extend(alone.map(|g| same_address(tracks, &groups[*g])));
                conflicts.extend(doubt.map(|why| Conflict { members: members(&part), why }));
            }
        }
    }
    merges.sort_by(|a, b| a.members.cmp(&b.members));
    (merges, conflicts)
}

/// Tracks of one address are one group, unless they were in two places at once: then none of them is merged at all.
fn by_address(tracks: &[Track], conflicts: &mut Vec<Conflict>) -> Vec<Group> {
    let mut addressed: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    let mut groups = Vec::new();
    for (n, track) in tracks.iter().enumerate() {
        match track.address {
            Some(address) => addressed.entry(address).or_default().push(n),
            None => groups.push(Group { members: vec![n], address: None }),
        }
    }
    for (address, members) in addressed {
        if contradicted(tracks, &members) {
            let why = format!("the address {address:06x} was heard in two places at once");
            conflicts.push(Conflict { members, why });
        } else {
            groups.push(Group { members, address: Some(address) });
        }
    }
    groups
}

fn contradicted(tracks: &[Track], members: &[usize]) -> bool {
    pairs_of(members).any(|(a, b)| compare(&tracks[a], &tracks[b]).different())
}

fn pairs_of(members: &[usize]) -> impl Iterator<Item = (usize, usize)> + '_ {
    members.iter().enumerate().flat_map(|(n, a)| members[n + 1..].iter().map(move |b| (*a, *b)))
}

/// Pairs of groups that flew together; one of the two without an address.
fn links(tracks: &[Track], groups: &[Group]) -> Vec<Link> {
    let boxes: Vec<Option<Extent>> = groups.iter().map(|group| Extent::of(tracks, &group.members)).collect();
    let mut links = Vec::new();
    for (a, own) in groups.iter().enumerate().filter(|(_, group)| group.address.is_none()) {
        // Of two without an address, once.
        let others = groups.iter().enumerate().filter(|(b, other)| other.address.is_some() || a < *b);
        for (b, other) in others {
            let near = matches!((&boxes[a], &boxes[b]), (Some(x), Some(y)) if x.meets(y));
            if near {
                links.extend(link(tracks, (a, own), (b, other)));
            }
        }
    }
    links
}

fn link(tracks: &[Track], (a, own): (usize, &Group), (b, other): (usize, &Group)) -> Option<Link> {
    let (mut best, mut callsign): (Option<Compared>, bool) = (None, false);
    for x in own.members.iter().map(|n| &tracks[*n]) {
        for y in other.members.iter().map(|n| &tracks[*n]).filter(|y| y.sensor != x.sensor) {
            let compared = compare(x, y);
            let named = x.callsign.as_deref().zip(y.callsign.as_deref());
            if compared.different() || named.is_some_and(|(x, y)| x != y) {
                return None;
            }
            callsign |= named.is_some();
            if compared.same() && best.is_none_or(|best| best.agreeing < compared.agreeing) {
                best = Some(compared);
            }
        }
    }
    best.map(|compared| Link { a, b, compared, callsign })
}

/// Groups that are linked, directly or through others.
fn components(count: usize, links: &[Link]) -> Vec<Vec<usize>> {
    let mut parent: Vec<usize> = (0..count).collect();
    fn root(parent: &mut [usize], mut n: usize) -> usize {
        while parent[n] != n {
            parent[n] = parent[parent[n]];
            n = parent[n];
        }
        n
    }
    for link in links {
        let (a, b) = (root(&mut parent, link.a), root(&mut parent, link.b));
        parent[a] = b;
    }
    let mut parts: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for n in 0..count {
        parts.entry(root(&mut parent, n)).or_default().push(n);
    }
    parts.into_values().collect()
}

/// Why linked groups can't all be one aircraft, if they can't.
fn doubt(tracks: &[Track], groups: &[Group], part: &[usize]) -> Option<String> {
    let addresses: Vec<String> = part.iter().filter_map(|g| groups[*g].address).map(|a| format!("{a:06x}")).collect();
    if 2 <= addresses.len() {
        return Some(format!("a track without an address flew with {}", addresses.join(" and ")));
    }
    let members: Vec<usize> = part.iter().flat_map(|g| groups[*g].members.iter().copied()).collect();
    for (a, b) in pairs_of(&members) {
        let (x, y) = (&tracks[a], &tracks[b]);
        if x.sensor == y.sensor && overlap(x, y) {
            return Some(format!("{} saw two of them at the same time", x.sensor));
        }
        if x.callsign.as_ref().zip(y.callsign.as_ref()).is_some_and(|(x, y)| x != y) {
            return Some("their call signs differ".into());
        }
        if x.sensor != y.sensor && compare(x, y).different() {
            return Some("two of them flew apart".into());
        }
    }
    None
}

fn overlap(x: &Track, y: &Track) -> bool {
    let span = |track: &Track| Some((track.points.first()?.at, track.points.last()?.at));
    span(x).zip(span(y)).is_some_and(|((a, b), (c, d))| a <= d && c <= b)
}

fn same_address(tracks: &[Track], group: &Group) -> Merge {
    let mut total = Compared::default();
    for (a, b) in pairs_of(&group.members) {
        let compared = compare(&tracks[a], &tracks[b]);
        total.pairs += compared.pairs;
        total.agreeing += compared.agreeing;
    }
    let mut reasons = vec![format!("the same address {:06x}", group.address.unwrap_or_default())];
    let confidence = if total.pairs == 0 {
        reasons.push("never heard at the same time".into());
        0.9
    } else {
        reasons.push(format!("{} of {} positions at the same time agree", total.agreeing, total.pairs));
        0.9 + 0.09 * total.share()
    };
    Merge { members: group.members.clone(), method: "address", confidence: round(confidence), reasons }
}

/// As sure as the weakest link.
fn by_movement(members: Vec<usize>, links: &[&Link], address: Option<u32>) -> Merge {
    let mut reasons: Vec<String> = address.map(|address| format!("no other address than {address:06x} among them")).into_iter().collect();
    let mut confidence: f64 = 1.0;
    for link in links {
        let c = &link.compared;
        let altitude = c.with_altitude == c.agreeing;
        let mean_m = c.sum_m / f64::from(c.agreeing.max(1));
        reasons.push(format!(
            "{} of {} positions agree, {mean_m:.0} m apart on average, {}{}",
            c.agreeing,
            c.pairs,
            if altitude { "altitudes too" } else { "altitude unknown at some" },
            if link.callsign { ", the same call sign" } else { "" }
        ));
        let more = f64::from(c.agreeing.min(10)) * 0.015 + if altitude { 0.1 } else { 0.0 } + if link.callsign { 0.1 } else { 0.0 };
        confidence = confidence.min(0.6 + more);
    }
    Merge { members, method: "kinematic", confidence: round(confidence), reasons }
}

fn round(confidence: f64) -> f64 {
    (confidence * 100.0).round() / 100.0
}

/// Whichever way round gives more instants to compare.
fn compare(x: &Track, y: &Track) -> Compared {
    let (one, other) = (against(&x.points, &y.points), against(&y.points, &x.points));
    if one.pairs < other.pairs { other } else { one }
}

/// Each of `points` against where the other track was then.
fn against(other: &[Point], points: &[Point]) -> Compared {
    let mut out = Compared::default();
    let mut n = 0;
    for point in points {
        while other.get(n + 1).is_some_and(|next| next.at <= point.at) {
            n += 1;
        }
        let Some(then) = other.get(n).and_then(|before| Then::of(before, other.get(n + 1), point.at)) else { continue };
        out.pairs += 1;
        let distance_m = then.place.distance_m(point.place);
        let speed_mps = point.speed_kt.map_or(then.speed_mps, |kt| then.speed_mps.max(kt * 0.514_444)).min(SPEED_MAX_MPS);
        let gate_m = GATE_M + speed_mps * (CLOCKS_S + 0.1 * then.off_s);
        let height_ft = then.alt_ft.zip(point.alt_ft).map(|(a, b)| (a - b).abs());
        if gate_m < distance_m || height_ft.is_some_and(|ft| GATE_FT < ft) {
            continue;
        }
        out.agreeing += 1;
        out.with_altitude += u32::from(height_ft.is_some());
        out.sum_m += distance_m;
        out.first = out.first.or(Some(point.at));
        out.last = Some(point.at);
    }
    out
}

/// Where a track was at an instant.
struct Then {
    place: LatLon,
    alt_ft: Option<f64>,
    speed_mps: f64,
    /// From the nearer position that says so.
    off_s: f64,
}

impl Then {
    /// `None`: the instant is not between two positions that are near enough in time.
    fn of(before: &Point, after: Option<&Point>, at: UnixMicros) -> Option<Self> {
        let since = at.micros_since(before.at);
        let spoken = before.speed_kt.map_or(0.0, |kt| kt * 0.514_444);
        if since == 0 || (after.is_none() && (0..=END_US).contains(&since)) {
            return Some(Self { place: before.place, alt_ft: before.alt_ft, speed_mps: spoken, off_s: since as f64 / 1e6 });
        }
        let after = after?;
        let step = after.at.micros_since(before.at);
        if since < 0 || step <= 0 || STEP_MAX_US < step {
            return None;
        }
        let part = since as f64 / step as f64;
        let east = (after.place.lon_deg() - before.place.lon_deg() + 540.0).rem_euclid(360.0) - 180.0;
        let lat = before.place.lat_deg() + part * (after.place.lat_deg() - before.place.lat_deg());
        let flown_mps = before.place.distance_m(after.place) / (step as f64 / 1e6);
        Some(Self {
            place: LatLon::from_degrees(lat, before.place.lon_deg() + part * east)?,
            alt_ft: before.alt_ft.zip(after.alt_ft).map(|(a, b)| a + part * (b - a)),
            speed_mps: flown_mps.max(spoken),
            off_s: since.min(step - since) as f64 / 1e6,
        })
    }
}

/// Where and when a group flew. `None`: it stood, or is one position alone.
struct Extent {
    from: UnixMicros,
    to: UnixMicros,
    south: f64,
    north: f64,
}

impl Extent {
    fn of(tracks: &[Track], members: &[usize]) -> Option<Self> {
        let fastest = members.iter().map(|n| mean_speed_mps(&tracks[*n].points)).fold(0.0, f64::max);
        let points = || members.iter().flat_map(|n| &tracks[*n].points);
        if fastest < SPEED_MIN_MPS {
            return None;
        }
        Some(Self {
            from: points().map(|p| p.at).min()?,
            to: points().map(|p| p.at).max()?,
            south: points().map(|p| p.place.lat_deg()).fold(90.0, f64::min),
            north: points().map(|p| p.place.lat_deg()).fold(-90.0, f64::max),
        })
    }

    fn meets(&self, other: &Self) -> bool {
        let apart = self.south - other.north > BOX_MARGIN_DEG || other.south - self.north > BOX_MARGIN_DEG;
        self.from <= other.to && other.from <= self.to && !apart
    }
}

fn mean_speed_mps(points: &[Point]) -> f64 {
    let path_m: f64 = points.windows(2).map(|w| w[0].place.distance_m(w[1].place)).sum();
    let seconds = points.last().zip(points.first()).map_or(0, |(last, first)| last.at.micros_since(first.at)) as f64 / 1e6;
    if 0.0 < seconds { path_m / seconds } else { 0.0 }
}

#[cfg(test)]
mod tests;
