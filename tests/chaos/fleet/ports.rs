//! Ports that are kept over restarts.

use std::{net::TcpListener, sync::Mutex};

/// Handed out already in this process.
static TAKEN: Mutex<Vec<u16>> = Mutex::new(Vec::new());

/// A port nobody listens on, below the range from which the kernel picks ports for outgoing connections.
pub(super) fn free_port() -> u16 {
    let mut taken = TAKEN.lock().unwrap();
    loop {
        let port = rand::random_range(20_000..32_000);
        if !taken.contains(&port) && TcpListener::bind(("127.0.0.1", port)).is_ok() {
            taken.push(port);
            return port;
        }
    }
}
