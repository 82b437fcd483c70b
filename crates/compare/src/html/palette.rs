//! Colours: one for each subject on the whole page, and a style sheet that changes them where the reader's scheme is dark.
//!
//! Charts are drawn in the colours of the light scheme, so that each is complete in itself. The style sheet finds them by
//! their attributes. Lines also differ in their dashes, for whoever sees no colours.

use plotters::style::RGBColor;

/// Text and axes.
pub(super) const INK: RGBColor = RGBColor(0x1A, 0x1A, 0x1A);
/// The lines behind a chart.
pub(super) const GRID: RGBColor = RGBColor(0xDD, 0xDD, 0xDD);

const INK_DARK: RGBColor = RGBColor(0xE6, 0xE6, 0xE6);
const GRID_DARK: RGBColor = RGBColor(0x3D, 0x3D, 0x3D);

/// What stands out on white, and the same on black.
const SUBJECTS: [(RGBColor, RGBColor); 12] = [
    (RGBColor(0x00, 0x72, 0xB2), RGBColor(0x56, 0xB4, 0xE9)),
    (RGBColor(0xD5, 0x5E, 0x00), RGBColor(0xFF, 0x96, 0x4A)),
    (RGBColor(0x00, 0x80, 0x60), RGBColor(0x2B, 0xC4, 0x9A)),
    (RGBColor(0xC2, 0x36, 0x86), RGBColor(0xF0, 0x7C, 0xC0)),
    (RGBColor(0x8A, 0x6D, 0x00), RGBColor(0xD9, 0xB9, 0x38)),
    (RGBColor(0x5B, 0x4B, 0xC4), RGBColor(0xA7, 0x9B, 0xFF)),
    (RGBColor(0x5A, 0x5A, 0x5A), RGBColor(0xBB, 0xBB, 0xBB)),
    (RGBColor(0xB0, 0x1E, 0x1E), RGBColor(0xFF, 0x7A, 0x70)),
    (RGBColor(0x00, 0x7A, 0x85), RGBColor(0x3F, 0xD0, 0xDA)),
    (RGBColor(0x7A, 0x4A, 0x21), RGBColor(0xC9, 0x9A, 0x6B)),
    (RGBColor(0x3E, 0x7D, 0x1E), RGBColor(0x93, 0xD1, 0x63)),
    (RGBColor(0x80, 0x30, 0x70), RGBColor(0xD9, 0x9A, 0xD0)),
];

/// How lines are dashed, in turn.
const DASHES: [&str; 3] = ["none", "9 4", "3 3"];

/// Returns the colour of the subject of that number.
pub(super) fn of(subject: usize) -> RGBColor {
    SUBJECTS[subject % SUBJECTS.len()].0
}

/// Returns the part of the style sheet that is about charts.
pub(super) fn style() -> String {
    let mut text = String::new();
    for (index, (light, _)) in SUBJECTS.iter().enumerate() {
        let dash = DASHES[index % DASHES.len()];
        text.push_str(&format!("polyline[stroke=\"{}\"]{{stroke-dasharray:{dash}}}\n", hex(*light)));
    }
    text.push_str("@media (prefers-color-scheme:dark){\n");
    for (light, dark) in [(INK, INK_DARK), (GRID, GRID_DARK)].iter().chain(&SUBJECTS) {
        let (light, dark) = (hex(*light), hex(*dark));
        text.push_str(&format!("[fill=\"{light}\"]{{fill:{dark}}}[stroke=\"{light}\"]{{stroke:{dark}}}\n"));
    }
    text + "}\n"
}

/// Returns a colour as the charts have it.
fn hex(RGBColor(red, green, blue): RGBColor) -> String {
    format!("#{red:02X}{green:02X}{blue:02X}")
}
