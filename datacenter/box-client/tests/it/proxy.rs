//! A wire between client and box that can be cut.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

#[derive(Clone)]
pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    cut: Arc<Notify>,
    connections: Arc<AtomicUsize>,
}

impl Proxy {
    pub(crate) async fn to(target: SocketAddr, cut: Arc<Notify>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let proxy = Self {
            address: listener.local_addr().unwrap(),
            cut,
            connections: Arc::default(),
        };
        let own = proxy.clone();
        tokio::spawn(async move {
            while let Ok((mut near, _)) = listener.accept().await {
                own.connections.fetch_add(1, Ordering::SeqCst);
                let cut = own.cut.clone();
                tokio::spawn(async move {
                    let Ok(mut far) = TcpStream::connect(target).await else {
                        return;
                    };
                    tokio::select! {
                        _ = tokio::io::copy_bidirectional(&mut near, &mut far) => {}
                        () = cut.notified() => {}
                    }
                });
            }
        });
        proxy
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}
