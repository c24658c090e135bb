//! The accept loop: each connection has a place, times for everything that its client does, and an
//! end; a stop waits for answers.
//!
//! HTTP/1.1 only. A connection then has one request at a time, so that a limit on connections is one
//! on requests; a proxy in front speaks whatever its clients speak.
//!
//! Not here: routes, and limits of bodies (`extract`). Called by `serve`.

use crate::exchange;
use crate::limits::{ACCEPT_PAUSE, BUFFER_MAX, Connections, HEAD_BYTES_MAX, HEADERS_MAX};
use crate::load::Load;
use crate::places::{Place, Places};
use crate::problem::Refused;
use axum::Router;
use axum::response::{IntoResponse, Response};
use functions::{Charged, Problem};
use hyper::body::{Body, Incoming};
use hyper::service::{Service, service_fn};
use hyper::{Method, Request};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::convert::Infallible;
use std::future::Future;
use std::io::{self, ErrorKind};
use std::pin::pin;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_io_timeout::TimeoutStream;

/// Serves until `stop`, then until the last answer or the end of the drain.
pub(crate) async fn serve(
    listener: TcpListener,
    router: Router,
    load: &Load,
    limits: Connections,
    stop: impl Future<Output = ()>,
) {
    let places = Places::new(limits.places);
    let mut connections = JoinSet::new();
    let (stopping, stopped) = watch::channel(());
    let accepting = async {
        loop {
            let socket = accept(&listener, &places).await;
            let Some(place) = places.take().await else {
                return;
            };
            reap(&mut connections);
            let one = connection(socket, place, router.clone(), limits, stopped.clone());
            connections.spawn(one);
        }
    };
    tokio::select! {
        () = stop => {}
        () = accepting => {}
    }
    drop(listener);
    drop(stopping);
    let drained = async {
        while connections.join_next().await.is_some() {}
        load.ended().await;
    };
    if timeout(limits.drain, drained).await.is_err() {
        tracing::warn!("stopped before everything was answered");
    }
}

/// Forgets connections that have ended.
fn reap(connections: &mut JoinSet<()>) {
    while let Some(ended) = connections.try_join_next() {
        if let Err(error) = ended {
            tracing::error!(%error, "a connection's handler failed");
        }
    }
}

/// The next connection. Errors end nothing: those of a peer are passed over; when this machine has
/// no files left, whoever has waited for its client longest makes room.
async fn accept(listener: &TcpListener, places: &Places) -> TcpStream {
    let mut told = false;
    loop {
        let error = match listener.accept().await {
            Ok((socket, _)) => return socket,
            Err(error) => error,
        };
        if is_of_peer(&error) {
            continue;
        }
        if !told {
            tracing::error!(%error, "no connection can be taken");
            told = true;
        }
        places.evict();
        sleep(ACCEPT_PAUSE).await;
    }
}

fn is_of_peer(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ConnectionRefused | ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset
    )
}

/// One connection, from its first byte to its last.
async fn connection(
    socket: TcpStream,
    place: Place,
    router: Router,
    limits: Connections,
    mut stopped: watch::Receiver<()>,
) {
    // Answers are written whole; a peer that is gone already shows soon enough.
    let _ = socket.set_nodelay(true);
    let mut socket = TimeoutStream::new(socket);
    socket.set_write_timeout(Some(limits.write));
    let router = TowerToHyperService::new(router);
    let service = service_fn(|request| answer(&router, &place, limits, request));
    let mut connection = pin!(
        hyper::server::conn::http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(limits.head)
            .max_headers(HEADERS_MAX)
            .max_header_size(HEAD_BYTES_MAX)
            .max_buf_size(BUFFER_MAX)
            .serve_connection(TokioIo::new(Box::pin(socket)), service)
    );
    tokio::select! {
        // How a connection ended interests nobody: its client knows, or is gone.
        _ = connection.as_mut() => return,
        () = place.told_to_leave() => return,
        _ = stopped.changed() => {}
        () = sleep(limits.life) => {}
    }
    connection.as_mut().graceful_shutdown();
    tokio::select! {
        _ = connection.as_mut() => {}
        () = place.told_to_leave() => {}
        () = sleep(limits.request) => {}
    }
}

/// One exchange. A request that has no body, or has it here, is worked on; all else waits.
async fn answer(
    router: &TowerToHyperService<Router>,
    place: &Place,
    limits: Connections,
    mut request: Request<Incoming>,
) -> Result<Response, Infallible> {
    let reads_only = matches!(*request.method(), Method::GET | Method::HEAD);
    if request.body().is_end_stream() {
        place.at_work();
    }
    request.extensions_mut().insert(place.clone());
    let answer = async {
        match timeout(limits.request, router.call(request)).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(never)) => match never {},
            Err(_) => took_too_long(reads_only).into_response(),
        }
    };
    let answer = exchange::named(answer).await;
    place.waits();
    Ok(answer)
}

fn took_too_long(reads_only: bool) -> Refused {
    let problem = Problem::unavailable("It takes too long. Ask again with the same key.");
    Refused(if reads_only {
        Problem {
            charged: Charged::No,
            ..problem
        }
    } else {
        problem
    })
}

#[cfg(test)]
mod tests;
