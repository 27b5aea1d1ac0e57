//! Text in columns, for a terminal.

/// The longest cell; of a longer one the end is left out.
const LONGEST: usize = 40;

/// Rows as lines, each column as wide as its widest cell.
pub fn of(rows: &[Vec<String>]) -> String {
    let cut: Vec<Vec<String>> = rows.iter().map(|row| row.iter().map(|cell| shortened(cell)).collect()).collect();
    let columns = cut.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        cut.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let lines = cut.iter().map(|row| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// On one line, control characters shown as spaces.
fn shortened(text: &str) -> String {
    let clean = |character: char| if character.is_control() { ' ' } else { character };
    if text.chars().count() <= LONGEST {
        return text.chars().map(clean).collect();
    }
    text.chars().take(LONGEST - 1).map(clean).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_they_need_to_be() {
        let row = |cells: [&str; 3]| cells.map(str::to_owned).to_vec();
        let text = of(&[row(["a", "äöü", "c"]), row(["long", "x\ny", ""]), row(["", &"z".repeat(50), "e"])]);
        let expected = format!("a     äöü{}c\nlong  x y\n      {}…  e", " ".repeat(39), "z".repeat(39));
        assert_eq!(text, expected);
    }
}
