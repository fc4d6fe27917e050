//! Watches the headers of TLS records, for the one thing rustls forgives: renegotiation (TLS-9).

const HEADER: usize = 5;
const HANDSHAKE: u8 = 22;

/// Follows record after record over any cuts.
#[derive(Debug, Default)]
pub struct Records {
    header: [u8; HEADER],
    have: usize,
    body: usize,
}

impl Records {
    /// Whether a handshake record begins within these bytes.
    pub fn has_handshake(&mut self, mut bytes: &[u8]) -> bool {
        let mut found = false;
        while !bytes.is_empty() {
            if self.body > 0 {
                let skip = self.body.min(bytes.len());
                self.body -= skip;
                bytes = &bytes[skip..];
                continue;
            }
            self.header[self.have] = bytes[0];
            self.have += 1;
            bytes = &bytes[1..];
            if self.have == HEADER {
                found |= self.header[0] == HANDSHAKE;
                self.body = usize::from(u16::from_be_bytes([self.header[3], self.header[4]]));
                self.have = 0;
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handshake_record_is_found_over_any_cut() {
        let bytes = [23, 3, 3, 0, 2, 9, 9, 22, 3, 3, 0, 1, 0];
        for cut in 0..bytes.len() {
            let mut records = Records::default();
            let found = [&bytes[..cut], &bytes[cut..]].map(|part| records.has_handshake(part));
            assert_eq!(found, [cut >= 12, cut < 12], "cut at {cut}");
        }
        assert!(!Records::default().has_handshake(&[23, 3, 3, 0, 1, 22]));
    }
}
