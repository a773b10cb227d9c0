//! A proxy for TCP that does to connections what networks do.

use std::{
    collections::VecDeque,
    io,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, copy, sink},
    net::{TcpSocket, TcpStream},
    task::JoinHandle,
    time::sleep,
};

/// What happens to a connection.
#[derive(Clone, Copy, Debug)]
pub(super) enum Fault {
    /// It takes everything, and nothing comes back.
    Blackhole,
    /// So many bytes of the answer arrive, and it ends.
    Cut(usize),
    /// The answer begins to arrive so much later.
    Latency(Duration),
    /// The request arrives, and it is reset before the answer does.
    Reset,
    /// So many bytes of the answer arrive, and then none.
    Stall(usize),
}

/// What connections pass through on their way to somebody else.
pub(super) struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    door: Mutex<Door>,
}

struct Shared {
    upstream: SocketAddr,
    /// For the connections to come, one after the other; then they are left in peace.
    faults: Mutex<VecDeque<Fault>>,
    made: AtomicUsize,
    open: AtomicUsize,
}

enum Door {
    /// The port is taken, and nobody listens on it.
    Closed(TcpSocket),
    Open(JoinHandle<()>),
}

impl Proxy {
    /// In front of this server, on a port of its own.
    pub(super) fn to(upstream: SocketAddr) -> Self {
        let faults = Mutex::default();
        let (made, open) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let shared = Arc::new(Shared { upstream, faults, made, open });
        let socket = bound(SocketAddr::from(([127, 0, 0, 1], 0)));
        let address = socket.local_addr().unwrap();
        let proxy = Self { address, shared, door: Mutex::new(Door::Closed(socket)) };
        proxy.listen();
        proxy
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// What happens to the connection after those that are spoken for.
    pub(super) fn then(&self, fault: Fault) {
        self.shared.faults.lock().unwrap().push_back(fault);
    }

    /// Refuses connections from now on.
    pub(super) async fn refuse(&self) {
        let door = std::mem::replace(&mut *self.door.lock().unwrap(), Door::Open(nobody()));
        let socket = match door {
            Door::Closed(socket) => socket,
            Door::Open(listening) => {
                listening.abort();
                // Until it is over, its listener is there.
                let _ = listening.await;
                bound(self.address)
            }
        };
        *self.door.lock().unwrap() = Door::Closed(socket);
    }

    /// Takes connections from now on.
    pub(super) fn listen(&self) {
        let mut door = self.door.lock().unwrap();
        if let Door::Closed(socket) = std::mem::replace(&mut *door, Door::Open(nobody())) {
            let (listener, shared) = (socket.listen(64).unwrap(), self.shared.clone());
            *door = Door::Open(tokio::spawn(async move {
                loop {
                    let (client, _) = listener.accept().await.unwrap();
                    tokio::spawn(shared.clone().pass(client));
                }
            }));
        }
    }

    /// How many connections there were.
    pub(super) fn made(&self) -> usize {
        self.shared.made.load(Relaxed)
    }

    /// How many there are.
    pub(super) fn open(&self) -> usize {
        self.shared.open.load(Relaxed)
    }
}

impl Shared {
    async fn pass(self: Arc<Self>, client: TcpStream) {
        self.made.fetch_add(1, Relaxed);
        self.open.fetch_add(1, Relaxed);
        let fault = self.faults.lock().unwrap().pop_front();
        // However it ends: whoever asks sees it on their side.
        let _ = relay(client, self.upstream, fault).await;
        self.open.fetch_sub(1, Relaxed);
    }
}

async fn relay(mut client: TcpStream, to: SocketAddr, fault: Option<Fault>) -> io::Result<()> {
    if let Some(Fault::Blackhole) = fault {
        copy(&mut client, &mut sink()).await?;
        return Ok(());
    }
    let mut server = TcpStream::connect(to).await?;
    if let Some(Fault::Reset) = fault {
        client.set_zero_linger()?;
    }
    let (mut questions, mut answers) = client.split();
    let (mut from_server, mut to_server) = server.split();
    let up = copy(&mut questions, &mut to_server);
    let down = async {
        let mut bytes = vec![0; 64 * 1024];
        let length = from_server.read(&mut bytes).await?;
        match fault {
            Some(Fault::Reset) => Ok(()),
            Some(Fault::Cut(most)) => answers.write_all(&bytes[..most.min(length)]).await,
            Some(Fault::Stall(most)) => {
                answers.write_all(&bytes[..most.min(length)]).await?;
                std::future::pending().await
            }
            Some(Fault::Latency(time)) => {
                sleep(time).await;
                answers.write_all(&bytes[..length]).await
            }
            Some(Fault::Blackhole) | None => {
                answers.write_all(&bytes[..length]).await?;
                copy(&mut from_server, &mut answers).await.map(drop)
            }
        }
    };
    // Whoever asks ends its side only when it has left.
    tokio::select! { up = up => up.map(drop), down = down => down }
}

fn bound(address: SocketAddr) -> TcpSocket {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_reuseaddr(true).unwrap();
    socket.bind(address).unwrap();
    socket
}

fn nobody() -> JoinHandle<()> {
    tokio::spawn(async {})
}
