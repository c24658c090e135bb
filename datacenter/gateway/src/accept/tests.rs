//! Clients that are slow, idle, many, or do not speak HTTP, against the loop with a router of two
//! routes and short times.

use super::*;
use crate::limits::CONNECTIONS;
use crate::load::Load;
use axum::routing::{get, post};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

const SHORT: Duration = Duration::from_millis(150);
const LONG: Duration = Duration::from_secs(10);
/// More than sockets and buffers take.
const LARGE: usize = 64 << 20;

/// Everything long but what a test shortens.
const LIMITS: Connections = Connections {
    places: 8,
    head: LONG,
    write: LONG,
    request: LONG,
    life: LONG,
    drain: LONG,
};

struct Server {
    address: SocketAddr,
    load: Load,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Server {
    async fn start(limits: Connections) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let load = Load::default();
        let router = Router::new()
            .route("/", get(async || "here"))
            .route("/echo", post(async |body: String| body))
            .route("/slow", get(async || sleep(SHORT * 4).await))
            .route("/large", get(async || vec![b'x'; LARGE]))
            .route("/fault", get(async || assert!(SHORT.is_zero(), "a fault")));
        let (stop, stopped) = oneshot::channel::<()>();
        let task = tokio::spawn({
            let load = load.clone();
            async move {
                let stop = async { drop(stopped.await) };
                serve(listener, router, &load, limits, stop).await;
            }
        });
        Self {
            address,
            load,
            stop,
            task,
        }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    async fn send(&self, text: &str) -> TcpStream {
        let mut socket = self.connect().await;
        socket.write_all(text.as_bytes()).await.unwrap();
        socket
    }

    /// Whether an ordinary client is served soon.
    async fn serves(&self) {
        let answer = async {
            let mut socket = self.send("GET / HTTP/1.1\r\nhost: x\r\n\r\n").await;
            first(&mut socket).await
        };
        let answer = timeout(LONG / 2, answer).await.expect("an answer in time");
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
}

/// The first bytes that come.
async fn first(socket: &mut TcpStream) -> String {
    let mut bytes = [0; 4096];
    let count = socket.read(&mut bytes).await.unwrap_or_default();
    String::from_utf8_lossy(&bytes[..count]).into_owned()
}

/// Everything until the end; an abort is an end.
async fn rest(socket: &mut TcpStream) -> String {
    let mut all = Vec::new();
    let mut bytes = [0; 4096];
    while let Ok(count) = socket.read(&mut bytes).await {
        if count == 0 {
            break;
        }
        all.extend_from_slice(&bytes[..count]);
    }
    String::from_utf8_lossy(&all).into_owned()
}

/// Whether the server closes within the time.
async fn closed(socket: &mut TcpStream) -> bool {
    timeout(LONG / 2, rest(socket)).await.is_ok()
}

#[tokio::test]
async fn a_head_that_dribbles_and_an_idle_connection_are_closed() {
    let server = Server::start(Connections {
        head: SHORT,
        ..LIMITS
    })
    .await;
    let mut idle = server.connect().await;
    let mut kept = server.send("GET / HTTP/1.1\r\nhost: x\r\n\r\n").await;
    assert!(first(&mut kept).await.starts_with("HTTP/1.1 200"));
    let mut dribbling = server.send("GET / HTTP/1.1\r\n").await;
    let dribble = async {
        for number in 0.. {
            let line = format!("x-{number}: y\r\n");
            if dribbling.write_all(line.as_bytes()).await.is_err() {
                break;
            }
            sleep(SHORT / 10).await;
        }
    };
    assert!(timeout(LONG / 2, dribble).await.is_ok(), "it dribbles on");
    assert!(closed(&mut idle).await && closed(&mut kept).await);
    server.serves().await;
}

#[tokio::test]
async fn those_that_wait_make_room_and_those_that_are_served_stay() {
    let server = Server::start(LIMITS).await;
    let mut served = server.send("GET /slow HTTP/1.1\r\nhost: x\r\n\r\n").await;
    sleep(SHORT).await;
    // Heads that never end, bodies that never end, and silence: four times the places.
    let mut others = Vec::new();
    for number in 0..LIMITS.places * 4 {
        others.push(match number % 3 {
            0 => server.connect().await,
            1 => server.send("GET / HTTP/1.1\r\n").await,
            _ => {
                let head = "POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nab";
                server.send(head).await
            }
        });
    }
    server.serves().await;
    assert!(closed(&mut others[0]).await, "the first of them had to go");
    assert!(first(&mut served).await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn a_newcomer_waits_while_all_are_served() {
    let server = Server::start(Connections {
        places: 1,
        ..LIMITS
    })
    .await;
    let mut served = server.send("GET /slow HTTP/1.1\r\nhost: x\r\n\r\n").await;
    sleep(SHORT).await;
    server.serves().await;
    assert!(first(&mut served).await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn an_answer_that_nobody_takes_is_given_up() {
    let server = Server::start(Connections {
        write: SHORT,
        places: 1,
        ..LIMITS
    })
    .await;
    let mut slow = server.send("GET /large HTTP/1.1\r\nhost: x\r\n\r\n").await;
    sleep(SHORT * 4).await;
    let taken = timeout(LONG / 2, rest(&mut slow)).await.unwrap();
    assert!(taken.len() < LARGE, "{}", taken.len());
}

#[tokio::test]
async fn whoever_reads_on_gets_all_of_a_large_answer() {
    let server = Server::start(Connections {
        write: SHORT,
        ..LIMITS
    })
    .await;
    let ask = "GET /large HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    let mut socket = server.send(ask).await;
    assert!(rest(&mut socket).await.len() > LARGE);
}

#[tokio::test]
async fn work_that_takes_too_long_is_answered_for() {
    let server = Server::start(Connections {
        request: SHORT,
        ..LIMITS
    })
    .await;
    let ask = "GET /slow HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    let answer = rest(&mut server.send(ask).await).await;
    assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    assert!(answer.contains("retry-after: ") && answer.contains("\"charged\":false"));
    // What was sent may have moved value: nobody knows.
    let dribbling = "POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nab";
    let answer = first(&mut server.send(dribbling).await).await;
    assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    assert!(answer.contains("\"charged\":null"), "{answer}");
}

#[tokio::test]
async fn too_much_head_and_what_is_no_http_are_refused() {
    let server = Server::start(LIMITS).await;
    let long = format!(
        "GET / HTTP/1.1\r\nx: {}\r\n\r\n",
        "y".repeat(HEAD_BYTES_MAX)
    );
    let many = format!(
        "GET / HTTP/1.1\r\n{}\r\n",
        "x: y\r\n".repeat(HEADERS_MAX + 1)
    );
    for (what, status) in [
        (long.as_str(), "431"),
        (many.as_str(), "431"),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", ""),
        ("\x16\x03\x01\x02\x00\x01\x00\x01\u{fc}\x03\x03", "400"),
        ("GET / HTTP/1.1\r\nhost x\r\n\r\n", "400"),
        (
            "POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n",
            "400",
        ),
        (
            "POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab",
            "400",
        ),
        (
            "POST /echo HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
            "400",
        ),
    ] {
        let mut socket = server.send(what).await;
        let answer = timeout(LONG / 2, rest(&mut socket)).await.expect(what);
        let line = answer.lines().next().unwrap_or_default();
        assert!(line.contains(status), "{what:.40}: {answer}");
        assert!(!line.contains("200"), "{what:.40}: {answer}");
    }
    server.serves().await;
}

#[tokio::test]
async fn requests_in_one_go_are_answered_one_after_the_other() {
    let server = Server::start(LIMITS).await;
    let one = "POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\nfirst";
    let two =
        "POST /echo HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 6\r\n\r\nsecond";
    let answers = rest(&mut server.send(&format!("{one}{two}")).await).await;
    assert_eq!(answers.matches("HTTP/1.1 200").count(), 2, "{answers}");
    assert!(answers.find("first") < answers.find("second"));
}

#[tokio::test]
async fn a_fault_in_a_handler_ends_its_connection_alone() {
    let server = Server::start(LIMITS).await;
    let mut socket = server.send("GET /fault HTTP/1.1\r\nhost: x\r\n\r\n").await;
    assert_eq!(rest(&mut socket).await, "");
    server.serves().await;
}

#[tokio::test]
async fn a_connection_has_an_end() {
    let server = Server::start(Connections {
        life: SHORT,
        ..LIMITS
    })
    .await;
    let mut idle = server.connect().await;
    // It came before the end, so it is answered after it, and is the last.
    let mut served = server.send("GET /slow HTTP/1.1\r\nhost: x\r\n\r\n").await;
    assert!(closed(&mut idle).await);
    let answer = rest(&mut served).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[tokio::test]
async fn a_stop_waits_for_answers_and_for_work_and_takes_nothing_new() {
    let server = Server::start(LIMITS).await;
    let mut idle = server.connect().await;
    let mut served = server.send("GET /slow HTTP/1.1\r\nhost: x\r\n\r\n").await;
    let (done, finished) = oneshot::channel();
    let load = server.load.clone();
    // A client that hung up: only its work is left.
    let work = async move {
        sleep(SHORT * 6).await;
        let _ = done.send(());
        Ok(())
    };
    let caller = tokio::spawn(async move { load.to_the_end(work).await });
    sleep(SHORT).await;
    caller.abort();
    server.stop.send(()).unwrap();
    assert!(closed(&mut idle).await);
    assert!(TcpStream::connect(server.address).await.is_err());
    let answer = rest(&mut served).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(!server.task.is_finished(), "work is under way");
    server.task.await.unwrap();
    finished.await.unwrap();
}

#[tokio::test]
async fn a_stop_does_not_wait_for_ever() {
    let server = Server::start(Connections {
        drain: SHORT,
        ..LIMITS
    })
    .await;
    let dribbling = "POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nab";
    let _dribbling = server.send(dribbling).await;
    sleep(SHORT).await;
    server.stop.send(()).unwrap();
    timeout(LONG / 2, server.task).await.unwrap().unwrap();
}

#[test]
fn a_data_centre_has_less_time_to_stop_than_its_supervisor_waits() {
    // `client/cli` kills what has not stopped within 15 seconds.
    let longest = CONNECTIONS.drain + crate::limits::FINISH_TIME;
    assert!(longest < Duration::from_secs(15));
}
