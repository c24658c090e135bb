//! A TCP proxy of our own between two parties, with weather: it stalls, cuts, resets and loses
//! answers. Not here: when (`storm`). It also keeps an address that outlives the process behind it.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// Bytes that are passed on at once.
const CHUNK: usize = 16 << 10;

/// Where a process listens now, if it does.
#[derive(Debug, Clone, Default)]
pub(crate) struct Target(Arc<Mutex<Option<SocketAddr>>>);

impl Target {
    pub(crate) fn set(&self, address: Option<SocketAddr>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = address;
    }

    fn get(&self) -> Option<SocketAddr> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a link does to what passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weather {
    /// Everything passes.
    Fair,
    /// Nothing passes, nothing is lost.
    Stall,
    /// Requests pass, answers are lost.
    Deaf,
    /// Connections are reset, also new ones.
    Refuse,
    /// So many bytes of answers pass on all connections together, then they are reset.
    Cut(u64),
}

/// A listening proxy; ends with its runtime.
#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) name: String,
    address: SocketAddr,
    weather: watch::Sender<Weather>,
    left: Arc<AtomicU64>,
}

impl Link {
    pub(crate) async fn open(name: String, target: Target) -> std::io::Result<Self> {
        let listener = TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (weather, seen) = watch::channel(Weather::Fair);
        let left = Arc::new(AtomicU64::new(0));
        let budget = Arc::clone(&left);
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let pass = pass(near, target.get(), seen.clone(), Arc::clone(&budget));
                tokio::spawn(pass);
            }
        });
        Ok(Self {
            name,
            address,
            weather,
            left,
        })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn set(&self, weather: Weather) {
        if let Weather::Cut(bytes) = weather {
            self.left.store(bytes, Ordering::Relaxed);
        }
        self.weather.send_replace(weather);
    }
}

/// One connection, until either side ends or the weather ends it.
async fn pass(
    near: TcpStream,
    target: Option<SocketAddr>,
    weather: watch::Receiver<Weather>,
    left: Arc<AtomicU64>,
) {
    // A reset, not an orderly end: what is on its way is lost.
    let _zero = near.set_zero_linger();
    if *weather.borrow() == Weather::Refuse {
        return;
    }
    let Some(target) = target else { return };
    let Ok(far) = TcpStream::connect(target).await else {
        return;
    };
    let _zero = far.set_zero_linger();
    let _quick = (near.set_nodelay(true), far.set_nodelay(true));
    let ((near_read, near_write), (far_read, far_write)) = (near.into_split(), far.into_split());
    let requests = pump(near_read, far_write, weather.clone(), None);
    let answers = pump(far_read, near_write, weather, Some(left));
    // Both sides speak protocols in which one direction alone is worth nothing.
    tokio::select! {
        () = requests => {}
        () = answers => {}
    }
}

/// Passes on one direction. `answers` has what is left of them before a cut.
async fn pump(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut weather: watch::Receiver<Weather>,
    answers: Option<Arc<AtomicU64>>,
) {
    let mut chunk = vec![0; CHUNK];
    let mut lost = false;
    loop {
        let read = tokio::select! {
            read = from.read(&mut chunk) => read,
            changed = weather.changed() => {
                let now = *weather.borrow_and_update();
                // An answer with a hole in it may not go on.
                if changed.is_err() || now == Weather::Refuse || (lost && now != Weather::Deaf) {
                    return;
                }
                continue;
            }
        };
        let Ok(mut length @ 1..) = read else { return };
        loop {
            let now = *weather.borrow_and_update();
            match (now, &answers) {
                (Weather::Stall, _) => {
                    if weather.changed().await.is_err() {
                        return;
                    }
                }
                (Weather::Refuse, _) => return,
                (Weather::Deaf, Some(_)) => {
                    lost = true;
                    length = 0;
                    break;
                }
                (Weather::Cut(_), Some(left)) => {
                    let wanted = length as u64;
                    let had = left
                        .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                            Some(left.saturating_sub(wanted))
                        })
                        .unwrap_or(0);
                    if had < wanted {
                        let _gone = to.write_all(&chunk[..had as usize]).await;
                        let _gone = to.flush().await;
                        // For the other side to have them before the reset.
                        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
                        return;
                    }
                    break;
                }
                (Weather::Fair | Weather::Deaf | Weather::Cut(_), _) => break,
            }
        }
        if lost {
            continue;
        }
        if to.write_all(&chunk[..length]).await.is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A link before somebody who sends back what it gets.
    async fn echo() -> Link {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let target = Target::default();
        target.set(Some(listener.local_addr().unwrap()));
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                tokio::spawn(async move {
                    let (mut read, mut write) = stream.split();
                    tokio::io::copy(&mut read, &mut write).await
                });
            }
        });
        Link::open("echo".to_owned(), target).await.unwrap()
    }

    async fn say(stream: &mut TcpStream, text: &[u8]) -> std::io::Result<Vec<u8>> {
        stream.write_all(text).await?;
        let mut heard = vec![0; text.len()];
        stream.read_exact(&mut heard).await?;
        Ok(heard)
    }

    #[tokio::test]
    async fn a_link_passes_stalls_refuses_and_cuts() {
        let link = echo().await;
        let mut stream = TcpStream::connect(link.address()).await.unwrap();
        assert_eq!(say(&mut stream, b"one").await.unwrap(), b"one");

        link.set(Weather::Stall);
        let asking = tokio::spawn(async move {
            let heard = say(&mut stream, b"two").await.unwrap();
            (stream, heard)
        });
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        assert!(!asking.is_finished());
        link.set(Weather::Fair);
        let (mut stream, heard) = asking.await.unwrap();
        assert_eq!(heard, b"two");

        link.set(Weather::Cut(2));
        stream.write_all(b"three").await.unwrap();
        let mut heard = Vec::new();
        let _reset = stream.read_to_end(&mut heard).await;
        assert_eq!(heard, b"th");

        link.set(Weather::Refuse);
        let mut stream = TcpStream::connect(link.address()).await.unwrap();
        assert!(say(&mut stream, b"four").await.is_err());
    }

    #[tokio::test]
    async fn lost_answers_end_the_connection() {
        let link = echo().await;
        let mut stream = TcpStream::connect(link.address()).await.unwrap();
        say(&mut stream, b"one").await.unwrap();
        link.set(Weather::Deaf);
        stream.write_all(b"two").await.unwrap();
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        link.set(Weather::Fair);
        let mut heard = Vec::new();
        let _reset = stream.read_to_end(&mut heard).await;
        assert!(heard.is_empty());
    }
}
