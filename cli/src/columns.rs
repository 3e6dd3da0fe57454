//! Rows under headings, each column as wide as it must be.

/// The table, without an end of line behind the last row.
pub fn columns<const N: usize>(headings: [&str; N], rows: &[[String; N]]) -> String {
    let mut widths = headings.map(|heading| heading.chars().count());
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let headings = headings.map(str::to_owned);
    let lines = std::iter::once(&headings).chain(rows).map(|row| {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_under_their_headings_whatever_letters_they_hold() {
        let rows = [["ä".to_owned(), "one".to_owned()], ["longer".to_owned(), String::new()]];
        assert_eq!(columns(["NAME", "WHAT"], &rows), "NAME    WHAT\nä       one\nlonger");
    }
}
