//! The load of `./dev bench`: messages from one component over two servers to another.
//!
//! `bench-load SOURCE DOMAIN SINK DOMAIN SECRET PID PID LOAD...` attaches a component (XEP-0114) to each server, sends one
//! message and says how long it took, then drives each load and says what it cost; one JSON object a line. A load is
//! `RATE:SECONDS`; the rate is `max` (as fast as the window allows) or messages a second, evenly spaced.

mod component;
mod process;
mod run;

use std::{error::Error, net::SocketAddr, time::Duration};

use serde_json::json;

use crate::{component::attach, process::Process, run::Run};

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

const USAGE: &str =
    "usage: bench-load SOURCE DOMAIN SINK DOMAIN SECRET SENDER_PID RECEIVER_PID RATE:SECONDS...";

fn main() {
    if let Err(error) = run(std::env::args().skip(1).collect()) {
        eprintln!("bench-load: {error}");
        std::process::exit(1);
    }
}

fn run(arguments: Vec<String>) -> Outcome<()> {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let [source, from, sink, to, secret, sender, receiver, loads @ ..] = &words[..] else {
        return Err(USAGE.into());
    };
    let servers = [Process::new(sender)?, Process::new(receiver)?];
    let loads: Vec<Load> = loads
        .iter()
        .map(|load| Load::read(load))
        .collect::<Outcome<_>>()?;
    let source = attach(source.parse::<SocketAddr>()?, from, secret)?;
    let sink = attach(sink.parse::<SocketAddr>()?, to, secret)?;
    let mut run = Run::start(source, sink, from, to)?;
    println!("{}", json!({"first_stanza_ms": run.first()?}));
    for load in &loads {
        println!("{}", run.drive(load, &servers)?);
    }
    Ok(())
}

/// What one phase sends.
pub struct Load {
    pub name: String,
    /// Messages a second; None: as many as the window lets through.
    pub rate: Option<f64>,
    pub duration: Duration,
}

impl Load {
    fn read(text: &str) -> Outcome<Load> {
        let (name, seconds) = text.split_once(':').ok_or(USAGE)?;
        Ok(Load {
            name: name.to_owned(),
            rate: if name == "max" {
                None
            } else {
                Some(name.parse()?)
            },
            duration: Duration::from_secs_f64(seconds.parse()?),
        })
    }
}
