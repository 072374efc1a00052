//! Serving: connections taken until told to stop, then those under way let finish.

use std::time::Duration;

use axum::{Router, serve::ListenerExt};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::Sockets;

/// Serves until `stop`, then at most `drain` longer. Sockets are asked to connect elsewhere.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    sockets: &Sockets,
    stop: CancellationToken,
    drain: Duration,
) -> std::io::Result<()> {
    let listener = listener.tap_io(|connection| {
        // Frames are small and wanted at once. A connection that refuses is slower, not wrong.
        let _ = connection.set_nodelay(true);
    });
    let stopped = stop.clone();
    let serving =
        axum::serve(listener, router).with_graceful_shutdown(async move { stopped.cancelled().await });
    let sockets_left = async {
        stop.cancelled().await;
        sockets.close().await;
        Ok(())
    };
    tokio::select! {
        ended = async { tokio::try_join!(serving.into_future(), sockets_left) } => ended.map(|_| ()),
        () = async { stop.cancelled().await; tokio::time::sleep(drain).await } => Ok(()),
    }
}
