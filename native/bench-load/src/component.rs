//! A component's end of XEP-0114.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};

use crate::Outcome;

const PATIENCE: Duration = Duration::from_secs(10);

/// Connects and shakes hands; what follows on the socket is stanzas.
pub fn attach(address: SocketAddr, domain: &str, secret: &str) -> Outcome<TcpStream> {
    let mut socket = TcpStream::connect(address)?;
    socket.set_nodelay(true)?;
    socket.set_read_timeout(Some(PATIENCE))?;
    let header = format!(
        "<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' to='{domain}'>"
    );
    socket.write_all(header.as_bytes())?;
    let answer = read_until(&mut socket, |text| stream_id(text).is_some())?;
    let id = stream_id(&answer).unwrap_or_default();
    let proof = digest(
        &SHA1_FOR_LEGACY_USE_ONLY,
        format!("{id}{secret}").as_bytes(),
    );
    let hex: String = proof
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    socket.write_all(format!("<handshake>{hex}</handshake>").as_bytes())?;
    read_until(&mut socket, |text| text.contains("<handshake"))?;
    socket.set_read_timeout(None)?;
    Ok(socket)
}

fn read_until(socket: &mut TcpStream, done: impl Fn(&str) -> bool) -> Outcome<String> {
    let (mut text, mut buffer) = (String::new(), [0; 4096]);
    while !done(&text) {
        let length = socket.read(&mut buffer)?;
        if length == 0 || text.len() > 1 << 16 {
            return Err(format!("the component was refused: {text}").into());
        }
        text.push_str(std::str::from_utf8(&buffer[..length])?);
    }
    Ok(text)
}

/// The `id` of a stream header that is there as a whole.
fn stream_id(text: &str) -> Option<&str> {
    let tag = &text[text.find("<stream:stream")?..];
    let tag = &tag[..tag.find('>')?];
    let value = &tag[tag.find(" id=")? + 4..];
    let quote = value.chars().next()?;
    value[1..].split(quote).next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_is_found_in_either_quotes_and_only_in_a_whole_tag() {
        assert_eq!(
            stream_id("<?xml version='1.0'?><stream:stream from='a' id='x1'>"),
            Some("x1")
        );
        assert_eq!(
            stream_id("<stream:stream id=\"x2\" from=\"a\">"),
            Some("x2")
        );
        assert_eq!(stream_id("<stream:stream id='x1'"), None);
    }
}
