//! Which rows are equal: each point is stored once.

use rayon::prelude::*;
use space::Rows;
use xxhash_rust::xxh3::xxh3_64;

/// The rows without their copies.
pub(crate) struct Distinct {
    /// The lowest row of each point, ascending.
    pub lowest: Vec<u32>,
    /// (lowest row, further row) of points that several rows have, ascending.
    pub copies: Vec<(u32, u32)>,
}

/// Finds equal rows: those whose values are all equal as numbers, so 0 and -0 are.
pub(crate) fn distinct(rows: &Rows<'_>) -> Distinct {
    // A hash above the row's number: equal rows come to lie side by side, among few others.
    let mut keys: Vec<u64> = (0..rows.len())
        .into_par_iter()
        .map_init(Vec::new, |bytes, number| {
            bytes.clear();
            // A sum with 0 makes 0 of -0.
            rows.row(number).iter().for_each(|value| bytes.extend((value + 0.0).to_le_bytes()));
            xxh3_64(bytes) & !0xffff_ffff | number as u64
        })
        .collect();
    keys.par_sort_unstable();
    let mut copies = Vec::new();
    for group in keys.chunk_by_mut(|a, b| a >> 32 == b >> 32).filter(|group| group.len() > 1) {
        let row = |key: &u64| rows.row(*key as u32 as usize);
        group.sort_unstable_by(|a, b| compare(row(a), row(b)).then(a.cmp(b)));
        for equal in group.chunk_by(|a, b| compare(row(a), row(b)).is_eq()) {
            copies.extend(equal[1..].iter().map(|key| (equal[0] as u32, *key as u32)));
        }
    }
    copies.sort_unstable();
    drop(keys);
    let mut is_copy = vec![false; rows.len()];
    copies.iter().for_each(|(_, row)| is_copy[*row as usize] = true);
    let lowest = (0..rows.len() as u32).filter(|row| !is_copy[*row as usize]).collect();
    Distinct { lowest, copies }
}

fn compare(a: &[f32], b: &[f32]) -> std::cmp::Ordering {
    // All are finite, so that there is an order.
    a.partial_cmp(b).unwrap_or(std::cmp::Ordering::Equal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_rows_are_one_point_of_their_lowest_row() {
        let values = [1.0, 2.0, 0.0, 0.0, 1.0, 2.0, -0.0, 0.0, 1.0, 3.0, 1.0, 2.0];
        let found = distinct(&Rows::new(2, &values).unwrap());
        assert_eq!(found.lowest, [0, 1, 4]);
        assert_eq!(found.copies, [(0, 2), (0, 5), (1, 3)]);
    }
}
