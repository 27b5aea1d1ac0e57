//! What searches cost, by how the answer was proved and by the answer itself.

use anyhow::Result;
use index::{Effort, Proof};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Costs of many queries.
#[derive(Debug, Default)]
pub struct Stats {
    by_proof: BTreeMap<Proof, Row>,
    by_frauds: [Row; 6],
}

/// Sums and maxima over some queries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Row {
    queries: u64,
    sums: [u64; 3],
    maxima: [u32; 3],
}

/// The costs of some queries as people and programs read them.
#[derive(Debug, Serialize)]
pub struct Shown {
    name: String,
    queries: u64,
    nodes: Cost,
    leaves: Cost,
    blocks: Cost,
}

#[derive(Debug, Serialize)]
struct Cost {
    mean: f64,
    max: u32,
}

impl Row {
    fn of(effort: &Effort) -> Self {
        let costs = [effort.nodes, effort.leaves, effort.blocks];
        Self { queries: 1, sums: costs.map(u64::from), maxima: costs }
    }

    fn add(&mut self, other: &Self) {
        self.queries += other.queries;
        for place in 0..self.sums.len() {
            self.sums[place] += other.sums[place];
            self.maxima[place] = self.maxima[place].max(other.maxima[place]);
        }
    }

    fn show(&self, name: &str) -> Shown {
        let cost = |place: usize| Cost {
            mean: (self.sums[place] as f64 / self.queries.max(1) as f64 * 100.0).round() / 100.0,
            max: self.maxima[place],
        };
        Shown { name: name.to_owned(), queries: self.queries, nodes: cost(0), leaves: cost(1), blocks: cost(2) }
    }
}

impl Stats {
    /// Adds one query.
    pub fn add(&mut self, frauds: u8, effort: &Effort) {
        let row = Row::of(effort);
        self.by_proof.entry(effort.proof).or_default().add(&row);
        self.by_frauds[usize::from(frauds)].add(&row);
    }

    /// Adds all queries of another.
    pub fn merge(&mut self, other: &Self) {
        for (proof, row) in &other.by_proof {
            self.by_proof.entry(*proof).or_default().add(row);
        }
        self.by_frauds.iter_mut().zip(&other.by_frauds).for_each(|(row, other)| row.add(other));
    }

    /// All queries in one row.
    pub fn whole(&self, name: &str) -> Shown {
        let mut whole = Row::default();
        self.by_frauds.iter().for_each(|row| whole.add(row));
        whole.show(name)
    }

    /// Each query twice: in the row of how its answer was proved, and in that of its answer.
    pub fn rows(&self) -> Vec<Shown> {
        let by_proof = self.by_proof.iter().map(|(proof, row)| row.show(&proof.name().replace('_', " ")));
        let counted = self.by_frauds.iter().enumerate().filter(|(_, row)| row.queries > 0);
        by_proof.chain(counted.map(|(frauds, row)| row.show(&format!("{frauds} frauds of 5")))).collect()
    }
}

impl Serialize for Stats {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.rows().serialize(serializer)
    }
}

/// Lines of a table.
pub fn table(rows: &[Shown]) -> Result<String> {
    let mut text = String::from("  looked at, mean and most\n");
    writeln!(text, "    {:<16} {:>9} {:>16} {:>16} {:>16}", "", "queries", "nodes", "leaves", "blocks")?;
    for Shown { name, queries, nodes, leaves, blocks } in rows {
        write!(text, "    {name:<16} {queries:>9}")?;
        for Cost { mean, max } in [nodes, leaves, blocks] {
            write!(text, " {mean:>9.1} {max:>6}")?;
        }
        writeln!(text)?;
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn effort(proof: Proof, blocks: u32) -> Effort {
        Effort { proof, blocks, ..Effort::default() }
    }

    #[test]
    fn rows_hold_means_and_maxima_by_proof_and_by_answer() {
        let mut stats = Stats::default();
        stats.add(0, &effort(Proof::LabelBox, 1));
        stats.add(5, &effort(Proof::LabelBox, 1));
        stats.add(5, &effort(Proof::Search, 8));
        let json = serde_json::to_value(&stats).unwrap();
        let shown: Vec<_> =
            json.as_array().unwrap().iter().map(|row| (row["name"].as_str().unwrap(), &row["blocks"])).collect();
        assert_eq!(shown.len(), 4);
        assert_eq!(shown[0], ("label box", &serde_json::json!({"mean": 1.0, "max": 1})));
        assert_eq!(shown[3], ("5 frauds of 5", &serde_json::json!({"mean": 4.5, "max": 8})));
        assert_eq!(table(&stats.rows()).unwrap().lines().count(), 6);
    }

    #[test]
    fn merged_stats_are_those_of_all_queries() {
        let (mut one, mut other, mut both) = (Stats::default(), Stats::default(), Stats::default());
        for (frauds, proof, blocks) in [(0, Proof::LabelBox, 1), (3, Proof::Tie, 90), (3, Proof::Search, 2)] {
            one.add(frauds, &effort(proof, blocks));
            other.add(5 - frauds, &effort(proof, blocks + 7));
            both.add(frauds, &effort(proof, blocks));
            both.add(5 - frauds, &effort(proof, blocks + 7));
        }
        one.merge(&other);
        let json = |stats: &Stats| serde_json::to_value(stats).unwrap();
        assert_eq!(json(&one), json(&both));
        let whole = serde_json::to_value(one.whole("all")).unwrap();
        assert_eq!((&whole["queries"], &whole["blocks"]), (&6.into(), &serde_json::json!({"mean": 34.5, "max": 97})));
    }
}
