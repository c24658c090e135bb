//! One connection: handshake, then a reader and a writer that share the TLS state.
//!
//! Only the writer writes to the socket, so TLS records leave in the order in which they were made;
//! the lock is held while bytes are encrypted or decrypted, never while a socket is waited for.

use crate::channel::Enrolled;
use crate::clock;
use crate::engine::{Job, Out};
use crate::frames::Assembler;
use crate::limits::{PART_TIMEOUT, Patience, READ_CHUNK, WRITE_CHUNK};
use item::Layout;
use keeper::Caller;
use rustls::{ServerConfig, ServerConnection};
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, Sender, SyncSender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use vault::scrub;
use wire::channel::IN_FLIGHT_MAX;
use wire::limits::{FRAME_MAX, FRAME_MAX_UNKNOWN};
use wire::{Frame, RefusalCode, Reply, Request};
use zeroize::{Zeroize, Zeroizing};

/// The socket during the handshake: a stranger gets little time and few bytes.
struct Stranger<'a> {
    socket: &'a TcpStream,
    deadline: u64,
    bytes_left: usize,
}

impl Stranger<'_> {
    fn time_left(&self) -> io::Result<Duration> {
        match self.deadline.saturating_sub(clock::since_boot()) {
            0 => Err(ErrorKind::TimedOut.into()),
            left => Ok(Duration::from_millis(left)),
        }
    }
}

impl Read for Stranger<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.bytes_left == 0 {
            return Err(io::Error::other("too many bytes before authentication"));
        }
        self.socket.set_read_timeout(Some(self.time_left()?))?;
        let room = out.len().min(self.bytes_left);
        let count = self.socket.read(out.get_mut(..room).unwrap_or_default())?;
        self.bytes_left = self.bytes_left.saturating_sub(count);
        Ok(count)
    }
}

impl Write for Stranger<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.socket.set_write_timeout(Some(self.time_left()?))?;
        self.socket.write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Authenticates both sides. No frame is read before.
pub(crate) fn handshake(
    socket: &TcpStream,
    config: Arc<ServerConfig>,
    timeout: Duration,
    enrolled: &Enrolled,
) -> io::Result<(ServerConnection, Caller)> {
    let mut tls = ServerConnection::new(config).map_err(io::Error::other)?;
    let patience = u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX);
    let mut stranger = Stranger {
        socket,
        deadline: clock::since_boot().saturating_add(patience),
        bytes_left: FRAME_MAX_UNKNOWN,
    };
    while tls.is_handshaking() {
        tls.complete_io(&mut stranger)?;
    }
    let caller = tls
        .peer_certificates()
        .and_then(|keys| keys.first())
        .and_then(|key| enrolled.caller(key))
        .ok_or_else(|| io::Error::other("no enrolled key"))?;
    Ok((tls, caller))
}

/// Says good-bye in a way that the peer can read: closing a socket with unread bytes in it would
/// reset the connection and could destroy the alert that tells the peer why.
pub(crate) fn part(mut socket: &TcpStream) {
    let _ = socket.shutdown(Shutdown::Write);
    let _ = socket.set_read_timeout(Some(PART_TIMEOUT));
    let begun = clock::since_boot();
    let mut scrap = [0; READ_CHUNK];
    let mut left = FRAME_MAX_UNKNOWN;
    while let Ok(count @ 1..) = socket.read(&mut scrap) {
        left = left.saturating_sub(count);
        let spent = Duration::from_millis(clock::since_boot().saturating_sub(begun));
        if left == 0 || spent >= PART_TIMEOUT {
            break;
        }
    }
    let _ = socket.shutdown(Shutdown::Both);
}

/// TLS state that reader and writer share.
struct Tls {
    state: Mutex<ServerConnection>,
    /// The writer was told to flush and has not yet.
    flush_asked: AtomicBool,
}

impl Tls {
    /// A poisoned state is used no further: its bytes may be half made.
    fn lock(&self) -> io::Result<MutexGuard<'_, ServerConnection>> {
        self.state
            .lock()
            .map_err(|PoisonError { .. }| io::Error::other("TLS state lost"))
    }
}

/// Serves an authenticated peer until it goes, breaks a rule, or the socket is shut down.
pub(crate) fn converse(
    socket: &TcpStream,
    mut state: ServerConnection,
    caller: Caller,
    patience: Patience,
    jobs: &SyncSender<Job>,
) -> io::Result<()> {
    socket.set_read_timeout(Some(patience.frame))?;
    socket.set_write_timeout(Some(patience.frame))?;
    // The writer takes all bytes out at once, chunk by chunk.
    state.set_buffer_limit(None);
    let tls = Arc::new(Tls {
        state: Mutex::new(state),
        flush_asked: AtomicBool::new(false),
    });
    let (out, outs) = mpsc::channel();
    let (take_slot, slots) = mpsc::sync_channel(IN_FLIGHT_MAX);
    let writer = {
        let (socket, tls) = (socket.try_clone()?, tls.clone());
        std::thread::Builder::new()
            .name("writer".to_owned())
            .spawn(move || write_all(&socket, &tls, &outs, &slots))?
    };
    let outcome = read_all(socket, &tls, caller, patience.idle, jobs, &out, &take_slot);
    let _ = out.send(Out::Flush);
    // The writer ends when the last reply of this connection has left.
    drop(out);
    let _ = writer.join();
    part(socket);
    outcome
}

fn read_all(
    mut socket: &TcpStream,
    tls: &Tls,
    caller: Caller,
    idle: Duration,
    jobs: &SyncSender<Job>,
    out: &Sender<Out>,
    take_slot: &SyncSender<()>,
) -> io::Result<()> {
    let mut frames = Assembler::new(FRAME_MAX);
    let mut buffer = [0; READ_CHUNK];
    let mut heard = clock::since_boot();
    // The last flight of the handshake may have brought the first frame along.
    let mut fresh: usize = 0;
    loop {
        let mut rest = buffer.get(..fresh).unwrap_or_default();
        loop {
            let open = decrypt(tls, &mut rest, &mut frames, out)?;
            while let Some(frame) = frames.next().map_err(io::Error::other)? {
                if take_slot.send(()).is_err() {
                    return Ok(());
                }
                if !submit(frame, caller, jobs, out) {
                    return Ok(());
                }
            }
            if !open {
                return Ok(());
            }
            if rest.is_empty() {
                break;
            }
        }
        scrub();
        fresh = match socket.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(count) => {
                heard = clock::since_boot();
                count
            }
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                let silent = Duration::from_millis(clock::since_boot().saturating_sub(heard));
                if frames.is_inside() || silent >= idle {
                    return Err(ErrorKind::TimedOut.into());
                }
                0
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => 0,
            Err(error) => return Err(error),
        };
    }
}

/// Gives no bytes, and wipes the room for them.
struct Wipe;

impl Read for Wipe {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        room.zeroize();
        Err(ErrorKind::WouldBlock.into())
    }
}

/// TLS decrypts a record where it came in, and leaves the text there until the next one comes. The
/// room that it offers for that one is where the text is.
fn wipe_behind(state: &mut ServerConnection) {
    // Fails always: nothing was read.
    let _ = state.read_tls(&mut Wipe);
}

/// Takes bytes of the socket in and moves what they hold to the frames. `false` when the peer has
/// ended the connection.
fn decrypt(
    tls: &Tls,
    rest: &mut &[u8],
    frames: &mut Assembler,
    out: &Sender<Out>,
) -> io::Result<bool> {
    let mut state = tls.lock()?;
    if !rest.is_empty() {
        state.read_tls(rest)?;
    }
    let done = state.process_new_packets().map_err(io::Error::other)?;
    let mut plain = Zeroizing::new([0; READ_CHUNK]);
    let mut left = done.plaintext_bytes_to_read();
    while left > 0 {
        let count = state.reader().read(plain.as_mut_slice())?;
        frames.push(plain.get(..count).unwrap_or_default());
        left = left.saturating_sub(count);
    }
    wipe_behind(&mut state);
    if state.wants_write() && !tls.flush_asked.swap(true, Ordering::AcqRel) {
        let _ = out.send(Out::Flush);
    }
    Ok(!done.peer_has_closed())
}

/// Hands a request to the engine; what is no request is refused here. `false` if the engine ended.
fn submit(frame: Frame, caller: Caller, jobs: &SyncSender<Job>, out: &Sender<Out>) -> bool {
    let correlation = frame.correlation;
    match Request::from_bytes(&frame.body) {
        Ok(request) => jobs
            .send(Job {
                caller,
                correlation,
                request,
                reply_to: out.clone(),
            })
            .is_ok(),
        Err(_) => out
            .send(Out::Reply(
                correlation,
                Box::new(Reply::Refused(RefusalCode::Malformed.into())),
            ))
            .is_ok(),
    }
}

fn write_all(socket: &TcpStream, tls: &Tls, outs: &Receiver<Out>, slots: &Receiver<()>) {
    let spoken = speak(socket, tls, outs, slots);
    if spoken.is_err() {
        // Wakes the reader.
        let _ = socket.shutdown(Shutdown::Both);
    }
}

fn speak(
    mut socket: &TcpStream,
    tls: &Tls,
    outs: &Receiver<Out>,
    slots: &Receiver<()>,
) -> io::Result<()> {
    while let Ok(out) = outs.recv() {
        match out {
            Out::Flush => {
                tls.flush_asked.store(false, Ordering::Release);
                socket.write_all(&encrypt(tls, &[])?)?;
            }
            Out::Reply(correlation, reply) => {
                for chunk in encode(correlation, &reply)?.chunks(WRITE_CHUNK) {
                    socket.write_all(&encrypt(tls, chunk)?)?;
                }
                let _ = slots.try_recv();
            }
        }
        scrub();
    }
    tls.lock()?.send_close_notify();
    socket.write_all(&encrypt(tls, &[])?)
}

/// A reply above the limit becomes a refusal: what was decided is kept, and is delivered again to a
/// caller that asks for less at once (P17).
fn encode(correlation: u64, reply: &Reply) -> io::Result<Vec<u8>> {
    let body = reply.to_bytes();
    let fits = Frame { correlation, body }.to_channel(FRAME_MAX);
    fits.or_else(|_| {
        let body = Reply::Refused(RefusalCode::TooLarge.into()).to_bytes();
        Frame { correlation, body }.to_channel(FRAME_MAX)
    })
    .map_err(io::Error::other)
}

/// The TLS records of these bytes, behind whatever TLS itself has to send.
fn encrypt(tls: &Tls, plain: &[u8]) -> io::Result<Vec<u8>> {
    let mut state = tls.lock()?;
    state.writer().write_all(plain)?;
    let mut records = Vec::with_capacity(plain.len().saturating_add(512));
    while state.wants_write() {
        state.write_tls(&mut records)?;
    }
    Ok(records)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    #[test]
    fn a_stranger_gets_its_bytes_and_not_one_more() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut sender = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (socket, _) = listener.accept().unwrap();
        let sending = std::thread::spawn(move || {
            // As much as it takes: the last writes find nobody.
            while sender.write_all(&[0x16; 1000]).is_ok() {}
        });
        let mut stranger = Stranger {
            socket: &socket,
            deadline: clock::since_boot() + 20_000,
            bytes_left: 10_001,
        };
        let mut taken = 0;
        let mut out = [0; 4096];
        let error = loop {
            match stranger.read(&mut out) {
                Ok(count) => taken += count,
                Err(error) => break error,
            }
        };
        assert_eq!(taken, 10_001);
        assert!(error.to_string().contains("too many bytes"), "{error}");
        drop(socket);
        sending.join().unwrap();
    }
}
