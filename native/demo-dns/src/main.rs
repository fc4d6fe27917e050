//! The demo's DNS: a signed tree on loopback that answers as a recursive resolver does with CD=1.
//!
//! `demo-dns DESCRIPTION.json [--with-parent]` reads the zones, makes keys, signs, writes the root's DNSKEY line,
//! listens on UDP and TCP, and tells each of these as one JSON line on stdout. SIGHUP reads the description again
//! and signs anew with the same keys. With `--with-parent` it ends when its standard input does.
//!
//! Limitations: no wildcards, DNAME or NSEC3; signatures hold 30 days from the last reading.

mod answer;
mod description;
mod serve;
mod world;
mod zone;

use std::{
    error::Error,
    path::Path,
    sync::{Arc, RwLock},
    time::Duration,
};

use hickory_server::Server;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, stdin},
    net::{TcpListener, UdpSocket},
    signal::unix::{SignalKind, signal},
};

use crate::{description::Description, serve::Resolver, world::World, zone::Keys};

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

#[tokio::main(worker_threads = 2)]
async fn main() {
    if let Err(error) = run(std::env::args().skip(1).collect()).await {
        eprintln!("demo-dns: {error}");
        std::process::exit(2);
    }
}

async fn run(arguments: Vec<String>) -> Outcome<()> {
    let (path, with_parent) = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [path] => (Path::new(path), false),
        [path, "--with-parent"] => (Path::new(path), true),
        _ => return Err("usage: demo-dns DESCRIPTION.json [--with-parent]".into()),
    };
    let description = Description::read(path)?;
    let (tcp, udp) = bind(&description).await?;
    let mut keys = Keys::default();
    let world = Arc::new(RwLock::new(Arc::new(World::build(
        &description,
        &mut keys,
    )?)));
    std::fs::write(&description.anchor, keys.anchor()?)?;

    let mut hangup = signal(SignalKind::hangup())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let address = tcp.local_addr()?;
    let mut server = Server::new(Resolver::new(world.clone()));
    server.register_socket(udp);
    server.register_listener(tcp, Duration::from_secs(10), 8);
    let zones = description.zones.len();
    println!(
        "{}",
        json!({"event": "listening", "address": address, "zones": zones, "anchor": description.anchor})
    );

    loop {
        tokio::select! {
            _ = hangup.recv() => println!("{}", reload(path, &mut keys, &world)),
            _ = terminate.recv() => return Ok(()),
            _ = end_of_input(), if with_parent => return Ok(()),
        }
    }
}

/// The same port for both, also when the description leaves it to the system.
async fn bind(description: &Description) -> Outcome<(TcpListener, UdpSocket)> {
    let tcp = TcpListener::bind(description.listen).await?;
    let udp = UdpSocket::bind(tcp.local_addr()?).await?;
    Ok((tcp, udp))
}

/// A description that cannot be read changes nothing.
fn reload(path: &Path, keys: &mut Keys, world: &RwLock<Arc<World>>) -> serde_json::Value {
    match Description::read(path).and_then(|description| World::build(&description, keys)) {
        Ok(anew) => {
            *world
                .write()
                .unwrap_or_else(|poisoned| poisoned.into_inner()) = Arc::new(anew);
            json!({"event": "reloaded"})
        }
        Err(error) => json!({"event": "refused", "error": error.to_string()}),
    }
}

async fn end_of_input() {
    let mut ignored = [0; 256];
    while matches!(stdin().read(&mut ignored).await, Ok(read) if read > 0) {}
}
