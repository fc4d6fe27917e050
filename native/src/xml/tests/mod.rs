//! The framer, input by input; every small input is also cut at every byte.
mod faults;
mod limits;
mod records;
mod rescope;
mod streams;

use super::{Content, Fault, Framer, Limits, RECORD, flag};

const HEADER: &str = "<?xml version='1.0'?><stream:stream xmlns='jabber:server' \
    xmlns:stream='http://etherx.jabber.org/streams' xmlns:db='jabber:server:dialback' to='b.example' version='1.0'>";

/// What became of some bytes, with offsets in all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Outcome {
    records: Vec<[u32; RECORD]>,
    used: usize,
    blank: usize,
    fault: Option<Fault>,
}

impl Outcome {
    fn kinds(&self) -> Vec<u32> {
        self.records.iter().map(|record| record[2]).collect()
    }

    /// Flags of the last item.
    fn flags(&self) -> u32 {
        self.records.last().expect("an item")[3]
    }
}

/// Frames `input` in pieces that end at `ends`, as a connection would: unused bytes are kept.
fn frame_in_pieces(
    framer: &mut Framer,
    input: &[u8],
    ends: impl Iterator<Item = usize>,
) -> Outcome {
    let mut outcome = Outcome::default();
    for end in ends {
        let mut more = true;
        while more && outcome.fault.is_none() {
            let mut records = [0; 3 * RECORD];
            let run = framer.run(&input[outcome.used..end], &mut records);
            let framed = records.chunks_exact(RECORD).take(run.records);
            outcome
                .records
                .extend(framed.map(|record| moved(record, outcome.used)));
            outcome.used += run.used;
            outcome.blank += run.blank;
            outcome.fault = run.fault;
            more = run.more;
        }
    }
    outcome
}

fn moved(record: &[u32], by: usize) -> [u32; RECORD] {
    std::array::from_fn(|word| match word {
        0 | 1 => record[word] + by as u32,
        4..=7 | 10 | 11 if record[word | 1] > 0 => record[word] + by as u32,
        _ => record[word],
    })
}

/// Frames a whole stream; cut anywhere, it must come out the same (STR-28).
fn frame_under(limits: Limits, input: impl AsRef<[u8]>) -> Outcome {
    let (input, framer) = (input.as_ref(), || Framer::new(Content::Server, limits));
    let whole = frame_in_pieces(&mut framer(), input, [input.len()].into_iter());
    let bytewise = frame_in_pieces(&mut framer(), input, 1..=input.len());
    assert_eq!(
        whole,
        bytewise,
        "byte by byte: {}",
        String::from_utf8_lossy(input)
    );
    for cut in 0..if input.len() < 2000 { input.len() } else { 0 } {
        let halves = frame_in_pieces(&mut framer(), input, [cut, input.len()].into_iter());
        assert_eq!(
            whole,
            halves,
            "cut at {cut}: {}",
            String::from_utf8_lossy(input)
        );
    }
    whole
}

fn frame(input: impl AsRef<[u8]>) -> Outcome {
    frame_under(Limits::PROVEN, input)
}

/// What comes after a usual header.
fn frame_after_header(body: impl AsRef<[u8]>) -> Outcome {
    frame([HEADER.as_bytes(), body.as_ref()].concat())
}
