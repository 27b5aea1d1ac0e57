//! Cells: 16 intervals of each dimension, so that 4 bits say what is needed to leave a point out.
//!
//! No point is nearer in a dimension than the nearer end of its cell. Each cell's share of a distance, in units and rounded down,
//! is looked up and added; a point whose sum is greater than the limit in the same units, rounded down, is farther.

use super::layout::{CELLS, Cell};

/// The rows that cells are chosen by.
const SAMPLED: usize = 4096;

/// Cells that hold about equally many of the values; `value(i)` is that of point i of `points`.
pub(crate) fn choose(points: usize, value: impl Fn(usize) -> f32) -> [Cell; CELLS] {
    let step = points.div_ceil(SAMPLED).max(1);
    let mut sampled: Vec<f32> = (0..points).step_by(step).map(&value).collect();
    sampled.sort_unstable_by(f32::total_cmp);
    // Where each cell begins; equal ones leave cells empty.
    let start = |cell: usize| if cell == 0 { f32::NEG_INFINITY } else { sampled[cell * sampled.len() / CELLS] };
    let starts: [f32; CELLS] = std::array::from_fn(start);
    let mut cells = [Cell { lower: f32::INFINITY, upper: f32::NEG_INFINITY }; CELLS];
    for point in 0..points {
        let value = value(point);
        let cell = &mut cells[starts.partition_point(|start| *start <= value) - 1];
        cell.lower = cell.lower.min(value);
        cell.upper = cell.upper.max(value);
    }
    cells
}

/// The cell that holds the value: the last one that begins at it or before.
pub(crate) fn code(cells: &[Cell; CELLS], value: f32) -> u8 {
    let holds = |cell: &Cell| cell.lower <= value && value <= cell.upper;
    cells.iter().position(holds).unwrap_or(0) as u8
}

/// The squared distance from a value to the nearer end of each cell, times the weight; 0 inside.
pub(crate) fn squares(cells: &[Cell; CELLS], value: f32, weight: f64) -> [f64; CELLS] {
    cells.each_ref().map(|cell| {
        let value = f64::from(value);
        let outside = (f64::from(cell.lower) - value).max(value - f64::from(cell.upper)).max(0.0);
        weight * (outside * outside)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_has_the_cell_that_holds_it() {
        for modulus in [1, 2, 5, 16, 1000] {
            let value = |point: usize| ((point * 7919) % modulus) as f32 - 3.0;
            let cells = choose(10_000, value);
            for point in 0..10_000 {
                let cell = cells[usize::from(code(&cells, value(point)))];
                assert!(cell.lower <= value(point) && value(point) <= cell.upper, "{modulus}");
            }
        }
    }

    #[test]
    fn no_value_of_a_cell_is_nearer_than_its_nearer_end() {
        let cells = choose(1000, |point| (point as f32).sqrt());
        for query in [-1.0, 0.5, 3.0, 31.0, 40.0] {
            let squares = squares(&cells, query, 2.0);
            for point in 0..1000 {
                let value = (point as f32).sqrt();
                let distance = 2.0 * (f64::from(value) - f64::from(query)).powi(2);
                assert!(squares[usize::from(code(&cells, value))] <= distance);
            }
        }
    }
}
