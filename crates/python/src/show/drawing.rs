//! `gleaner explain`: names, objects and references as an SVG. Columns go by the distance from the names; references that
//! are part of a cycle are red.

use super::graph::{count, edges, generation, words};
use crate::objects::Class;
use crate::protocol::describe::kind_name;
use crate::value::{Kind, Value};
use crate::vm::Vm;

/// How many objects are drawn.
const OBJECTS: usize = 60;
const WIDTH: usize = 210;
const HEIGHT: usize = 62;
const COLUMN: usize = 300;
const ROW: usize = 84;
const TOP: usize = 56;

struct Node {
    value: Value,
    column: usize,
    row: usize,
}

/// Draws what names refer to.
#[must_use]
pub fn draw(vm: &Vm, names: &[(String, Value)]) -> String {
    let shown: Vec<&(String, Value)> = names.iter().filter(|(_, value)| is_shown(value)).collect();
    let mut nodes: Vec<Node> = Vec::new();
    let mut rows: Vec<usize> = vec![shown.len()];
    let mut left_out = 0;
    let mut add = |nodes: &mut Vec<Node>, value: &Value, column: usize| {
        if nodes.iter().any(|node| node.value == *value) {
            return;
        }
        if nodes.len() == OBJECTS {
            left_out += 1;
            return;
        }
        rows.resize(rows.len().max(column + 1), 0);
        nodes.push(Node { value: value.clone(), column, row: rows[column] });
        rows[column] += 1;
    };
    for (_, value) in &shown {
        add(&mut nodes, value, 1);
    }
    let mut references: Vec<(usize, Value, String)> = Vec::new();
    let mut next = 0;
    while next < nodes.len() {
        let (value, column) = (nodes[next].value.clone(), nodes[next].column);
        for (label, other) in edges(vm, &value) {
            if is_shown(&other) {
                add(&mut nodes, &other, column + 1);
                references.push((next, other, label));
            }
        }
        next += 1;
    }
    // Counts are told without the references that this drawing itself holds.
    let held = |value: &Value| {
        let by_names = names.iter().filter(|(_, other)| other == value).count();
        let by_edges = references.iter().filter(|(_, other, _)| other == value).count();
        u32::try_from(by_names + by_edges + 1).unwrap_or(u32::MAX)
    };
    let columns = rows.len();
    let tallest = rows.iter().copied().max().unwrap_or(1).max(1);
    let (width, height) = (columns * COLUMN + 20, TOP + tallest * ROW + 30);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
         font-family=\"ui-monospace, monospace\" font-size=\"12\">\n<defs>\
         <marker id=\"end\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" orient=\"auto\">\
         <path d=\"M0 0L8 4L0 8z\" fill=\"context-stroke\"/></marker></defs>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n\
         <text x=\"20\" y=\"24\" font-weight=\"bold\">names</text>\n\
         <text x=\"{COLUMN}\" y=\"24\" font-weight=\"bold\">objects, nearest first; red references are part of a cycle</text>\n"
    );
    let place = |node: &Node| (node.column * COLUMN, TOP + node.row * ROW);
    let index = |value: &Value| nodes.iter().position(|node| node.value == *value);
    let links: Vec<(usize, usize, &str)> = references
        .iter()
        .filter_map(|(from, other, label)| Some((*from, index(other)?, label.as_str())))
        .collect();
    for (row, (name, value)) in shown.iter().enumerate() {
        let y = TOP + row * ROW;
        svg.push_str(&format!("<text x=\"20\" y=\"{}\">{}</text>\n", y + HEIGHT / 2 + 4, escape(name)));
        if let Some(target) = index(value) {
            let (x, to) = place(&nodes[target]);
            svg.push_str(&arrow(
                20 + 8 * name.chars().count().min(30),
                y + HEIGHT / 2,
                x,
                to + HEIGHT / 2,
                "#35c",
            ));
        }
    }
    for (from, to, label) in &links {
        let (fx, fy) = place(&nodes[*from]);
        let (tx, ty) = place(&nodes[*to]);
        let color = if reaches(&links, *to, *from) { "#c22" } else { "#777" };
        svg.push_str(&arrow(fx + WIDTH, fy + HEIGHT / 2, tx, ty + HEIGHT / 2, color));
        let (mx, my) = ((fx + WIDTH + tx) / 2, (fy + ty + HEIGHT) / 2);
        svg.push_str(&format!(
            "<text x=\"{mx}\" y=\"{my}\" fill=\"{color}\" font-size=\"10\">{}</text>\n",
            escape(label)
        ));
    }
    for node in &nodes {
        let (x, y) = place(node);
        let value = &node.value;
        let fill = if node.value.is_tracked() { "#eef5ff" } else { "#f5f5f0" };
        svg.push_str(&format!(
            "<rect x=\"{x}\" y=\"{y}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" rx=\"6\" fill=\"{fill}\" stroke=\"#456\"/>\n\
             <text x=\"{tx}\" y=\"{}\" font-weight=\"bold\">{}</text>\n<text x=\"{tx}\" y=\"{}\">{}</text>\n\
             <text x=\"{tx}\" y=\"{}\" fill=\"#555\" font-size=\"10\">count {}, generation {}, pool of {} bytes</text>\n",
            y + 17,
            escape(&kind_name(vm, value)),
            y + 34,
            escape(&words(vm, value).chars().take(27).collect::<String>()),
            y + 52,
            count(vm, value, held(value)),
            generation(vm, value),
            value.size().next_multiple_of(16),
            tx = x + 8,
        ));
    }
    if left_out > 0 {
        svg.push_str(&format!(
            "<text x=\"20\" y=\"{}\">{left_out} objects are left out</text>\n",
            height - 8
        ));
    }
    svg + "</svg>\n"
}

/// Modules, functions of the machine and builtin types are no news.
fn is_shown(value: &Value) -> bool {
    match Kind::of(value) {
        Kind::Module | Kind::Builtin | Kind::Code | Kind::Member => false,
        Kind::Class => value.downcast_ref::<Class>().is_some_and(|class| !class.builtin),
        _ => true,
    }
}

fn reaches(links: &[(usize, usize, &str)], from: usize, to: usize) -> bool {
    let mut seen = vec![from];
    let mut next = 0;
    while next < seen.len() {
        if seen[next] == to {
            return true;
        }
        for (start, end, _) in links {
            if *start == seen[next] && !seen.contains(end) {
                seen.push(*end);
            }
        }
        next += 1;
    }
    false
}

fn arrow(x1: usize, y1: usize, x2: usize, y2: usize, color: &str) -> String {
    let bend = if x2 > x1 { (x2 - x1) / 2 } else { 90 };
    format!(
        "<path d=\"M{x1} {y1}C{} {y1} {} {y2} {x2} {y2}\" fill=\"none\" stroke=\"{color}\" stroke-width=\"1.4\" marker-end=\"url(#end)\"/>\n",
        x1 + bend,
        x2.saturating_sub(bend),
    )
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Wraps a drawing into a page.
#[must_use]
pub fn page(svg: &str, title: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title></head>\n<body>\n<h1>{title}</h1>\n\
         <p>To the left the names, then the objects by their distance from them. Of each object: its type, what it is, how many \
         references there are to it, its generation (- if the collector does not track it), and the size of the blocks in its pool. \
         Blue: tracked by the collector. Red references are part of a cycle: counting alone would never free it.</p>\n{svg}</body></html>\n",
        title = escape(title),
    )
}
