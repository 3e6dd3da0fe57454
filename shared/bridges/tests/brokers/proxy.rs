//! A way to a server that can be cut: connections end in the middle of what they do, and new ones are refused for a while.

use std::{net::Ipv4Addr, sync::Arc, time::Duration};

use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::watch,
};

pub(crate) struct Proxy {
    pub(crate) port: u16,
    /// Whether the way is open.
    open: Arc<watch::Sender<bool>>,
}

impl Proxy {
    pub(crate) async fn start() -> (Self, impl FnOnce(u16)) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let open = Arc::new(watch::Sender::new(true));
        let is_open = Arc::clone(&open);
        let serve = move |server: u16| {
            tokio::spawn(async move {
                while let Ok((mut client, _)) = listener.accept().await {
                    let mut open = is_open.subscribe();
                    if !*open.borrow() {
                        continue;
                    }
                    tokio::spawn(async move {
                        let Ok(mut server) = TcpStream::connect((Ipv4Addr::LOCALHOST, server)).await else { return };
                        tokio::select! {
                            _ = copy_bidirectional(&mut client, &mut server) => {}
                            _ = open.wait_for(|open| !open) => {}
                        }
                    });
                }
            });
        };
        (Self { port, open }, serve)
    }

    /// Cuts all connections, and lets none through for a second.
    pub(crate) async fn cut(&self) {
        self.open.send_replace(false);
        tokio::time::sleep(Duration::from_secs(1)).await;
        self.open.send_replace(true);
    }
}
