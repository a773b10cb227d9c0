//! The other side of a call, from what the attributes say about it.

use std::net::{IpAddr, SocketAddr};

use crate::{
    export::json_text::{Text as _, string},
    value::Value,
};

/// The attributes that name it, best first, and those with its port.
const RANKS: [(&str, &str); 11] = [
    ("peer.service", ""),
    ("server.address", ""),
    ("net.peer.name", ""),
    ("network.peer.address", "network.peer.port"),
    ("server.socket.domain", ""),
    ("server.socket.address", "server.socket.port"),
    ("net.sock.peer.name", ""),
    ("net.sock.peer.addr", "net.sock.peer.port"),
    ("peer.hostname", ""),
    ("peer.address", ""),
    ("db.name", ""),
];

/// The best that was seen so far.
#[derive(Debug, Default)]
pub(super) struct Remote<'a> {
    best: Option<(usize, &'a str)>,
    /// Port and rank of the addresses that have one.
    ports: [Option<(usize, u16)>; 3],
}

impl<'a> Remote<'a> {
    /// Looks at an attribute.
    pub(super) fn see(&mut self, key: &str, value: Value<'a>) {
        match value {
            Value::Str(text) if !text.is_empty() => {
                let rank = RANKS.iter().position(|(name, _)| *name == key);
                if let Some(rank) = rank
                    && self.best.is_none_or(|(best, _)| rank < best)
                {
                    self.best = Some((rank, text));
                }
            }
            Value::I64(number) => {
                let rank = RANKS.iter().position(|(_, port)| *port == key);
                let port = u16::try_from(number).ok().filter(|port| *port != 0);
                let free = self.ports.iter_mut().find(|port| port.is_none());
                if let (Some(rank), Some(port), Some(free)) = (rank, port, free) {
                    *free = Some((rank, port));
                }
            }
            _ => {}
        }
    }

    /// Writes the member `remoteEndpoint`, if anything is known.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        let Some((rank, text)) = self.best else { return };
        let beside = self.ports.iter().flatten().find(|(of, _)| *of == rank);
        let (address, within) = match (text.parse(), text.parse::<SocketAddr>()) {
            (Ok(address), _) => (Some(address), None),
            (_, Ok(socket)) => (Some(socket.ip()), Some(socket.port())),
            _ => (None, None),
        };
        out.put(",\"remoteEndpoint\":{");
        // An address of version 4 is shown as one, also where it is mapped into version 6.
        match address.map(|address: IpAddr| address.to_canonical()) {
            Some(IpAddr::V4(address)) => write!(out, "\"ipv4\":\"{address}\""),
            Some(IpAddr::V6(address)) => write!(out, "\"ipv6\":\"{address}\""),
            None => {
                out.put("\"serviceName\":");
                string(out, text);
            }
        }
        if let Some(port) = beside.map(|(_, port)| *port).or(within).filter(|port| *port != 0) {
            write!(out, ",\"port\":{port}");
        }
        out.put("}");
    }
}
