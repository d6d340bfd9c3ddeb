//! Ports for servers that have to be told one.

use std::net::{Ipv4Addr, TcpListener};
use std::ops::Range;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::give_up;

/// Ports that systems do not give by default to somebody who names none, so that none is taken between here and the
/// server's start, or while it is down (Linux gives those from 32,768, macOS from 49,152).
const PORTS: Range<u16> = 20_000..30_000;

/// Processes with neighbouring ids begin so far apart.
const PORTS_OF_A_PROCESS: u32 = 16;

/// A port of the loopback that nobody listens on, and that this process has not been given lately.
///
/// # Panics
/// Where all such ports are taken.
#[must_use]
pub fn free_port() -> u16 {
    static NEXT: LazyLock<AtomicU32> =
        LazyLock::new(|| AtomicU32::new(std::process::id().wrapping_mul(PORTS_OF_A_PROCESS)));
    let many = u32::from(PORTS.end - PORTS.start);
    let mut ports = PORTS.map(|_| {
        let next = NEXT.fetch_add(1, Ordering::Relaxed) % many;
        PORTS.start + u16::try_from(next).unwrap_or_default()
    });
    let free = ports.find(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok());
    free.unwrap_or_else(|| give_up("could not find a free port", &format!("{PORTS:?} are all taken")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_that_is_given_is_free_and_not_given_again() {
        let (one, other) = (free_port(), free_port());
        assert_ne!(one, other);
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, one)).unwrap();
        assert!(PORTS.map(|_| free_port()).all(|port| port != taken.local_addr().unwrap().port()), "one that is taken");
    }
}
