//! Follows TLS records by their headers (RFC 8446 5.1), over any cuts.

const HEADER: usize = 5;
/// Content type of handshake messages.
pub const HANDSHAKE: u8 = 22;

#[derive(Debug, Default)]
pub struct Records {
    header: [u8; HEADER],
    have: usize,
    body: usize,
}

impl Records {
    /// Splits off what belongs to the record under way; `kind` then is that record's.
    pub fn split<'a>(&mut self, bytes: &'a [u8]) -> (&'a [u8], &'a [u8]) {
        let missing = (HEADER - self.have).min(bytes.len());
        self.header[self.have..self.have + missing].copy_from_slice(&bytes[..missing]);
        if self.have < HEADER && self.have + missing == HEADER {
            self.body = usize::from(u16::from_be_bytes([self.header[3], self.header[4]]));
        }
        self.have += missing;
        let taken = self.body.min(bytes.len() - missing);
        self.body -= taken;
        if self.have == HEADER && self.body == 0 {
            self.have = 0;
        }
        bytes.split_at(missing + taken)
    }

    /// Content type of the record that the last split was of.
    pub fn kind(&self) -> u8 {
        self.header[0]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_followed_over_any_cut() {
        let bytes = [23, 3, 3, 0, 2, 9, 9, 22, 3, 3, 0, 1, 0, 21, 3, 3, 0, 0, 23];
        for cut in 0..=bytes.len() {
            let mut records = Records::default();
            let mut seen = Vec::new();
            for mut part in [&bytes[..cut], &bytes[cut..]] {
                while !part.is_empty() {
                    let (piece, rest) = records.split(part);
                    seen.extend(piece.iter().map(|_| records.kind()));
                    part = rest;
                }
            }
            let kinds = [[23; 7].as_slice(), &[22; 6], &[21; 5], &[23]].concat();
            assert_eq!(seen, kinds, "cut at {cut}");
        }
    }
}
