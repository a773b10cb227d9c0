//! One connection: one request, one answer, and never for long.

use std::{
    fmt::Write as _,
    io::{self, ErrorKind, Read as _, Write as _},
    net::{Shutdown, TcpStream},
    time::{Duration, Instant},
};

use super::{
    answer::{Answer, Status},
    guests::Guest,
    head::{Body, Head},
};
use crate::time;

/// The longest that a request may take to arrive.
const PATIENCE: Duration = Duration::from_secs(2);
/// How often to see whether it is still waited for.
const GLANCE: Duration = Duration::from_millis(50);
/// The longest that an answer may take to leave.
const LONGEST_ANSWER: Duration = Duration::from_secs(30);
/// The longest to wait until the other side has taken note that the answer is over.
const LONGEST_GOODBYE: Duration = Duration::from_secs(1);
const MOST_HEAD_BYTES: usize = 16 * 1_024;
/// Nobody here reads a body; a client that sends a larger one means somebody else.
const MOST_BODY_BYTES: u64 = 64 * 1_024;

/// Reads a request, answers it, and ends the connection.
pub(super) fn serve(guest: &Guest, answer: impl FnOnce(&Head<'_>) -> Answer) {
    // Who goes away gets no answer, and there is nobody to tell.
    let _ = exchange(guest, answer);
}

/// Answers without a look at the request.
pub(super) fn refuse(stream: &TcpStream) {
    let _ = write(stream, &Answer::crowded(), false);
}

fn exchange(guest: &Guest, answer: impl FnOnce(&Head<'_>) -> Answer) -> io::Result<()> {
    let deadline = time::now() + PATIENCE;
    let mut bytes = Vec::new();
    let (answer, is_head) = match read_head(guest, &mut bytes, deadline) {
        Ok(None) => return Ok(()),
        Ok(Some(end)) => match Head::parse(&bytes[..end]) {
            Some(head) => {
                let came = (bytes.len() - end) as u64;
                let answer = match drop_body(guest, head.body, came, deadline) {
                    Ok(true) => {
                        guest.begin_answer()?;
                        answer(&head)
                    }
                    Ok(false) => Answer::said(Status::TooLarge, "no body is read here\n"),
                    Err(_) => Answer::said(Status::TimedOut, "that took too long\n"),
                };
                (answer, head.method == "HEAD")
            }
            None => (Answer::said(Status::BadRequest, "that is no request of HTTP/1.1\n"), false),
        },
        Err(error) if error.kind() == ErrorKind::OutOfMemory => {
            (Answer::said(Status::HeaderTooLarge, "the headers are too large\n"), false)
        }
        Err(_) => (Answer::said(Status::TimedOut, "that took too long\n"), false),
    };
    write(guest.stream(), &answer, is_head)?;
    guest.end_answer()?;
    say_goodbye(guest)
}

/// Where the head ends; `None`: the other side has gone, or has to.
fn read_head(guest: &Guest, bytes: &mut Vec<u8>, deadline: Instant) -> io::Result<Option<usize>> {
    const END: &[u8] = b"\r\n\r\n";
    let mut piece = [0; 2_048];
    loop {
        let read = read_until(guest, &mut piece, deadline)?;
        if read == 0 {
            return Ok(None);
        }
        let seen = bytes.len().saturating_sub(END.len() - 1);
        bytes.extend_from_slice(&piece[..read]);
        let found = bytes[seen..].windows(END.len()).position(|window| window == END);
        if let Some(at) = found.map(|at| seen + at + END.len()).filter(|at| *at <= MOST_HEAD_BYTES)
        {
            return Ok(Some(at));
        }
        if bytes.len() >= MOST_HEAD_BYTES {
            return Err(ErrorKind::OutOfMemory.into());
        }
    }
}

/// Reads a body of which so much has come, and forgets it; `false`: it is too large.
///
/// What is not read would make the system reset the connection, and the answer might be lost.
fn drop_body(guest: &Guest, body: Body, came: u64, deadline: Instant) -> io::Result<bool> {
    let Body::Bytes(length @ ..=MOST_BODY_BYTES) = body else { return Ok(false) };
    let mut left = length.saturating_sub(came);
    let mut piece = [0; 2_048];
    while left > 0 {
        let read = read_until(guest, &mut piece, deadline)?;
        if read == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        left = left.saturating_sub(read as u64);
    }
    Ok(true)
}

/// Reads something; nothing: the other side has gone, or has to.
fn read_until(guest: &Guest, piece: &mut [u8], deadline: Instant) -> io::Result<usize> {
    let mut stream = guest.stream();
    loop {
        stream.set_read_timeout(Some(left(deadline)?.min(GLANCE)))?;
        match stream.read(piece) {
            Err(error) => match error.kind() {
                ErrorKind::Interrupted => {}
                ErrorKind::WouldBlock | ErrorKind::TimedOut if guest.has_to_go() => return Ok(0),
                ErrorKind::WouldBlock | ErrorKind::TimedOut => {}
                _ => return Err(error),
            },
            read => return read,
        }
    }
}

fn left(deadline: Instant) -> io::Result<Duration> {
    let left = deadline.saturating_duration_since(time::now());
    if left.is_zero() { Err(ErrorKind::TimedOut.into()) } else { Ok(left) }
}

fn write(stream: &TcpStream, answer: &Answer, is_head: bool) -> io::Result<()> {
    let Answer { status, content_type, is_packed, body, allowed } = answer;
    let mut bytes = format!(
        "HTTP/1.1 {} {}\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\n\
         Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nVary: Accept, \
         Accept-Encoding\r\nConnection: close\r\n",
        *status as u16,
        status.reason(),
        body.len()
    );
    if *is_packed {
        bytes.push_str("Content-Encoding: gzip\r\n");
    }
    match status {
        Status::MethodNotAllowed => {
            let _ = write!(bytes, "Allow: {allowed}\r\n");
        }
        Status::Unauthorized => bytes.push_str("WWW-Authenticate: Bearer\r\n"),
        _ => {}
    }
    bytes.push_str("\r\n");
    let deadline = time::now() + LONGEST_ANSWER;
    write_until(stream, bytes.as_bytes(), deadline)?;
    if is_head { Ok(()) } else { write_until(stream, body, deadline) }
}

fn write_until(mut stream: &TcpStream, mut bytes: &[u8], deadline: Instant) -> io::Result<()> {
    while !bytes.is_empty() {
        stream.set_write_timeout(Some(left(deadline)?))?;
        match stream.write(bytes) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(written) => bytes = &bytes[written..],
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Waits until the other side closes, too: to close first could take back what it has not read.
fn say_goodbye(guest: &Guest) -> io::Result<()> {
    guest.stream().shutdown(Shutdown::Write)?;
    let deadline = time::now() + LONGEST_GOODBYE;
    let mut piece = [0; 2_048];
    let mut left = MOST_BODY_BYTES;
    while left > 0 {
        match read_until(guest, &mut piece, deadline)? {
            0 => break,
            read => left = left.saturating_sub(read as u64),
        }
    }
    Ok(())
}
