//! The server: a thread that listens, and one for each connection, of which there are few.

use std::{
    io::{self, ErrorKind},
    net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use super::{
    answer::{Answer, Endpoints},
    connection,
    guests::{Guest, Guests},
    host,
    state::State,
};
use crate::{
    diag,
    init::config::Address,
    sync::{Condvar, Mutex, lock},
    time,
    trace::own_thread,
};

/// A port that is ours, before anybody is served.
#[derive(Debug)]
pub(crate) struct Bound {
    listener: TcpListener,
    served: Served,
}

/// A running server; it ends when this is dropped, and when it is told to.
#[derive(Debug)]
pub(crate) struct Server {
    shared: Arc<Shared>,
    address: SocketAddr,
}

#[derive(Debug)]
struct Shared {
    served: Served,
    guests: Arc<Guests>,
    /// Whether the listening thread is there.
    listens: Mutex<bool>,
    done: Condvar,
}

/// What is served to whom.
#[derive(Debug)]
struct Served {
    endpoints: Endpoints,
    hosts: host::Allowed,
    state: Arc<State>,
}

impl Bound {
    /// Takes the port.
    ///
    /// # Errors
    ///
    /// When it is taken, or no address of this machine.
    pub(crate) fn new(
        address: &Address,
        endpoints: Endpoints,
        names: &[String],
        state: Arc<State>,
    ) -> io::Result<Self> {
        // By that name some machines know `::1` first, and most clients try the other one.
        let listener = if address.host == "localhost" {
            TcpListener::bind((Ipv4Addr::LOCALHOST, address.port))?
        } else {
            TcpListener::bind((address.host.as_str(), address.port))?
        };
        let mut names = names.to_vec();
        if !address.is_loopback() && address.host.parse::<IpAddr>().is_err() {
            names.push(address.host.clone());
        }
        let hosts = host::Allowed { names, is_public: !address.is_loopback() };
        Ok(Self { listener, served: Served { endpoints, hosts, state } })
    }

    /// Begins to serve.
    ///
    /// # Errors
    ///
    /// When the system has no thread for it.
    pub(crate) fn start(self) -> io::Result<Server> {
        let Self { listener, served } = self;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            served,
            guests: Arc::default(),
            listens: Mutex::new(true),
            done: Condvar::new(),
        });
        let (hook, listening) = (diag::Hook::current(), Arc::clone(&shared));
        thread::Builder::new().name("spandrel-admin".into()).spawn(move || {
            hook.into_iter().for_each(diag::Hook::install);
            // What is asked of it is no request of the program's.
            let _own = own_thread::begin();
            listening.listen(&listener);
            drop(listener);
            *lock(&listening.listens) = false;
            listening.done.notify_all();
        })?;
        Ok(Server { shared, address })
    }
}

impl Server {
    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers all that was asked, takes no more, and waits for that no longer than this.
    pub(crate) fn stop(&self, deadline: Instant) {
        self.end();
        let mut listens = lock(&self.shared.listens);
        while *listens {
            let left = deadline.saturating_duration_since(time::now());
            if left.is_zero() {
                return;
            }
            listens = match self.shared.done.wait_timeout(listens, left) {
                Ok((listens, _)) => listens,
                Err(poisoned) => poisoned.into_inner().0,
            };
        }
        drop(listens);
        self.shared.guests.wait_for_all(deadline);
    }

    fn end(&self) {
        if !self.shared.guests.end() {
            return;
        }
        // The thread waits for somebody to come.
        let mut address = self.address;
        if address.ip().is_unspecified() {
            let is_v4 = address.is_ipv4();
            let v6 = IpAddr::V6(std::net::Ipv6Addr::LOCALHOST);
            address.set_ip(if is_v4 { Ipv4Addr::LOCALHOST.into() } else { v6 });
        }
        let _ = TcpStream::connect_timeout(&address, Duration::from_secs(1));
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end();
    }
}

impl Shared {
    fn listen(self: &Arc<Self>, listener: &TcpListener) {
        loop {
            match listener.accept() {
                Ok((stream, _)) => self.take(stream),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(error) => {
                    diag::debug(format_args!("the admin server: {error}"));
                    self.guests.breathe();
                }
            }
            // Those who came before the end are answered: they do not wait here for more.
            if self.guests.has_ended() && listener.set_nonblocking(true).is_err() {
                return;
            }
        }
    }

    fn take(self: &Arc<Self>, stream: TcpStream) {
        // It may have inherited that from the listener.
        let _ = stream.set_nonblocking(false);
        let guest = match self.guests.admit(stream) {
            Ok(guest) => guest,
            Err(stream) => return connection::refuse(&stream),
        };
        let (hook, shared) = (diag::Hook::current(), Arc::clone(self));
        let thread = thread::Builder::new().name("spandrel-admin".into());
        // Where the system has no thread for it, the connection ends.
        let _ = thread.spawn(move || {
            hook.into_iter().for_each(diag::Hook::install);
            let _own = own_thread::begin();
            if catch_unwind(AssertUnwindSafe(|| shared.serve(&guest))).is_err() {
                diag::warn(format_args!("the admin server panicked over a request"));
            }
        });
    }

    fn serve(&self, guest: &Guest) {
        let Served { endpoints, hosts, state } = &self.served;
        connection::serve(guest, |head| Answer::to(head, *endpoints, hosts, state));
    }
}
