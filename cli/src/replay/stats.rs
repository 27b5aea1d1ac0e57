//! What searches cost, by how the answer was reached and by the answer itself.

use anyhow::Result;
use index::{Effort, Reached};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Costs of many queries.
#[derive(Debug, Default)]
pub struct Stats {
    by_way: BTreeMap<Reached, Row>,
    by_frauds: [Row; 6],
}

/// Sums and maxima over some queries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Row {
    queries: u64,
    sums: [u64; 3],
    maxima: [u32; 3],
}

/// One row as JSON.
#[derive(Serialize)]
struct Shown {
    name: String,
    queries: u64,
    nodes: Cost,
    leaves: Cost,
    blocks: Cost,
}

#[derive(Serialize)]
struct Cost {
    mean: f64,
    max: u32,
}

impl Row {
    fn add(&mut self, effort: &Effort) {
        self.queries += 1;
        for (place, cost) in [effort.nodes, effort.leaves, effort.blocks].into_iter().enumerate() {
            self.sums[place] += u64::from(cost);
            self.maxima[place] = self.maxima[place].max(cost);
        }
    }

    fn show(&self, name: String) -> Shown {
        let cost = |place: usize| Cost {
            mean: (self.sums[place] as f64 / self.queries.max(1) as f64 * 100.0).round() / 100.0,
            max: self.maxima[place],
        };
        Shown { name, queries: self.queries, nodes: cost(0), leaves: cost(1), blocks: cost(2) }
    }
}

impl Stats {
    /// Adds one query.
    pub fn add(&mut self, frauds: u8, effort: &Effort) {
        self.by_way.entry(effort.reached).or_default().add(effort);
        self.by_frauds[usize::from(frauds)].add(effort);
    }

    fn rows(&self) -> Vec<Shown> {
        let by_way = self.by_way.iter().map(|(reached, row)| row.show(reached.name().to_owned()));
        let counted = self.by_frauds.iter().enumerate().filter(|(_, row)| row.queries > 0);
        by_way.chain(counted.map(|(frauds, row)| row.show(format!("{frauds} frauds of 5")))).collect()
    }

    /// Lines of a table.
    pub fn text(&self) -> Result<String> {
        let mut text = String::from("  looked at, mean and most\n");
        let header = format!("    {:<16} {:>9} {:>14} {:>14} {:>14}", "", "queries", "nodes", "leaves", "blocks");
        writeln!(text, "{header}")?;
        for Shown { name, queries, nodes, leaves, blocks } in self.rows() {
            write!(text, "    {name:<16} {queries:>9}")?;
            for Cost { mean, max } in [nodes, leaves, blocks] {
                write!(text, " {mean:>8.1} {max:>5}")?;
            }
            writeln!(text)?;
        }
        Ok(text)
    }
}

impl Serialize for Stats {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.rows().serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_hold_means_and_maxima_by_way_and_by_answer() {
        let mut stats = Stats::default();
        let effort = |reached, blocks| Effort { reached, blocks, ..Effort::default() };
        stats.add(0, &effort(Reached::LabelBox, 1));
        stats.add(5, &effort(Reached::LabelBox, 1));
        stats.add(5, &effort(Reached::Search, 8));
        let json = serde_json::to_value(&stats).unwrap();
        let shown: Vec<_> =
            json.as_array().unwrap().iter().map(|row| (row["name"].as_str().unwrap(), &row["blocks"])).collect();
        assert_eq!(shown.len(), 4);
        assert_eq!(shown[0], ("label box", &serde_json::json!({"mean": 1.0, "max": 1})));
        assert_eq!(shown[3], ("5 frauds of 5", &serde_json::json!({"mean": 4.5, "max": 8})));
        assert_eq!(stats.text().unwrap().lines().count(), 6);
    }
}
