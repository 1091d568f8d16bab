//! A path over the flat map (straights and arcs by length) and a schedule along it (speed and height by time), both closed
//! forms: where something is at an instant needs no stepping, so it is the same however often one asks.

use crate::geo::Point;

/// One piece of a path: `turn_deg_per_m` 0 = straight, positive = to the right.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Leg {
    pub length_m: f64,
    pub turn_deg_per_m: f64,
}

impl Leg {
    pub fn straight(length_m: f64) -> Self {
        Self { length_m, turn_deg_per_m: 0.0 }
    }

    /// An arc through `angle_deg` (positive right).
    pub fn turn(angle_deg: f64, radius_m: f64) -> Self {
        Self { length_m: angle_deg.to_radians().abs() * radius_m, turn_deg_per_m: angle_deg.signum() / radius_m * 1.0_f64.to_degrees() }
    }
}

/// Place and direction of movement (degrees from the map's north), and the turn per metre there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pose {
    pub at: Point,
    pub heading_deg: f64,
    pub turn_deg_per_m: f64,
}

/// Legs one after another; beyond either end it goes straight on.
#[derive(Clone, Debug)]
pub(crate) struct Path {
    /// The pose at the start of each leg and the distance there.
    nodes: Vec<(f64, Pose)>,
    length_m: f64,
}

impl Path {
    pub fn new(start: Point, heading_deg: f64, legs: &[Leg]) -> Self {
        let mut at = (0.0, Pose { at: start, heading_deg, turn_deg_per_m: 0.0 });
        let mut nodes = Vec::with_capacity(legs.len());
        for leg in legs {
            at.1.turn_deg_per_m = leg.turn_deg_per_m;
            nodes.push(at);
            at = (at.0 + leg.length_m, advance(&at.1, leg.length_m));
        }
        at.1.turn_deg_per_m = 0.0;
        nodes.push(at);
        Self { nodes, length_m: at.0 }
    }

    pub fn length_m(&self) -> f64 {
        self.length_m
    }

    pub fn pose_at(&self, distance_m: f64) -> Pose {
        let (first_m, first) = self.nodes[0];
        if distance_m < first_m {
            return advance(&Pose { turn_deg_per_m: 0.0, ..first }, distance_m - first_m);
        }
        let next = self.nodes.partition_point(|node| node.0 <= distance_m);
        let (start_m, pose) = self.nodes[next.max(1) - 1];
        advance(&pose, distance_m - start_m)
    }

    /// The same path turned and moved so that it passes `pose` at `distance_m`.
    pub fn anchored(mut self, distance_m: f64, at: Point, heading_deg: f64) -> Self {
        let old = self.pose_at(distance_m);
        let angle = (heading_deg - old.heading_deg).to_radians();
        for (_, pose) in &mut self.nodes {
            let (dx, dy) = (pose.at.x - old.at.x, pose.at.y - old.at.y);
            // Headings grow clockwise.
            pose.at.x = at.x + dx * angle.cos() + dy * angle.sin();
            pose.at.y = at.y - dx * angle.sin() + dy * angle.cos();
            pose.heading_deg += heading_deg - old.heading_deg;
        }
        self
    }
}

fn advance(from: &Pose, distance_m: f64) -> Pose {
    let turned = from.turn_deg_per_m * distance_m;
    let half = (turned / 2.0).to_radians();
    // The chord of an arc points half-way through its turn.
    let chord = if half.abs() < 1e-9 { distance_m } else { distance_m * half.sin() / half };
    let direction = from.heading_deg.to_radians() + half;
    Pose {
        at: Point { x: from.at.x + chord * direction.sin(), y: from.at.y + chord * direction.cos() },
        heading_deg: from.heading_deg + turned,
        turn_deg_per_m: from.turn_deg_per_m,
    }
}

/// Speed and height at an instant; between two knots both change evenly.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Knot {
    pub t_s: f64,
    pub speed_mps: f64,
    pub height_m: f64,
}

/// What a schedule says of one instant.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Progress {
    pub distance_m: f64,
    pub speed_mps: f64,
    pub height_m: f64,
    pub climb_mps: f64,
}

#[derive(Clone, Debug)]
pub(crate) struct Schedule {
    knots: Vec<Knot>,
    distances_m: Vec<f64>,
}

impl Schedule {
    /// `knots` in order of time, at least two.
    pub fn new(knots: Vec<Knot>) -> Self {
        assert!(2 <= knots.len() && knots.windows(2).all(|k| k[0].t_s < k[1].t_s), "knots in order of time");
        let mut distances_m = vec![0.0];
        for k in knots.windows(2) {
            let travelled = (k[1].t_s - k[0].t_s) * (k[0].speed_mps + k[1].speed_mps) / 2.0;
            distances_m.push(distances_m[distances_m.len() - 1] + travelled);
        }
        Self { knots, distances_m }
    }

    pub fn at(&self, t_s: f64) -> Progress {
        let last = self.knots.len() - 2;
        let i = self.knots.partition_point(|k| k.t_s <= t_s).clamp(1, last + 1) - 1;
        let (a, b) = (self.knots[i], self.knots[i + 1]);
        let span = b.t_s - a.t_s;
        let t = (t_s - a.t_s).clamp(0.0, span);
        let acceleration = (b.speed_mps - a.speed_mps) / span;
        let climb_mps = (b.height_m - a.height_m) / span;
        Progress {
            distance_m: self.distances_m[i] + a.speed_mps * t + acceleration * t * t / 2.0,
            speed_mps: a.speed_mps + acceleration * t,
            height_m: a.height_m + climb_mps * t,
            climb_mps,
        }
    }

    /// Distance from the start until `t_s`.
    pub fn distance_at(&self, t_s: f64) -> f64 {
        self.at(t_s).distance_m
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_right_turns_close_a_square_with_round_corners() {
        let legs: Vec<Leg> = (0..4).flat_map(|_| [Leg::straight(1000.0), Leg::turn(90.0, 200.0)]).collect();
        let path = Path::new(Point { x: 5.0, y: 7.0 }, 30.0, &legs);
        let end = path.pose_at(path.length_m());
        assert!((end.at.x - 5.0).abs() < 1e-6 && (end.at.y - 7.0).abs() < 1e-6, "{end:?}");
        assert!((end.heading_deg - 390.0).abs() < 1e-9);
    }

    #[test]
    fn a_path_is_continuous_and_moves_at_its_schedules_speed() {
        let path = Path::new(Point { x: 0.0, y: 0.0 }, 350.0, &[Leg::straight(500.0), Leg::turn(-120.0, 300.0), Leg::straight(100.0)]);
        let schedule = Schedule::new(vec![
            Knot { t_s: 0.0, speed_mps: 0.0, height_m: 0.0 },
            Knot { t_s: 20.0, speed_mps: 80.0, height_m: 0.0 },
            Knot { t_s: 60.0, speed_mps: 40.0, height_m: 300.0 },
        ]);
        for step in 0..599 {
            let t = f64::from(step) * 0.1;
            let (a, b) = (schedule.at(t), schedule.at(t + 0.1));
            let (p, q) = (path.pose_at(a.distance_m), path.pose_at(b.distance_m));
            let moved = (q.at.x - p.at.x).hypot(q.at.y - p.at.y);
            assert!((moved - (a.speed_mps + b.speed_mps) / 2.0 * 0.1).abs() < 0.02, "{t}: {moved}");
            assert!((b.height_m - a.height_m).abs() <= 0.76);
        }
    }

    #[test]
    fn anchoring_moves_a_path_onto_a_pose() {
        let path = Path::new(Point { x: 0.0, y: 0.0 }, 0.0, &[Leg::straight(1000.0), Leg::turn(70.0, 400.0), Leg::straight(900.0)]);
        let there = path.length_m() - 100.0;
        let moved = path.clone().anchored(there, Point { x: -3.0, y: 9.0 }, 222.0);
        let pose = moved.pose_at(there);
        assert!((pose.at.x + 3.0).abs() < 1e-6 && (pose.at.y - 9.0).abs() < 1e-6 && (pose.heading_deg - 222.0).abs() < 1e-9);
        let far = moved.pose_at(there + 50.0);
        assert!((far.at.x - pose.at.x).hypot(far.at.y - pose.at.y) - 50.0 < 1e-6);
    }
}
