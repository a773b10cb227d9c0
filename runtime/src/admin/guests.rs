//! Who is connected, and who has to go when there is no room for another one.

use std::{
    io,
    net::{Shutdown, TcpStream},
    sync::{
        Arc, MutexGuard,
        atomic::{
            AtomicBool,
            Ordering::{AcqRel, Acquire},
        },
    },
    time::{Duration, Instant},
};

use crate::{
    sync::{Condvar, Mutex, lock},
    time,
};

/// The most connections at a time.
pub(super) const MOST_GUESTS: usize = 16;
/// How long somebody who has to go may take for it, and to wait when the system has no more files or
/// memory for a connection.
const BREATH: Duration = Duration::from_millis(100);

/// All connections of a server.
#[derive(Debug, Default)]
pub(super) struct Guests {
    /// The oldest first.
    inside: Mutex<Vec<Inside>>,
    /// Somebody left.
    left: Condvar,
    ends: AtomicBool,
}

#[derive(Debug)]
struct Inside {
    stream: Arc<TcpStream>,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Has not asked everything yet, or has its answer.
    Idle,
    /// Has asked, and gets the answer.
    Served,
    /// Has to go.
    Dismissed,
}

/// One connection; it ends when this is dropped.
#[derive(Debug)]
pub(super) struct Guest {
    stream: Arc<TcpStream>,
    all: Arc<Guests>,
}

impl Guests {
    /// Lets somebody in: if there is no room, in place of who has been idle for longest. Gives the
    /// connection back if all are served.
    ///
    /// Otherwise a few who connect and say nothing could keep everybody else out.
    pub(super) fn admit(self: &Arc<Self>, stream: TcpStream) -> Result<Guest, TcpStream> {
        let give_up = time::now() + BREATH;
        let mut inside = lock(&self.inside);
        while inside.len() >= MOST_GUESTS {
            let left = give_up.saturating_duration_since(time::now());
            if left.is_zero() || !dismiss_one(&mut inside) {
                return Err(stream);
            }
            inside = self.wait(inside, left);
        }
        let stream = Arc::new(stream);
        inside.push(Inside { stream: Arc::clone(&stream), state: State::Idle });
        Ok(Guest { stream, all: Arc::clone(self) })
    }

    /// Who is idle has to go; says whether nobody had said so before.
    pub(super) fn end(&self) -> bool {
        !self.ends.swap(true, AcqRel)
    }

    pub(super) fn has_ended(&self) -> bool {
        self.ends.load(Acquire)
    }

    /// Waits until nobody is here, but no longer than this.
    pub(super) fn wait_for_all(&self, deadline: Instant) {
        let mut inside = lock(&self.inside);
        while !inside.is_empty() {
            let left = deadline.saturating_duration_since(time::now());
            if left.is_zero() {
                return;
            }
            inside = self.wait(inside, left);
        }
    }

    /// Waits a moment, or until a connection ends, which gives back what there was too little of.
    pub(super) fn breathe(&self) {
        drop(self.wait(lock(&self.inside), BREATH));
    }

    fn wait<'g>(
        &self,
        inside: MutexGuard<'g, Vec<Inside>>,
        most: Duration,
    ) -> MutexGuard<'g, Vec<Inside>> {
        match self.left.wait_timeout(inside, most) {
            Ok((inside, _)) => inside,
            Err(poisoned) => poisoned.into_inner().0,
        }
    }
}

/// Sees to it that somebody is going; `false`: all are served.
fn dismiss_one(inside: &mut [Inside]) -> bool {
    if inside.iter().any(|one| one.state == State::Dismissed) {
        return true;
    }
    let Some(oldest) = inside.iter_mut().find(|one| one.state == State::Idle) else {
        return false;
    };
    oldest.state = State::Dismissed;
    // Its thread reads, and sees that nothing more comes.
    let _ = oldest.stream.shutdown(Shutdown::Both);
    true
}

impl Guest {
    pub(super) fn stream(&self) -> &TcpStream {
        &self.stream
    }

    /// It has asked everything, and is not sent away before it is idle again.
    ///
    /// # Errors
    ///
    /// When it was sent away.
    pub(super) fn begin_answer(&self) -> io::Result<()> {
        self.change(State::Served)
    }

    /// It has its answer.
    ///
    /// # Errors
    ///
    /// When it was sent away.
    pub(super) fn end_answer(&self) -> io::Result<()> {
        self.change(State::Idle)
    }

    /// Whether nothing more is waited for that it might send.
    pub(super) fn has_to_go(&self) -> bool {
        let mut inside = lock(&self.all.inside);
        self.all.has_ended()
            || self.find(&mut inside).is_none_or(|one| one.state == State::Dismissed)
    }

    fn change(&self, state: State) -> io::Result<()> {
        match self.find(&mut lock(&self.all.inside)) {
            Some(one) if one.state != State::Dismissed => one.state = state,
            _ => return Err(io::ErrorKind::ConnectionAborted.into()),
        }
        Ok(())
    }

    fn find<'i>(&self, inside: &'i mut [Inside]) -> Option<&'i mut Inside> {
        inside.iter_mut().find(|one| Arc::ptr_eq(&one.stream, &self.stream))
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        lock(&self.all.inside).retain(|one| !Arc::ptr_eq(&one.stream, &self.stream));
        self.all.left.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::{io::Read as _, net::TcpListener, thread};

    use super::*;

    /// Both ends of a connection.
    fn pair(listener: &TcpListener) -> (TcpStream, TcpStream) {
        let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        client.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        (listener.accept().unwrap().0, client)
    }

    #[test]
    fn who_is_idle_makes_room_and_who_is_served_does_not() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let all = Arc::new(Guests::default());
        let (mut guests, mut clients) = (Vec::new(), Vec::new());
        for _ in 0..MOST_GUESTS {
            let (stream, client) = pair(&listener);
            guests.push(all.admit(stream).unwrap());
            clients.push(client);
        }
        guests.iter().for_each(|guest| guest.begin_answer().unwrap());

        let (stream, _client) = pair(&listener);
        let mut stream = all.admit(stream).unwrap_err();
        guests[3].end_answer().unwrap();
        guests[7].end_answer().unwrap();
        let (fourth, mut client) = (guests.remove(3), clients.remove(3));
        let leaving = thread::spawn(move || {
            assert_eq!(client.read(&mut [0]).unwrap(), 0, "the connection was not ended");
            assert!(fourth.has_to_go() && fourth.begin_answer().is_err());
        });
        // It may take longer to leave than anybody waits.
        while let Err(again) = all.admit(stream) {
            stream = again;
        }

        leaving.join().unwrap();
        assert!(!guests[6].has_to_go(), "one that came later had to go");
        guests[6].begin_answer().unwrap();
    }
}
