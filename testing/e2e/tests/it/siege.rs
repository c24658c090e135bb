//! Hundreds of clients that are idle, slow, too large or speak no HTTP, at the process that ships:
//! whoever asks properly is served meanwhile, and the process stays within its memory and files.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use e2e::House;
use rustix::process::{Pid, Resource, Rlimit, prlimit};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// Connections of each kind: together far more than there are places.
const EACH: usize = 300;
/// Letters bought meanwhile.
const LETTERS: usize = 25;
/// Longest that one of them may take, and a question of a newcomer with it.
const PATIENCE: Duration = Duration::from_secs(10);
/// Files and memory of the process at most: places and bodies are bounded.
const FILES_MAX: usize = 1_000;
const MEMORY_KIB_MAX: u64 = 400 << 10;
/// A byte every so often.
const DRIBBLE: Duration = Duration::from_millis(250);

#[expect(
    clippy::disallowed_methods,
    reason = "what is tested is how long others wait"
)]
fn clock() -> Instant {
    Instant::now()
}

/// What an attacker sends, again and again on new connections.
#[derive(Debug, Clone, Copy)]
enum Attack {
    Idle,
    Head,
    Body,
    LargeHead,
    LargeBody,
    NoHttp,
    /// Many requests in one go, no answer taken.
    Pipeline,
    /// A picture on which the reader works for long.
    Image,
}

struct Siege {
    host: String,
    over: Arc<AtomicBool>,
    connections: Arc<AtomicUsize>,
    attackers: JoinSet<()>,
}

impl Siege {
    fn lay(house: &House) -> Self {
        let mut siege = Self {
            host: house.api().replace("http://", ""),
            over: Arc::default(),
            connections: Arc::default(),
            attackers: JoinSet::new(),
        };
        for _ in 0..EACH {
            for attack in [Attack::Idle, Attack::Head, Attack::Body] {
                siege.send(attack);
            }
        }
        for _ in 0..4 {
            for attack in [
                Attack::LargeHead,
                Attack::LargeBody,
                Attack::NoHttp,
                Attack::Pipeline,
                Attack::Image,
            ] {
                siege.send(attack);
            }
        }
        siege
    }

    fn send(&mut self, attack: Attack) {
        let (host, over) = (self.host.clone(), Arc::clone(&self.over));
        let connections = Arc::clone(&self.connections);
        self.attackers.spawn(async move {
            while !over.load(Ordering::Relaxed) {
                // Pushed out, or refused: the next one.
                let _ended = attack.run(&host, &over, &connections).await;
                tokio::time::sleep(DRIBBLE).await;
            }
        });
    }

    /// Ends it; how many connections there were.
    async fn lift(self) -> usize {
        self.over.store(true, Ordering::Relaxed);
        self.attackers.join_all().await;
        self.connections.load(Ordering::Relaxed)
    }
}

impl Attack {
    async fn run(
        self,
        host: &str,
        over: &AtomicBool,
        connections: &AtomicUsize,
    ) -> std::io::Result<()> {
        let mut socket = TcpStream::connect(host).await?;
        connections.fetch_add(1, Ordering::Relaxed);
        let post = "POST /v1/verifications HTTP/1.1\r\nhost: x\r\n\
                    content-type: application/json\r\ncontent-length: ";
        match self {
            Self::Idle => {}
            Self::Head => socket.write_all(b"GET /v1/health HTTP/1.1\r\n").await?,
            Self::Body => {
                let head = format!("{post}100000\r\n\r\n{{\"payload\":\"");
                socket.write_all(head.as_bytes()).await?;
            }
            Self::LargeHead => {
                let line = format!("GET / HTTP/1.1\r\nx: {}", "y".repeat(1 << 20));
                socket.write_all(line.as_bytes()).await?;
            }
            Self::LargeBody => {
                let head = format!("{post}{}\r\n\r\n", 1_u64 << 40);
                socket.write_all(head.as_bytes()).await?;
                for _ in 0..64 {
                    socket.write_all(&[b' '; 1 << 18]).await?;
                }
            }
            Self::NoHttp => {
                socket
                    .write_all(b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n")
                    .await?;
            }
            Self::Image => {
                let body = format!("{{\"image\":\"{}\"}}", sdk::encode(trap()));
                let request = format!("{post}{}\r\n\r\n{body}", body.len());
                socket.write_all(request.as_bytes()).await?;
            }
            Self::Pipeline => {
                let requests = "GET /v1/openapi.json HTTP/1.1\r\nhost: x\r\n\r\n".repeat(200);
                socket.write_all(requests.as_bytes()).await?;
            }
        }
        while !over.load(Ordering::Relaxed) {
            tokio::time::sleep(DRIBBLE).await;
            match self {
                Self::Image => is_closed(&mut socket, true).await.map(drop)?,
                Self::Head => socket.write_all(b"x: y\r\n").await?,
                Self::Body => socket.write_all(b"A").await?,
                Self::Idle | Self::Pipeline => {
                    if is_closed(&mut socket, matches!(self, Self::Idle)).await? {
                        return Ok(());
                    }
                }
                Self::LargeHead | Self::LargeBody | Self::NoHttp => return Ok(()),
            }
        }
        Ok(())
    }
}

/// Whether the other end has closed. Reads only where nothing is to come.
async fn is_closed(socket: &mut TcpStream, reads: bool) -> std::io::Result<bool> {
    let mut byte = [0];
    if !reads {
        // As long as it is there, it takes up its place.
        socket.write_all(b"\r\n").await?;
        return Ok(false);
    }
    match tokio::time::timeout(Duration::from_millis(1), socket.read(&mut byte)).await {
        Ok(read) => Ok(read? == 0),
        Err(_) => Ok(false),
    }
}

/// Stripes all over the largest picture that is read: each might be the edge of a symbol.
fn trap() -> &'static [u8] {
    const SIDE: u32 = 6_000;
    static FILE: LazyLock<Vec<u8>> = LazyLock::new(|| {
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, SIDE, SIDE);
        encoder.set_color(png::ColorType::Grayscale);
        let pixels = (0..SIDE * SIDE).map(|at| if at / 7 % 2 == 0 { 0 } else { 255 });
        let mut writer = encoder.write_header().unwrap();
        writer
            .write_image_data(&pixels.collect::<Vec<u8>>())
            .unwrap();
        writer.finish().unwrap();
        file
    });
    &FILE
}

fn files(pid: i32) -> usize {
    std::fs::read_dir(format!("/proc/{pid}/fd"))
        .unwrap()
        .count()
}

/// The most memory that the process ever had.
fn memory_kib(pid: i32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.unwrap().trim().trim_end_matches(" kB");
    kib.parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_asks_properly_is_served_under_siege() {
    let mut house = House::running();
    let customer = house.customer("inside").await;
    let pid = house.pid("datacenter").unwrap();
    trap();
    let siege = Siege::lay(&house);
    tokio::time::sleep(DRIBBLE * 8).await;

    let (mut slowest, mut most) = (Duration::ZERO, 0);
    for letter in 0..LETTERS {
        let asked = clock();
        customer.print(&format!("letter-{letter}")).await.unwrap();
        // A newcomer, without a connection from before.
        let health = house.client().health().await.unwrap();
        assert_eq!(health.status, "ok");
        slowest = slowest.max(asked.elapsed());
        most = most.max(files(pid));
        tokio::time::sleep(DRIBBLE).await;
    }
    let connections = siege.lift().await;
    let memory = memory_kib(pid);
    println!(
        "{LETTERS} letters beside {connections} connections; slowest {slowest:?}, {most} files, \
         {memory} KiB"
    );
    assert!(connections > EACH * 3, "{connections}");
    assert!(slowest < PATIENCE, "{slowest:?}");
    assert!(most < FILES_MAX, "{most}");
    assert!(memory < MEMORY_KIB_MAX, "{memory}");
    assert_eq!(house.pid("datacenter"), Some(pid), "the same process");
    let pieces = customer.state().await.piece_count;
    assert_eq!(usize::try_from(pieces).unwrap(), LETTERS);
    house.stop();
    house.assert_clean();
}

/// Fewer files than places: `accept` fails, which neither ends the process nor makes it spin, and
/// idle connections make room.
#[tokio::test(flavor = "multi_thread")]
async fn a_process_without_files_left_goes_on() {
    let mut house = House::running();
    let customer = house.customer("without").await;
    let pid = house.pid("datacenter").unwrap();
    let few = u64::try_from(files(pid) + 12).unwrap();
    let limit = Rlimit {
        current: Some(few),
        maximum: Some(few),
    };
    prlimit(Pid::from_raw(pid), Resource::Nofile, limit).unwrap();
    let host = house.api().replace("http://", "");
    let mut idle = Vec::new();
    for _ in 0..40 {
        idle.push(TcpStream::connect(&host).await.unwrap());
    }
    let asked = clock();
    house.client().health().await.unwrap();
    customer.print("one").await.unwrap();
    println!("served after {:?}", asked.elapsed());
    assert!(asked.elapsed() < PATIENCE * 2);
    let log = house.log("datacenter");
    assert!(log.contains("no connection can be taken"), "{log}");
    assert!(log.len() < 100_000, "it does not spin");
    assert_eq!(house.pid("datacenter"), Some(pid), "the same process");
    drop(idle);
    customer.print("two").await.unwrap();
    house.stop();
    house.assert_clean();
}
