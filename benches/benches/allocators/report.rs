//! Tables.

use anyhow::{Context, Result};
use clap::ValueEnum;
use gleaner_peers::instructions::median;
use serde_json::{Value, json};

use crate::row::Row;

/// What was measured of a row on an allocator.
pub(crate) struct Cell {
    time: f64,
    instructions: Option<f64>,
}

impl Cell {
    /// Takes the median.
    pub(crate) fn new(times: Vec<f64>, instructions: Option<f64>) -> Cell {
        Cell { time: median(times), instructions }
    }
}

/// All that was measured.
#[derive(Default)]
pub(crate) struct Report {
    cells: Vec<(Row, String, Cell)>,
}

/// What a table shows of a row on an allocator.
type Column = fn(&Report, Row, &str) -> Option<f64>;

impl Report {
    pub(crate) fn add(&mut self, row: Row, allocator: &str, cell: Cell) {
        self.cells.push((row, allocator.to_string(), cell));
    }

    fn cell(&self, row: Row, allocator: &str) -> Option<&Cell> {
        self.cells
            .iter()
            .find(|(of, name, _)| (*of, name.as_str()) == (row, allocator))
            .map(|(_, _, cell)| cell)
    }

    /// Returns nanoseconds without the harness; those of the harness for `null`.
    fn time(&self, row: Row, allocator: &str) -> Option<f64> {
        let time = self.cell(row, allocator)?.time;
        let harness = self.cell(row, "null").filter(|_| allocator != "null").map_or(0.0, |cell| cell.time);
        (row != Row::Return).then_some((time - harness).max(0.0))
    }

    /// Returns instructions without the harness; those of the harness for `null`.
    fn instructions(&self, row: Row, allocator: &str) -> Option<f64> {
        let count = self.cell(row, allocator)?.instructions?;
        if allocator == "null" {
            return Some(count);
        }
        Some((count - self.cell(row, "null")?.instructions?).max(0.0))
    }

    /// Returns the percentage of the peak that stayed resident.
    fn resident(&self, row: Row, allocator: &str) -> Option<f64> {
        self.cell(row, allocator).filter(|_| row == Row::Return).map(|cell| cell.time / 10_000.0)
    }

    /// Returns what an allocator takes, as a multiple of the best of those that are not ours.
    fn ratio(&self, row: Row, allocator: &str, of: Column) -> Option<f64> {
        let theirs =
            self.allocators().into_iter().filter(|name| *name != "null" && !name.starts_with("gleaner"));
        let best = theirs.filter_map(|name| of(self, row, name)).min_by(f64::total_cmp)?;
        Some(of(self, row, allocator)? / best).filter(|ratio| ratio.is_finite())
    }

    fn allocators(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for (_, name, _) in &self.cells {
            if !names.contains(&name.as_str()) {
                names.push(name);
            }
        }
        names
    }

    fn rows(&self) -> Vec<Row> {
        let mut rows: Vec<Row> = Vec::new();
        for (row, _, _) in &self.cells {
            if !rows.contains(row) {
                rows.push(*row);
            }
        }
        rows
    }

    /// Prints all, as tables or as JSON.
    pub(crate) fn print(&self, as_json: bool) -> Result<()> {
        if as_json {
            let cells: Vec<Value> = self.cells.iter().map(|(row, name, _)| self.json(*row, name)).collect();
            println!("{}", serde_json::to_string_pretty(&json!({ "rows": cells }))?);
            return Ok(());
        }
        self.table("CPU ns per pair, harness (null) subtracted", Report::time, true)?;
        self.table("Instructions per pair, harness (null) subtracted", Report::instructions, true)?;
        self.table("Resident a second after all was freed, % of the peak", Report::resident, false)
    }

    fn json(&self, row: Row, allocator: &str) -> Value {
        json!({
            "row": name(row).unwrap_or_default(),
            "allocator": allocator,
            "ns_per_pair": self.time(row, allocator),
            "instructions_per_pair": self.instructions(row, allocator),
            "ratio_to_best_peer": self.ratio(row, allocator, Report::time),
            "resident_percent": self.resident(row, allocator),
        })
    }

    fn table(&self, title: &str, of: Column, ratios: bool) -> Result<()> {
        let has = |row: &Row| self.allocators().iter().any(|name| of(self, *row, name).is_some());
        let rows: Vec<Row> = self.rows().into_iter().filter(has).collect();
        if rows.is_empty() {
            return Ok(());
        }
        println!("\n{title}\n");
        let names = rows.iter().map(|&row| name(row)).collect::<Result<Vec<_>>>()?;
        print_line("", names.into_iter());
        let show = |number: Option<f64>, digits: usize| {
            number.map_or_else(|| "-".to_string(), |number| format!("{number:.digits$}"))
        };
        for allocator in self.allocators() {
            print_line(allocator, rows.iter().map(|&row| show(of(self, row, allocator), 1)));
        }
        for ours in self.allocators().into_iter().filter(|name| ratios && name.starts_with("gleaner")) {
            let label = format!("{ours}, of best peer");
            print_line(&label, rows.iter().map(|&row| show(self.ratio(row, ours, of), 2)));
        }
        Ok(())
    }
}

fn print_line(label: &str, cells: impl Iterator<Item = String>) {
    let cells: String = cells.map(|cell| format!("{cell:>18}")).collect();
    println!("{label:<28}{cells}");
}

fn name(row: Row) -> Result<String> {
    Ok(row.to_possible_value().context("a row has a name")?.get_name().to_string())
}
