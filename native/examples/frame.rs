//! Frames cases from stdin, for the comparison with libxml2 (tests/framer/libxml2.py).
//!
//! A case: seed of the cuts (0: all bytes at once), length, bytes. Its answer: number of words, words: fault
//! (0 none), bytes used, then twelve words a record, with offsets in the whole case; then each stanza as it
//! is rescoped for a component: length, bytes.
use std::io::{Read, Write, stdin, stdout};
use verona_native::xml::{Content, Framer, Limits, RECORD, kind};

fn main() -> std::io::Result<()> {
    let mut input = Vec::new();
    stdin().read_to_end(&mut input)?;
    let (mut rest, mut out) = (&input[..], stdout().lock());
    while !rest.is_empty() {
        let (seed, length) = (word(&mut rest), word(&mut rest) as usize);
        let (case, after) = rest.split_at(length);
        rest = after;
        let (words, rescoped) = frame(case, seed);
        out.write_all(&(words.len() as u32).to_le_bytes())?;
        for word in words {
            out.write_all(&word.to_le_bytes())?;
        }
        for stanza in rescoped {
            out.write_all(&(stanza.len() as u32).to_le_bytes())?;
            out.write_all(&stanza)?;
        }
    }
    Ok(())
}

fn word(rest: &mut &[u8]) -> u32 {
    let (word, after) = rest.split_first_chunk().expect("a whole word");
    *rest = after;
    u32::from_le_bytes(*word)
}

/// Gives a case to a framer as a connection would: in pieces, unused bytes kept.
fn frame(case: &[u8], seed: u32) -> (Vec<u32>, Vec<Vec<u8>>) {
    let mut framer = Framer::new(Content::Server, Limits::PROVEN);
    let (mut words, mut rescoped) = (vec![0, 0], Vec::new());
    let (mut used, mut arrived, mut cut) = (0, 0, seed);
    while arrived < case.len() {
        arrived = (arrived + piece(&mut cut)).min(case.len());
        loop {
            let mut records = [0; 4 * RECORD];
            let run = framer.run(&case[used..arrived], &mut records);
            for record in records.chunks(RECORD).take(run.records) {
                words.extend(in_case(record, used));
                if record[2] <= kind::IQ {
                    let stanza = &case[used..][record[0] as usize..record[1] as usize];
                    rescoped.push(
                        framer
                            .rescope(stanza, Content::Component, None)
                            .unwrap_or_default(),
                    );
                }
            }
            used += run.used;
            words[1] = used as u32;
            words[0] = run.fault.map_or(0, |fault| fault as u32);
            if run.fault.is_some() {
                return (words, rescoped);
            }
            if !run.more {
                break;
            }
        }
    }
    (words, rescoped)
}

/// Length of the next piece, from a small generator of pseudo-random numbers (xorshift).
fn piece(state: &mut u32) -> usize {
    if *state == 0 {
        return usize::MAX / 2;
    }
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    1 + (*state >> 8) as usize % if *state & 1 == 0 { 3 } else { 60 }
}

/// A record with offsets in the case instead of in the bytes of one call.
fn in_case(record: &[u32], used: usize) -> Vec<u32> {
    let is_offset = |index| matches!(index, 0 | 1 | 4..=7 | 10 | 11);
    let is_nowhere = |index| index >= 4 && record[index | 1] == 0;
    let shift = |(index, &word)| match index {
        _ if is_offset(index) && !is_nowhere(index) => word + used as u32,
        _ => word,
    };
    record.iter().enumerate().map(shift).collect()
}
