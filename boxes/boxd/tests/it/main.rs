//! The shell from outside: a real channel to a real journal around a service of three rules.

mod confined;
#[expect(
    dead_code,
    reason = "shared with the tests of `journal`, which need more of it"
)]
#[path = "../../../journal/tests/it/fake_disk.rs"]
mod fake_disk;
mod limits;
mod peer;
mod table;
mod toy;
#[expect(
    dead_code,
    reason = "shared with the tests of `meter`, which need more of it"
)]
#[path = "../../../meter/tests/it/world.rs"]
mod world;

use boxd::limits::{PATIENCE, Patience};
use boxd::{Bound, BoxdError, ChannelKey, ServeConfig, Stop};
use item::{BoxId, Bytes};
use peer::Peer;
use std::net::SocketAddr;
use std::thread::JoinHandle;
use toy::{Fault, Toy};
use wire::limits::FRAME_MAX;
use wire::{Nothing, RefusalCode, Reply, Request};
use zeroize::Zeroizing;

const SERVER: u8 = 1;
const OTHER_SERVER: u8 = 2;
const STRANGER: u8 = 3;
const BOX: u8 = 9;

fn key(seed: u8) -> ChannelKey {
    ChannelKey::from_seed(&Zeroizing::new([seed; 32])).unwrap()
}

fn config(servers: &[u8]) -> ServeConfig {
    ServeConfig {
        id: BoxId(1),
        listen: "127.0.0.1:0".parse().unwrap(),
        key: key(BOX),
        servers: servers.iter().map(|&seed| *key(seed).public()).collect(),
    }
}

struct Running {
    address: SocketAddr,
    stop: Stop,
    thread: JoinHandle<Result<(), BoxdError>>,
}

impl Running {
    fn start(fault: Fault) -> Self {
        Self::with(Toy::new(fault), PATIENCE)
    }

    fn with(toy: Toy, patience: Patience) -> Self {
        let bound = Bound::bind(config(&[SERVER, OTHER_SERVER]))
            .unwrap()
            .with_patience(patience);
        let address = bound.address();
        let stop = Stop::new().unwrap();
        let watched = stop.try_clone().unwrap();
        let thread = std::thread::spawn(move || bound.serve(Box::new(toy), watched));
        Self {
            address,
            stop,
            thread,
        }
    }

    fn peer(&self, seed: u8) -> Peer {
        Peer::connect(self.address, seed, key(BOX).public())
    }

    fn end(self) -> Result<(), BoxdError> {
        self.stop.raise();
        self.thread.join().unwrap()
    }
}

fn query(text: &str) -> Request {
    Request::Query(Bytes::new(text.as_bytes().to_vec()).unwrap())
}

fn text(reply: Reply) -> String {
    match reply {
        Reply::Answer(bytes) => String::from_utf8(bytes.into_vec()).unwrap(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn each_server_is_told_apart_and_answered() {
    let running = Running::start(Fault::None);
    for (seed, place) in [(SERVER, 0), (OTHER_SERVER, 1)] {
        let mut peer = running.peer(seed);
        peer.send(7, &query("hello"));
        let (correlation, reply) = peer.receive().unwrap();
        assert_eq!((correlation, text(reply)), (7, format!("{place}:hello")));
    }
    running.end().unwrap();
}

#[test]
fn replies_carry_their_correlation_when_many_wait() {
    let running = Running::start(Fault::None);
    let mut peer = running.peer(SERVER);
    // Three times what may be in flight: the rest waits in the socket.
    let count = 3 * wire::channel::IN_FLIGHT_MAX as u64;
    for n in 0..count {
        peer.send(n, &query(&n.to_string()));
    }
    let mut seen: Vec<u64> = (0..count)
        .map(|_| {
            let (correlation, reply) = peer.receive().unwrap();
            assert_eq!(text(reply), format!("0:{correlation}"));
            correlation
        })
        .collect();
    seen.sort_unstable();
    assert!(seen.into_iter().eq(0..count));
    running.end().unwrap();
}

#[test]
fn a_stranger_is_refused_before_any_frame() {
    let running = Running::start(Fault::None);
    let mut stranger = running.peer(STRANGER);
    stranger.send(1, &query("let me in"));
    let error = stranger.receive().unwrap_err();
    assert!(error.to_string().contains("AccessDenied"), "{error}");
    // The box goes on for those that it knows.
    let mut peer = running.peer(SERVER);
    peer.send(1, &query("still there"));
    assert_eq!(text(peer.receive().unwrap().1), "0:still there");
    running.end().unwrap();
}

#[test]
fn a_peer_without_a_key_is_refused() {
    let running = Running::start(Fault::None);
    let mut nobody = Peer::without_key(running.address, key(BOX).public());
    nobody.send(1, &query("let me in"));
    nobody.receive().unwrap_err();
    running.end().unwrap();
}

#[test]
fn a_caller_that_pins_another_key_does_not_talk() {
    let running = Running::start(Fault::None);
    let mut peer = Peer::connect(running.address, SERVER, key(STRANGER).public());
    let error = peer.handshake().unwrap_err();
    assert!(
        error.to_string().contains("ApplicationVerificationFailure"),
        "{error}"
    );
    running.end().unwrap();
}

#[test]
fn plain_bytes_are_closed() {
    let running = Running::start(Fault::None);
    assert!(peer::plain(running.address, b"GET / HTTP/1.1\r\n\r\n"));
    running.end().unwrap();
}

#[test]
fn a_frame_above_the_limit_closes_the_connection() {
    let running = Running::start(Fault::None);
    let mut peer = running.peer(SERVER);
    peer.send(1, &query("small"));
    peer.receive().unwrap();
    // Only the header: the box does not wait for eight megabytes to find out.
    peer.send_raw(&u32::try_from(FRAME_MAX + 8 + 1).unwrap().to_le_bytes());
    peer.send_raw(&2u64.to_le_bytes());
    let error = peer.receive().unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::UnexpectedEof);
    running.end().unwrap();
}

#[test]
fn bytes_that_are_no_request_are_refused_and_the_connection_lives() {
    let running = Running::start(Fault::None);
    let mut peer = running.peer(SERVER);
    peer.send_body(5, &[0xff; 40]);
    let (correlation, reply) = peer.receive().unwrap();
    assert_eq!(correlation, 5);
    assert_eq!(reply, Reply::Refused(RefusalCode::Malformed.into()));
    peer.send(6, &query("again"));
    assert_eq!(text(peer.receive().unwrap().1), "0:again");
    running.end().unwrap();
}

#[test]
fn large_frames_go_both_ways() {
    let running = Running::start(Fault::None);
    let mut peer = running.peer(SERVER);
    let long = "x".repeat(5 << 20);
    peer.send(1, &query(&long));
    let answer = text(peer.receive().unwrap().1);
    assert_eq!(answer.len(), long.len() + 2);
    running.end().unwrap();
}

#[test]
fn one_server_gets_no_more_than_its_places() {
    let running = Running::start(Fault::None);
    let mut peers: Vec<Peer> = (0..boxd::limits::CONNECTIONS_PER_CALLER)
        .map(|_| {
            let mut peer = running.peer(SERVER);
            peer.send(1, &query("in"));
            peer.receive().unwrap();
            peer
        })
        .collect();
    let mut extra = running.peer(SERVER);
    extra.send(1, &query("one too many"));
    extra.receive().unwrap_err();
    let mut other = running.peer(OTHER_SERVER);
    other.send(1, &query("mine"));
    assert_eq!(text(other.receive().unwrap().1), "1:mine");
    peers.pop();
    running.end().unwrap();
}

#[test]
fn a_failed_commit_acknowledges_nothing_and_ends_the_box() {
    let running = Running::start(Fault::Commit);
    let mut peer = running.peer(SERVER);
    peer.send(1, &query("never"));
    peer.receive().unwrap_err();
    let error = running.thread.join().unwrap().unwrap_err();
    assert!(matches!(error, BoxdError::Failed(_)), "{error}");
}

#[test]
fn a_reply_that_no_commit_covers_never_leaves() {
    let running = Running::start(Fault::Ahead);
    let mut peer = running.peer(SERVER);
    peer.send(1, &query("never"));
    peer.receive().unwrap_err();
    assert!(matches!(
        running.thread.join().unwrap(),
        Err(BoxdError::Failed(_))
    ));
}

/// Nothing more is read from a connection with so many requests unanswered, so no other one comes to the box
/// in which it would notice.
#[test]
fn a_box_that_fails_ends_whatever_waits_for_it() {
    let running = Running::start(Fault::AheadOfMany);
    let mut peer = running.peer(SERVER);
    for n in 0..40 {
        peer.send(n, &query("never"));
    }
    peer.receive().unwrap_err();
    assert!(matches!(
        running.thread.join().unwrap(),
        Err(BoxdError::Failed(_))
    ));
}

#[test]
fn a_stop_answers_what_waits() {
    let running = Running::start(Fault::Slow);
    let mut peer = running.peer(SERVER);
    peer.send(0, &query("first"));
    assert_eq!(text(peer.receive().unwrap().1), "0:first");
    for n in 1..5 {
        peer.send(n, &query("last"));
    }
    // Deciding one takes a tenth of a second: the others have come meanwhile.
    peer.receive().unwrap();
    let end = std::thread::spawn(move || running.end());
    for _ in 2..5 {
        assert_eq!(text(peer.receive().unwrap().1), "0:last");
    }
    end.join().unwrap().unwrap();
    assert!(peer.receive().is_err());
}

#[test]
fn a_signal_stops_it() {
    let bound = Bound::bind(config(&[SERVER])).unwrap();
    let stop = Stop::on_signals().unwrap();
    let thread = std::thread::spawn(move || bound.serve(Box::new(Toy::new(Fault::None)), stop));
    std::thread::sleep(std::time::Duration::from_millis(50));
    assert!(!thread.is_finished());
    rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::TERM)
        .unwrap();
    thread.join().unwrap().unwrap();
}

#[test]
fn a_hardened_process_leaves_no_core() {
    use rustix::process::{DumpableBehavior, Resource, dumpable_behavior, getrlimit};
    boxd::harden().unwrap();
    assert_eq!(getrlimit(Resource::Core).maximum, Some(0));
    assert_eq!(dumpable_behavior().unwrap(), DumpableBehavior::NotDumpable);
}

#[test]
fn an_address_that_others_reach_is_refused() {
    for address in ["0.0.0.0:0", "192.0.2.1:4000", "[::]:0"] {
        let mut config = config(&[SERVER]);
        config.listen = address.parse().unwrap();
        let refused = Bound::bind(config).unwrap_err();
        assert!(matches!(refused, BoxdError::Public(_)), "{address}");
    }
}

#[test]
fn the_list_of_servers_is_checked() {
    let many: Vec<u8> = (10..10 + wire::limits::CALLERS_MAX as u8 + 1).collect();
    for servers in [vec![], vec![SERVER, OTHER_SERVER, SERVER], many] {
        let refused = Bound::bind(config(&servers)).unwrap_err();
        assert!(matches!(refused, BoxdError::Servers(_)), "{servers:?}");
    }
}

#[test]
fn status_needs_no_special_case() {
    let running = Running::start(Fault::None);
    let mut peer = running.peer(SERVER);
    peer.send(1, &Request::Status(Nothing));
    let (_, reply) = peer.receive().unwrap();
    assert_eq!(reply, Reply::Refused(RefusalCode::Unknown.into()));
    running.end().unwrap();
}
