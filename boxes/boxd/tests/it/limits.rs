//! Every limit of the shell reached. Those that other modules reach: connections of one server, the
//! size of a frame, the list of servers (`main`), bytes of a stranger (`src/connection.rs`).

use crate::peer::Peer;
use crate::toy::{Fault, Toy};
use crate::{OTHER_SERVER, Running, SERVER, query, text};
use boxd::limits::{CONNECTIONS_PER_CALLER, HANDSHAKES_MAX, PATIENCE, Patience};
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::Ordering;
use std::time::Duration;
use wire::channel::IN_FLIGHT_MAX;

/// Soon enough for a test, long enough for a busy machine.
const SOON: Duration = Duration::from_millis(700);

fn quick(patience: Patience) -> Running {
    Running::with(Toy::new(Fault::None), patience)
}

/// A connection that says nothing.
fn mute(address: SocketAddr) -> TcpStream {
    let socket = TcpStream::connect(address).unwrap();
    socket
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    socket
}

/// Waits until the box has closed it.
fn closes(mut socket: &TcpStream) {
    loop {
        match socket.read(&mut [0; 1024]) {
            Ok(0) => return,
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::ConnectionReset => return,
            Err(error) => panic!("still open: {error}"),
        }
    }
}

fn answers(peer: &mut Peer) {
    peer.send(1, &query("there"));
    assert!(text(peer.receive().unwrap().1).ends_with(":there"));
}

#[test]
fn strangers_fill_their_places_for_a_while_and_no_others() {
    let running = quick(Patience {
        handshake: 3 * SOON,
        ..PATIENCE
    });
    let mut known = running.peer(SERVER);
    answers(&mut known);
    let strangers: Vec<TcpStream> = (0..HANDSHAKES_MAX).map(|_| mute(running.address)).collect();
    // One more is closed at once, while the others are still waited for.
    closes(&mute(running.address));
    for stranger in &strangers {
        stranger.set_nonblocking(true).unwrap();
        let error = (&mut &*stranger).read(&mut [0; 1]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::WouldBlock);
        stranger.set_nonblocking(false).unwrap();
    }
    answers(&mut known);
    strangers.iter().for_each(closes);
    // A place is free a moment after its stranger sees that it has to go.
    let free = (0..100).any(|_| {
        std::thread::sleep(SOON / 20);
        let mut peer = running.peer(OTHER_SERVER);
        peer.send(1, &query("there"));
        peer.receive().is_ok()
    });
    assert!(free, "the places stay taken");
    running.end().unwrap();
}

#[test]
fn a_handshake_that_never_stops_is_ended_in_time() {
    let running = quick(Patience {
        handshake: SOON,
        ..PATIENCE
    });
    let mut trickle = mute(running.address);
    // A record of 16,384 bytes, of which one comes now and then: it is never silent.
    trickle.write_all(&[0x16, 3, 1, 0x40, 0]).unwrap();
    let steps = (0..200).find(|_| {
        std::thread::sleep(SOON / 10);
        trickle.write_all(&[0]).is_err()
    });
    // Two steps more than the time are what it takes for the end to be seen from here.
    assert!(steps.is_some_and(|steps| steps < 60), "{steps:?}");
    running.end().unwrap();
}

#[test]
fn silence_inside_a_frame_ends_the_connection_and_silence_between_frames_does_not() {
    let running = quick(Patience {
        frame: SOON,
        ..PATIENCE
    });
    let mut peer = running.peer(SERVER);
    answers(&mut peer);
    std::thread::sleep(2 * SOON);
    answers(&mut peer);
    peer.send_raw(&[40, 0, 0, 0, 1]);
    peer.receive().unwrap_err();
    answers(&mut running.peer(SERVER));
    running.end().unwrap();
}

#[test]
fn long_silence_ends_a_connection() {
    let running = quick(Patience {
        frame: SOON / 2,
        idle: SOON,
        ..PATIENCE
    });
    let mut peer = running.peer(SERVER);
    answers(&mut peer);
    peer.receive().unwrap_err();
    running.end().unwrap();
}

#[test]
fn who_asks_and_never_reads_gets_so_much_and_is_ended() {
    let toy = Toy::new(Fault::None);
    let handled = toy.handled();
    let running = Running::with(
        toy,
        Patience {
            frame: SOON,
            ..PATIENCE
        },
    );
    let mut greedy = running.peer(SERVER);
    answers(&mut greedy);
    let megabyte = query(&"x".repeat(1 << 20));
    let asking = std::thread::spawn(move || {
        for n in 0..200 {
            greedy.send(n, &megabyte);
        }
        greedy
    });
    // Others are served meanwhile.
    let mut other = running.peer(OTHER_SERVER);
    for _ in 0..20 {
        answers(&mut other);
    }
    let mut greedy = asking.join().unwrap();
    // What the box took: as many as may be unanswered, and as many as the sockets took in.
    let taken = handled.load(Ordering::SeqCst) - 21;
    assert!((1..IN_FLIGHT_MAX + 20).contains(&taken), "{taken}");
    while greedy.receive().is_ok() {}
    answers(&mut running.peer(SERVER));
    running.end().unwrap();
}

/// More requests at once than the queue and a group hold: they wait in their sockets.
#[test]
fn everything_asked_at_once_on_all_connections_is_answered() {
    let running = quick(PATIENCE);
    let askers: Vec<_> = [SERVER, OTHER_SERVER]
        .iter()
        .flat_map(|seed| std::iter::repeat_n(*seed, CONNECTIONS_PER_CALLER))
        .map(|seed| {
            let mut peer = running.peer(seed);
            std::thread::spawn(move || {
                let count = IN_FLIGHT_MAX as u64 + 8;
                for n in 0..count {
                    peer.send(n, &query("all at once"));
                }
                let mut seen: Vec<u64> = (0..count).map(|_| peer.receive().unwrap().0).collect();
                seen.sort_unstable();
                assert!(seen.into_iter().eq(0..count));
            })
        })
        .collect();
    for asker in askers {
        asker.join().unwrap();
    }
    running.end().unwrap();
}
