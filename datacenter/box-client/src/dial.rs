//! How a connection to a box comes about: TCP and TLS with both keys pinned (P5).
//!
//! A trait, because the simulation has a network of its own; what runs over a connection
//! (`connection`, `collector`) is the same there.

use crate::channel::client_config;
use crate::{BoxError, ServerKey};
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::ClientConfig;
use tokio_rustls::rustls::pki_types::ServerName;

/// Both directions of a connection.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// A connection that is being made.
pub type Dialling<'a> = Pin<Box<dyn Future<Output = io::Result<Box<dyn Stream>>> + Send + 'a>>;

/// Makes connections to one box. Whoever implements it vouches for the peer: the client believes
/// what it reads.
pub trait Dial: Send + Sync + 'static {
    /// One new connection; both peers are known to each other when it is there.
    fn dial(&self) -> Dialling<'_>;
}

/// TCP, then TLS 1.3 with raw keys.
pub(crate) struct TlsDial {
    address: SocketAddr,
    config: Arc<ClientConfig>,
}

impl TlsDial {
    /// To exactly the box that holds `pin`.
    ///
    /// # Errors
    /// [`BoxError::Key`].
    pub(crate) fn new(
        address: SocketAddr,
        own: &ServerKey,
        pin: &[u8; 32],
    ) -> Result<Self, BoxError> {
        let config = client_config(own, pin)?;
        Ok(Self { address, config })
    }
}

impl Dial for TlsDial {
    fn dial(&self) -> Dialling<'_> {
        Box::pin(async move {
            let socket = TcpStream::connect(self.address).await?;
            socket.set_nodelay(true)?;
            let stream = TlsConnector::from(self.config.clone())
                .connect(ServerName::from(self.address.ip()), socket)
                .await?;
            Ok(Box::new(stream) as Box<dyn Stream>)
        })
    }
}
