//! One connection to the API, kept alive. As little work as can be: what it uses is taken from the
//! machine that is measured.

use anyhow::{Context, Result};
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::net::TcpStream;

/// One request, ready to be sent.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ask {
    pub(crate) path: String,
    pub(crate) authorization: Option<Arc<str>>,
    /// Idempotency key.
    pub(crate) key: Option<String>,
    pub(crate) body: Bytes,
    /// What an answer counts for: items, payloads, log-ins.
    pub(crate) weight: u64,
}

/// How one was answered.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) status: u16,
    pub(crate) body: Bytes,
}

impl Said {
    pub(crate) fn is_good(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The problem's code, for counting.
    pub(crate) fn code(&self) -> String {
        let problem: BTreeMap<String, serde_json::Value> =
            serde_json::from_slice(&self.body).unwrap_or_default();
        let code = problem.get("code").and_then(|code| code.as_str());
        format!("{} {}", self.status, code.unwrap_or("without a code"))
    }
}

/// A connection.
#[derive(Debug)]
pub(crate) struct Connection {
    sender: SendRequest<Full<Bytes>>,
    host: Arc<str>,
}

impl Connection {
    /// Opens one to `http://HOST:PORT`.
    pub(crate) async fn open(api: &str) -> Result<Self> {
        let host = api.strip_prefix("http://").context("an http address")?;
        let socket = TcpStream::connect(host).await?;
        socket.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(socket)).await?;
        // Ends with the sender; how, shows in the next answer that does not come.
        tokio::spawn(connection);
        Ok(Self {
            sender,
            host: host.into(),
        })
    }

    /// Sends one and waits for its answer.
    pub(crate) async fn ask(&mut self, ask: Ask) -> Result<Said> {
        let mut request = Request::post(ask.path)
            .header("host", &*self.host)
            .header("content-type", "application/json");
        if let Some(authorization) = &ask.authorization {
            request = request.header("authorization", &**authorization);
        }
        if let Some(key) = &ask.key {
            request = request.header("idempotency-key", key);
        }
        self.sender.ready().await?;
        let answer = self
            .sender
            .send_request(request.body(Full::new(ask.body))?)
            .await?;
        let status = answer.status().as_u16();
        let body = answer.into_body().collect().await?.to_bytes();
        Ok(Said { status, body })
    }
}
