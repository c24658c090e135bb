//! Names that are nearly another: how many letters were added, lost, changed, or swapped with their neighbour.

/// Longest name that is compared: the table's longest has 27 letters.
const LETTERS_MAX: usize = 40;

/// Collects the names that are nearest to one.
#[derive(Debug)]
pub(crate) struct Nearness<'name> {
    wanted: &'name [u8],
    edits_max: usize,
    found: Vec<(usize, &'static str)>,
}

impl<'name> Nearness<'name> {
    /// Looks for names like this one: capitals and digits without spaces. One mistake is forgiven in a name of
    /// up to five letters, two in a longer one.
    pub(crate) fn new(wanted: &'name [u8]) -> Self {
        Self {
            wanted,
            edits_max: if wanted.len() <= 5 { 1 } else { 2 },
            found: Vec::new(),
        }
    }

    /// Takes the name if it is near enough.
    pub(crate) fn try_name(&mut self, name: &'static str) {
        if name.len() + self.edits_max < self.wanted.len() {
            return;
        }
        let spaces = name.bytes().filter(|byte| *byte == b' ').count();
        let letters = name.len() - spaces;
        if letters.abs_diff(self.wanted.len()) > self.edits_max || letters > LETTERS_MAX {
            return;
        }
        let mut packed = [0; LETTERS_MAX];
        for (slot, byte) in packed
            .iter_mut()
            .zip(name.bytes().filter(|byte| *byte != b' '))
        {
            *slot = byte;
        }
        let edits = edits(
            self.wanted,
            packed.get(..letters).unwrap_or(&[]),
            self.edits_max,
        );
        if let Some(edits) = edits {
            self.found.push((edits, name));
        }
    }

    /// The names, nearest first and by alphabet among equals, each once.
    pub(crate) fn nearest(mut self, most: usize) -> Vec<&'static str> {
        self.found.sort_unstable();
        self.found.dedup();
        self.found
            .into_iter()
            .map(|(_, name)| name)
            .take(most)
            .collect()
    }
}

/// How many letters have to be added, left out, changed, or swapped with their neighbour to make `other` of
/// `one`, if no more than `most`. None, too, for names above 40 letters.
pub(super) fn edits(one: &[u8], other: &[u8], most: usize) -> Option<usize> {
    if one.len().abs_diff(other.len()) > most || one.len().max(other.len()) > LETTERS_MAX {
        return None;
    }
    // Three rows of the usual table: two letters back, one letter back, this letter.
    let mut back2 = [0_usize; LETTERS_MAX + 1];
    let mut back: [usize; LETTERS_MAX + 1] = std::array::from_fn(|column| column);
    let mut row = [0_usize; LETTERS_MAX + 1];
    for (index, letter) in one.iter().enumerate() {
        row[0] = index + 1;
        for (column, wanted) in other.iter().enumerate() {
            let changed = back[column] + usize::from(letter != wanted);
            let mut best = changed.min(back[column + 1] + 1).min(row[column] + 1);
            let swapped = index > 0
                && column > 0
                && one.get(index - 1) == Some(wanted)
                && other.get(column - 1) == Some(letter);
            if swapped {
                best = best.min(back2[column - 1] + 1);
            }
            row[column + 1] = best;
        }
        if row
            .iter()
            .take(other.len() + 1)
            .min()
            .is_some_and(|least| *least > most)
        {
            return None;
        }
        back2 = back;
        back = row;
    }
    back.get(other.len())
        .copied()
        .filter(|edits| *edits <= most)
}

#[cfg(test)]
mod tests {
    use super::edits;

    #[test]
    fn counted_edits() {
        let cases = [
            ("SACRAMENTO", "SACRAMENTO", Some(0)),
            ("SACREMENTO", "SACRAMENTO", Some(1)),
            ("SACARMENTO", "SACRAMENTO", Some(1)),
            ("SACRAMENT", "SACRAMENTO", Some(1)),
            ("SCRAMENTOO", "SACRAMENTO", Some(2)),
            ("SACRAMENTO", "SANTAFE", None),
            ("RENO", "KENNO", Some(2)),
            ("", "AB", Some(2)),
            ("ABC", "", None),
        ];
        for (one, other, expected) in cases {
            assert_eq!(
                edits(one.as_bytes(), other.as_bytes(), 2),
                expected,
                "{one} {other}"
            );
            assert_eq!(
                edits(other.as_bytes(), one.as_bytes(), 2),
                expected,
                "{other} {one}"
            );
        }
        assert_eq!(edits(&[b'A'; 41], &[b'A'; 41], 2), None);
    }
}
