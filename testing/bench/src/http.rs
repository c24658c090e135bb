//! One connection to the API, kept alive. As little work as can be: what it uses is taken from the
//! machine that is measured. So it knows as much of HTTP as our own server says.

use anyhow::{Context, Result, bail};
use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Bytes of a body; many requests may have the same.
pub(crate) type Body = Arc<[u8]>;

/// Room for an answer's head, and for what a single item is answered with.
const ROOM: usize = 4 << 10;
/// Between head and body.
const BLANK: &[u8] = b"\r\n\r\n";

/// One request, ready to be sent.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ask {
    pub(crate) path: String,
    pub(crate) authorization: Option<Arc<str>>,
    /// Idempotency key.
    pub(crate) key: Option<String>,
    pub(crate) body: Body,
    /// What an answer counts for: items, payloads, log-ins.
    pub(crate) weight: u64,
}

/// How one was answered.
#[derive(Debug)]
pub(crate) struct Said<'a> {
    pub(crate) status: u16,
    pub(crate) body: &'a [u8],
}

impl Said<'_> {
    pub(crate) fn is_good(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The problem's code, for counting.
    pub(crate) fn code(&self) -> String {
        let problem: BTreeMap<String, serde_json::Value> =
            serde_json::from_slice(self.body).unwrap_or_default();
        let code = problem.get("code").and_then(|code| code.as_str());
        format!("{} {}", self.status, code.unwrap_or("without a code"))
    }
}

/// A connection.
#[derive(Debug)]
pub(crate) struct Connection {
    socket: TcpStream,
    host: String,
    sent: Vec<u8>,
    came: Vec<u8>,
}

impl Connection {
    /// Opens one to `http://HOST:PORT`.
    pub(crate) async fn open(api: &str) -> Result<Self> {
        let host = api.strip_prefix("http://").context("an http address")?;
        let socket = TcpStream::connect(host).await?;
        socket.set_nodelay(true)?;
        Ok(Self {
            socket,
            host: host.to_owned(),
            sent: Vec::new(),
            came: Vec::with_capacity(ROOM),
        })
    }

    /// Sends one and waits for its answer.
    pub(crate) async fn ask(&mut self, ask: Ask) -> Result<Said<'_>> {
        self.sent.clear();
        write!(
            self.sent,
            "POST {} HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\n\
             content-length: {}\r\n",
            ask.path,
            self.host,
            ask.body.len()
        )?;
        if let Some(authorization) = &ask.authorization {
            write!(self.sent, "authorization: {authorization}\r\n")?;
        }
        if let Some(key) = &ask.key {
            write!(self.sent, "idempotency-key: {key}\r\n")?;
        }
        self.sent.extend_from_slice(b"\r\n");
        self.sent.extend_from_slice(&ask.body);
        self.socket.write_all(&self.sent).await?;

        self.came.clear();
        let (status, body) = loop {
            self.more().await?;
            let blank = self.came.windows(BLANK.len()).position(|at| at == BLANK);
            if let Some(blank) = blank {
                let (status, length) = head(self.came.get(..blank).unwrap_or_default())?;
                let body = blank + BLANK.len();
                self.came.reserve(length);
                while self.came.len() < body + length {
                    self.more().await?;
                }
                break (status, body..body + length);
            }
        };
        let body = self.came.get(body).context("a body")?;
        Ok(Said { status, body })
    }

    async fn more(&mut self) -> Result<()> {
        if self.socket.read_buf(&mut self.came).await? == 0 {
            bail!("the server closed a connection without an answer");
        }
        Ok(())
    }
}

/// Status and length of the body, which our server always says.
fn head(bytes: &[u8]) -> Result<(u16, usize)> {
    let text = std::str::from_utf8(bytes)?;
    let mut lines = text.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1));
    let length = lines.find_map(|line| line.strip_prefix("content-length: "));
    Ok((
        status.context("a status")?.parse()?,
        length.context("the length of an answer")?.parse()?,
    ))
}
