//! Measured curves as SVG: axes with units, linear or logarithmic, a legend; the same data give the same bytes.
//!
//! ```text
//!   title
//!   100 ┤      ╭───  ── ours
//!    50 ┤    ╭─╯     ○  readsb
//!     0 ┼──┴──┴──┴─  legend
//!       axis label (unit)
//! ```
//!
//! A laboratory makes a [`Chart`] and calls [`Chart::keep`]: with `UPDATE=1` in the environment the picture under `docs/curves`
//! is rewritten, without it nothing is touched. So the bench that measures a curve is the command that draws it.

use std::fmt::Write as _;
use std::path::PathBuf;

/// Places on the paper, in pixels.
const LEFT: f64 = 70.0;
const TOP: f64 = 40.0;
const WIDTH: f64 = 480.0;
const HEIGHT: f64 = 300.0;
const LEGEND: f64 = 230.0;
const BOTTOM: f64 = 55.0;
/// Lines and dots that can be told apart, also by eyes that see red and green alike (Okabe and Ito).
const COLOURS: [&str; 8] = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#999999"];

#[derive(Clone, Debug, PartialEq)]
pub struct Chart {
    pub title: String,
    pub x: Axis,
    pub y: Axis,
    pub curves: Vec<Curve>,
}

/// What is measured, in what unit ("" if it has none), and from where to where.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    pub label: String,
    pub unit: String,
    pub scale: Scale,
    pub from: f64,
    pub to: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    Linear,
    /// Both ends are greater than 0.
    Log,
}

/// Points in order. Points outside the axes are left out, and the line is broken there.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    pub name: String,
    pub mark: Mark,
    pub points: Vec<(f64, f64)>,
}

/// How a curve is drawn. Use [`Mark::Line`] for what was measured here and now, [`Mark::Dashed`] for a bound or a calculation,
/// [`Mark::Dots`] for single measured points (another program's, say).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    Line,
    Dashed,
    Dots,
}

impl Chart {
    pub fn new(title: &str, x: Axis, y: Axis) -> Self {
        Self { title: title.to_owned(), x, y, curves: Vec::new() }
    }

    #[must_use]
    pub fn with(mut self, name: &str, mark: Mark, points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        self.curves.push(Curve { name: name.to_owned(), mark, points: points.into_iter().collect() });
        self
    }

    /// Rewrites `docs/curves/{name}.svg` if `UPDATE=1` is set.
    pub fn keep(&self, name: &str) -> std::io::Result<()> {
        if std::env::var_os("UPDATE").is_none_or(|u| u != "1") {
            return Ok(());
        }
        let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/curves"));
        std::fs::create_dir_all(&folder)?;
        std::fs::write(folder.join(format!("{name}.svg")), self.svg())
    }

    pub fn svg(&self) -> String {
        let mut out = String::new();
        let (width, height) = (LEFT + WIDTH + LEGEND, TOP + HEIGHT + BOTTOM);
        let _ = writeln!(
            out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
             font-family=\"sans-serif\" font-size=\"12\">\n<rect width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/>"
        );
        text(&mut out, LEFT, 24.0, "start", "font-size=\"15\"", &self.title);
        self.draw_axes(&mut out);
        for (i, curve) in self.curves.iter().enumerate() {
            self.draw_curve(&mut out, curve, COLOURS[i % COLOURS.len()]);
            draw_legend(&mut out, curve, COLOURS[i % COLOURS.len()], TOP + 10.0 + 20.0 * i as f64);
        }
        out.push_str("</svg>\n");
        out
    }

    fn place(&self, (x, y): (f64, f64)) -> Option<(f64, f64)> {
        Some((LEFT + WIDTH * self.x.fraction(x)?, TOP + HEIGHT * (1.0 - self.y.fraction(y)?)))
    }

    fn draw_axes(&self, out: &mut String) {
        for tick in self.x.ticks() {
            let x = LEFT + WIDTH * self.x.fraction(tick).unwrap_or(0.0);
            line(out, (x, TOP), (x, TOP + HEIGHT), "#dddddd");
            text(out, x, TOP + HEIGHT + 18.0, "middle", "", &number(tick));
        }
        for tick in self.y.ticks() {
            let y = TOP + HEIGHT * (1.0 - self.y.fraction(tick).unwrap_or(0.0));
            line(out, (LEFT, y), (LEFT + WIDTH, y), "#dddddd");
            text(out, LEFT - 8.0, y + 4.0, "end", "", &number(tick));
        }
        line(out, (LEFT, TOP), (LEFT, TOP + HEIGHT), "#333333");
        line(out, (LEFT, TOP + HEIGHT), (LEFT + WIDTH, TOP + HEIGHT), "#333333");
        text(out, LEFT + WIDTH / 2.0, TOP + HEIGHT + 42.0, "middle", "", &self.x.title());
        let (x, y) = (18.0, TOP + HEIGHT / 2.0);
        text(out, x, y, "middle", &format!("transform=\"rotate(-90 {x} {y})\""), &self.y.title());
    }

    fn draw_curve(&self, out: &mut String, curve: &Curve, colour: &str) {
        let places: Vec<Option<(f64, f64)>> = curve.points.iter().map(|p| self.place(*p)).collect();
        if curve.mark != Mark::Dots {
            for run in places.split(Option::is_none).filter(|run| 1 < run.len()) {
                let points: Vec<String> = run.iter().flatten().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
                let _ = writeln!(out, "<polyline points=\"{}\" {}/>", points.join(" "), stroke(curve.mark, colour));
            }
        }
        if curve.mark != Mark::Dashed {
            places.iter().flatten().for_each(|at| dot(out, *at, curve.mark, colour));
        }
    }
}

impl Axis {
    pub fn linear(label: &str, unit: &str, from: f64, to: f64) -> Self {
        Self { label: label.to_owned(), unit: unit.to_owned(), scale: Scale::Linear, from, to }
    }

    pub fn log(label: &str, unit: &str, from: f64, to: f64) -> Self {
        Self { scale: Scale::Log, ..Self::linear(label, unit, from, to) }
    }

    fn title(&self) -> String {
        if self.unit.is_empty() { self.label.clone() } else { format!("{} ({})", self.label, self.unit) }
    }

    /// How far along the axis `value` lies, 0 to 1; `None` outside.
    fn fraction(&self, value: f64) -> Option<f64> {
        let at = |v: f64| if self.scale == Scale::Log { v.log10() } else { v };
        let part = (at(value) - at(self.from)) / (at(self.to) - at(self.from));
        (-1e-9..=1.0 + 1e-9).contains(&part).then_some(part)
    }

    fn ticks(&self) -> Vec<f64> {
        match self.scale {
            Scale::Linear => {
                let step = round_step((self.to - self.from) / 8.0);
                let (first, last) = ((self.from / step - 1e-9).ceil() as i64, (self.to / step + 1e-9).floor() as i64);
                (first..=last).map(|i| i as f64 * step).collect()
            }
            Scale::Log => {
                let decades = self.from.log10().floor() as i32..=self.to.log10().ceil() as i32;
                let few = decades.clone().count() <= 3;
                let within = if few { &[1.0, 2.0, 5.0][..] } else { &[1.0] };
                let all = decades.flat_map(|d| within.iter().map(move |m| m * 10_f64.powi(d)));
                all.filter(|v| self.fraction(*v).is_some()).collect()
            }
        }
    }
}

/// The least of 1, 2, 5, 10, … that is not below `least`.
fn round_step(least: f64) -> f64 {
    let decade = 10_f64.powf(least.log10().floor());
    [1.0, 2.0, 5.0].into_iter().map(|m| m * decade).find(|s| least <= s * (1.0 + 1e-9)).unwrap_or(10.0 * decade)
}

/// At most four digits behind the point, without trailing zeros.
fn number(value: f64) -> String {
    let text = format!("{value:.4}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    (if text == "-0" { "0" } else { text }).to_owned()
}

fn draw_legend(out: &mut String, curve: &Curve, colour: &str, y: f64) {
    let x = LEFT + WIDTH + 14.0;
    if curve.mark != Mark::Dots {
        let _ = writeln!(out, "<polyline points=\"{x:.1},{y:.1} {:.1},{y:.1}\" {}/>", x + 24.0, stroke(curve.mark, colour));
    }
    if curve.mark != Mark::Dashed {
        dot(out, (x + 12.0, y), curve.mark, colour);
    }
    text(out, x + 30.0, y + 4.0, "start", "", &curve.name);
}

fn stroke(mark: Mark, colour: &str) -> String {
    let dashes = if mark == Mark::Dashed { " stroke-dasharray=\"6 4\"" } else { "" };
    format!("fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"{dashes}")
}

fn dot(out: &mut String, (x, y): (f64, f64), mark: Mark, colour: &str) {
    let (radius, fill) = if mark == Mark::Dots { (4.0, "none") } else { (2.5, colour) };
    let _ = writeln!(out, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius}\" fill=\"{fill}\" stroke=\"{colour}\" stroke-width=\"1.5\"/>");
}

fn line(out: &mut String, from: (f64, f64), to: (f64, f64), colour: &str) {
    let _ = writeln!(out, "<line x1=\"{:.1}\" y1=\"{:.1}\" x2=\"{:.1}\" y2=\"{:.1}\" stroke=\"{colour}\"/>", from.0, from.1, to.0, to.1);
}

fn text(out: &mut String, x: f64, y: f64, anchor: &str, more: &str, words: &str) {
    let words = words.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let _ = writeln!(out, "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" {more}>{words}</text>");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart() -> Chart {
        Chart::new("A < B", Axis::linear("C/N0", "dB·Hz", 66.0, 90.0), Axis::log("wrong & late", "1/min", 0.1, 1000.0))
    }

    #[test]
    fn a_picture_holds_its_points_where_they_belong() {
        let svg = chart().with("ours", Mark::Line, [(66.0, 0.1), (90.0, 1000.0), (78.0, 10.0)]).svg();
        // The two corners, and the middle of both axes.
        assert!(svg.contains("points=\"70.0,340.0 550.0,40.0 310.0,190.0\""), "{svg}");
        assert!(
            svg.contains("A &lt; B") && svg.contains("C/N0 (dB·Hz)") && svg.contains("wrong &amp; late (1/min)") && svg.contains(">ours<")
        );
    }

    #[test]
    fn what_lies_outside_breaks_the_line() {
        let points = [(66.0, 1.0), (67.0, 1.0), (68.0, 0.0), (69.0, 1.0), (70.0, 1.0), (91.0, 1.0), (71.0, f64::NAN)];
        let svg = chart().with("", Mark::Dashed, points).svg();
        // Two pieces and the legend's.
        assert_eq!(svg.matches("<polyline").count(), 3, "{svg}");
        assert!(!svg.contains("NaN"));
        let dots = chart().with("", Mark::Dots, points).svg();
        assert_eq!((dots.matches("<polyline").count(), dots.matches("<circle").count()), (0, 5));
    }

    #[test]
    fn ticks_are_round_and_inside() {
        let of = |axis: Axis| axis.ticks().into_iter().map(number).collect::<Vec<_>>().join(" ");
        assert_eq!(of(Axis::linear("", "", 66.0, 90.0)), "70 75 80 85 90");
        assert_eq!(of(Axis::linear("", "", 0.0, 1.0)), "0 0.2 0.4 0.6 0.8 1");
        assert_eq!(of(Axis::linear("", "", -3.0, 3.0)), "-3 -2 -1 0 1 2 3");
        assert_eq!(of(Axis::log("", "", 0.1, 1000.0)), "0.1 1 10 100 1000");
        assert_eq!(of(Axis::log("", "", 2.0, 10.0)), "2 5 10");
    }

    #[test]
    fn the_same_data_give_the_same_bytes() {
        let make = || chart().with("a", Mark::Line, (0..50).map(|i| (66.0 + 0.5 * f64::from(i), 1.1_f64.powi(i)))).svg();
        assert_eq!(make(), make());
    }
}
