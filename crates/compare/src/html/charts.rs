//! Charts as SVG.
//!
//! Each function draws one chart from figures that are ready, and gives it the title that it is to have for readers who do
//! not see it. Labels stand beside what they label; no chart needs a mouse.

use plotters::coord::Shift;
use plotters::coord::ranged1d::ValueFormatter;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::escape;
use super::palette::{self, GRID, INK};
use crate::table::{count, short, time};

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// The width of every chart.
const WIDTH: u32 = 900;
/// What the names of subjects take.
const NAMES: u32 = 190;
/// A chart's height, if it does not depend on what is in it.
const HEIGHT: u32 = 300;
/// Histograms side by side.
const COLUMNS: usize = 3;

/// A bar, or two on each other.
pub(super) struct Bar<'a> {
    /// The subject.
    pub(super) name: &'a str,
    /// Its number, for its colour.
    pub(super) index: usize,
    /// How long it is.
    pub(super) value: f64,
    /// Up to where it is strong, the rest being faint.
    pub(super) strong: f64,
    /// What stands at its end.
    pub(super) label: String,
}

/// A line, or the columns of a histogram.
pub(super) struct Series<'a> {
    /// The subject.
    pub(super) name: &'a str,
    /// Its number, for its colour.
    pub(super) index: usize,
    /// Its points.
    pub(super) points: Vec<(f64, f64)>,
}

/// Draws bars from 0, one below the other.
pub(super) fn bars(title: &str, axis: &str, bars: &[Bar<'_>]) -> String {
    draw(title, 60 + 26 * bars.len() as u32, |root| {
        let longest = bars.iter().map(|bar| bar.value).fold(f64::MIN_POSITIVE, f64::max);
        let rows = bars.len() as f64;
        let mut chart = ChartBuilder::on(root)
            .margin_right(160)
            .margin_top(6)
            .margin_left(NAMES)
            .x_label_area_size(42)
            .build_cartesian_2d(0.0..longest * 1.02, rows..0.0)?;
        mesh(&mut chart, [axis, ""], [&|value| short(*value), &|_| String::new()], |mesh| {
            mesh.disable_y_mesh().disable_y_axis().x_labels(6);
        })?;
        for (row, bar) in bars.iter().enumerate() {
            let (top, colour) = (row as f64, palette::of(bar.index));
            let from_to = |from: f64, to: f64| [(from, top + 0.15), (to, top + 0.85)];
            chart.draw_series([
                Rectangle::new(from_to(0.0, bar.strong), colour.filled()),
                Rectangle::new(from_to(bar.strong, bar.value), colour.mix(0.4).filled()),
            ])?;
            let (left, middle) = chart.backend_coord(&(0.0, top + 0.5));
            let (right, _) = chart.backend_coord(&(bar.value, top + 0.5));
            root.draw(&Text::new(bar.name.to_string(), (left - 8, middle), text(13, HPos::Right)))?;
            root.draw(&Text::new(bar.label.clone(), (right + 6, middle), text(12, HPos::Left)))?;
        }
        Ok(())
    })
}

/// Draws histograms of pauses side by side, with the same axes. Points are a bucket's upper bound in microseconds and a
/// count.
pub(super) fn histograms(title: &str, all: &[Series<'_>]) -> String {
    let rows = all.len().div_ceil(COLUMNS);
    let points = || all.iter().flat_map(|series| &series.points);
    let low = points().map(|point| point.0.log2()).fold(f64::INFINITY, f64::min) - 1.0;
    let high = points().map(|point| point.0.log2()).fold(0.0, f64::max);
    let most = points().map(|point| point.1).fold(1.0, f64::max);
    draw(title, 210 * rows as u32, |root| {
        for (panel, series) in root.split_evenly((rows, COLUMNS)).iter().zip(all) {
            let mut chart = ChartBuilder::on(panel)
                .margin(8)
                .margin_right(30)
                .caption(series.name, text(13, HPos::Center))
                .x_label_area_size(38)
                .y_label_area_size(50)
                .build_cartesian_2d(low..high, (0.6..most * 1.5).log_scale())?;
            let labels: [&dyn Fn(&f64) -> String; 2] =
                [&|log| time(log.exp2() * 1e3), &|pauses| count(*pauses)];
            mesh(&mut chart, ["length of the pause", "pauses"], labels, |mesh| {
                mesh.disable_x_mesh().x_labels(5).y_labels(4);
            })?;
            let colour = palette::of(series.index);
            chart.draw_series(series.points.iter().map(|&(upper, pauses)| {
                let right = upper.log2();
                Rectangle::new([(right - 0.95, 0.6), (right - 0.05, pauses)], colour.filled())
            }))?;
        }
        Ok(())
    })
}

/// Draws the utilisation left to the program, by window in milliseconds.
pub(super) fn utilisation(title: &str, all: &[Series<'_>]) -> String {
    let windows = || all.iter().flat_map(|series| &series.points).map(|point| point.0);
    let low = windows().fold(f64::INFINITY, f64::min);
    let high = windows().fold(low * 2.0, f64::max);
    draw(title, height(all), |root| {
        let mut chart = lines(root).build_cartesian_2d((low..high).log_scale(), 0.0..1.0)?;
        let labels: [&dyn Fn(&f64) -> String; 2] =
            [&|window| time(window * 1e6), &|share| format!("{:.0} %", share * 100.0)];
        mesh(&mut chart, ["length of the window", "least share of the program"], labels, |_| {})?;
        curves(&mut chart, all)?;
        legend(root, all)
    })
}

/// Draws the cost of an operation in nanoseconds, by the number of objects.
pub(super) fn cost(title: &str, all: &[Series<'_>]) -> String {
    let range = |of: fn(&(f64, f64)) -> f64| {
        let values = || all.iter().flat_map(|series| &series.points).map(of);
        let low = values().fold(f64::INFINITY, f64::min).max(0.1);
        ((low * 0.8)..(values().fold(low, f64::max) * 1.25)).log_scale()
    };
    draw(title, height(all), |root| {
        let mut chart = lines(root).build_cartesian_2d(range(|point| point.0), range(|point| point.1))?;
        let labels: [&dyn Fn(&f64) -> String; 2] = [&|objects| count(*objects), &|cost| time(*cost)];
        mesh(&mut chart, ["objects", "CPU time of an operation"], labels, |mesh| {
            mesh.y_labels(5);
        })?;
        curves(&mut chart, all)?;
        legend(root, all)
    })
}

/// Draws axes with their names and labels, and the lines behind the chart.
fn mesh<'a, 'b, X, Y>(
    chart: &mut ChartContext<'a, SVGBackend<'b>, Cartesian2d<X, Y>>,
    [x, y]: [&str; 2],
    [x_label, y_label]: [&dyn Fn(&f64) -> String; 2],
    more: impl FnOnce(&mut plotters::chart::MeshStyle<'_, '_, X, Y, SVGBackend<'b>>),
) -> Drawn
where
    X: Ranged<ValueType = f64> + ValueFormatter<f64>,
    Y: Ranged<ValueType = f64> + ValueFormatter<f64>,
    'b: 'a,
{
    let mut mesh = chart.configure_mesh();
    mesh.x_label_formatter(&x_label).y_label_formatter(&y_label).x_desc(x).y_desc(y);
    mesh.axis_style(GRID)
        .bold_line_style(GRID)
        .light_line_style(TRANSPARENT)
        .label_style(text(12, HPos::Center));
    more(&mut mesh);
    Ok(mesh.draw()?)
}

/// Returns a chart of lines with room for their names on the right.
fn lines<'a, 'b>(root: &'a Area<'b>) -> ChartBuilder<'a, 'b, SVGBackend<'b>> {
    let mut builder = ChartBuilder::on(root);
    builder.margin(8).margin_right(NAMES + 40).x_label_area_size(42).y_label_area_size(66);
    builder
}

/// Returns the height of a chart of lines, in which all their names have room.
fn height(all: &[Series<'_>]) -> u32 {
    HEIGHT.max(40 + 20 * all.len() as u32)
}

/// Draws the lines of a chart, with a dot for each point.
fn curves<X, Y>(chart: &mut ChartContext<'_, SVGBackend<'_>, Cartesian2d<X, Y>>, all: &[Series<'_>]) -> Drawn
where
    X: Ranged<ValueType = f64>,
    Y: Ranged<ValueType = f64>,
{
    for series in all {
        let colour = palette::of(series.index);
        let points = || series.points.iter().copied();
        chart.draw_series(LineSeries::new(points(), colour.stroke_width(2)))?;
        chart.draw_series(points().map(|point| Circle::new(point, 3, colour.filled())))?;
    }
    Ok(())
}

/// Names the lines, on the right.
fn legend(root: &Area<'_>, all: &[Series<'_>]) -> Drawn {
    let left = (WIDTH - NAMES - 30) as i32;
    for (row, series) in all.iter().enumerate() {
        let middle = 20 + 20 * row as i32;
        let style = palette::of(series.index).stroke_width(2);
        root.draw(&PathElement::new([(left, middle), (left + 28, middle)], style))?;
        root.draw(&Text::new(series.name.to_string(), (left + 34, middle), text(13, HPos::Left)))?;
    }
    Ok(())
}

fn text(size: u32, horizontal: HPos) -> TextStyle<'static> {
    ("sans-serif", size).into_font().color(&INK).pos(Pos::new(horizontal, VPos::Center))
}

/// What drawing comes to. Nothing can go wrong when the canvas is a string.
type Drawn = Result<(), Box<dyn std::error::Error>>;

/// Draws into a string; makes it as wide as the page, and gives it a title for those who do not see it.
fn draw(title: &str, height: u32, on: impl FnOnce(&Area<'_>) -> Drawn) -> String {
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, (WIDTH, height)).into_drawing_area();
        let drawn = on(&root).and_then(|()| Ok(root.present()?));
        debug_assert!(drawn.is_ok(), "{drawn:?}");
    }
    let sized = format!("<svg width=\"{WIDTH}\" height=\"{height}\" ");
    let named = format!("<svg role=\"img\" aria-label=\"{}\" ", escape(title));
    svg.replacen(&sized, &named, 1)
}
