//! The nearest rows found so far.

/// A row that was found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Found {
    /// Squared, see [`space::row_distance`].
    pub distance: f64,
    /// The row's number: its position among the rows that the index was built of.
    pub row: u32,
    /// Where its point lies in the index.
    pub slot: u32,
}

impl Found {
    fn is_before(&self, other: &Self) -> bool {
        (self.distance, self.row) < (other.distance, other.row)
    }
}

/// What a search looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SearchWork {
    /// Nodes whose up to 16 boxes were compared.
    pub nodes: u32,
    /// Blocks of points that were compared: 16 points of a tree, 64 of a scan.
    pub blocks: u32,
    /// Points whose distance was computed from the values given.
    pub measured: u32,
}

/// Room for the rows that a search finds, used again by the next.
#[derive(Clone, Debug, Default)]
pub struct NearestRows {
    wanted: usize,
    /// What no wanted row is farther than; infinite but where something is known before.
    bound: f64,
    /// Ascending.
    found: Vec<Found>,
    work: SearchWork,
}

impl NearestRows {
    /// Room for `k` rows; a search for more makes more.
    pub fn with_room_for(k: usize) -> Self {
        Self { found: Vec::with_capacity(k), ..Self::default() }
    }

    /// The rows of the last search, nearest first.
    pub fn rows(&self) -> &[Found] {
        &self.found
    }

    /// Whether there are as many rows as are wanted.
    #[inline(always)]
    pub(super) fn is_full(&self) -> bool {
        self.found.len() == self.wanted
    }

    /// What the last search looked at.
    pub fn work(&self) -> SearchWork {
        self.work
    }

    /// For so many rows, none of which is farther than `bound`.
    pub(super) fn begin(&mut self, wanted: usize, bound: f64) {
        self.found.clear();
        self.bound = bound;
        self.found.reserve(wanted);
        self.wanted = wanted;
    }

    /// Counts from nothing.
    pub(super) fn clear_work(&mut self) {
        self.work = SearchWork::default();
    }

    #[inline(always)]
    pub(super) fn work_mut(&mut self) -> &mut SearchWork {
        &mut self.work
    }

    /// The distance of the k-th row: nothing farther is wanted. The bound as long as there are fewer.
    #[inline(always)]
    pub(super) fn worst(&self) -> f64 {
        if self.found.len() < self.wanted { self.bound } else { self.found[self.wanted - 1].distance }
    }

    /// Takes a row if it is one of the nearest. Returns whether it is.
    #[inline(always)]
    pub(super) fn offer(&mut self, found: Found) -> bool {
        if self.found.len() == self.wanted {
            if !found.is_before(&self.found[self.wanted - 1]) {
                return false;
            }
            self.found.pop();
        }
        let place = self.found.partition_point(|before| before.is_before(&found));
        self.found.insert(place, found);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_stay_in_order_and_ties_go_to_the_lower_row() {
        let mut nearest = NearestRows::default();
        nearest.begin(3, f64::INFINITY);
        assert_eq!(nearest.worst(), f64::INFINITY);
        for (distance, row) in [(4.0, 7), (1.0, 9), (4.0, 2), (9.0, 1), (4.0, 5), (1.0, 8)] {
            nearest.offer(Found { distance, row, slot: 0 });
        }
        let rows: Vec<_> = nearest.rows().iter().map(|found| (found.distance, found.row)).collect();
        assert_eq!(rows, [(1.0, 8), (1.0, 9), (4.0, 2)]);
        assert_eq!(nearest.worst(), 4.0);
        assert!(!nearest.offer(Found { distance: 4.0, row: 3, slot: 0 }));
    }
}
