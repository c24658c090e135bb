//! A wire that is cut once: passes TLS on record by record, and counts the records.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// What becomes of the record at which the wire is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cut {
    /// Nothing of it arrives.
    Before,
    /// Half of it arrives.
    Within,
    /// All of it arrives, and nothing after it.
    Behind,
}

impl Cut {
    pub(super) const ALL: [Cut; 3] = [Cut::Before, Cut::Within, Cut::Behind];
}

#[derive(Default)]
struct State {
    /// Each record so far; whether it went to the box.
    records: Vec<bool>,
    cut: Option<(usize, Cut)>,
    was_cut: bool,
    box_at: Option<SocketAddr>,
}

/// Listens in front of the box.
pub(super) struct Proxy {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

impl Proxy {
    /// Cuts at this record, counted from 0 over all connections and both ways.
    pub(super) fn new(cut: Option<(usize, Cut)>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(Mutex::new(State {
            cut,
            ..State::default()
        }));
        let shared = state.clone();
        // Ends with the test's process.
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let Some(at) = shared.lock().unwrap().box_at else {
                    continue;
                };
                let ends = client.and_then(|client| Ok((client, TcpStream::connect(at)?)));
                let Ok((client, to_box)) = ends else { continue };
                client.set_nodelay(true).unwrap();
                to_box.set_nodelay(true).unwrap();
                for (from, to, inward) in [
                    (client.try_clone(), to_box.try_clone(), true),
                    (Ok(to_box), Ok(client), false),
                ] {
                    let (from, to, state) = (from.unwrap(), to.unwrap(), shared.clone());
                    std::thread::spawn(move || pass(&from, &to, inward, &state));
                }
            }
        });
        Self { address, state }
    }

    /// Where to connect, for the box that serves there now.
    pub(super) fn address(&self, box_at: SocketAddr) -> SocketAddr {
        self.state.lock().unwrap().box_at = Some(box_at);
        self.address
    }

    /// The records so far; whether each went to the box.
    pub(super) fn records(&self) -> Vec<bool> {
        self.state.lock().unwrap().records.clone()
    }

    pub(super) fn was_cut(&self) -> bool {
        self.state.lock().unwrap().was_cut
    }
}

/// One way of one connection.
fn pass(from: &TcpStream, to: &TcpStream, inward: bool, state: &Mutex<State>) {
    if while_whole(from, to, inward, state).is_err() {
        for end in [from, to] {
            let _ = end.shutdown(Shutdown::Both);
        }
    }
}

fn while_whole(
    mut from: &TcpStream,
    mut to: &TcpStream,
    inward: bool,
    state: &Mutex<State>,
) -> io::Result<()> {
    loop {
        // Five bytes of header, of which the last two are the length of what follows.
        let mut record = vec![0; 5];
        from.read_exact(&mut record)?;
        let length = usize::from(u16::from_be_bytes([record[3], record[4]]));
        record.resize(5 + length, 0);
        from.read_exact(&mut record[5..])?;
        let fate = {
            let mut state = state.lock().unwrap();
            let number = state.records.len();
            state.records.push(inward);
            let cut = state.cut.filter(|(at, _)| *at == number);
            state.was_cut |= cut.is_some();
            cut.map(|(_, cut)| cut)
        };
        let arrives = match fate {
            None | Some(Cut::Behind) => record.as_slice(),
            Some(Cut::Before) => &[],
            Some(Cut::Within) => &record[..record.len() / 2],
        };
        to.write_all(arrives)?;
        if fate.is_some() {
            return Err(io::Error::other("cut"));
        }
    }
}
