//! The search over pairs of symbols.

use super::super::pairs::{STATES, Step, after};
use super::Joint;

impl Joint {
    pub(super) fn set_common(&mut self) {
        self.common.clear();
        for k in 0..self.n {
            let product = self.users[0].g[k].conj() * self.users[1].g[k];
            let c = core::array::from_fn(|i| {
                let m = i as i32 - 2;
                (product * self.between(k, m)).re * self.overlap[i + 1]
            });
            self.common.push(c);
        }
    }

    /// What a step adds. State: bits r₋₁ r₋₂ s₋₁ s₋₂ from the top; branch: r s.
    fn gains(&self, k: usize, r2: f32) -> Step {
        let [a, b] = &self.users;
        let c = |k: Option<usize>, m: i32| k.map_or(0.0, |k| self.common[k][(m + 2) as usize]);
        Step {
            r: (a.g[k].conj() * a.w[k]).re,
            s: (b.g[k].conj() * b.w[k]).re,
            rr: a.g[k].power() * r2,
            ss: b.g[k].power() * r2,
            here: c(Some(k), 0),
            s1: c(Some(k), -1),
            s2: c(Some(k), -2),
            r1: c(k.checked_sub(1), 1),
            r2: c(k.checked_sub(2), 2),
        }
    }

    /// The best pairs of symbols and their odds, forward and backward.
    pub(super) fn search(&mut self, r2: f32) {
        let n = self.n;
        self.forward.clear();
        self.forward.push([0.0; STATES]);
        for k in 0..n {
            let step = self.gains(k, r2);
            let now = self.forward[k];
            let mut next = [f32::NEG_INFINITY; STATES];
            for (state, &so_far) in now.iter().enumerate() {
                let gains = step.branches(state);
                for (branch, gain) in gains.into_iter().enumerate() {
                    let to = after(state, branch);
                    next[to] = next[to].max(so_far + gain);
                }
            }
            let top = next.iter().fold(f32::NEG_INFINITY, |m, &v| m.max(v));
            self.forward.push(next.map(|v| v - top));
        }
        let mut later = [0.0; STATES];
        for user in &mut self.users {
            user.r.clear();
            user.r.resize(n, 1.0);
            user.odds.clear();
            user.odds.resize(n, 0.0);
        }
        for k in (0..n).rev() {
            let step = self.gains(k, r2);
            let mut best = [[f32::NEG_INFINITY; 2]; 2];
            let mut before = [f32::NEG_INFINITY; STATES];
            for state in 0..STATES {
                for (branch, gain) in step.branches(state).into_iter().enumerate() {
                    let onward = gain + later[after(state, branch)];
                    before[state] = before[state].max(onward);
                    let all = self.forward[k][state] + onward;
                    for (user, up) in [branch >> 1, branch & 1].into_iter().enumerate() {
                        best[user][up] = best[user][up].max(all);
                    }
                }
            }
            for (user, best) in self.users.iter_mut().zip(best) {
                user.r[k] = if best[1] < best[0] { -1.0 } else { 1.0 };
                user.odds[k] = (best[1] - best[0]).abs();
            }
            let top = before.iter().fold(f32::NEG_INFINITY, |m, &v| m.max(v));
            later = before.map(|v| v - top);
        }
    }
}
