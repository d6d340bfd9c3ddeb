use std::any::Any;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;

use actix_web::HttpRequest;
use actix_web::dev::Extensions;
use actix_web::rt::net::TcpStream;
use rustix::io::Errno;
use rustix::net::{RecvFlags, Shutdown, connect_unspec, recv, shutdown};

/// The socket under a request, shared with the server, so that a fault can cut it.
#[derive(Debug, Clone)]
pub(crate) struct Connection(Arc<OwnedFd>);

impl Connection {
    /// Remembers the socket of a new connection. To be called from the server's `on_connect`.
    pub(crate) fn remember(stream: &dyn Any, extensions: &mut Extensions) {
        let shared = stream.downcast_ref::<TcpStream>().and_then(|stream| stream.as_fd().try_clone_to_owned().ok());
        if let Some(socket) = shared {
            extensions.insert(Self(Arc::new(socket)));
        }
    }

    pub(crate) fn of(request: &HttpRequest) -> Option<Self> {
        request.conn_data::<Self>().cloned()
    }

    /// Whether the client has gone, or said that it will send nothing more.
    pub(crate) fn is_over(&self) -> bool {
        let mut byte = [0_u8; 1];
        match recv(&*self.0, &mut byte, RecvFlags::PEEK | RecvFlags::DONTWAIT) {
            Ok((_, length)) => length == 0,
            Err(error) => error != Errno::AGAIN && error != Errno::INTR,
        }
    }

    /// Says goodbye without having answered (FIN).
    pub(crate) fn close(&self) {
        if let Err(error) = shutdown(&*self.0, Shutdown::Both) {
            tracing::debug!(%error, "the client had closed first");
        }
    }

    /// Slams the door (RST): dissolving the association aborts it at once, whoever else holds the socket.
    pub(crate) fn reset(&self) {
        if let Err(error) = connect_unspec(&*self.0) {
            tracing::debug!(%error, "the client had closed first");
        }
    }
}
